// SPDX-License-Identifier: Apache-2.0
// Discovery against implementations of NVML that are not the simulator's: an old driver's and one
// that knows states by fields only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hand_made_signals.hpp"
#include "machine/discover.hpp"
#include "machine/nvml_signals.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// What CUDA alone would say of two GPUs that may talk to each other.
Signals by_cuda() {
  Signals signals = discrete_machine(2, yes());
  forget_nvml(signals);
  signals.driver_version = "";
  return signals;
}

Machine with_library(const char* library) {
  Signals signals = by_cuda();
  const Nvml nvml(library);
  EXPECT_TRUE(nvml.started()) << nvml.status().raw;
  read_nvml(nvml, signals);
  return describe(signals);
}

TEST(ForeignNvml, AnOldDriverIsEnough) {
  const Machine machine = with_library(PEERBENCH_FOREIGN_NVML_OLD);
  EXPECT_EQ(machine.machine_class, Class::discrete_nvlink) << machine.reason;
  ASSERT_EQ(machine.links.size(), 2u);
  for (const PeerLink& link : machine.links) {
    EXPECT_EQ(link.links_up, 2);
    EXPECT_EQ(link.nvlink_version, "2.2");
    EXPECT_FALSE(link.raw_gbs_per_link.has_value());
    EXPECT_NEAR(link.nvlink_ceiling.value().gbs, 2 * 25.781, 0.001);
    EXPECT_EQ(link.allowed.read.value, Tri::unknown);
    EXPECT_EQ(link.allowed.read.raw, "NVML_ERROR_FUNCTION_NOT_FOUND");
    EXPECT_EQ(link.way, PciTopologyLevel::unknown);
  }
  EXPECT_EQ(machine.gpus[0].bar1_bytes, 0u);
  EXPECT_FALSE(machine.gpus[0].pcie.current.has_value());
  EXPECT_EQ(machine.driver_version, "");
  EXPECT_THAT(machine.findings, IsEmpty());
}

TEST(ForeignNvml, StatesByFieldsAndHiddenSwitches) {
  const Machine machine = with_library(PEERBENCH_FOREIGN_NVML_FIELDS);
  EXPECT_EQ(machine.machine_class, Class::discrete_nvlink) << machine.reason;
  for (const PeerLink& link : machine.links) {
    EXPECT_EQ(link.links_up, 18);
    EXPECT_TRUE(link.through_switch);
    EXPECT_NEAR(link.nvlink_ceiling.value().gbs, 18 * 26.562, 0.001);
  }
  EXPECT_EQ(machine.gpus[0].c2c_links, 0);
  EXPECT_FALSE(machine.gpus[0].c2c_ceiling.has_value());
}

TEST(ForeignNvml, ALibraryThatIsNotThere) {
  const Nvml nvml("/nowhere/libnvidia-ml.so.1");
  EXPECT_FALSE(nvml.started());
  Signals signals = by_cuda();
  read_nvml(nvml, signals);
  const Machine machine = describe(signals);
  EXPECT_EQ(machine.machine_class, Class::discrete_unknown_link);
  EXPECT_THAT(machine.reason, HasSubstr("could not be loaded"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
