// SPDX-License-Identifier: Apache-2.0
#include "measure/thread_team.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <vector>

namespace peerbench::measure {
namespace TEST_FILE {

TEST(ThreadTeam, EveryThreadPreparesOnceAndWorksOncePerRun) {
  constexpr int threads = 5;  // more than many machines have cores: the barrier must give way
  std::vector<int> prepared(threads, 0);
  std::vector<int> worked(threads, 0);
  auto team = ThreadTeam::start(threads, [&](int t) { ++prepared[static_cast<std::size_t>(t)]; });
  ASSERT_TRUE(team);
  EXPECT_EQ(team->size(), threads);
  for (int round = 0; round < 50; ++round) {
    team->run([&](int t) { ++worked[static_cast<std::size_t>(t)]; });
  }
  EXPECT_EQ(prepared, std::vector<int>(threads, 1));
  EXPECT_EQ(worked, std::vector<int>(threads, 50));
}

TEST(ThreadTeam, AllThreadsAreInsideAtTheSameTime) {
  constexpr int threads = 3;
  auto team = ThreadTeam::start(threads, [](int) {});
  ASSERT_TRUE(team);
  std::atomic<int> inside = 0;
  // Would never return if one thread ran after another.
  team->run([&](int) {
    ++inside;
    while (inside.load() < threads) std::this_thread::yield();
  });
  EXPECT_EQ(inside, threads);
}

TEST(ThreadTeam, TheWindowEndsWithTheLastThread) {
  auto team = ThreadTeam::start(3, [](int) {});
  ASSERT_TRUE(team);
  std::atomic<std::int64_t> waited = 0;
  const auto window = team->run([&](int t) {
    if (t != 1) return;
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2)) {
    }
    waited = (std::chrono::steady_clock::now() - begin).count();
  });
  EXPECT_GE(window.count(), waited.load());
}

TEST(ThreadTeam, ACrewMovesAndLeaves) {
  auto team = ThreadTeam::start(2, [](int) {});
  ASSERT_TRUE(team);
  ThreadTeam moved = std::move(*team);
  std::atomic<int> worked = 0;
  moved.run([&](int) { ++worked; });
  EXPECT_EQ(worked, 2);
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
