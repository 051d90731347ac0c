// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "cards.hpp"

namespace peerbench::bench {
namespace TEST_FILE {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void join(machine::Machine& machine, int a, int b, int links) {
  for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
    machine::PeerLink link;
    link.from = from;
    link.to = to;
    link.links_up = links;
    link.allowed.read = {Tri::yes, "OK"};
    machine.links.push_back(link);
  }
}

/// "0>1" for each transfer.
std::vector<std::string> ways(const Spec& spec) {
  std::vector<std::string> all;
  for (const measure::Transfer& transfer : spec.plan()->transfers) {
    all.push_back(std::to_string(transfer.source.index) + ">" +
                  std::to_string(transfer.destination.index));
  }
  return all;
}

Spec named(const std::vector<Spec>& specs, const std::string& part) {
  for (const Spec& spec : specs) {
    if (spec.cell.name.find(part) != std::string::npos) return spec;
  }
  ADD_FAILURE() << "no cell with " << part;
  return {};
}

TEST(Patterns, NeedThreeCards) {
  EXPECT_TRUE(pattern_specs(with_gpus(2), {}).empty());
  result::Settings settings;
  settings.gpus = {0, 3};
  EXPECT_TRUE(pattern_specs(with_gpus(4), settings).empty());
  settings = {};
  settings.pairs = {{0, 1}};
  EXPECT_TRUE(pattern_specs(with_gpus(4), settings).empty());
}

TEST(Patterns, EachWithPeerAccessAndStaged) {
  EXPECT_THAT(names(pattern_specs(with_gpus(4), {})),
              ElementsAre("peer/ce/push/disjoint-pairs/gpus:0,1,2,3/bytes:268435456",
                          "peer/ce/staged/disjoint-pairs/gpus:0,1,2,3/bytes:268435456",
                          "peer/ce/push/one-to-all/gpu0-all/bytes:268435456",
                          "peer/ce/staged/one-to-all/gpu0-all/bytes:268435456",
                          "peer/ce/push/all-to-one/all-gpu0/bytes:268435456",
                          "peer/ce/staged/all-to-one/all-gpu0/bytes:268435456",
                          "peer/ce/push/all-to-all/gpus:0,1,2,3/bytes:268435456",
                          "peer/ce/staged/all-to-all/gpus:0,1,2,3/bytes:268435456"));
}

TEST(Patterns, TransfersAreWhatTheNameSays) {
  const auto specs = pattern_specs(with_gpus(3), {});
  EXPECT_THAT(ways(named(specs, "disjoint-pairs/gpus:0,1/")), ElementsAre("0>1"));
  EXPECT_THAT(ways(named(specs, "one-to-all/gpu0-all")), ElementsAre("0>1", "0>2"));
  EXPECT_THAT(ways(named(specs, "all-to-one/all-gpu0")), ElementsAre("1>0", "2>0"));
  EXPECT_THAT(ways(named(specs, "all-to-all/gpus:0,1,2")),
              ElementsAre("0>1", "1>2", "2>0", "0>2", "1>0", "2>1"));
  for (const Spec& spec : specs) {
    EXPECT_EQ(spec.plan()->peer_access, spec.cell.kind == "push") << spec.cell.name;
    for (const measure::Transfer& transfer : spec.plan()->transfers) {
      EXPECT_EQ(transfer.issuer, transfer.source);
    }
  }
}

TEST(Patterns, PartnersAreTheCardsJoinedBest) {
  machine::Machine machine = with_gpus(4);
  join(machine, 0, 1, 1);
  join(machine, 0, 2, 2);
  const Spec spec = named(pattern_specs(machine, {}), "push/disjoint-pairs/gpus:0,2,1,3/");
  EXPECT_THAT(ways(spec), ElementsAre("0>2", "1>3"));
}

TEST(Patterns, OfTheCardsThatWereChosen) {
  result::Settings settings;
  settings.gpus = {1, 2, 3};
  const auto specs = pattern_specs(with_gpus(5), settings);
  EXPECT_THAT(ways(named(specs, "one-to-all/gpu1-all")), ElementsAre("1>2", "1>3"));
  EXPECT_EQ(named(specs, "all-to-all/gpus:1,2,3/").plan()->transfers.size(), 6u);
}

TEST(Patterns, BuffersOfACardTakeAQuarterOfItsMemoryAtMost) {
  machine::Machine machine = with_gpus(8);
  machine.gpus[5].free_bytes = 3 * GiB;
  for (const Spec& spec : pattern_specs(machine, {})) {
    std::map<int, Bytes> taken;
    for (const measure::Transfer& transfer : spec.plan()->transfers) {
      taken[transfer.source.index] += transfer.bytes;
      taken[transfer.destination.index] += transfer.bytes;
    }
    EXPECT_LE(taken[5], 3 * GiB / 4) << spec.cell.name;
    EXPECT_LE(taken[0], 6 * GiB) << spec.cell.name;
    EXPECT_GE(*spec.cell.bytes, 32 * MiB) << spec.cell.name;
  }
}

TEST(Patterns, CopiesBetweenManyCardsAreShorter) {
  const machine::Machine machine = with_gpus(8);
  const auto bytes_of = [](int cards) {
    const machine::Machine some = with_gpus(cards);
    return peer_copy_size(some, some.gpus[0], some.gpus[1]).bytes;
  };
  EXPECT_EQ(bytes_of(4), 256 * MiB);
  EXPECT_EQ(bytes_of(5), 64 * MiB);
  for (const Spec& spec : peer_specs(machine, {})) EXPECT_EQ(*spec.cell.bytes, 64 * MiB);
  // Not over links that carry copies past every cache in a few milliseconds.
  machine::Machine switched = with_gpus(8);
  machine::PeerLink link;
  link.from = 0;
  link.to = 1;
  link.nvlink_ceiling.emplace();
  for (const auto& [gbs, bytes] : {std::pair{478.0, 256 * MiB}, std::pair{100.0, 64 * MiB}}) {
    link.nvlink_ceiling->gbs = gbs;
    switched.links = {link};
    EXPECT_EQ(peer_copy_size(switched, switched.gpus[0], switched.gpus[1]).bytes, bytes);
  }
}

TEST(Patterns, SizesThatDoNotFitAreLeftOut) {
  result::Settings settings;
  settings.sizes = {4 * KiB, 8 * GiB};
  const auto specs = pattern_specs(with_gpus(8), settings);
  EXPECT_THAT(names(specs), Each(HasSubstr("bytes:4096")));
  EXPECT_EQ(specs.size(), 8u);
}

TEST(Patterns, SayWhichPairIsRefusedAndWhy) {
  machine::Machine machine = with_gpus(4);
  machine::PeerLink link;
  link.from = 2;
  link.to = 3;
  link.allowed.read = {Tri::no, "CNS"};
  machine.links.push_back(link);
  const auto specs = pattern_specs(machine, {});
  EXPECT_THAT(named(specs, "push/all-to-all").why_refused, HasSubstr("CNS"));
  EXPECT_EQ(named(specs, "push/one-to-all").why_refused, "");
  EXPECT_EQ(named(specs, "staged/all-to-all").why_refused, "");
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
