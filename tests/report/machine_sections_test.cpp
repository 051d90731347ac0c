// SPDX-License-Identifier: Apache-2.0
// The sentences of `peerbench machine`: what may talk to what, ceilings and pools.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "../result/sample_machines.hpp"
#include "report/machine_parts.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> words(const Section& section) {
  std::vector<std::string> made;
  for (const Text& text : section.lines) made.push_back(text.words);
  return made;
}

const std::string staged =
    "Where it is refused, copies between the GPUs go through host memory (staged).";

/// The line of a pair that differs from two cards on one bridge in what `change` does.
std::string pair_line(const std::function<void(machine::PeerLink&)>& change) {
  auto machine = result::dual_rtx4090().machine;
  for (auto& link : machine.links) change(link);
  const auto lines = words(peer_section(machine));
  EXPECT_THAT(lines.at(0), StartsWith("gpu0 <-> gpu1: "));
  return lines.at(0).substr(std::string("gpu0 <-> gpu1: ").size());
}

TEST(PeerSection, PairsAlikeAreOneLine) {
  EXPECT_THAT(
      words(peer_section(result::hgx_8().machine)),
      ElementsAre("all 28 pairs, both ways: read, write, atomics by NVLink through switches"));
  EXPECT_THAT(words(peer_section(result::quad_bridged_pairs().machine)),
              ElementsAre("gpu0 <-> gpu1, gpu2 <-> gpu3: read, write, atomics by NVLink",
                          StartsWith("the other 4 pairs, both ways: refused: the driver does not "
                                     "know the chipset between the GPUs (CNS)"),
                          staged));
  EXPECT_TRUE(peer_section(result::dgx_spark().machine).lines.empty());
}

TEST(PeerSection, WaysOfOnePairMayDiffer) {
  EXPECT_THAT(
      words(peer_section(result::unlike_pair().machine)),
      ElementsAre("gpu0 -> gpu1: read, write over PCIe; not: atomics (NS)",
                  "gpu1 -> gpu0: refused: a registry key of the driver disables it (DR)", staged));
}

TEST(PeerSection, SaysWhoRefusesAndWhy) {
  const auto refused_with = [](const std::string& word) {
    return pair_line([&](auto& link) { link.allowed = result::capabilities(word, "NS", word); });
  };
  EXPECT_THAT(refused_with("GNS"),
              StartsWith("refused: the driver does not offer it for this GPU model (GNS): "));
  EXPECT_THAT(refused_with("CNS"), HasSubstr("chipset between the GPUs (CNS)"));
  EXPECT_THAT(refused_with("TNS"), HasSubstr("does not carry it (TNS)"));
  EXPECT_THAT(refused_with("DR"), HasSubstr("registry key"));
  EXPECT_EQ(refused_with("NS"), "refused: the driver does not support it between these GPUs (NS)");
  EXPECT_EQ(refused_with("U"), "refused: the driver does not say why (U)");
  EXPECT_EQ(refused_with("OK"),
            "refused by CUDA (cudaDeviceCanAccessPeer = 0), although NVML's answer is OK");
  EXPECT_EQ(pair_line([](auto& link) { link.allowed = {}; }),
            "refused (cudaDeviceCanAccessPeer = 0); why could not be asked");
  EXPECT_EQ(pair_line([](auto& link) {
              link.nvlink.value = Tri::yes;
              link.allowed = result::capabilities("NS", "NS", "NS");
            }),
            "refused: the driver does not support it between these GPUs (NS); NVLinks are up "
            "nevertheless");
}

TEST(PeerSection, UnknownIsNeitherAllowedNorRefused) {
  EXPECT_EQ(pair_line([](auto& link) { link.can_access = {}; }), "could not be asked");
  EXPECT_EQ(pair_line([](auto& link) {
              link.can_access = {Tri::unknown, "cudaErrorUnknown"};
            }),
            "could not be asked (cudaErrorUnknown)");
  EXPECT_THAT(words(peer_section(result::without_nvml().machine)),
              ElementsAre("gpu0 <-> gpu1: allowed (cudaDeviceCanAccessPeer = 1); whether by NVLink "
                          "or over PCIe could not be asked"));
}

