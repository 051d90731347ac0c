// SPDX-License-Identifier: Apache-2.0
#include <nvml.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hand_made_signals.hpp"
#include "machine/discover.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The one finding of a machine.
Finding sole(const Signals& signals) {
  const auto found = describe(signals).findings;
  EXPECT_EQ(found.size(), 1u);
  return found.empty() ? Finding{} : found[0];
}

TEST(UseFindings, ModesThatKeepOthersOut) {
  Signals signals = discrete_machine(2, no());
  signals.gpus[1].compute_mode = NVML_COMPUTEMODE_EXCLUSIVE_PROCESS;
  EXPECT_EQ(sole(signals).code, FindingCode::compute_mode_exclusive);
  EXPECT_EQ(sole(signals).severity, Severity::info);
  signals.gpus[1].other_processes = 1;
  EXPECT_EQ(sole(signals).code, FindingCode::gpu_held);
  EXPECT_THAT(sole(signals).what, HasSubstr("gpu1 is in compute mode exclusive, and another"));
  signals.gpus[1].compute_mode = NVML_COMPUTEMODE_PROHIBITED;
  EXPECT_EQ(sole(signals).code, FindingCode::compute_mode_prohibited);
  EXPECT_THAT(sole(signals).advice, HasSubstr("nvidia-smi -c DEFAULT"));
  // Others may share a GPU that is open to all.
  signals.gpus[1].compute_mode = NVML_COMPUTEMODE_DEFAULT;
  EXPECT_THAT(describe(signals).findings, IsEmpty());
}

TEST(UseFindings, StatesThatAreNoTroubleAreEvidence) {
  Signals signals = discrete_machine(2, yes());
  for (GpuSignals& gpu : signals.gpus) {
    add_switch_links(gpu, 18);
    gpu.fabric = yes("completed");
    gpu.persistence = no("NVML_SUCCESS");
  }
  signals.imex_channels = yes("1");
  std::vector<std::string> lines;
  for (const Evidence& line : describe(signals).evidence) {
    lines.push_back(line.asked + ": " + line.answer + ": " + line.meaning);
  }
  EXPECT_THAT(lines, AllOf(Contains(HasSubstr("gpu1 persistence mode: off")),
                           Contains(AllOf(HasSubstr("gpu0 NVLink fabric: completed"),
                                          HasSubstr("NVLS"), HasSubstr("can be used"))),
                           Contains(HasSubstr("IMEX channels: 1"))));
}

TEST(UseFindings, TheFabricsState) {
  Signals signals = discrete_machine(2, yes());
  for (GpuSignals& gpu : signals.gpus) {
    add_switch_links(gpu, 18);
    gpu.fabric = yes("completed");
    gpu.fabric_degraded = no("0x2");
  }
  EXPECT_THAT(describe(signals).findings, IsEmpty());
  for (GpuSignals& gpu : signals.gpus) gpu.fabric = no("in progress");
  EXPECT_EQ(sole(signals).code, FindingCode::fabric_not_ready);
  EXPECT_THAT(sole(signals).what, AllOf(HasSubstr("gpu0, gpu1"), HasSubstr("in progress")));
  for (GpuSignals& gpu : signals.gpus) gpu.fabric = yes("completed");
  signals.gpus[1].fabric_degraded = yes("0x1");
  EXPECT_EQ(sole(signals).code, FindingCode::fabric_degraded);
}

TEST(UseFindings, ConfidentialComputingCostsRate) {
  Signals signals = discrete_machine(1, no());
  signals.confidential = yes("NVML_SUCCESS");
  EXPECT_EQ(sole(signals).code, FindingCode::confidential_computing);
}

TEST(UseFindings, CudasNumbersBesideThoseOfNvidiaSmi) {
  Signals signals = discrete_machine(2, no());
  signals.gpus[0].gpu.nvml_index = 0;
  signals.gpus[1].gpu.nvml_index = 1;
  EXPECT_THAT(describe(signals).findings, IsEmpty());
  signals.gpus[0].gpu.nvml_index = 1;
  signals.gpus[1].gpu.nvml_index = 0;
  EXPECT_EQ(sole(signals).code, FindingCode::gpu_numbers_differ);
  EXPECT_THAT(sole(signals).what, HasSubstr("gpu0 is 1, gpu1 is 0"));
  EXPECT_THAT(sole(signals).advice, HasSubstr("CUDA_DEVICE_ORDER=PCI_BUS_ID"));
  signals.cuda_visible_devices = "1,0";
  EXPECT_THAT(sole(signals).advice, HasSubstr("CUDA_VISIBLE_DEVICES lists"));
}

TEST(UseFindings, ABar1FarBelowTheMemoryOfPciePeers) {
  Signals signals = discrete_machine(2, yes());
  for (GpuSignals& gpu : signals.gpus) {
    gpu.gpu.memory_bytes = 24 * GiB;
    gpu.bar1_bytes = 256 * MiB;
  }
  EXPECT_EQ(sole(signals).code, FindingCode::bar1_small);
  EXPECT_THAT(sole(signals).what,
              AllOf(HasSubstr("gpu0, gpu1"), HasSubstr("256 MiB of 24 GiB"), HasSubstr("205")));
  EXPECT_THAT(sole(signals).advice,
              AllOf(HasSubstr("Resizable BAR"), HasSubstr("VBIOS"), HasSubstr("IOMMU")));
  // Without peer access nobody looks through it; nor over NVLink.
  Signals refused = signals;
  for (PairSignals& pair : refused.pairs) pair.can_access = no();
  EXPECT_THAT(describe(refused).findings, IsEmpty());
  add_links(signals.gpus[0], 1, 4);
  add_links(signals.gpus[1], 0, 4);
  EXPECT_THAT(describe(signals).findings, IsEmpty());
  Signals large = discrete_machine(2, yes());
  for (GpuSignals& gpu : large.gpus) gpu.gpu.memory_bytes = gpu.bar1_bytes = 24 * GiB;
  EXPECT_THAT(describe(large).findings, IsEmpty());
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
