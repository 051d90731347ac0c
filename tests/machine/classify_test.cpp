// SPDX-License-Identifier: Apache-2.0
#include "machine/classify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "hand_made_signals.hpp"
#include "machine/peer_links.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Classification classified(const Signals& signals) { return classify(signals, peer_links(signals)); }

/// Matches the evidence line that asked `asked` and got `answer`, meaning `meaning`.
auto line(const std::string& asked, const std::string& answer, const std::string& meaning) {
  return AllOf(Field(&Evidence::asked, HasSubstr(asked)),
               Field(&Evidence::answer, HasSubstr(answer)),
               Field(&Evidence::meaning, HasSubstr(meaning)));
}

TEST(Classify, NoGpuNamesTheErrorOfTheRuntime) {
  Signals signals = discrete_machine(0, no());
  signals.cuda_error = "cudaErrorInsufficientDriver";
  signals.kernel_module = no("not loaded");
  forget_nvml(signals);
  const auto result = classified(signals);
  EXPECT_EQ(result.machine_class, Class::no_gpu);
  EXPECT_THAT(result.reason, HasSubstr("cudaErrorInsufficientDriver"));
  EXPECT_THAT(result.evidence, Contains(line("kernel module", "not loaded", "no driver")));
  EXPECT_THAT(result.evidence, Contains(line("NVML", "could not be loaded", "unknown")));
}

TEST(Classify, SparkIsOnePoolAndItsChipToChipLinkIsNoPeerLink) {
  const auto result = classified(spark());
  EXPECT_EQ(result.machine_class, Class::unified_pool);
  EXPECT_THAT(result.modifiers, IsEmpty());
  EXPECT_THAT(result.evidence, Contains(line("C2C", "8 links x 43125 MB/s", "not a peer link")));
  EXPECT_THAT(result.evidence, Contains(line("peer (GPU-to-GPU) NVLink", "none", "confirmed")));
  EXPECT_THAT(result.evidence, Contains(line("MemoryInfo", "NOT_SUPPORTED", "no memory")));
}

TEST(Classify, JetsonOrinIsOnePoolWithoutHostPageTablesAndWithoutNvml) {
  Signals signals = spark();
  signals.gpus[0].gpu.host_page_tables = no();
  forget_nvml(signals);
  const auto result = classified(signals);
  EXPECT_EQ(result.machine_class, Class::unified_pool);
  EXPECT_THAT(result.reason, HasSubstr("page tables of its own"));
  EXPECT_THAT(result.evidence,
              Contains(line("peer (GPU-to-GPU) NVLink", "none", "not confirmed by NVML")));
}

TEST(Classify, IntegratedDecidesEvenWhenMemoryInformationAnswers) {
  Signals signals = spark();
  signals.gpus[0].framebuffer = yes("NVML_SUCCESS");
  EXPECT_EQ(classified(signals).machine_class, Class::unified_pool);
}

TEST(Classify, MissingMemoryInformationAloneMakesNoPool) {
  Signals signals = discrete_machine(1, no());
  signals.gpus[0].framebuffer = no("NVML_ERROR_NOT_SUPPORTED");
  EXPECT_EQ(classified(signals).machine_class, Class::single_gpu);
}

TEST(Classify, NeitherNameNorCapabilityDecides) {
  Signals signals = discrete_machine(1, no());
  signals.gpus[0].gpu.model = "NVIDIA GB10";
  signals.gpus[0].gpu.compute_major = 12;
  signals.gpus[0].gpu.compute_minor = 1;
  signals.product = "NVIDIA_DGX_Spark";
  EXPECT_EQ(classified(signals).machine_class, Class::single_gpu);
}

TEST(Classify, GraceHopperIsACoherentSuperchipAndTwoOfThemStayOne) {
  EXPECT_EQ(classified(grace_hopper(1)).machine_class, Class::coherent_superchip);
  const auto two = classified(grace_hopper(2));
  EXPECT_EQ(two.machine_class, Class::coherent_superchip);
  EXPECT_THAT(two.evidence, Contains(line("CanAccessPeer", "0 of 2", "")));
  EXPECT_THAT(two.evidence, Contains(line("gpu1 NVLink-C2C", "10 links", "not a peer link")));
}

