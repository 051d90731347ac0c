// SPDX-License-Identifier: Apache-2.0
// Any work is measured by one call, on a simulated machine: each kind gives its figure, and CPU
// work under a background load gives that of the GPU, too.
#include "measure/work.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using peerbench::support::open_machine;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* quiet = R"({"noise_cv": 0, "driver": {"ideal": true}})";

const Transfer reads{gpu(0), gpu(0), gpu(0), Engine::sm, 64 * MiB, Op::read};

HostPoolRequest loops() {
  HostPoolRequest request;
  request.pool.cores = 2;
  request.pool.available_bytes = GiB;
  return request;
}

Measurement measured(const Work& work) {
  NcclSession nccl("no such library");
  MeasureOptions options;
  options.sampling = {.min_samples = 3, .max_samples = 3, .max_warm_up = 1};
  return measure(work, options, nccl);
}

TEST(Work, EachKindGivesItsOwnFigure) {
  open_machine("dgx-spark", quiet);
  const Measurement plan = measured(Plan{{reads}});
  ASSERT_EQ(plan.outcome, Outcome::ok) << plan.reason;
  EXPECT_THAT(plan.transfer_samples, ElementsAre(SizeIs(3)));
  const Measurement loop = measured(loops());
  ASSERT_EQ(loop.outcome, Outcome::ok) << loop.reason;
  EXPECT_EQ(loop.host.threads, 2);
  const Measurement chase = measured(HostChaseRequest{});
  ASSERT_EQ(chase.outcome, Outcome::ok) << chase.reason;
  EXPECT_NEAR(chase.samples.front(), 113, 6);
  EXPECT_NE(measured(CollectiveRequest{.gpus = {0}, .bytes = MiB}).outcome, Outcome::ok);
}

TEST(Work, ABackgroundLoadIsTakenFromTheCpusRateAndTold) {
  open_machine("dgx-spark", quiet);
  const Measurement alone = measured(loops());
  HostPoolRequest request = loops();
  request.background_load = reads;
  const Measurement loaded = measured(request);
  ASSERT_EQ(loaded.outcome, Outcome::ok) << loaded.reason;
  EXPECT_THAT(alone.background_rates, IsEmpty());
  EXPECT_THAT(loaded.background_rates, SizeIs(loaded.samples.size()));
  EXPECT_THAT(loaded.background_rates, Each(Gt(100.0)));
  EXPECT_LT(loaded.samples.front(), 0.8 * alone.samples.front());
  EXPECT_FALSE(loaded.still_running);
}

TEST(Work, ALoadThatCannotBeIsTheMeasurementsError) {
  open_machine("dgx-spark", quiet);
  HostChaseRequest request;
  request.background_load = reads;
  request.background_load->engine = Engine::ce;
  const Measurement refused = measured(request);
  EXPECT_EQ(refused.outcome, Outcome::unsupported);
  EXPECT_EQ(refused.reason, "a copy engine can only copy");
  EXPECT_THAT(refused.samples, IsEmpty());
}

TEST(Work, GpusAreThoseThatWorkAndThoseThatGiveMemory) {
  EXPECT_THAT(busy_gpus(Plan{{{host(), gpu(2), gpu(1)}}}), ElementsAre(1, 2));
  EXPECT_THAT(busy_gpus(CollectiveRequest{.gpus = {3, 1}}), ElementsAre(1, 3));
  HostPoolRequest request = loops();
  EXPECT_THAT(gpus_of(request), IsEmpty());
  request.driver_memory = MemoryKind::pinned;
  request.gpu = 4;
  EXPECT_THAT(gpus_of(request), ElementsAre(4));
  EXPECT_THAT(busy_gpus(request), IsEmpty()) << "its memory alone wakes no GPU";
  request.background_load = reads;
  EXPECT_THAT(busy_gpus(request), ElementsAre(0));
  EXPECT_EQ(background_load(Plan{{reads}}), nullptr);
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
