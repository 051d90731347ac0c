// SPDX-License-Identifier: Apache-2.0
// What CPU threads get of the memory of built-in machines is what was measured on real ones. The
// figures are typed in here a second time, as in fidelity_test.cpp.
#include <gtest/gtest.h>

#include "base/simulation.hpp"
#include "tests/support/simulated_machine.hpp"

namespace gpusim {
namespace TEST_FILE {

constexpr const char* quiet = R"({"noise_cv": 0})";

/// Traffic in GB/s of an operation by these processors on memory of a node; empty: by all beside
/// it. Node -1: by all, each on its own node's.
double rate(const char* operation, const char* cpus, int node = 0) {
  constexpr std::uint64_t bytes = 1'000'000'000;
  const std::uint64_t before = peerbench_sim_now_ns();
  EXPECT_EQ(peerbench_sim_host_traffic(operation, bytes, 0, cpus, node), 0);
  return static_cast<double>(bytes) / static_cast<double>(peerbench_sim_now_ns() - before);
}

// chipsandcheese.com/p/inside-nvidia-gb10s-memory-subsystem
TEST(HostFidelity, OneCoreOfADgxSparkReadsWhatItsKindCan) {
  peerbench::support::open_machine("dgx-spark", quiet);
  EXPECT_NEAR(rate("read", "5"), 38, 0.05 * 38);   // Cortex-X925
  EXPECT_NEAR(rate("read", "19"), 38, 0.05 * 38);  // the same in the other cluster
  EXPECT_NEAR(rate("read", "0"), 26, 0.05 * 26);   // Cortex-A725
}

// The same.
TEST(HostFidelity, ALoadOfADgxSparkWaitsAsLongAsOnARealOne) {
  peerbench::support::open_machine("dgx-spark", quiet);
  constexpr std::uint64_t loads = 1'000'000;
  const std::uint64_t before = peerbench_sim_now_ns();
  ASSERT_EQ(peerbench_sim_host_chase(loads, "", 0), 0);
  const double ns = static_cast<double>(peerbench_sim_now_ns() - before) / loads;
  EXPECT_NEAR(ns, 113, 0.05 * 113);
}

// STREAM by all cores of one socket, dnhkng.github.io/posts/gh200-benchmarking.
TEST(HostFidelity, ANodeOfADualGh200StreamsAsOnARealOne) {
  peerbench::support::open_machine("dual-gh200", quiet);
  EXPECT_NEAR(rate("triad", ""), 348, 0.05 * 348);
  EXPECT_NEAR(rate("triad", "", -1), 2 * 348, 0.05 * 2 * 348);
}

// 132 to 133 GB/s of copies from the other socket's memory, the same post; that CPU threads are as
// fast is inferred, and so is what a load takes.
TEST(HostFidelity, MemoryOfTheOtherSocketIsFurtherAway) {
  peerbench::support::open_machine("dual-gh200", quiet);
  EXPECT_NEAR(rate("read", "72-143", 0), 132.5, 0.05 * 132.5);
  EXPECT_NEAR(rate("read", "0-71", 1), 132.5, 0.05 * 132.5);
  EXPECT_NEAR(rate("read", "72-143", 1), 320, 0.05 * 320);
  EXPECT_NEAR(rate("read", "72", 0), 30, 0.05 * 30) << "one core has less than the way gives";
  const auto load_ns = [](const char* cpus, int node) {
    constexpr std::uint64_t loads = 1000;
    const std::uint64_t before = peerbench_sim_now_ns();
    EXPECT_EQ(peerbench_sim_host_chase(loads, cpus, node), 0);
    return static_cast<double>(peerbench_sim_now_ns() - before) / loads;
  };
  EXPECT_NEAR(load_ns("72", 1), 180, 0.05 * 180);
  EXPECT_NEAR(load_ns("72", 0), 500, 0.05 * 500);
  EXPECT_NEAR(load_ns("", 1), 180, 0.05 * 180);
}

TEST(HostFidelity, BetweenNodesNothingIsSaidWithoutAFigure) {
  peerbench::support::open_machine("hgx-h100-8", quiet);
  EXPECT_EQ(peerbench_sim_host_traffic("read", 1, 0, "52-103", 0), -1);
  EXPECT_EQ(peerbench_sim_host_traffic("read", 1, 0, "52-103", 1), 0);
  EXPECT_EQ(peerbench_sim_host_traffic("read", 1, 0, "", 0), 0);
}

}  // namespace TEST_FILE
}  // namespace gpusim
