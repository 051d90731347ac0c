// SPDX-License-Identifier: Apache-2.0
// The tables of `peerbench machine`: GPUs, their way to the host, and what joins the pairs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../result/sample_machines.hpp"
#include "report/machine_parts.hpp"
#include "table_words.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using machine::PcieSpeed;
using machine::PciTopologyLevel;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// One GPU whose link to the host is `link`.
machine::Machine one_card(const machine::PcieLink& link) {
  result::Run run;
  result::add_gpus(run, 1, "model");
  run.machine.gpus[0].pcie = link;
  return run.machine;
}

/// The words of its PCIe link.
std::string link_of(std::optional<PcieSpeed> current, std::optional<PcieSpeed> card,
                    std::optional<PcieSpeed> slot, Tri idle,
                    std::optional<PcieSpeed> under_load = {}) {
  machine::PcieLink link;
  link.current = current;
  link.card_max = card;
  link.slot_max = slot;
  link.idle.value = idle;
  link.under_load = under_load;
  link.narrowest = PcieSpeed{1, 1};  // makes the table exist; has a column of its own
  return host_way_table(one_card(link))->rows[0][1].words;
}

TEST(CardTable, ShowsEachCardAndHowManyOfItsNvlinksAreUp) {
  const auto table = card_table(result::half_seated_bridge().machine);
  ASSERT_TRUE(table.has_value());
  EXPECT_THAT(headings(*table), ElementsAre("gpu", "PCI address", "memory", "BAR1", "NVLinks\nup",
                                            "compute", "SMs", "L2", "copy\nengines"));
  EXPECT_THAT(words(table->rows.at(1)), ElementsAre("gpu1", "0000:02:00.0", "24 GiB", "256 MiB",
                                                    "3 of 4", "8.6", "82", "6 MiB", "2"));
}

TEST(CardTable, WhatNobodyKnowsOrHasIsNoColumn) {
  const auto unknown = card_table(result::without_nvml().machine);
  EXPECT_THAT(headings(*unknown), Not(Contains("BAR1")));
  EXPECT_THAT(headings(*unknown), Not(Contains("NVLinks\nup")));
  const auto chip = card_table(result::dgx_spark().machine);
  EXPECT_EQ(chip->title, "The GPU");
  EXPECT_THAT(headings(*chip), Not(Contains("NVLinks\nup")));
  EXPECT_FALSE(card_table(result::no_gpu().machine).has_value());
}

TEST(CardTable, NumbersOfNvidiaSmiStandBesideCudasWhereTheyDiffer) {
  machine::Machine machine = result::half_seated_bridge().machine;
  machine.gpus[0].nvml_index = 0;
  machine.gpus[1].nvml_index = 1;
  EXPECT_THAT(headings(*card_table(machine)), Not(Contains("nvidia-smi\nnumber")));
  machine.gpus[0].nvml_index = 1;
  machine.gpus[1].nvml_index.reset();
  const auto table = card_table(machine);
  EXPECT_EQ(headings(*table)[1], "nvidia-smi\nnumber");
  EXPECT_EQ(table->rows[0][1].words, "1");
  EXPECT_EQ(table->rows[1][1].words, "?");
}

TEST(CardTable, UnknownIsNotNone) {
  auto machine = result::quad_bridged_pairs().machine;
  machine.gpus[0].nvlinks_up.reset();
  machine.gpus[1].nvlinks_up.reset();
  machine.gpus[1].nvlinks_present.reset();
  machine.gpus[1].bar1_bytes = 0;
  machine.gpus[2].nvlinks_up = machine.gpus[2].nvlinks_present = 0;
  const auto table = card_table(machine);
  EXPECT_EQ(table->rows[0][4].words, "? of 12");
  EXPECT_EQ(table->rows[1][4].words, "?");
  EXPECT_EQ(table->rows[1][3].words, "?");
  EXPECT_EQ(table->rows[2][4].words, "-");
  EXPECT_THAT(table->note, HasSubstr("?: could not be asked."));
}

TEST(HostWayTable, TheLinkSaysWhatItIsAndWhatItCouldBe) {
  const PcieSpeed full{4, 16}, slow{1, 16}, half{4, 8};
  EXPECT_EQ(link_of(full, full, full, Tri::no), "4.0 x16");
  EXPECT_EQ(link_of(slow, full, full, Tri::yes), "1.0 x16 idle, 4.0 x16 able");
  EXPECT_EQ(link_of(slow, full, full, Tri::unknown), "1.0 x16, 4.0 x16 able");
  EXPECT_EQ(link_of(half, full, half, Tri::no), "4.0 x8") << "the slot can do no more";
  EXPECT_EQ(link_of(full, PcieSpeed{5, 16}, full, Tri::no), "4.0 x16");
  EXPECT_EQ(link_of(half, full, full, Tri::no), "4.0 x8, 4.0 x16 able");
  EXPECT_EQ(link_of(slow, full, full, Tri::yes, full), "4.0 x16 under load, 1.0 x16 idle");
  EXPECT_EQ(link_of(slow, full, full, Tri::yes, half),
            "4.0 x8 under load, 1.0 x16 idle, 4.0 x16 able");
  EXPECT_EQ(link_of({}, full, {}, Tri::unknown), "4.0 x16 able");
  EXPECT_EQ(link_of(full, {}, {}, Tri::unknown), "4.0 x16");
}

