// SPDX-License-Identifier: Apache-2.0
#include "report/conclusion.hpp"
#include "../result/sample_cells.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "../result/sample_machines.hpp"
#include "../result/sample_runs.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using result::Run;
using result::Status;

std::string name(int card) { return fmt::format("gpu{}", card); }

/// A copy of `rate` GB/s for each ordered pair of the machine's that `rate` gives one for (0:
/// none).
void copies(Run& run, const char* kind, double ceiling,
            const std::function<double(const machine::PeerLink&)>& rate) {
  for (const auto& link : run.machine.links) {
    const double one = rate(link);
    if (one == 0) continue;
    auto cell = result::peer_cell(kind, "uni", name(link.from), name(link.to), one);
    if (ceiling > 0) cell.efficiency = one / ceiling;
    run.cells.push_back(cell);
  }
}

auto always(double rate) {
  return [=](const machine::PeerLink&) { return rate; };
}

Run two_cards(int links) {
  Run run;
  result::add_gpus(run, 2, "a card");
  result::join(run, links, 14.0625, "3.1");
  return run;
}

Run over_pcie(const char* driver, double direct, double staged) {
  Run run = two_cards(4);
  result::unjoin(run, 0, 1, machine::PciWay::phb, driver);
  if (direct > 0) copies(run, "push", 31.51, always(direct));
  if (staged > 0) copies(run, "staged", 0, always(staged));
  return run;
}