TEST(Classify, ASuperchipBesideACardIsMixed) {
  Signals signals = discrete_machine(2, no());
  signals.gpus[0].gpu.host_page_tables = yes();
  signals.gpus[0].memory_node = yes("node 1");
  const auto result = classified(signals);
  EXPECT_EQ(result.machine_class, Class::mixed);
  EXPECT_THAT(result.reason, HasSubstr("1 are coherent with the host, 1 have memory of their own"));
}

TEST(Classify, BridgedPairIsNvlink) {
  Signals signals = discrete_machine(2, yes());
  add_links(signals.gpus[0], 1, 4);
  add_links(signals.gpus[1], 0, 4);
  const auto result = classified(signals);
  EXPECT_EQ(result.machine_class, Class::discrete_nvlink);
  EXPECT_THAT(result.reason, HasSubstr("2 of 2 ordered pairs"));
  EXPECT_THAT(result.evidence, Contains(line("gpu0 NVLinks", "4 present, 4 up", "4 to GPUs")));
}

TEST(Classify, NvlinkStaysNvlinkWhenPeerAccessIsRefused) {
  Signals signals = discrete_machine(2, no());
  add_links(signals.gpus[0], 1, 4);
  add_links(signals.gpus[1], 0, 4);
  const auto result = classified(signals);
  EXPECT_EQ(result.machine_class, Class::discrete_nvlink);
  EXPECT_THAT(result.reason, HasSubstr("no peer access"));
}

TEST(Classify, LinksToASwitchJoinAllPairs) {
  Signals signals = discrete_machine(8, yes());
  for (GpuSignals& gpu : signals.gpus) add_switch_links(gpu, 18);
  const auto result = classified(signals);
  EXPECT_EQ(result.machine_class, Class::discrete_nvlink);
  EXPECT_THAT(result.reason, HasSubstr("56 of 56"));
}

TEST(Classify, NoLinkUpIsPcieAndLinksDownAreSaid) {
  EXPECT_EQ(classified(discrete_machine(2, yes())).machine_class, Class::discrete_pcie);
  Signals down = discrete_machine(2, no());
  add_links(down.gpus[0], 1, 0, 4);
  add_links(down.gpus[1], 0, 0, 4);
  const auto result = classified(down);
  EXPECT_EQ(result.machine_class, Class::discrete_pcie);
  EXPECT_THAT(result.reason, HasSubstr("all down"));
  EXPECT_THAT(result.evidence, Contains(line("gpu1 NVLinks", "4 present, 0 up", "anywhere")));
}

TEST(Classify, WithoutNvmlTheLinkIsUnknownNotPcie) {
  Signals signals = discrete_machine(2, yes());
  forget_nvml(signals);
  const auto result = classified(signals);
  EXPECT_EQ(result.machine_class, Class::discrete_unknown_link);
  EXPECT_THAT(result.reason, HasSubstr("not confirmed"));
  EXPECT_THAT(result.evidence,
              Contains(line("gpu0 NVLinks", "could not be loaded", "could not be asked")));
}

TEST(Classify, OneGpuThatNvmlDoesNotShowIsEnoughForUnknown) {
  Signals signals = discrete_machine(2, yes());
  signals.gpus[1].nvlinks_asked = unknown("neither PCI bus id nor UUID found");
  EXPECT_EQ(classified(signals).machine_class, Class::discrete_unknown_link);
}