TEST(PeerSection, AtomicsAreCudasAnswerWhereNvmlHasNone) {
  const auto with = [](Tri nvml, Tri cuda) {
    return pair_line([&](auto& link) {
      link.can_access = {Tri::yes, "1"};
      link.allowed = result::capabilities("OK", "NS", "OK");
      link.allowed.atomics = {nvml, ""};
      link.native_atomics = {cuda, "from CUDA"};
    });
  };
  EXPECT_EQ(with(Tri::yes, Tri::no), "read, write, atomics over PCIe");
  EXPECT_EQ(with(Tri::unknown, Tri::no), "read, write over PCIe; not: atomics (from CUDA)");
  EXPECT_EQ(with(Tri::unknown, Tri::unknown), "read, write over PCIe; could not be asked: atomics");
}

TEST(CeilingSection, EachIsOnceWithFormulaSourceAndWhatPacketsLeave) {
  EXPECT_THAT(
      words(ceiling_section(result::dual_rtx3090_nvlink().machine)),
      ElementsAre("NVLink, gpu0 <-> gpu1: 56.25 GB/s one way = 4 links up x 14.0625 GB/s (rate of "
                  "a link as the driver reports it)",
                  "PCIe, host <-> gpu0, gpu1: 31.51 GB/s one way = 16 GT/s x 16 lanes x 128/130 / "
                  "8 (PCI Express Base Specification 4.0)\npackets leave 28.81 GB/s of it: "
                  "256-byte packets, 24 bytes of header each"));
  const auto mesh = words(ceiling_section(result::hybrid_mesh_8().machine));
  ASSERT_EQ(mesh.size(), 3u);
  EXPECT_THAT(mesh[0], StartsWith("NVLink, 10 pairs, both ways (0-1, 0-2, 1-2"));
  EXPECT_THAT(mesh[1], StartsWith("NVLink, 6 pairs, both ways (0-3, 0-4, 1-5, 2-6, 3-7, 4-7): "
                                  "51.56 GB/s"));
  EXPECT_THAT(mesh[2], HasSubstr("; PCIe, host <-> all 8 GPUs: 15.75 GB/s one way"))
      << "what has the same ceiling shares its line";
}

TEST(CeilingSection, MemoryCountsTrafficAndC2cIsItsOwn) {
  EXPECT_THAT(words(ceiling_section(result::dgx_spark().machine)),
              ElementsAre("NVLink-C2C, CPU <-> gpu0: 345 GB/s one way = 8 links x 43.125 GB/s "
                          "(rate of a link as the driver reports it)",
                          "memory of host0: 273.1 GB/s of traffic = 256 bits x 8533 MT/s / 8 "
                          "(vendor's data sheet)"));
  EXPECT_THAT(words(ceiling_section(result::hgx_8().machine)).back(),
              StartsWith("memory of all 8 GPUs: 3352 GB/s of traffic = "));
}

TEST(CeilingSection, WhatIsNotKnownIsLeftOut) {
  result::Run run;
  result::add_gpus(run, 2, "model");
  EXPECT_TRUE(ceiling_section(run.machine).lines.empty());
  run.machine.gpus[0].pcie.ceiling = machine::Ceiling{12.5, "", "", {}, ""};
  EXPECT_THAT(words(ceiling_section(run.machine)),
              ElementsAre("PCIe, host <-> gpu0: 12.5 GB/s one way"));
}

TEST(PoolSection, PoolsAlikeAreOneLine) {
  EXPECT_THAT(words(pool_section(result::hgx_8().machine)),
              ElementsAre("all 8 GPUs: each 79.1 GiB, 78.6 GiB available; memory of NVIDIA H100 "
                          "80GB HBM3; at most 3352 GB/s of traffic"));
  EXPECT_THAT(words(pool_section(result::dgx_spark().machine)),
              ElementsAre("host0: 119.7 GiB, 59.8 GiB available; LPDDR5X shared by CPU and GPU, 20 "
                          "cores, 24 MiB L3; at most 273 GB/s of traffic"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
