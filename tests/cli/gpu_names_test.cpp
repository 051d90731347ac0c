// SPDX-License-Identifier: Apache-2.0
#include "cli/gpu_names.hpp"

#include <gmock/gmock.h>

namespace peerbench::cli {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

/// Two boards of one bus number in two PCI domains, a third one, and one that is hidden.
machine::Machine three_gpus() {
  machine::Machine machine;
  const char* const addresses[] = {"0000:41:00.0", "0001:41:00.0", "0000:82:00.0"};
  const char* const uuids[] = {"GPU-1a2b0000-11", "GPU-1a2b0000-22", "GPU-77"};
  for (int i = 0; i < 3; ++i) {
    machine::Gpu gpu;
    gpu.ordinal = i;
    gpu.pci_bus_id = addresses[i];
    gpu.uuid = uuids[i];
    gpu.nvml_index = i == 2 ? 3 : i;
    machine.gpus.push_back(gpu);
  }
  machine.hidden.push_back({"NVIDIA X", "0000:c1:00.0", machine::Hiding::unknown, true, "GPU-99"});
  return machine;
}

/// The numbers that --gpus comes to, or the refusal.
Expected<std::vector<int>> gpus(const std::string& text, bool identify = false,
                                const machine::Machine& machine = three_gpus()) {
  const auto names = parse_gpus(text);
  if (!names) return tl::unexpected(names.error());
  result::Settings settings;
  const auto done = select_gpus({*names, {}}, machine, identify, settings);
  if (!done) return tl::unexpected(done.error());
  return settings.gpus;
}

Expected<std::vector<std::pair<int, int>>> pairs(const std::string& text) {
  const auto names = parse_pairs(text);
  if (!names) return tl::unexpected(names.error());
  result::Settings settings;
  const auto done = select_gpus({{}, *names}, three_gpus(), false, settings);
  if (!done) return tl::unexpected(done.error());
  return settings.pairs;
}

/// The message of a usage error.
template <typename T>
std::string refusal(const Expected<T>& value) {
  if (value) return "accepted";
  EXPECT_EQ(value.error().kind, ErrorKind::usage);
  return value.error().message;
}

TEST(GpuNames, NumbersUuidsAndAddressesAllName) {
  EXPECT_THAT(gpus("2,0").value(), ElementsAre(2, 0));
  EXPECT_THAT(gpus("GPU-1a2b0000-2").value(), ElementsAre(1));
  EXPECT_THAT(gpus("GPU-1A2B0000-22").value(), ElementsAre(1)) << "in any case";
  EXPECT_THAT(gpus("GPU-7,0").value(), ElementsAre(2, 0));
  EXPECT_THAT(gpus("MIG-77").value(), ElementsAre(2)) << "CUDA gives digits of slices alike";
  EXPECT_THAT(gpus("0001:41:00.0,82:00.0").value(), ElementsAre(1, 2));
  EXPECT_THAT(gpus("82:00,00000000:82:00").value(), ElementsAre(2)) << "each once";
}

TEST(GpuNames, PairsHaveTwoDotsOrWhereNothingElseHasOneADash) {
  EXPECT_THAT(pairs("0-1,2-0").value(), ElementsAre(Pair(0, 1), Pair(2, 0)));
  EXPECT_THAT(pairs("0..1").value(), ElementsAre(Pair(0, 1)));
  EXPECT_THAT(pairs("GPU-77..GPU-1a2b0000-11").value(), ElementsAre(Pair(2, 0)));
  EXPECT_THAT(pairs("GPU-77..0").value(), ElementsAre(Pair(2, 0)));
  EXPECT_THAT(pairs("0001:41:00.0-82:00.0").value(), ElementsAre(Pair(1, 2)));
  EXPECT_THAT(pairs("0000:41:00.0..82:00.0").value(), ElementsAre(Pair(0, 2)));
  for (const char* const text : {"GPU-77-GPU-1a2b0000-11", "GPU-77", "0", "0-1-2", "0..", "0-0"}) {
    EXPECT_THAT(refusal(pairs(text)), HasSubstr("GPU-1a2b..GPU-3c4d")) << text;
  }
  EXPECT_THAT(refusal(pairs("2..GPU-7")), HasSubstr("2 and GPU-7 are the same GPU, 2"));
}

TEST(GpuNames, WhatIsNoNameIsRefusedWithExamples) {
  for (const char* const text : {"a", "0,", "GPU-", "GPU-xy", "-1", "41:00.9", "0x1"}) {
    EXPECT_THAT(refusal(gpus(text)), HasSubstr("GPU-1a2b,41:00.0")) << text;
  }
}

TEST(GpuNames, AmbiguousUnknownAndHiddenOnesListWhatThereIs) {
  EXPECT_THAT(
      refusal(gpus("GPU-1a2b")),
      AllOf(HasSubstr("--gpus: GPU-1a2b is more than one GPU; there are 0 (0000:41:00.0), 1 "
                      "(0001:41:00.0), 2 (0000:82:00.0, 3 in nvidia-smi); hidden are 0000:c1:00.0"),
            HasSubstr("--identify shows their UUIDs")));
  EXPECT_THAT(refusal(gpus("41:00.0")), HasSubstr("41:00.0 is more than one GPU"));
  EXPECT_THAT(refusal(gpus("7")),
              AllOf(HasSubstr("no GPU 7; there are 0"), Not(HasSubstr("UUID"))));
  EXPECT_THAT(refusal(gpus("GPU-5")), HasSubstr("no GPU GPU-5; there are 0"));
  EXPECT_THAT(refusal(gpus("c1:00.0")), HasSubstr("c1:00.0 is hidden from this process"));
  EXPECT_THAT(refusal(gpus("GPU-9")),
              AllOf(HasSubstr("GPU-9 is hidden from this process"), Not(HasSubstr("GPU-99"))));
  EXPECT_THAT(refusal(pairs("0-9")), HasSubstr("--pairs: no GPU 9"));
  EXPECT_THAT(refusal(gpus("0", false, {})), HasSubstr("no GPU is visible"));
}

TEST(GpuNames, UuidsAreShownOnlyWhereTheyAreAskedFor) {
  EXPECT_THAT(refusal(gpus("GPU-5")), Not(HasSubstr("GPU-77")));
  EXPECT_THAT(refusal(gpus("GPU-5", true)), HasSubstr("(0000:82:00.0, GPU-77, 3 in nvidia-smi)"));
  EXPECT_THAT(refusal(gpus("GPU-5", true)), HasSubstr("hidden are 0000:c1:00.0 (GPU-99)"));
  machine::Machine saved = three_gpus();
  for (machine::Gpu& gpu : saved.gpus) gpu.uuid.clear();
  EXPECT_THAT(refusal(gpus("GPU-77", false, saved)),
              HasSubstr("were left out when this was saved"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::cli
