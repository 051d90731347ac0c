// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "hand_made_signals.hpp"
#include "machine/discover.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// That many GPUs of which CUDA and NVML show those at 01:00.0 and on; the kernel lists `all`.
Signals listed(int shown, int all) {
  Signals signals = discrete_machine(shown, no());
  signals.container = no();
  signals.pci_listed = yes();
  for (int gpu = 0; gpu < all; ++gpu) {
    signals.pci_gpus.push_back(discrete_gpu(gpu).gpu.pci_bus_id);
  }
  return signals;
}

std::vector<Finding> of(const Signals& signals) { return describe(signals).findings; }

TEST(HiddenFindings, AContainerNamesWhatItWasNotGiven) {
  Signals signals = listed(1, 3);
  signals.container = yes("a Kubernetes pod");
  auto found = of(signals);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, FindingCode::gpus_not_in_container);
  EXPECT_THAT(found[0].what, HasSubstr("2 GPUs of this machine (0000:02:00.0, 0000:03:00.0)"));
  // No variable is named that is not set.
  EXPECT_THAT(found[0].advice, AllOf(HasSubstr("--gpus all"), HasSubstr("nvidia.com/gpu"),
                                     Not(HasSubstr("VISIBLE_DEVICES"))));
  signals.nvidia_visible_devices = "0";
  EXPECT_THAT(of(signals)[0].advice, HasSubstr("NVIDIA_VISIBLE_DEVICES is \"0\""));
  // What the container hides is not laid to CUDA's variable.
  signals.cuda_visible_devices = "0";
  EXPECT_EQ(of(signals)[0].code, FindingCode::gpus_not_in_container);
}

TEST(HiddenFindings, TwoThatHideAreToldApart) {
  Signals signals = listed(1, 3);
  signals.container = yes("a Kubernetes pod");
  signals.nvml_count = 2;
  signals.hidden = {{"Some GPU", "0000:02:00.0"}};
  signals.cuda_visible_devices = "0";
  const auto found = of(signals);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].code, FindingCode::gpus_hidden_by_environment);
  EXPECT_THAT(found[0].what, HasSubstr("(0000:02:00.0)"));
  EXPECT_EQ(found[1].code, FindingCode::gpus_not_in_container);
  EXPECT_THAT(found[1].what, HasSubstr("(0000:03:00.0)"));
}

TEST(HiddenFindings, ACardThatTheDriverLeavesAloneIsNamed) {
  const auto found = of(listed(2, 3));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, FindingCode::gpus_without_driver);
  EXPECT_THAT(found[0].what, HasSubstr("(0000:03:00.0)"));
  EXPECT_THAT(found[0].advice, AllOf(HasSubstr("lspci -k"), HasSubstr("Xid")));
}

TEST(HiddenFindings, AGpuThatFellOffTheBus) {
  Signals signals = listed(2, 3);
  signals.pci_off_bus = {"0000:03:00.0"};
  const Machine dead = describe(signals);
  ASSERT_EQ(dead.findings.size(), 1u);
  EXPECT_EQ(dead.findings[0].code, FindingCode::gpu_off_the_bus);
  EXPECT_THAT(dead.findings[0].what, HasSubstr("1 GPU (0000:03:00.0) is lost"));
  EXPECT_THAT(dead.findings[0].advice, HasSubstr("Xid 79"));
  ASSERT_EQ(dead.hidden.size(), 1u);
  EXPECT_EQ(dead.hidden[0].why, Hiding::off_the_bus);
  EXPECT_FALSE(dead.hidden[0].by_driver);
  // NVML counts one that it lost, and no longer says where it was: the PCI tree does.
  signals.pci_off_bus.clear();
  signals.nvml_count = 3;
  signals.hidden = {{"", "", Hiding::lost}};
  const Machine lost = describe(signals);
  ASSERT_EQ(lost.findings.size(), 1u);
  EXPECT_EQ(lost.findings[0].code, FindingCode::gpu_off_the_bus);
  EXPECT_THAT(lost.findings[0].what, HasSubstr("(0000:03:00.0)"));
}

TEST(HiddenFindings, MigWithoutASliceIsTheCause) {
  Signals signals = listed(0, 1);
  signals.cuda_error = "cudaErrorNoDevice";
  signals.nvml_count = 1;
  signals.hidden = {{"Some GPU", "0000:01:00.0", Hiding::mig_without_slice}};
  const auto found = of(signals);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, FindingCode::mig_without_slice);
  EXPECT_THAT(found[0].advice, HasSubstr("nvidia-smi mig -cgi"));
  EXPECT_THAT(describe(signals).advice, ElementsAre(found[0].advice));
}

TEST(HiddenFindings, NumbersThatDoNotExistAreNamed) {
  const auto said = [](const std::string& variable, int shown, int all) {
    Signals signals = listed(shown, all);
    signals.nvml_count = all;
    signals.cuda_visible_devices = variable;
    std::vector<std::string> sentences;
    for (const Finding& finding : of(signals)) {
      if (finding.code == FindingCode::visible_devices_wrong) sentences.push_back(finding.what);
    }
    return sentences;
  };
  EXPECT_THAT(said("1,5,0", 1, 2),
              ElementsAre(AllOf(HasSubstr("names 5, which does not exist: there are 2 GPUs"),
                                HasSubstr("the list ends there"))));
  EXPECT_THAT(said("1,1", 0, 2), ElementsAre(HasSubstr("names 1 twice")));
  for (const char* right : {"0,1", "1", " 0, 1", "", "-1", "1,-1,7", "GPU-12345678", "0x1"}) {
    EXPECT_THAT(said(right, 2, 2), IsEmpty()) << right;
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
