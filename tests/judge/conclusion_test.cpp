// SPDX-License-Identifier: Apache-2.0
#include "judge/conclusion.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "../result/sample_cells.hpp"
#include "../result/sample_machines.hpp"
#include "../result/sample_runs.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

using result::Answer;
using result::Run;
using result::Status;

std::string gpu_name(int ordinal) { return fmt::format("gpu{}", ordinal); }

/// A copy of `rate` GB/s for each ordered pair of the machine's that `rate` gives one for (0:
/// none).
void copies(Run& run, const char* kind, double ceiling,
            const std::function<double(const machine::PeerLink&)>& rate) {
  for (const auto& link : run.machine.links) {
    const double one = rate(link);
    if (one == 0) continue;
    auto cell = result::peer_cell(kind, "uni", gpu_name(link.from), gpu_name(link.to), one);
    if (ceiling > 0) {
      cell.efficiency = one / ceiling;
      cell.ceiling = result::Reference{ceiling, "links"};
    } else {
      cell.efficiency.reset();
      cell.ceiling.reset();
    }
    run.cells.push_back(cell);
  }
}

auto always(double rate) {
  return [=](const machine::PeerLink&) { return rate; };
}

Run two_gpus(int links) {
  Run run;
  result::add_gpus(run, 2, "a GPU");
  result::join(run, links, 14.0625, "3.1");
  run.machine.machine_class = machine::Class::discrete_nvlink;
  return run;
}

Run over_pcie(const char* driver, double direct, double staged) {
  result::Run run = two_gpus(4);
  result::unjoin(run, 0, 1, machine::PciTopologyLevel::phb, driver);
  if (direct > 0) copies(run, "push", 31.51, always(direct));
  if (staged > 0) copies(run, "staged", 0, always(staged));
  return run;
}

struct Case {
  const char* what;
  std::function<Run()> run;
  Answer answer;
  std::vector<std::string> groups;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.what; }

std::string rates(const std::optional<result::Spread>& spread) {
  return fmt::format("{:.1f}-{:.1f}", spread->low, spread->high);
}

