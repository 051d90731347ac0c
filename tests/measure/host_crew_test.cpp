// SPDX-License-Identifier: Apache-2.0
#include "measure/host_crew.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <vector>

namespace peerbench::measure {
namespace {

TEST(HostCrew, EveryThreadPreparesOnceAndWorksOncePerRun) {
  constexpr int threads = 5;  // more than many machines have cores: the barrier must give way
  std::vector<int> prepared(threads, 0);
  std::vector<int> worked(threads, 0);
  auto crew = HostCrew::start(threads, [&](int t) { ++prepared[static_cast<std::size_t>(t)]; });
  ASSERT_TRUE(crew);
  EXPECT_EQ(crew->size(), threads);
  for (int round = 0; round < 50; ++round) {
    crew->run([&](int t) { ++worked[static_cast<std::size_t>(t)]; });
  }
  EXPECT_EQ(prepared, std::vector<int>(threads, 1));
  EXPECT_EQ(worked, std::vector<int>(threads, 50));
}

TEST(HostCrew, AllThreadsAreInsideAtTheSameTime) {
  constexpr int threads = 3;
  auto crew = HostCrew::start(threads, [](int) {});
  ASSERT_TRUE(crew);
  std::atomic<int> inside = 0;
  // Would never return if one thread ran after another.
  crew->run([&](int) {
    ++inside;
    while (inside.load() < threads) std::this_thread::yield();
  });
  EXPECT_EQ(inside, threads);
}

TEST(HostCrew, TheWindowEndsWithTheLastThread) {
  auto crew = HostCrew::start(3, [](int) {});
  ASSERT_TRUE(crew);
  std::atomic<std::int64_t> waited = 0;
  const auto window = crew->run([&](int t) {
    if (t != 1) return;
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2)) {
    }
    waited = (std::chrono::steady_clock::now() - begin).count();
  });
  EXPECT_GE(window.count(), waited.load());
}

TEST(HostCrew, ACrewMovesAndLeaves) {
  auto crew = HostCrew::start(2, [](int) {});
  ASSERT_TRUE(crew);
  HostCrew moved = std::move(*crew);
  std::atomic<int> worked = 0;
  moved.run([&](int) { ++worked; });
  EXPECT_EQ(worked, 2);
}

}  // namespace
}  // namespace peerbench::measure
