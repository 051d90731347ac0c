// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "cards.hpp"

namespace peerbench::bench {
namespace TEST_FILE {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

machine::Machine cards(int count) {
  machine::Machine machine;
  for (int i = 0; i < count; ++i) {
    machine::Gpu gpu;
    gpu.ordinal = i;
    gpu.free_bytes = 16 * GiB;
    machine.gpus.push_back(gpu);
  }
  return machine;
}

std::vector<std::string> names_of(const machine::Machine& machine,
                                  const result::Settings& settings = {}) {
  std::vector<std::string> all;
  for (const Spec& spec : quick(collective_specs(machine, settings))) all.push_back(spec.cell.name);
  return all;
}

std::vector<std::string> both_tiers(const machine::Machine& machine) {
  std::vector<std::string> all;
  for (const Spec& spec : collective_specs(machine, {})) all.push_back(spec.cell.name);
  return all;
}

TEST(CollectiveSpecs, APlainRunLooksAtAllCardsTogether) {
  const auto all = names_of(cards(4));
  EXPECT_EQ(all.size(), 3u + 5u) << "all_reduce at three sizes, the others at one";
  for (const std::string& name : all) EXPECT_THAT(name, HasSubstr("/gpus:0,1,2,3/float/bytes:"));
  EXPECT_EQ(all.front(), "collective/nccl/all_reduce/gpus:0,1,2,3/float/bytes:8192");
}

TEST(CollectiveSpecs, OneCardHasNone) { EXPECT_TRUE(names_of(cards(1)).empty()); }

TEST(CollectiveSpecs, TheFullTierHasPairsTypesGraphsAndSizes) {
  const auto all = both_tiers(cards(3));
  const auto has = [&](const std::string& name) { return std::ranges::count(all, name) == 1; };
  EXPECT_TRUE(has("collective/nccl/all_reduce/gpus:0,2/float/bytes:8"));
  EXPECT_TRUE(has("collective/nccl/send_recv/gpus:0,1,2/half/graph/bytes:1024"));
  EXPECT_FALSE(has("collective/nccl/all_gather/gpus:0,1,2/float/bytes:8")) << "not divisible";
  EXPECT_TRUE(has("collective/nccl/all_gather/gpus:0,1,2/float/bytes:12"));
  EXPECT_TRUE(has("collective/nccl/all_to_all/gpus:0,1,2/half/bytes:1020"));
  EXPECT_TRUE(has("collective/nccl/all_reduce/gpus:0,1,2/float/bytes:1073741824"));
  EXPECT_TRUE(has("collective/nccl/send/gpus:1,2/half/bytes:1024"));
  EXPECT_FALSE(has("collective/nccl/send/gpus:0,1,2/half/bytes:1024")) << "of pairs only";
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), all.size()) << "names are unique";
}

TEST(CollectiveSpecs, SelectionAndSizesAreKept) {
  result::Settings settings;
  settings.pairs = {{1, 2}};
  settings.sizes = {5760, 80 * MiB};
  EXPECT_EQ(names_of(cards(4), settings),
            (std::vector<std::string>{"collective/nccl/all_reduce/gpus:1,2/float/bytes:5760",
                                      "collective/nccl/all_reduce/gpus:1,2/float/bytes:83886080"}));
  settings = {};
  settings.gpus = {3, 1};
  EXPECT_THAT(names_of(cards(4), settings).front(), HasSubstr("/gpus:1,3/"));
}

TEST(CollectiveSpecs, ThreeCardsHaveAllOfThem) {
  const auto all = names_of(cards(3));
  EXPECT_EQ(all.size(), 3u + 5u);
  EXPECT_THAT(all, Contains("collective/nccl/reduce_scatter/gpus:0,1,2/float/bytes:268435452"));
}

TEST(CollectiveSpecs, SizesThatCannotBeKeepTheirReason) {
  result::Settings settings;
  settings.sizes = {1024, 4 * GiB};
  for (const Spec& spec : collective_specs(cards(3), settings)) {
    const bool parts = spec.cell.op == "all_gather" || spec.cell.op == "reduce_scatter" ||
                       spec.cell.op == "all_to_all";
    if (spec.cell.bytes == 4 * GiB && !parts) {
      EXPECT_THAT(spec.why_not, HasSubstr("2 GiB at most")) << spec.cell.name;
    } else if (parts) {
      const bool of_pair = spec.cell.ranks == 2;
      EXPECT_EQ(spec.why_not.find("cannot be divided") == std::string::npos, of_pair)
          << spec.cell.name;
    } else {
      EXPECT_EQ(spec.why_not, "") << spec.cell.name;
    }
  }
}

TEST(CollectiveSpecs, SayWhatTheyCount) {
  const auto specs = quick(collective_specs(cards(2), {}));
  EXPECT_EQ(specs.front().cell.counts, result::Counts::busbw);
  EXPECT_EQ(specs.front().cell.ranks, 2);
  EXPECT_EQ(specs.front().cell.key.launch, result::Launch::eager);
  EXPECT_THAT(specs.front().cell.counting_rule,
              AllOf(HasSubstr("algbw x 2 (n - 1) / n"), HasSubstr("nccl-tests")));
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
