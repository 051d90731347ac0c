// SPDX-License-Identifier: Apache-2.0
#include "machine/behaviour.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peerbench::machine {
namespace TEST_FILE {

using Memory = peerbench::MemoryKind;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Machine one_gpu(Tri integrated) {
  Machine machine;
  Gpu gpu;
  gpu.integrated = {integrated, ""};
  machine.gpus = {gpu};
  return machine;
}

const std::vector<ReadRate> alike = {
    {Memory::device, 231}, {Memory::pinned, 228}, {Memory::pageable, 226}, {Memory::managed, 233}};
const std::vector<ReadRate> split = {{Memory::device, 2008},
                                     {Memory::pinned, 333},
                                     {Memory::pageable, 333},
                                     {Memory::managed, 2008}};

TEST(Behaviour, OnePoolIsReadAlikeWhoeverAllocated) {
  EXPECT_EQ(pools_by_reads(alike), Pools::one);
  EXPECT_EQ(pools_by_reads({{Memory::device, 110}, {Memory::pinned, 100}}), Pools::one);
  EXPECT_EQ(pools_by_reads({{Memory::device, 110.2}, {Memory::pinned, 100}}), Pools::unclear);
}

TEST(Behaviour, AnotherMemoryIsSlowerByAFactor) {
  EXPECT_EQ(pools_by_reads(split), Pools::separate);
  EXPECT_EQ(pools_by_reads({{Memory::device, 150}, {Memory::pinned, 100}}), Pools::separate);
  EXPECT_EQ(pools_by_reads({{Memory::device, 149}, {Memory::pinned, 100}}), Pools::unclear);
  EXPECT_EQ(pools_by_reads({{Memory::device, 150}, {Memory::pageable, 100}}), Pools::separate);
  // Plain memory may lie with the GPU that touched it first; pinned memory stays the host's.
  EXPECT_EQ(pools_by_reads({{Memory::device, 300}, {Memory::pinned, 100}, {Memory::pageable, 290}}),
            Pools::separate);
  EXPECT_EQ(pools_by_reads({{Memory::device, 300}, {Memory::pinned, 290}, {Memory::pageable, 100}}),
            Pools::unclear);
  // That managed memory is slow says where it is, not what there is.
  EXPECT_EQ(pools_by_reads({{Memory::device, 231}, {Memory::pinned, 230}, {Memory::managed, 20}}),
            Pools::unclear);
}

TEST(Behaviour, NothingIsSaidOfWhatWasNotMeasured) {
  EXPECT_EQ(pools_by_reads({{Memory::device, 231}, {Memory::managed, 231}}), Pools::unclear);
  EXPECT_EQ(pools_by_reads({{Memory::pinned, 231}, {Memory::pageable, 231}}), Pools::unclear);
  Machine machine = one_gpu(Tri::yes);
  add_behaviour(machine, 0, {{Memory::device, 231}});
  add_behaviour(machine, 1, alike);
  EXPECT_THAT(machine.evidence, IsEmpty());
}

TEST(Behaviour, ConfirmsTheProofOfOnePool) {
  Machine machine = one_gpu(Tri::yes);
  machine.proof = {{}, {}, {}, {}, {}};
  machine.no_peer_link = Certainty::confirmed;
  machine.one_pool_steps = {4, 5};
  add_behaviour(machine, 0, alike);
  ASSERT_THAT(machine.proof, SizeIs(6));
  EXPECT_EQ(machine.proof[5].asked, "gpu0 reads device / pinned / pageable / managed");
  EXPECT_EQ(machine.proof[5].answer, "231 / 228 / 226 / 233 GB/s");
  EXPECT_THAT(machine.proof[5].meaning, HasSubstr("alike within 3.1 %"));
  EXPECT_THAT(machine.one_pool_steps, ElementsAre(4, 5, 6));
  EXPECT_EQ(machine.proof_verdict,
            "peer link: none (confirmed by 1, 2, 3); memory: one pool (confirmed by 4, 5, 6)");
  EXPECT_THAT(machine.findings, IsEmpty());
  EXPECT_THAT(machine.evidence, SizeIs(1));
}

TEST(Behaviour, ASplitIsEvidenceOfTwoMemories) {
  Machine machine = one_gpu(Tri::no);
  add_behaviour(machine, 0, split);
  ASSERT_THAT(machine.evidence, SizeIs(1));
  EXPECT_THAT(machine.evidence[0].meaning, HasSubstr("read 6.0 times slower"));
  EXPECT_THAT(machine.findings, IsEmpty());
  EXPECT_THAT(machine.proof, IsEmpty());
}

TEST(Behaviour, WhatContradictsTheAttributesIsAFinding) {
  Machine integrated = one_gpu(Tri::yes);
  integrated.proof = {{}};
  integrated.one_pool_steps = {1};
  add_behaviour(integrated, 0, split);
  ASSERT_THAT(integrated.findings, SizeIs(1));
  EXPECT_THAT(integrated.findings[0].what, HasSubstr("is integrated, but gpu0 reads device"));
  EXPECT_THAT(integrated.proof, SizeIs(1));
  EXPECT_THAT(integrated.one_pool_steps, ElementsAre(1));

  Machine discrete = one_gpu(Tri::no);
  add_behaviour(discrete, 0, alike);
  ASSERT_THAT(discrete.findings, SizeIs(1));
  EXPECT_THAT(discrete.findings[0].what, HasSubstr("is not integrated, but"));

  Machine unknown = one_gpu(Tri::unknown);
  add_behaviour(unknown, 0, split);
  EXPECT_THAT(unknown.findings, IsEmpty());
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
