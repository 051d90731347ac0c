// SPDX-License-Identifier: Apache-2.0
#include "judge/collective.hpp"
#include "../result/sample_cells.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "judge/judge.hpp"
#include "result/cell_key.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

using result::Cell;
using result::Status;
using testing::HasSubstr;
using testing::IsEmpty;

Cell copy(int from, int to, double gbs) {
  Cell cell;
  rename(cell, fmt::format("peer/ce/push/uni/gpu{}-gpu{}/bytes:268435456", from, to));
  cell.status = Status::ok;
  cell.median = gbs;
  return cell;
}

Cell all_reduce(double busbw, const std::string& transport, Bytes bytes = 256 * MiB) {
  Cell cell;
  rename(cell, fmt::format("collective/nccl/all_reduce/gpus:0,1/float/bytes:{}", bytes));
  cell.counts = result::Counts::busbw;
  cell.status = Status::ok;
  cell.median = busbw;
  cell.transport = transport;
  return cell;
}

result::Run run_of(std::vector<Cell> cells) {
  result::Run run;
  run.cells = std::move(cells);
  return run;
}

machine::PeerLink nvlink(int from, int to, double gbs) {
  machine::PeerLink link;
  link.from = from;
  link.to = to;
  link.nvlink.value = Tri::yes;
  link.nvlink_ceiling = machine::Ceiling{gbs, "4 links", "NVML", {}, ""};
  return link;
}

TEST(Collective, OnSharedMemoryBesideAFastLinkIsAFinding) {
  const auto run = run_of(
      {copy(0, 1, 51), copy(1, 0, 51), all_reduce(0.4, "SHM", 8 * KiB), all_reduce(6.3, "SHM")});
  const auto found = collective_findings(run, {{"NCCL_P2P_DISABLE", "1"}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].what, HasSubstr("used SHM over 2 GPUs and reached 6.3 GB/s"));
  EXPECT_THAT(found[0].what, HasSubstr("51 GB/s directly"));
  EXPECT_THAT(found[0].advice, HasSubstr("NCCL_P2P_DISABLE=1 is set"));
  EXPECT_THAT(collective_findings(run, {})[0].advice, HasSubstr("NCCL_P2P_LEVEL=SYS"));
}

TEST(Collective, MessagesOfASplitModelSayItToo) {
  Cell nccl = all_reduce(0, "SHM", 10'000'000);
  rename(nccl, "split/nccl/all_reduce/gpus:0,1/half/bytes:10000000");
  nccl.unit = "us";
  nccl.median = 2000;  // 5 GB/s
  Cell copies = copy(0, 1, 0);
  rename(copies, "split/ce/all_reduce/push/gpus:0,1/whole/bytes:10000000");
  copies.unit = "us";
  copies.median = 200;  // 50 GB/s
  const auto found = collective_findings(run_of({copies, nccl}), {});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].what, HasSubstr("reached 5 GB/s"));
  EXPECT_THAT(found[0].what, HasSubstr("50 GB/s directly"));
}

TEST(Collective, ASettingIsNamedOnlyIfItIsTheReason) {
  const auto run = run_of({copy(0, 1, 51), copy(1, 0, 51), all_reduce(6.3, "SHM")});
  const auto advice = [&](const char* level) {
    return collective_findings(run, {{"NCCL_P2P_LEVEL", level}}).at(0).advice;
  };
  EXPECT_THAT(advice("PXB"), HasSubstr("NCCL_P2P_LEVEL=PXB is set and ends direct ways there"));
  EXPECT_THAT(advice("SYS"), HasSubstr("without a setting"));
}

TEST(Collective, ThatIsAsFastAsTheWayAllowsIsNone) {
  EXPECT_THAT(
      collective_findings(run_of({copy(0, 1, 51), copy(1, 0, 51), all_reduce(47, "P2P")}), {}),
      IsEmpty());
  EXPECT_THAT(collective_findings(run_of({copy(0, 1, 9), copy(1, 0, 9), all_reduce(7, "SHM")}), {}),
              IsEmpty())
      << "through the host is as good";
  EXPECT_THAT(collective_findings(run_of({copy(0, 1, 51), all_reduce(7, "SHM")}), {}), IsEmpty())
      << "the way back was not measured";
}

TEST(Collective, IsHeldAgainstTheSlowestPair) {
  machine::Machine machine;
  machine.links = {nvlink(0, 1, 56.25), nvlink(1, 0, 42.19), nvlink(1, 2, 10)};
  Cell cell = all_reduce(35, "P2P");
  judge(cell, machine);
  ASSERT_TRUE(cell.ceiling.has_value());
  EXPECT_DOUBLE_EQ(cell.ceiling->value, 42.19) << "links to others do not count";
  EXPECT_DOUBLE_EQ(cell.efficiency.value_or(0), 35 / 42.19);
  EXPECT_EQ(cell.verdict, result::Verdict::not_judged);
  EXPECT_THAT(cell.verdict_reason, HasSubstr("size"));
}

TEST(Collective, OverUnlikeLinksHasNoCeiling) {
  machine::Machine machine;
  machine.links = {nvlink(0, 1, 56.25), nvlink(1, 0, 56.25)};
  machine.links[1].nvlink.value = Tri::no;
  machine.links[1].pcie_ceiling = machine::Ceiling{31.5, "x16", "PCIe", {}, ""};
  EXPECT_FALSE(collective_ceiling(machine, all_reduce(35, "P2P")).has_value());
}

/// Over `ranks` GPUs, of which those of `pairs` have an NVLink of 20 GB/s and all others PCIe.
std::optional<result::Reference> of_mesh(int ranks, const std::vector<std::pair<int, int>>& pairs,
                                         bool through_switch = false) {
  machine::Machine machine;
  for (int a = 0; a < ranks; ++a) {
    for (int b = 0; b < ranks; ++b) {
      if (a == b) continue;
      machine::PeerLink link = nvlink(a, b, 20);
      link.through_switch = through_switch;
      const bool joined = std::ranges::any_of(pairs, [&](const auto& pair) {
        return pair == std::pair(std::min(a, b), std::max(a, b));
      });
      if (!joined) {
        link.nvlink.value = Tri::no;
        link.pcie_ceiling = machine::Ceiling{12, "x16", "PCIe", {}, ""};
      }
      machine.links.push_back(link);
    }
  }
  Cell cell = all_reduce(35, "P2P");
  rekey(cell, [&](auto& key) {
    key.gpus.clear();
    for (int rank = 0; rank < ranks; ++rank) key.gpus.push_back(rank);
  });
  return collective_ceiling(machine, cell);
}

TEST(Collective, RingsOverAMeshTakeAllLinksOfACard) {
  const auto square = of_mesh(4, {{0, 1}, {1, 2}, {2, 3}, {0, 3}, {0, 2}});
  ASSERT_TRUE(square.has_value()) << "not each with each, but all are reached";
  EXPECT_DOUBLE_EQ(square->value, 40) << "the corners without the diagonal";
  EXPECT_THAT(square->source, HasSubstr("gpu1"));
  EXPECT_DOUBLE_EQ(of_mesh(3, {{0, 1}, {0, 2}, {1, 2}}, true).value().value, 20)
      << "a switch gives a pair all that a GPU has";
}

TEST(Collective, PairsApartAreNoMesh) { EXPECT_FALSE(of_mesh(4, {{0, 1}, {2, 3}}).has_value()); }

}  // namespace TEST_FILE
}  // namespace peerbench::judge