TEST(Classify, HiddenCardsForbidAClaimAboutLinks) {
  Signals signals = discrete_machine(1, no());
  signals.nvml_count = 8;
  signals.cuda_visible_devices = "3";
  const auto result = classified(signals);
  EXPECT_EQ(result.machine_class, Class::single_gpu);
  EXPECT_THAT(result.modifiers, ElementsAre(Modifier::hidden_gpus));
  EXPECT_THAT(result.reason, HasSubstr("8 in the machine"));
  EXPECT_THAT(result.evidence, Contains(line("peer (GPU-to-GPU) NVLink", "not known", "hidden")));
  EXPECT_THAT(result.evidence, Contains(line("nvmlDeviceGetCount", "8", "7 more")));
  EXPECT_THAT(result.evidence, Not(Contains(line("peer (GPU-to-GPU)", "none", ""))));
}

TEST(Classify, OneGpuOfAContainerWithLinksUpIsNotWithoutPeers) {
  Signals signals = discrete_machine(1, no());
  add_switch_links(signals.gpus[0], 18);
  const auto result = classified(signals);
  EXPECT_EQ(result.machine_class, Class::single_gpu);
  EXPECT_THAT(result.evidence, Not(Contains(line("peer (GPU-to-GPU)", "none", ""))));
}

TEST(Classify, SingleGpuWithoutNvmlIsNotConfirmed) {
  Signals signals = discrete_machine(1, no());
  forget_nvml(signals);
  const auto result = classified(signals);
  EXPECT_EQ(result.machine_class, Class::single_gpu);
  EXPECT_THAT(result.modifiers, IsEmpty());
  EXPECT_THAT(result.evidence, Contains(line("peer (GPU-to-GPU)", "none", "not confirmed")));
}

TEST(Classify, UnknownAttributesAreSaidNotTakenForNo) {
  Signals signals = discrete_machine(1, no());
  signals.gpus[0].gpu.integrated = unknown("cudaErrorInvalidValue");
  const auto result = classified(signals);
  EXPECT_EQ(memory_kind(signals.gpus[0]), MemoryKind::unknown);
  EXPECT_THAT(result.reason, HasSubstr("cudaErrorInvalidValue"));

  signals = discrete_machine(1, no());
  signals.gpus[0].gpu.host_page_tables = unknown("cudaErrorInvalidValue");
  EXPECT_THAT(classified(signals).evidence,
              Contains(line("integrated", "cudaErrorInvalidValue", "could not be asked")));
}

TEST(Classify, ModifiersDoNotChangeTheClass) {
  Signals signals = discrete_machine(2, no());
  signals.wsl = yes("/dev/dxg exists");
  signals.gpus[0].virtual_gpu = yes("mode 2");
  const auto result = classified(signals);
  EXPECT_EQ(result.machine_class, Class::discrete_pcie);
  EXPECT_THAT(result.modifiers, ElementsAre(Modifier::wsl2, Modifier::virtual_gpu));
}

TEST(Classify, SlicesAreNoHiddenCards) {
  Signals signals = discrete_machine(1, no());
  signals.gpus[0].mig = yes("mode 1");
  signals.nvml_count = 8;
  EXPECT_THAT(classified(signals).modifiers, ElementsAre(Modifier::mig));
  signals = discrete_machine(1, no());
  signals.cuda_visible_devices = "MIG-1234";
  EXPECT_THAT(classified(signals).modifiers, ElementsAre(Modifier::mig));
}

TEST(Classify, TwoIntegratedGpusStillShareOnePool) {
  Signals signals = discrete_machine(2, no());
  for (GpuSignals& gpu : signals.gpus) {
    gpu.gpu.integrated = yes();
    gpu.gpu.host_page_tables = yes();
  }
  const auto result = classified(signals);
  EXPECT_EQ(result.machine_class, Class::unified_pool);
  EXPECT_THAT(result.evidence, Contains(line("CanAccessPeer", "0 of 2", "")));
}

TEST(Classify, WordsAreThoseOfTheResultFile) {
  EXPECT_STREQ(name(Class::discrete_nvlink), "discrete-nvlink");
  EXPECT_STREQ(name(Class::discrete_unknown_link), "discrete-unknown-link");
  EXPECT_STREQ(name(Class::no_gpu), "no-gpu");
  EXPECT_STREQ(name(Modifier::hidden_gpus), "hidden-gpus");
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
