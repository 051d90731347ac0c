// SPDX-License-Identifier: Apache-2.0
#include "result/cell_key.hpp"

#include <gmock/gmock.h>

#include "result/run.hpp"

namespace peerbench::result {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

CellKey key_of(const std::string& name) {
  const auto key = parse_name(name);
  EXPECT_TRUE(key.has_value()) << key.error().message;
  return key.value_or(CellKey{});
}

std::string refusal(const std::string& name) {
  const auto key = parse_name(name);
  return key ? "none: " + to_name(*key) : key.error().message;
}

TEST(CellKey, ANameIsReadBackAsItWasWritten) {
  for (const char* name :
       {"peer/ce/push/uni/gpu0-gpu1/bytes:268435456",
        "peer/ce/staged/bi/gpu10-gpu2/by-address/bytes:8",
        "peer/ce/push/disjoint-pairs/gpus:0,3,1,2/bytes:16",
        "peer/ce/push/one-to-all/gpu0-all/bytes:1",
        "peer/ce/staged/all-to-one/all-gpu3/bytes:1",
        "host/ce/both/bi/host3-gpu1/pinned/bytes:4",
        "pool/sm/read/gpu0/managed/from-host/bytes:64",
        "pool/sm/copy/gpu1/pageable/touch:cpu/bytes:64",
        "pool/cpu/triad/hosts/threads:128/bytes:64",
        "pool/cpu/read/host1/by:host0/threads:4/bytes:64",
        "pool/cpu/read/host0/cores:cluster0/threads:4/bytes:64",
        "pool/cpu/copy/host0/pinned/threads:1/bytes:8",
        "pool/together/read/gpu0+host1/gpu-on:pinned/cores:half/threads:16/bytes:8",
        "latency/ce/submission/push/gpu0-gpu1/bytes:16",
        "latency/sm/ping-pong/gpu0-gpu1/bytes:8",
        "latency/sm/chase/gpu0/device/bytes:1048576",
        "latency/sm/chase/gpu0-gpu1/bytes:1048576",
        "latency/sm/chase/host0-gpu1/pinned/bytes:1048576",
        "latency/sm/fault/gpu0/managed/bytes:2",
        "latency/cpu/chase/host0/beside:gpu1/gpu-on:device/bytes:4096",
        "collective/nccl/all_reduce/gpus:0,1,2/float/graph/bytes:8",
        "split/ce/all_reduce/push/gpus:0,1/parts/bytes:5760",
        "split/ce/boundary/staged/gpu0-gpu1/bytes:5760",
        "split/nccl/boundary/gpus:0,1/half/bytes:5760"}) {
    EXPECT_EQ(to_name(key_of(name)), name);
  }
}

TEST(CellKey, AnEarlierNameOfMemoryOnANodeIsReadAsTodays) {
  EXPECT_EQ(to_name(key_of("host/ce/h2d/uni/host0-gpu1/pinned/node:3/bytes:4")),
            "host/ce/h2d/uni/host3-gpu1/pinned/bytes:4");
  EXPECT_EQ(to_name(key_of("host/ce/d2h/uni/gpu1-host0/pinned/node:3/bytes:4")),
            "host/ce/d2h/uni/gpu1-host3/pinned/bytes:4");
}

TEST(CellKey, PartsAreData) {
  const CellKey copy = key_of("peer/ce/pull/uni/gpu0-gpu12/by-address/bytes:268435456");
  EXPECT_EQ(copy.kind, Kind::pull);
  EXPECT_EQ(copy.shape, Shape::uni);
  EXPECT_EQ(copy.source, (Place{Place::Kind::gpu, 0}));
  EXPECT_EQ(copy.destination, (Place{Place::Kind::gpu, 12}));
  EXPECT_EQ(copy.memory, MemoryKind::device);
  EXPECT_TRUE(copy.by_address);
  EXPECT_EQ(copy.bytes, 256 * MiB);

  const CellKey sum = key_of("collective/nccl/all_reduce/gpus:2,0,11/half/graph/bytes:8");
  EXPECT_THAT(sum.gpus, ElementsAre(2, 0, 11));
  EXPECT_EQ(sum.launch, Launch::graph);
  EXPECT_EQ(key_of("collective/nccl/all_reduce/gpus:0,1/half/bytes:8").launch, Launch::eager);

  const CellKey loads =
      key_of("latency/cpu/chase/host0/by:host1/beside:gpu3/gpu-on:pinned/bytes:8");
  EXPECT_EQ(loads.source, (Place{Place::Kind::host, 0}));
  EXPECT_EQ(loads.workers, (Place{Place::Kind::host, 1}));
  EXPECT_EQ(loads.background, (BackgroundLoad{3, MemoryKind::pinned}));
}

TEST(CellKey, AttributesFollow) {
  Cell cell;
  set_key(cell, key_of("peer/ce/pull/uni/gpu0-gpu1/bytes:8"));
  EXPECT_EQ(cell.issuer, "gpu1") << "who pulls, issues";
  EXPECT_EQ(cell.peer_access, true);
  set_key(cell, key_of("peer/ce/staged/bi/gpu0-gpu1/bytes:8"));
  EXPECT_EQ(cell.issuer, "");
  EXPECT_EQ(cell.peer_access, false);
  set_key(cell, key_of("pool/sm/read/gpu0/managed/touch:cpu/bytes:8"));
  EXPECT_EQ(cell.first_touch, "cpu");
  EXPECT_EQ(cell.peer_access, std::nullopt);
  set_key(cell, key_of("collective/nccl/broadcast/gpus:0,1,2/float/bytes:8"));
  EXPECT_EQ(cell.ranks, 3);
  EXPECT_THAT(cell.gpus, ElementsAre(0, 1, 2));
}

TEST(CellKey, OfACellIsThatOfItsNameElseOfItsWords) {
  Cell cell;
  cell.name = "collective/nccl/broadcast/gpus:0,2/float/bytes:8";
  EXPECT_THAT(result::key_of(cell)->gpus, ElementsAre(0, 2))
      << "an older file says them there only";
  set_key(cell, key_of("host/ce/d2h/uni/gpu1-host2/pinned/bytes:64"));
  const CellKey key = cell.key;
  cell.name = "as another program calls it";
  EXPECT_EQ(result::key_of(cell), key);
  cell.family = "cluster";
  ASSERT_FALSE(result::key_of(cell).has_value());
  EXPECT_THAT(result::key_of(cell).error().message,
              HasSubstr("'copy' of family 'cluster' by 'ce'"));
}

TEST(CellKey, WhatIsWrongWithANameIsSaid) {
  EXPECT_THAT(refusal("peer/ce/push/uni/gpu0-gpu1"),
              AllOf(HasSubstr("bytes:N is missing"), HasSubstr("peerbench list")));
  EXPECT_THAT(refusal("peer/ce/shove/uni/gpu0-gpu1/bytes:8"), HasSubstr("'shove' is not push"));
  EXPECT_THAT(refusal("peer/ce/push/uni/gpu0-gpu1/bytes:8x"),
              HasSubstr("'bytes:8x' is not bytes:N"));
  EXPECT_THAT(refusal("peer/ce/push/uni/gpu0-gpux/bytes:8"), HasSubstr("gpu0-gpux"));
  EXPECT_THAT(refusal("peer/ce/push/uni/gpu0-gpu1/bytes:8/more"),
              HasSubstr("'more' is one part too many"));
  EXPECT_THAT(refusal("beer/ce/push"), HasSubstr("no cells begin with beer/ce"));
  EXPECT_THAT(refusal(""), HasSubstr("no cells begin with /"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::result
