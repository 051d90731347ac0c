// SPDX-License-Identifier: Apache-2.0
// Which messages of a split model are measured, and of what they are made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cards.hpp"

namespace peerbench::bench {
namespace TEST_FILE {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

result::Settings split(std::vector<int> tokens, int hidden = 4096, int of_cards = 0) {
  result::Settings settings;
  settings.split = {"model", hidden, std::move(tokens), of_cards};
  return settings;
}

Spec named(const std::vector<Spec>& specs, const std::string& name) {
  for (const Spec& spec : specs) {
    if (spec.cell.name == name) return spec;
  }
  ADD_FAILURE() << "no " << name;
  return specs.front();
}

TEST(SplitModel, TwoCardsSendExactlyTheModelsMessages) {
  EXPECT_THAT(names(split_copy_specs(with_gpus(2), split({1, 2048}, 2880))),
              ElementsAre("split/ce/all_reduce/push/gpus:0,1/whole/bytes:5760",
                          "split/ce/all_reduce/push/gpus:0,1/whole/bytes:11796480",
                          "split/ce/boundary/push/gpu0-gpu1/bytes:5760",
                          "split/ce/boundary/push/gpu0-gpu1/bytes:11796480",
                          "split/ce/all_reduce/staged/gpus:0,1/whole/bytes:5760",
                          "split/ce/all_reduce/staged/gpus:0,1/whole/bytes:11796480",
                          "split/ce/boundary/staged/gpu0-gpu1/bytes:5760",
                          "split/ce/boundary/staged/gpu0-gpu1/bytes:11796480"));
}

TEST(SplitModel, NcclReplaysGraphsOfShortSteps) {
  EXPECT_THAT(names(split_nccl_specs(with_gpus(2), split({64, 2048}))),
              ElementsAre("split/nccl/all_reduce/gpus:0,1/half/bytes:524288",
                          "split/nccl/all_reduce/gpus:0,1/half/bytes:16777216",
                          "split/nccl/all_reduce/gpus:0,1/half/graph/bytes:524288",
                          "split/nccl/boundary/gpus:0,1/half/bytes:524288",
                          "split/nccl/boundary/gpus:0,1/half/bytes:16777216",
                          "split/nccl/boundary/gpus:0,1/half/graph/bytes:524288"));
}

TEST(SplitModel, AnAllReduceSendsAllToAllOrPartsInTwoRounds) {
  const auto specs = split_copy_specs(with_gpus(3), split({1}, 500));
  const Spec whole = named(specs, "split/ce/all_reduce/push/gpus:0,1,2/whole/bytes:1000");
  EXPECT_EQ(whole.plan()->transfers.size(), 6u);
  EXPECT_THAT(whole.plan()->transfers, Each(Field(&measure::Transfer::bytes, 1000u)));
  EXPECT_EQ(whole.rounds, 1);
  const Spec parts = named(specs, "split/ce/all_reduce/push/gpus:0,1,2/parts/bytes:1000");
  EXPECT_EQ(parts.plan()->transfers.size(), 6u);
  EXPECT_THAT(parts.plan()->transfers, Each(Field(&measure::Transfer::bytes, 334u)))
      << "no byte less";
  EXPECT_EQ(parts.rounds, 2);
  EXPECT_TRUE(parts.plan()->peer_access);
  EXPECT_FALSE(
      named(specs, "split/ce/all_reduce/staged/gpus:0,1,2/parts/bytes:1000").plan()->peer_access);
}

TEST(SplitModel, EachBoundaryIsMeasured) {
  const auto all = names(split_copy_specs(with_gpus(3), split({1})));
  EXPECT_THAT(all, IsSupersetOf({"split/ce/boundary/push/gpu0-gpu1/bytes:8192",
                                 "split/ce/boundary/push/gpu1-gpu2/bytes:8192"}));
  EXPECT_THAT(all, Each(Not(HasSubstr("gpu2-gpu0"))));
}

TEST(SplitModel, TheFirstOfTheCardsThatAreLeftIn) {
  auto settings = split({1}, 4096, 2);
  settings.gpus = {1, 2, 3};
  EXPECT_THAT(names(split_copy_specs(with_gpus(4), settings)),
              ElementsAre("split/ce/all_reduce/push/gpus:1,2/whole/bytes:8192",
                          "split/ce/boundary/push/gpu1-gpu2/bytes:8192",
                          "split/ce/all_reduce/staged/gpus:1,2/whole/bytes:8192",
                          "split/ce/boundary/staged/gpu1-gpu2/bytes:8192"));
}

TEST(SplitModel, InPlaceOfAllElseAndNcclLast) {
  const auto all = names(catalogue(with_gpus(2), split({1})));
  ASSERT_EQ(all.size(), 4u + 2u + 4u);
  EXPECT_THAT(all[4], HasSubstr("pool/sm/read/gpu0/device/"));
  EXPECT_THAT(all[5], HasSubstr("pool/sm/read/gpu1/device/"));
  EXPECT_THAT(all[6], HasSubstr("split/nccl/"));
  EXPECT_EQ(names(catalogue(with_gpus(1), split({1}))).size(), 1u) << "one GPU: only its memory";
}

TEST(SplitModel, BuffersThatWouldFillACardAreAReason) {
  const auto specs = split_copy_specs(with_gpus(2, 32 * MiB), split({1, 2048}));
  // Both ways 16 MiB: a source and a destination of each on each GPU.
  EXPECT_EQ(named(specs, "split/ce/all_reduce/push/gpus:0,1/whole/bytes:8192").why_not, "");
  EXPECT_THAT(named(specs, "split/ce/all_reduce/push/gpus:0,1/whole/bytes:16777216").why_not,
              HasSubstr("more than 8 MiB of a GPU: a quarter"));
  EXPECT_THAT(named(split_nccl_specs(with_gpus(2, 32 * MiB), split({2048})),
                    "split/nccl/all_reduce/gpus:0,1/half/bytes:16777216")
                  .why_not,
              HasSubstr("quarter"));
}

TEST(SplitModel, ARefusedPairSaysWhy) {
  machine::Machine machine = with_gpus(3);
  machine::PeerLink link;
  link.from = 1;
  link.to = 2;
  link.allowed.read = {Tri::no, "GNS"};
  machine.links.push_back(link);
  const auto specs = split_copy_specs(machine, split({1}));
  EXPECT_THAT(named(specs, "split/ce/all_reduce/push/gpus:0,1,2/whole/bytes:8192").why_refused,
              HasSubstr("GNS"));
  EXPECT_EQ(named(specs, "split/ce/boundary/push/gpu0-gpu1/bytes:8192").why_refused, "");
  EXPECT_EQ(named(specs, "split/ce/all_reduce/staged/gpus:0,1,2/whole/bytes:8192").why_refused, "");
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
