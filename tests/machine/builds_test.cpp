// SPDX-License-Identifier: Apache-2.0
#include "machine/builds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hand_made_signals.hpp"
#include "machine/discover.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Signals driver(const char* version, int serves, int runtime) {
  Signals signals;
  signals.driver_version = version;
  signals.driver_cuda_version = serves;
  signals.runtime_version = runtime;
  return signals;
}

std::string complaint(const Signals& signals) { return driver_too_old(signals).value_or("none"); }

TEST(Builds, ADriverOfTheSameMajorVersionServesYoungerRuntimes) {
  EXPECT_EQ(complaint(driver("525.105.17", 12000, 12080)), "none");
  EXPECT_EQ(complaint(driver("590.10", 13010, 12080)), "none");
  EXPECT_EQ(complaint(driver("", 0, 13000)), "none");  // no driver at all is another matter
}

TEST(Builds, AnOlderDriverIsToldWhichBuildServesIt) {
  EXPECT_THAT(complaint(driver("540.4.0", 12060, 13000)),
              AllOf(HasSubstr("driver 540.4.0"), HasSubstr("CUDA 12.6"), HasSubstr("580"),
                    HasSubstr("or take another: a build with CUDA 12 serves drivers from 525")));
  EXPECT_THAT(complaint(driver("", 12060, 13000)), HasSubstr("take another: a build with CUDA 12"));
  EXPECT_THAT(complaint(driver("470.57.02", 11040, 12080)),
              AllOf(HasSubstr("needs driver 525 or younger"), HasSubstr("no build serves this"),
                    Not(HasSubstr("take another"))));
}

TEST(Builds, MachineCodeServesItsMajorVersionAndPtxAllThatFollows) {
  const std::string list = "75-real,80-real,90a-real,121-virtual";
  EXPECT_FALSE(has_code_for(list, 6, 0));
  EXPECT_FALSE(has_code_for(list, 7, 0));
  EXPECT_TRUE(has_code_for(list, 7, 5));
  EXPECT_TRUE(has_code_for(list, 8, 9));
  EXPECT_FALSE(has_code_for(list, 10, 0));
  EXPECT_TRUE(has_code_for(list, 12, 1));
  EXPECT_TRUE(has_code_for(list, 13, 0));
  EXPECT_TRUE(has_code_for("90", 12, 0));  // both kinds of code
  EXPECT_TRUE(has_code_for("75-virtual", 9, 0));
  EXPECT_TRUE(has_code_for("", 6, 0));  // not known
  EXPECT_TRUE(has_code_for("native", 6, 0));
}

Signals two(int major, int minor) {
  Signals signals = discrete_machine(2, no());
  signals.architectures = "75-real,90-real,90-virtual";
  for (GpuSignals& gpu : signals.gpus) gpu.gpu.compute_major = 9;
  signals.gpus[1].gpu.compute_major = major;
  signals.gpus[1].gpu.compute_minor = minor;
  return signals;
}

TEST(Builds, AGpuWithoutCodeIsNamedWithTheBuildThatHasSome) {
  EXPECT_FALSE(without_code(two(7, 5)).has_value());
  const Finding volta = without_code(two(7, 0)).value_or(Finding{});
  EXPECT_THAT(volta.what, HasSubstr("no code for gpu1 (Some GPU, compute capability 7.0):"));
  EXPECT_THAT(volta.advice, AllOf(HasSubstr("needs Turing (compute capability 7.5) or younger"),
                                  HasSubstr("a build with CUDA 12 serves")));
  Signals alike = two(7, 0);
  alike.gpus[0].gpu.compute_major = 7;
  alike.gpus[0].gpu.compute_minor = 0;
  EXPECT_THAT(without_code(alike).value_or(Finding{}).what,
              HasSubstr("gpu0, gpu1 (Some GPU, compute capability 7.0):"));
  const Finding pascal = without_code(two(6, 1)).value_or(Finding{});
  EXPECT_THAT(pascal.advice, HasSubstr("a build with CUDA 12 serves"));
  const Finding maxwell = without_code(two(5, 2)).value_or(Finding{});
  EXPECT_THAT(maxwell.advice, HasSubstr("no build serves such a GPU"));
  const Machine described = describe(two(7, 0));
  EXPECT_TRUE(described.gpus[0].has_code);
  EXPECT_FALSE(described.gpus[1].has_code);
  // Left out on purpose by whoever built it.
  Signals partly = two(8, 6);
  partly.architectures = "90-real";
  EXPECT_THAT(without_code(partly).value_or(Finding{}).advice,
              HasSubstr("PEERBENCH_CUDA_ARCHITECTURES"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
