// SPDX-License-Identifier: Apache-2.0
#include "report/machine_groups.hpp"

#include <gtest/gtest.h>

#include "../result/sample_machines.hpp"

namespace peerbench::report {
namespace TEST_FILE {

machine::Machine mesh(int cards) {
  result::Run run;
  result::add_gpus(run, cards, "model");
  return run.machine;
}

Pairs both_ways(const Pairs& pairs) {
  Pairs made;
  for (const auto& [from, to] : pairs) made.insert(made.end(), {{from, to}, {to, from}});
  return made;
}

TEST(MachineGroups, CardsInARowAreARange) {
  const auto eight = mesh(8);
  EXPECT_EQ(describe_cards({3}, eight), "gpu3");
  EXPECT_EQ(describe_cards({1, 0}, eight), "gpu0, gpu1");
  EXPECT_EQ(describe_cards({0, 1, 2, 3, 6}, eight), "gpu0..gpu3, gpu6");
  EXPECT_EQ(describe_cards({0, 2, 4}, eight), "gpu0, gpu2, gpu4");
  EXPECT_EQ(describe_cards({0, 1, 2, 3, 4, 5, 6, 7}, eight), "all 8 GPUs");
  EXPECT_EQ(describe_cards({0, 1}, mesh(2)), "gpu0, gpu1") << "two are shorter by name";
}

TEST(MachineGroups, FewPairsHaveNamesAndManyACount) {
  const auto four = mesh(4);
  EXPECT_EQ(describe_pairs({{0, 1}, {1, 0}}, four), "gpu0 <-> gpu1");
  EXPECT_EQ(describe_pairs({{1, 0}, {2, 3}, {0, 1}}, four), "gpu0 <-> gpu1, gpu2 -> gpu3");
  const Pairs some = both_ways({{0, 2}, {0, 3}, {1, 2}, {1, 3}});
  EXPECT_EQ(describe_pairs(some, four), "4 pairs, both ways (0-2, 0-3, 1-2, 1-3)");
  EXPECT_EQ(describe_pairs(some, four, true), "the other 4 pairs, both ways");
  EXPECT_EQ(describe_pairs(both_ways({{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}}), four),
            "all 6 pairs, both ways");
  EXPECT_EQ(describe_pairs({{0, 1}, {0, 2}, {0, 3}, {3, 2}}, four),
            "4 ordered pairs (0-1, 0-2, 0-3, 3-2)");
}

TEST(MachineGroups, AVeryLongListEndsInDots) {
  Pairs pairs;
  for (int to = 1; to < 20; ++to) pairs.emplace_back(0, to);
  const std::string words = describe_pairs(pairs, mesh(20));
  EXPECT_TRUE(words.ends_with("0-16, ...)")) << words;
}

TEST(MachineGroups, PoolsOfCardsAreNamedAsTheCardsAre) {
  const auto four = mesh(4);
  EXPECT_EQ(describe_pools({"host0", "host1"}, four), "host0, host1");
  EXPECT_EQ(describe_pools({"gpu0", "gpu1", "gpu2", "gpu3"}, four), "all 4 GPUs");
  EXPECT_EQ(card_number("gpu12"), 12);
  for (const char* word : {"gpu", "gpux", "gpu1x", "host0", "gpu-1", ""}) {
    EXPECT_EQ(card_number(word), std::nullopt) << word;
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
