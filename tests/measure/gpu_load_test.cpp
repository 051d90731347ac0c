// SPDX-License-Identifier: Apache-2.0
// What a GPU moves while something else is measured, on simulated machines.
#include "measure/gpu_load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "base/simulation.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using peerbench::support::open_machine;
using ::testing::Each;
using ::testing::SizeIs;

constexpr const char* quiet = R"({"noise_cv": 0, "driver": {"ideal": true}})";

Transfer reads(Bytes bytes) {
  return {.source = gpu(0),
          .destination = gpu(0),
          .issuer = gpu(0),
          .engine = Engine::sm,
          .bytes = bytes,
          .op = Op::read};
}

Expected<double> cpu_reads(std::uint64_t bytes) {
  const auto start = HostClock::now();
  EXPECT_EQ(peerbench_sim_host_traffic("read", bytes, 0, "", 0), 0);
  const double seconds = std::chrono::duration<double>(HostClock::now() - start).count();
  return static_cast<double>(bytes) / seconds * 1e-9;
}

TEST(GpuLoad, TellsWhatTheGpuMovedInTheWindow) {
  open_machine("dgx-spark", quiet);
  auto load = GpuLoad::create(reads(64 * MiB), 1);
  ASSERT_TRUE(load.has_value()) << load.error().message;
  // 240 GB/s in all, three quarters of it the GPU's. Long enough that kernels of 0.4 ms which the
  // window cuts, and the gaps between them, are little of it.
  for (const std::uint64_t bytes : {200'000'000u, 600'000'000u}) {
    const auto cpu = load->around([=] { return cpu_reads(bytes); });
    ASSERT_TRUE(cpu.has_value()) << cpu.error().message;
    EXPECT_NEAR(*cpu, 60, 1);
  }
  EXPECT_THAT(load->rates(), SizeIs(2));
  EXPECT_THAT(load->rates(), Each(::testing::DoubleNear(180, 3)));
  EXPECT_EQ(*load->find_corruption(), "");
}

// Alone beside work that touches no memory it reads as fast as ever.
TEST(GpuLoad, BesideIdleWaitingItHasItsOwnRate) {
  open_machine("dgx-spark", quiet);
  auto load = GpuLoad::create(reads(64 * MiB), 1);
  ASSERT_TRUE(load.has_value());
  ASSERT_TRUE(load->around([]() -> Expected<double> {
    HostClock::sleep_for(std::chrono::milliseconds(3));
    return 1.0;
  }));
  EXPECT_THAT(load->rates(), Each(::testing::DoubleNear(229, 3)));
}

// The first 16 kernels of 0.3 ms are over long before 60 ms of work: it is repeated with more.
TEST(GpuLoad, WorkThatOutlastsTheKernelsIsDoneAgainBesideMore) {
  open_machine("dgx-spark", quiet);
  auto load = GpuLoad::create(reads(64 * MiB), 1);
  ASSERT_TRUE(load.has_value());
  int done = 0;
  const auto wait = [&](int ms) {
    return load->around([&, ms]() -> Expected<double> {
      ++done;
      HostClock::sleep_for(std::chrono::milliseconds(ms));
      return 1.0;
    });
  };
  ASSERT_TRUE(wait(60));
  EXPECT_EQ(done, 5);  // 16, 32, 64, 128, 256
  EXPECT_THAT(load->rates(), SizeIs(1));
  const auto longer = wait(1000);
  ASSERT_FALSE(longer.has_value());
  EXPECT_EQ(longer.error().kind, ErrorKind::device);
  EXPECT_THAT(longer.error().message, ::testing::HasSubstr("480 kernels of gpu0 ended before"));
}

TEST(GpuLoad, AnErrorOfTheWorkIsItsError) {
  open_machine("dgx-spark", quiet);
  auto load = GpuLoad::create(reads(MiB), 1);
  ASSERT_TRUE(load.has_value());
  const auto failed = load->around(
      []() -> Expected<double> { return fail(ErrorKind::unsupported, "no such core"); });
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().message, "no such core");
  EXPECT_THAT(load->rates(), SizeIs(0));
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
