// SPDX-License-Identifier: Apache-2.0
#include "machine/proof.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hand_made_signals.hpp"
#include "machine/discover.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Signals one_pool() {
  Signals signals = spark();
  Pool pool;
  pool.id = "host0";
  signals.pools.push_back(pool);
  return signals;
}

TEST(Proof, ASparkIsProvenBothWays) {
  const Machine machine = describe(one_pool());
  ASSERT_THAT(machine.proof, SizeIs(6));
  EXPECT_EQ(machine.proof[0].asked, "cudaGetDeviceCount");
  EXPECT_EQ(machine.proof[0].answer, "1");
  EXPECT_EQ(machine.proof[0].meaning, "no ordered pair exists");
  EXPECT_THAT(machine.proof[1].meaning, HasSubstr("CUDA_VISIBLE_DEVICES is not set"));
  EXPECT_EQ(machine.proof[2].answer, "NVML_ERROR_NOT_SUPPORTED");
  EXPECT_THAT(machine.proof[3].answer, HasSubstr("8 links x 43125 MB/s"));
  EXPECT_THAT(machine.proof[3].meaning, HasSubstr("not a peer link"));
  EXPECT_EQ(machine.proof[4].answer, "1, 1, none, 1");
  EXPECT_EQ(machine.proof[5].answer, "NVML_ERROR_NOT_SUPPORTED");
  EXPECT_EQ(machine.proof_verdict,
            "peer link: none (confirmed by 1, 2, 3); memory: one pool (confirmed by 5, 6)");
}

TEST(Proof, WithoutNvmlItIsNotConfirmed) {
  Signals signals = one_pool();
  forget_nvml(signals);
  const Machine machine = describe(signals);
  EXPECT_THAT(machine.proof_verdict, HasSubstr("none visible to CUDA; not confirmed by NVML"));
  EXPECT_THAT(machine.proof,
              Contains(Field(&Evidence::meaning, HasSubstr("hidden GPUs are not excluded"))));
}

TEST(Proof, LinksThatAreThereButDownAreCounted) {
  Signals signals = one_pool();
  add_links(signals.gpus[0], 1, 0, 2);
  const Machine machine = describe(signals);
  EXPECT_EQ(machine.proof.at(2).answer, "2 links, 0 up");
}

TEST(Proof, HiddenGpusForbidIt) {
  Signals signals = one_pool();
  signals.nvml_count = 2;
  EXPECT_THAT(describe(signals).proof, IsEmpty());
  EXPECT_EQ(describe(signals).proof_verdict, "");
}

TEST(Proof, SlicesAndLinksToUnseenGpusForbidItToo) {
  Signals slice = discrete_machine(1, no());
  slice.gpus[0].mig = yes("mode 1");
  EXPECT_THAT(describe(slice).proof, IsEmpty());
  Signals out = discrete_machine(1, no());
  add_switch_links(out.gpus[0], 18);
  EXPECT_THAT(describe(out).proof, IsEmpty());
  EXPECT_THAT(describe(discrete_machine(2, yes())).proof, IsEmpty());
}

TEST(Proof, SeveralGpusWithoutAnyWayBetweenThem) {
  const Machine machine = describe(grace_hopper(2));
  ASSERT_THAT(machine.proof, Not(IsEmpty()));
  EXPECT_EQ(machine.proof[0].answer, "0 of 2 ordered pairs of 2 GPUs");
  EXPECT_EQ(machine.proof_verdict, "peer link: none (confirmed by 1, 2, 3)");
  // Peer access that could not be asked is no proof.
  Signals unsure = discrete_machine(2, unknown("cudaErrorUnknown"));
  EXPECT_THAT(describe(unsure).proof, IsEmpty());
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
