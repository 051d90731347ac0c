// SPDX-License-Identifier: Apache-2.0
#include "machine/advice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hand_made_signals.hpp"
#include "machine/discover.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> advised(const Signals& signals) { return describe(signals).advice; }

Signals nothing() {
  Signals signals;
  signals.runtime_version = 13000;
  signals.cuda_error = "cudaErrorInsufficientDriver";
  signals.nvml = unknown("libnvidia-ml.so.1 could not be loaded");
  signals.wsl = signals.kernel_module = no();
  return signals;
}

TEST(Advice, NoDriverSaysToInstallOne) {
  EXPECT_THAT(advised(nothing()), ElementsAre(HasSubstr("No NVIDIA driver is loaded")));
}

TEST(Advice, ContainerIsStartedAgainWithGpus) {
  Signals signals = nothing();
  signals.container = yes("/.dockerenv exists");
  EXPECT_THAT(advised(signals), ElementsAre(HasSubstr("--gpus all")));
  signals.kernel_module = yes("580.95.05");
  EXPECT_THAT(advised(signals), ElementsAre(HasSubstr("NVIDIA_DRIVER_CAPABILITIES")));
}

TEST(Advice, WslDriverIsInstalledInWindows) {
  Signals signals = nothing();
  signals.wsl = yes("/dev/dxg exists");
  signals.kernel_module = unknown("lives in Windows");
  EXPECT_THAT(advised(signals), ElementsAre(HasSubstr("in Windows")));
}

TEST(Advice, AnOldDriverIsNamedWithWhatServesIt) {
  Signals signals = nothing();
  signals.kernel_module = yes("535.129.03");
  signals.driver_version = "535.129.03";
  signals.driver_cuda_version = 12020;
  EXPECT_THAT(advised(signals),
              ElementsAre(AllOf(HasSubstr("driver 535.129.03 is too old for this build"),
                                HasSubstr("serves CUDA 12.2, and a build with CUDA 13.0"),
                                HasSubstr("needs driver 580 or younger: update the driver,"),
                                HasSubstr("a build with CUDA 12 serves drivers from 525"))));
  // Other GPUs to show or hide change nothing about it.
  signals.cuda_visible_devices = "0";
  signals.nvml_count = 2;
  signals.container = yes("/.dockerenv exists");
  EXPECT_THAT(advised(signals), ElementsAre(AllOf(HasSubstr("of the container's host"),
                                                  Not(HasSubstr("--gpus all")))));
}

TEST(Advice, AGpuThatDrivesADisplayIsNamed) {
  Signals signals = discrete_machine(2, no());
  signals.gpus[0].exec_timeout = no();
  signals.gpus[1].exec_timeout = yes();
  EXPECT_THAT(advised(signals), ElementsAre(AllOf(HasSubstr("kernels of gpu1 that last"),
                                                  HasSubstr("cudaErrorLaunchTimeout"))));
}

TEST(Advice, ADriverWithoutDevicesPointsToItsLog) {
  Signals signals = nothing();
  signals.cuda_error = "cudaErrorNoDevice";
  signals.kernel_module = yes("580.95.05");
  signals.driver_cuda_version = 13000;
  EXPECT_THAT(advised(signals), ElementsAre(HasSubstr("cudaErrorNoDevice")));
  signals.product = "NVIDIA_DGX_Spark";
  EXPECT_THAT(advised(signals), Contains(HasSubstr("CONFIG_ARM_SMMU_V3_SVA")));
}

TEST(Advice, HiddenByTheEnvironmentIsSaidFirst) {
  Signals signals = nothing();
  signals.cuda_error = "cudaErrorNoDevice";
  signals.cuda_visible_devices = "";
  signals.nvml = yes();
  signals.nvml_count = 2;
  signals.driver_cuda_version = 13000;
  signals.kernel_module = yes("580.95.05");
  EXPECT_THAT(advised(signals), ElementsAre(HasSubstr("CUDA_VISIBLE_DEVICES is \"\"")));
}

TEST(Advice, AHealthyPairNeedsNone) {
  Signals signals = discrete_machine(2, yes());
  add_links(signals.gpus[0], 1, 4);
  add_links(signals.gpus[1], 0, 4);
  EXPECT_THAT(advised(signals), IsEmpty());
  EXPECT_THAT(advised(spark()), IsEmpty());
}

TEST(Advice, AJetsonsPowerModeIsNamed) {
  Signals signals = spark();
  signals.product = "NVIDIA Jetson AGX Orin Developer Kit";
  EXPECT_THAT(advised(signals), ElementsAre(HasSubstr("nvpmodel -q")));
}

TEST(Advice, SlicesAreExplained) {
  Signals signals = discrete_machine(1, no());
  signals.gpus[0].mig = yes("mode 1");
  EXPECT_THAT(advised(signals), ElementsAre(HasSubstr("nvidia-smi -mig 0")));
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