/// "nvlink 4/4, 2 pairs: 51.0-51.0, 91 %, staged 11.3-11.3".
std::string text(const result::PeerGroup& group) {
  const auto count = [](const std::optional<int>& links) {
    return links ? std::to_string(*links) : std::string("-");
  };
  std::string made = result::name(group.join);
  if (group.through_switch) made += " switch";
  if (group.links_up)
    made += fmt::format(" {}/{}", count(group.links_up), count(group.links_present));
  if (!group.refusal.empty()) made += ' ' + group.refusal;
  made += fmt::format(", {} pairs:", group.pairs.size());
  std::vector<std::string> figures;
  if (group.one_way) figures.push_back(rates(group.one_way));
  if (group.share) figures.push_back(fmt::format("{:.0f} %", *group.share * 100));
  if (group.low) figures.emplace_back("low");
  if (group.staged_one_way) figures.push_back("staged " + rates(group.staged_one_way));
  return fmt::format("{} {}", made, fmt::join(figures, ", "));
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"all links up",
       [] {
         Run run = two_gpus(4);
         copies(run, "push", 56.25, always(51.02));
         copies(run, "pull", 56.25, always(50.8));
         copies(run, "staged", 0, always(11.29));
         return run;
       },
       Answer::good,
       {"nvlink 4/4, 2 pairs: 51.0-51.0, 91 %, staged 11.3-11.3"}},
      {"a kernel and small copies beside it decide nothing",
       [] {
         Run run = two_gpus(1);
         copies(run, "push", 14.0625, always(7));
         for (int i : {0, 1}) {
           rekey(run.cells.at(i), [](auto& key) { key.bytes = 4 * KiB; });
         }
         copies(run, "push", 14.0625, always(9));
         for (int i : {2, 3}) {
           rekey(run.cells.at(i), [](auto& key) { key.engine = result::Engine::sm; });
         }
         copies(run, "push", 14.0625, always(12.66));
         return run;
       },
       Answer::good,
       {"nvlink 1/1, 2 pairs: 12.7-12.7, 90 %"}},
      {"pulls only, and a rate that is not known",
       [] {
         Run run = two_gpus(4);
         for (auto& link : run.machine.links) link.links_present.reset();
         copies(run, "pull", 0, always(50.8));
         return run;
       },
       Answer::good,
       {"nvlink 4/-, 2 pairs: 50.8-50.8"}},
      {"half a bridge, and low",
       [] {
         Run run = two_gpus(4);
         for (auto& link : run.machine.links) link.links_up = 3;
         copies(run, "push", 42.1875, always(30));
         for (auto& cell : run.cells) cell.verdict = result::Verdict::low;
         copies(run, "staged", 0, always(10));
         return run;
       },
       Answer::degraded,
       {"nvlink 3/4, 2 pairs: 30.0-30.0, 71 %, low, staged 10.0-10.0"}},
      {"eight GPUs at switches",
       [] {
         Run run = result::hgx_8();
         copies(run, "push", 478.125,
                [](const machine::PeerLink& link) { return link.from == 3 ? 390.0 : 395.0; });
         copies(run, "staged", 0, always(37.4));
         return run;
       },
       Answer::good,
       {"nvlink switch 18/18, 56 pairs: 390.0-395.0, 82 %, staged 37.4-37.4"}},
      {"a mesh of one, two or no links",
       [] {
         Run run = result::hybrid_mesh_8();
         const auto links = [](const machine::PeerLink& link) { return link.links_up.value_or(0); };
         copies(run, "push", 0, [&](const machine::PeerLink& link) { return 24.0 * links(link); });
         copies(run, "staged", 0, always(8));
         return run;
       },
       Answer::good,
       {"nvlink 2/2, 12 pairs: 48.0-48.0, staged 8.0-8.0",
        "nvlink 1/1, 20 pairs: 24.0-24.0, staged 8.0-8.0",
        "refused TNS, 24 pairs: staged 8.0-8.0"}},
      {"bridged pairs",
       [] {
         Run run = result::quad_bridged_pairs();
         copies(run, "push", 300, [](const machine::PeerLink& link) {
           return is_yes(link.nvlink.value) ? 276.0 : 0.0;
         });
         copies(run, "staged", 0, always(21.6));
         return run;
       },
       Answer::good,
       {"nvlink 12/12, 4 pairs: 276.0-276.0, 92 %, staged 21.6-21.6",
        "refused CNS, 8 pairs: staged 21.6-21.6"}},
      {"over PCIe",
       [] { return over_pcie("OK", 26.32, 22.27); },
       Answer::good,
       {"pcie, 2 pairs: 26.3-26.3, 84 %, staged 22.3-22.3"}},
      {"slower than staged",
       [] { return over_pcie("OK", 12.6, 22.27); },
       Answer::good,
       {"pcie, 2 pairs: 12.6-12.6, 40 %, staged 22.3-22.3"}},
      {"as fast as staged",
       [] { return over_pcie("OK", 22.5, 22.27); },
       Answer::good,
       {"pcie, 2 pairs: 22.5-22.5, 71 %, staged 22.3-22.3"}},
      {"refused",
       [] { return over_pcie("GNS", 0, 22.04); },
       Answer::no_direct_link,
       {"refused GNS, 2 pairs: staged 22.0-22.0"}},
      {"refused without a reason, although NVLinks are up",
       [] {
         Run run = two_gpus(4);
         for (auto& link : run.machine.links) {
           link.can_access = {Tri::no, "0"};
           link.allowed = {};
         }
         copies(run, "staged", 0, always(22));
         return run;
       },
       Answer::no_direct_link,
       {"refused, 2 pairs: staged 22.0-22.0"}},
      {"an unknown link",
       [] {
         Run run = result::without_nvml();
         copies(run, "push", 0, always(51));
         copies(run, "staged", 0, always(11.3));
         return run;
       },
       Answer::unknown,
       {"unknown, 2 pairs: 51.0-51.0, staged 11.3-11.3"}},
      {"staged alone was asked for",
       [] {
         Run run = two_gpus(4);
         copies(run, "staged", 0, always(11.3));
         return run;
       },
       Answer::unknown,
       {"staged, 2 pairs: staged 11.3-11.3"}},
      {"wrong data says nothing of rates",
       [] {
         Run run = over_pcie("OK", 26, 22);
         run.cells[0] = result::unmeasured(run.cells[0], Status::corrupt, "Byte 5 differs.");
         return run;
       },
       Answer::corrupt,
       {"pcie, 1 pairs: 26.0-26.0, 83 %, staged 22.0-22.0", "staged, 1 pairs: staged 22.0-22.0"}},
      {"a copy that never ended",
       [] {
         Run run = over_pcie("OK", 26, 22);
         run.cells[1] = result::unmeasured(run.cells[1], Status::hang, "No end.");
         std::erase_if(run.cells, [](const auto& cell) { return cell.src == "gpu0"; });
         return run;
       },
       Answer::hang,
       {"staged, 1 pairs: staged 22.0-22.0"}},
      {"one chip", [] { return result::dgx_spark(); }, Answer::one_pool, {}},
      {"no GPU", [] { return result::no_gpu(); }, Answer::no_gpu, {}},
  };
  return all;
}