TEST(HostWayTable, TheNarrowestPointIsNamedWithItsPlace) {
  const auto table = host_way_table(result::half_seated_bridge().machine);
  EXPECT_THAT(headings(*table),
              ElementsAre("gpu", "PCIe link", "narrowest", "GB/s", "NUMA\nnode", "nearest\ncores"));
  EXPECT_THAT(words(table->rows[0]),
              ElementsAre("gpu0", "1.0 x16 idle, 4.0 x16 able", "4.0 x16", "31.5", "0", "0-31"));
  EXPECT_THAT(words(table->rows[1]),
              ElementsAre("gpu1", "1.0 x16 idle, 4.0 x16 able", "3.0 x4", "3.94", "0", "0-31"));
  EXPECT_THAT(words(table->remarks),
              ElementsAre("gpu1: the way is narrowest below 0000:00:01.2, 3.0 x4; card and slot "
                          "could 4.0 x16"));
  // The slot of both cards is narrower than the cards: one remark, and no column of its own.
  auto run = result::dual_rtx3090_nvlink();
  result::seat(run, {4, 16}, {4, 4}, false);
  const auto slots = host_way_table(run.machine);
  EXPECT_THAT(headings(*slots), Not(Contains("narrowest")));
  EXPECT_THAT(words(slots->remarks),
              ElementsAre("gpu0, gpu1: the slot gives 4.0 x4, the card could 4.0 x16"));
  result::seat(run, {4, 16}, {4, 16}, false);
  run.machine.gpus[0].pcie.narrowest = PcieSpeed{5, 8};
  EXPECT_TRUE(host_way_table(run.machine)->remarks.empty()) << "5.0 x8 is as fast as 4.0 x16";
  result::seat(run, {4, 16}, {5, 16}, false);
  EXPECT_TRUE(host_way_table(run.machine)->remarks.empty()) << "a better slot costs nothing";
}

TEST(HostWayTable, ExplainsOnlyTheWordsThatAreThere) {
  const auto idle = host_way_table(result::dual_rtx3090_nvlink().machine);
  EXPECT_THAT(idle->note, HasSubstr("idle: a GPU with nothing to do slows its link down."));
  EXPECT_THAT(idle->note, HasSubstr("able: "));
  EXPECT_THAT(idle->note, Not(HasSubstr("under load")));
  EXPECT_EQ(host_way_table(result::hgx_8().machine)->note,
            "GB/s: one way, at most, over the narrowest PCIe link to the host.");
}

TEST(HostWayTable, AnIntegratedGpuHasNoPcieLineAndNothingKnownNoTable) {
  auto machine = result::dgx_spark().machine;
  machine.gpus[0].pcie.current = PcieSpeed{1, 1};  // a placeholder, should it ever get here
  EXPECT_FALSE(host_way_table(machine).has_value());
  EXPECT_FALSE(host_way_table(one_card({})).has_value());
  EXPECT_FALSE(host_way_table(result::no_gpu().machine).has_value());
}

TEST(HostWayTable, BesideACardASuperchipsGpuHasNoPcieLine) {
  auto machine = result::dual_superchip().machine;
  machine.gpus[1] = result::dual_rtx4090().machine.gpus[1];
  EXPECT_THAT(words(host_way_table(machine)->rows[0]), ElementsAre("gpu0", "-", "-", "0", "0-71"));
  machine.gpus[0].bar1_bytes = 0;
  machine.gpus[1].bar1_bytes = 256 * MiB;
  EXPECT_EQ(card_table(machine)->rows[0][3].words, "-");
}

TEST(HostWayTable, LongListsOfCoresAreShortened) {
  auto machine = result::hgx_8().machine;
  machine.gpus[0].cpus = "0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30";
  machine.gpus[1].cpus = "0-15,128-143";
  const auto table = host_way_table(machine);
  EXPECT_EQ(table->rows[0].back().words, "0,2,4,6,8,...,30");
  EXPECT_EQ(table->rows[1].back().words, "0-15,128-143");
}

TEST(C2c, StandsApartAndNeverInTheMatrix) {
  const auto machine = result::dual_superchip().machine;
  EXPECT_THAT(words(c2c_section(machine).lines),
              ElementsAre("gpu0, gpu1: 10 links up, 447 GB/s one way at most"));
  const auto matrix = pair_matrix(machine);
  EXPECT_THAT(words(matrix->rows[0]), ElementsAre("gpu0", "X", "SYS -"));
  EXPECT_THAT(matrix->note, HasSubstr("-: the rate is not known."));
  EXPECT_TRUE(c2c_section(result::hgx_8().machine).lines.empty());
}