struct Case {
  const char* what;
  std::function<Run()> run;
  std::vector<std::string> lines;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.what; }

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"all links up",
       [] {
         Run run = two_cards(4);
         copies(run, "push", 56.25, always(51.02));
         copies(run, "pull", 56.25, always(50.8));
         copies(run, "staged", 0, always(11.29));
         return run;
       },
       {"NVLink is up on all 4 links and delivers 91 % of its rate; it is 4.5 times faster than "
        "the "
        "way through the host."}},
      {"a kernel and small copies beside it decide nothing",
       [] {
         Run run = two_cards(1);
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
       {"NVLink is up on its one link and delivers 90 % of its rate."}},
      {"pulls only, and a rate that is not known",
       [] {
         Run run = two_cards(4);
         for (auto& link : run.machine.links) link.links_present.reset();
         copies(run, "pull", 0, always(50.8));
         return run;
       },
       {"NVLink is up on 4 links and delivers 50.8 GB/s one way."}},
      {"half a bridge, and low",
       [] {
         Run run = two_cards(4);
         for (auto& link : run.machine.links) link.links_up = 3;
         copies(run, "push", 42.1875, always(30));
         for (auto& cell : run.cells) cell.verdict = result::Verdict::low;
         copies(run, "staged", 0, always(10));
         return run;
       },
       {"3 of 4 NVLinks are up; they deliver only 71 % of their rate; that is 3.0 times faster "
        "than "
        "the way through the host."}},
      {"eight cards at switches",
       [] {
         Run run = result::hgx_8();
         copies(run, "push", 478.125,
                [](const machine::PeerLink& link) { return link.from == 3 ? 390.0 : 395.0; });
         copies(run, "staged", 0, always(37.4));
         return run;
       },
       {"All 18 NVLinks of each card lead to switches and are up; a pair gets 82-83 % of their "
        "rate; that is 10.4-10.6 times faster than the way through the host."}},
      {"a mesh of one, two or no links",
       [] {
         Run run = result::hybrid_mesh_8();
         const auto links = [](const machine::PeerLink& link) { return link.links_up.value_or(0); };
         copies(run, "push", 0, [&](const machine::PeerLink& link) { return 24.0 * links(link); });
         copies(run, "staged", 0, always(8));
         return run;
       },
       {"16 of 28 pairs: NVLink is up on all links (1 or 2 a pair) and delivers 24.0-48.0 GB/s "
        "one way; it is 3.0-6.0 times faster than the way through the host.",
        "12 of 28 pairs: The driver refuses direct copies (TNS: the PCIe way between the cards "
        "does not carry it); copies go through host memory at 8.00 GB/s."}},
      {"bridged pairs",
       [] {
         Run run = result::quad_bridged_pairs();
         copies(run, "push", 300, [](const machine::PeerLink& link) {
           return is_yes(link.nvlink.value) ? 276.0 : 0.0;
         });
         copies(run, "staged", 0, always(21.6));
         return run;
       },
       {"gpu0 <-> gpu1, gpu2 <-> gpu3: NVLink is up on all 12 links and delivers 92 % of its rate; "
        "it is 12.8 times faster than the way through the host.",
        "4 of 6 pairs: The driver refuses direct copies (CNS: the driver does not know the chipset "
        "between the cards); copies go through host memory at 21.6 GB/s."}},
      {"over PCIe",
       [] { return over_pcie("OK", 26.32, 22.27); },
       {"The cards copy directly over PCIe, at 84 % of what the PCIe links could; that is 1.2 "
        "times "
        "faster than the way through the host."}},
      {"slower than staged",
       [] { return over_pcie("OK", 12.6, 22.27); },
       {"The cards copy directly over PCIe, at 40 % of what the PCIe links could; that is slower "
        "than the way through the host (12.6 GB/s against 22.3 GB/s)."}},
      {"as fast as staged",
       [] { return over_pcie("OK", 22.5, 22.27); },
       {"The cards copy directly over PCIe, at 71 % of what the PCIe links could; that is no "
        "faster "
        "than the way through the host."}},
      {"refused",
       [] { return over_pcie("GNS", 0, 22.04); },
       {"The driver refuses direct copies (GNS: the driver does not offer it for this GPU model); "
        "copies go through host memory at 22.0 GB/s."}},
      {"refused without a reason, although NVLinks are up",
       [] {
         Run run = two_cards(4);
         for (auto& link : run.machine.links) {
           link.can_access = {Tri::no, "0"};
           link.allowed = {};
         }
         copies(run, "staged", 0, always(22));
         return run;
       },
       {"The driver refuses direct copies (why could not be asked) although NVLinks are up; copies "
        "go through host memory at 22.0 GB/s."}},
      {"an unknown link",
       [] {
         Run run = result::without_nvml();
         copies(run, "push", 0, always(51));
         copies(run, "staged", 0, always(11.3));
         return run;
       },
       {"Direct copies deliver 51.0 GB/s one way; that is 4.5 times faster than the way through "
        "the "
        "host; what joins the cards could not be asked."}},
      {"staged alone was asked for",
       [] {
         Run run = two_cards(4);
         copies(run, "staged", 0, always(11.3));
         return run;
       },
       {"Only the way through the host was measured: 11.3 GB/s."}},
      {"wrong data says nothing of rates",
       [] {
         Run run = over_pcie("OK", 26, 22);
         run.cells[0] = result::unmeasured(run.cells[0], Status::corrupt, "Byte 5 differs.");
         return run;
       },
       {"Data arrived wrong between cards (push gpu0 -> gpu1): do not use these copies until that "
        "is found."}},
      {"a copy that never ended",
       [] {
         Run run = over_pcie("OK", 26, 22);
         run.cells[1] = result::unmeasured(run.cells[1], Status::hang, "No end.");
         std::erase_if(run.cells, [](const auto& cell) { return cell.src == "gpu0"; });
         return run;
       },
       {"Copies between cards never ended (push gpu1 -> gpu0).",
        "Only the way through the host was measured: 22.0 GB/s."}},
      {"one card", [] { return result::dgx_spark(); }, {}},
      {"no card", [] { return result::no_gpu(); }, {}},
  };
  return all;
}

class Conclusions : public testing::TestWithParam<Case> {};

TEST_P(Conclusions, SayWhatJoinsTheCardsAndWhatItIsWorth) {
  std::vector<std::string> lines;
  for (const Text& text : conclusions(GetParam().run())) lines.push_back(text.words);
  EXPECT_EQ(lines, GetParam().lines);
}

TEST_P(Conclusions, NeverHangOnTheCardsNames) {
  result::Run run = GetParam().run();
  for (auto& gpu : run.machine.gpus) gpu.model = "NVIDIA H100 80GB HBM3";
  run.simulated = result::Simulated{"dual-rtx4090"};
  run.machine.machine_class = machine::Class::mixed;
  std::vector<std::string> lines;
  for (const Text& text : conclusions(run)) lines.push_back(text.words);
  EXPECT_EQ(lines, GetParam().lines);
}

INSTANTIATE_TEST_SUITE_P(Boxes, Conclusions, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<Case>& one) {
                           std::string name = one.param.what;
                           std::erase(name, ',');
                           std::ranges::replace(name, ' ', '_');
                           return name;
                         });

}  // namespace TEST_FILE
}  // namespace peerbench::report