class Conclusions : public testing::TestWithParam<Case> {};

std::vector<std::string> texts(const std::vector<result::PeerGroup>& groups) {
  std::vector<std::string> made;
  for (const auto& group : groups) made.push_back(text(group));
  return made;
}

TEST_P(Conclusions, SayWhatJoinsTheGpusAndWhatItDelivers) {
  const auto made = conclude(GetParam().run());
  EXPECT_EQ(result::name(made.answer), std::string(result::name(GetParam().answer)));
  EXPECT_EQ(texts(made.groups), GetParam().groups);
}

TEST_P(Conclusions, NeverHangOnTheGpusNames) {
  result::Run run = GetParam().run();
  for (auto& gpu : run.machine.gpus) gpu.model = "NVIDIA H100 80GB HBM3";
  run.simulated = result::Simulated{"dual-rtx4090"};
  const auto made = conclude(run);
  EXPECT_EQ(made.answer, GetParam().answer);
  EXPECT_EQ(texts(made.groups), GetParam().groups);
}

INSTANTIATE_TEST_SUITE_P(Boxes, Conclusions, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<Case>& one) {
                           std::string name = one.param.what;
                           std::erase(name, ',');
                           std::ranges::replace(name, ' ', '_');
                           return name;
                         });

/// Two GPUs with four links up, all as it should be.
Run healthy() {
  result::Run run = two_gpus(4);
  run.machine.machine_class = machine::Class::discrete_nvlink;
  copies(run, "push", 56.25, always(51));
  return run;
}

Answer with_finding(machine::FindingCode code) {
  result::Run run = healthy();
  run.findings = {machine::make_finding(code, {machine::pair_subject(0, 1)})};
  return conclude(run).answer;
}

TEST(Conclusion, WhatIsDownOrNarrowIsDegraded) {
  using enum machine::FindingCode;
  EXPECT_EQ(conclude(healthy()).answer, Answer::good);
  for (const auto code : {nvlinks_partly_down, nvlinks_uneven, pcie_lanes_low, pcie_generation_low,
                          nvlink_refused, nccl_p2p_disabled}) {
    EXPECT_EQ(with_finding(code), Answer::degraded) << to_string(code);
  }
  for (const auto code : {pcie_slot_narrow, iommu_translates, gpu_in_use, nvlinks_all_down}) {
    EXPECT_EQ(with_finding(code), Answer::good) << to_string(code);
  }
}

TEST(Conclusion, APairUnlikeItsPeersIsDegradedByItsDirectRateOneWayOnly) {
  using machine::FindingCode;
  result::Run run = healthy();
  run.findings = {machine::make_finding(FindingCode::pairs_below_peers, {}, {}, {})};
  EXPECT_EQ(conclude(run).answer, Answer::good) << "staged, or both ways";
  run.cells[0].below_peers = 60;
  const auto made = conclude(run);
  EXPECT_EQ(made.answer, Answer::degraded);
  EXPECT_EQ(made.causes, std::vector{FindingCode::pairs_below_peers});
}

TEST(Conclusion, WhatCannotBeUsedOrSeenDecides) {
  using machine::FindingCode;
  EXPECT_EQ(with_finding(FindingCode::gpu_not_built_for), Answer::good) << "it was measured";
  result::Run unbuilt = healthy();
  unbuilt.findings = {machine::make_finding(FindingCode::gpu_not_built_for, {})};
  for (auto& cell : unbuilt.cells) cell = result::unmeasured(cell, Status::unsupported, "No code.");
  EXPECT_EQ(conclude(unbuilt).answer, Answer::unknown);
  EXPECT_EQ(with_finding(FindingCode::gpus_hidden_by_environment), Answer::good)
      << "two are in sight";
  result::Run run = healthy();
  run.machine.gpus.pop_back();
  run.machine.machine_class = machine::Class::single_gpu;
  EXPECT_EQ(conclude(run).answer, Answer::one_gpu);
  run.findings = {
      machine::make_finding(FindingCode::gpus_hidden_by_environment, {}, {{"gpus", 1}})};
  EXPECT_EQ(conclude(run).answer, Answer::unknown);
}