TEST(Hidden, CardsOfOneModelAreOneLine) {
  const auto section = hidden_section(result::single_of_eight().machine);
  ASSERT_EQ(section.lines.size(), 1u);
  EXPECT_THAT(section.lines[0].words,
              HasSubstr("7 x NVIDIA H100 80GB HBM3: 0000:02:00.0, 0000:03:00.0,"));
}

TEST(PairMatrix, RowsAreFromAndColumnsTo) {
  auto machine = result::unlike_pair().machine;
  for (auto& link : machine.links) {
    if (link.from == 0) link.pcie_ceiling->gbs = 12.5;
  }
  const auto table = pair_matrix(machine);
  EXPECT_THAT(headings(*table), ElementsAre("from \\ to", "gpu0", "gpu1"));
  EXPECT_THAT(words(table->rows[0]), ElementsAre("gpu0", "X", "NODE 12.5"));
  EXPECT_THAT(words(table->rows[1]), ElementsAre("gpu1", "NODE 31.5", "X"));
  EXPECT_THAT(table->note, HasSubstr("From the row's GPU to the column's"));
  EXPECT_THAT(table->note, HasSubstr("Ways over PCIe: as NVML says."));
  EXPECT_THAT(table->note, Not(HasSubstr("not known")));
}

TEST(PairMatrix, NamesNvlinksByHowManyAreUp) {
  EXPECT_THAT(words(pair_matrix(result::dual_rtx3090_nvlink().machine)->rows[0]),
              ElementsAre("gpu0", "X", "NV4 56.2"));
  const auto part = pair_matrix(result::half_seated_bridge().machine);
  EXPECT_EQ(part->rows[0][2].words, "NV3/4 42.2");
  EXPECT_EQ(part->rows[0][2].tone, Tone::warning);
  EXPECT_THAT(words(part->remarks),
              ElementsAre("NV3/4: 3 of 4 NVLinks up from the row's GPU to the column's"));
  const auto mesh = pair_matrix(result::hybrid_mesh_8().machine);
  EXPECT_THAT(words(mesh->rows[0]), ElementsAre("gpu0", "X", "NV1 25.8", "NV1 25.8", "NV2 51.6",
                                                "NV2 51.6", "SYS 15.8", "SYS 15.8", "SYS 15.8"));
  EXPECT_THAT(words(mesh->remarks),
              ElementsAre("NV1: 1 NVLink up from the row's GPU to the column's",
                          "NV2: 2 NVLinks up from the row's GPU to the column's",
                          HasSubstr("SYS: PCIe, and from one NUMA node to another")));
  EXPECT_THAT(words(pair_matrix(result::hgx_8().machine)->remarks),
              ElementsAre("NV18: 18 NVLinks up from the row's GPU to switches; all its pairs "
                          "share them"));
}

TEST(PairMatrix, LinksThatAreAllDownJoinNothing) {
  auto machine = result::dual_rtx4090().machine;
  for (auto& link : machine.links) link.links_present = 4;
  EXPECT_EQ(pair_matrix(machine)->rows[0][2].words, "PHB 31.5");
}

TEST(PairMatrix, UnknownIsNeitherNvlinkNorPcie) {
  const auto table = pair_matrix(result::without_nvml().machine);
  EXPECT_EQ(table->rows[0][2].words, "PHB? 31.5");
  EXPECT_THAT(words(table->remarks),
              Contains("? after a word: whether NVLinks join the GPUs could not be asked"));
  result::Run run;
  result::add_gpus(run, 2, "model");
  for (auto& link : run.machine.links) {
    machine::PeerLink unknown;
    unknown.from = link.from;
    unknown.to = link.to;
    link = unknown;
  }
  const auto nothing = pair_matrix(run.machine);
  EXPECT_THAT(words(nothing->rows[0]), ElementsAre("gpu0", "X", "?"));
  EXPECT_THAT(words(nothing->remarks), ElementsAre("?: what joins the GPUs could not be asked"));
  run.machine.links[0].nvlink.value = Tri::no;
  EXPECT_EQ(pair_matrix(run.machine)->rows[0][2].words, "PCIe -");
  EXPECT_THAT(words(pair_matrix(run.machine)->remarks),
              Contains("PCIe: by which way could not be asked"));
  run.machine.links[0].nvlink.value = Tri::yes;
  EXPECT_EQ(pair_matrix(run.machine)->rows[0][2].words, "NV? -");
  run.machine.links.pop_back();
  EXPECT_EQ(pair_matrix(run.machine)->rows[1][1].words, "?");
}

TEST(PairMatrix, OneCardHasNone) {
  EXPECT_FALSE(pair_matrix(result::dgx_spark().machine).has_value());
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