TEST(Conclusion, AGpuThatFellOffTheBusIsDegradedAlsoBesideOneThatIsLeft) {
  result::Run run = healthy();
  run.machine.gpus.pop_back();
  run.machine.machine_class = machine::Class::single_gpu;
  run.findings = {machine::make_finding(machine::FindingCode::gpu_off_the_bus, {}, {{"gpus", 1}})};
  EXPECT_EQ(conclude(run).answer, Answer::degraded);
}

TEST(Conclusion, LinksToSwitchesThatAreDownCountByWhatTheBoardWires) {
  result::Run run = result::hgx_8();
  for (auto& link : run.machine.links) {
    if (link.from == 3 || link.to == 3) link.links_up = link.links_present = 16;
  }
  copies(run, "push", 425, always(350));
  run.findings = {machine::make_finding(machine::FindingCode::nvlinks_uneven,
                                        {machine::gpu_subject(3)},
                                        {{"links_up", 16}, {"links_wired", 18}})};
  const auto made = conclude(run);
  ASSERT_EQ(made.groups.size(), 2u);
  EXPECT_FALSE(result::partly_down(made.groups[0]));
  EXPECT_TRUE(result::partly_down(made.groups[1]));
  EXPECT_EQ(made.groups[1].links_present, 18);
  EXPECT_DOUBLE_EQ(made.groups[1].whole_gbs.value(), 425.0 / 16 * 18);
  EXPECT_DOUBLE_EQ(result::rate_of_all_links(made.groups[1]), 350.0 / 16 * 18);
}

TEST(Conclusion, ACellThatFailedIsNeverGood) {
  result::Run run = healthy();
  run.cells.push_back(result::unmeasured(run.cells[0], Status::error, "cudaErrorUnknown"));
  const auto made = conclude(run);
  EXPECT_EQ(made.answer, Answer::unknown);
  EXPECT_EQ(made.measured, 2);
  EXPECT_EQ(made.failed, 1);
  run.cells.push_back(result::unmeasured(run.cells[0], Status::hang, "No end."));
  EXPECT_EQ(conclude(run).answer, Answer::hang);
  run.cells.push_back(result::unmeasured(run.cells[0], Status::corrupt, "Byte 5 differs."));
  EXPECT_EQ(conclude(run).answer, Answer::corrupt);
}

TEST(Conclusion, ALowRateOfTheHostsLinkIsLow) {
  result::Run run = healthy();
  auto cell = result::peer_cell("push", "uni", "gpu0", "gpu1", 8);
  rename(cell, "host/ce/h2d/uni/host0-gpu0/pinned/bytes:16777216");
  cell.verdict = result::Verdict::low;
  run.cells.push_back(cell);
  const auto made = conclude(run);
  EXPECT_EQ(made.answer, Answer::low);
  ASSERT_EQ(made.lines.size(), 1u);
  EXPECT_EQ(made.lines[0].what, result::Measured::host_link);
  EXPECT_EQ(made.lines[0].good, false);
}

TEST(Conclusion, WhatACacheDeliversIsNoFigureOfAMemory) {
  result::Run run = result::dgx_spark();
  run.cells = {result::pool_cell("read", "gpu0", 0, 895),
               result::pool_cell("read", "gpu0", 0, 228)};
  rename(run.cells[0], "pool/sm/read/gpu0/device/bytes:16777216");
  rename(run.cells[1], "pool/sm/read/gpu0/pinned/bytes:16777216");
  run.cells[0].basis = result::Basis{.cause = result::Cause::above_memory};
  EXPECT_TRUE(conclude(run).lines.empty());
  run.cells[0].basis = result::Basis{.cause = result::Cause::reached};
  const auto lines = conclude(run).lines;
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].read->low, 895);
}

TEST(Conclusion, WhatLinksThatAreDownWouldAdd) {
  result::Run run = two_gpus(4);
  for (auto& link : run.machine.links) link.links_up = 3;
  copies(run, "push", 42.1875, always(38.2));
  const auto groups = conclude(run).groups;
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_DOUBLE_EQ(groups[0].peak_gbs.value(), 42.1875);
  EXPECT_DOUBLE_EQ(groups[0].whole_gbs.value(), 56.25);
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
