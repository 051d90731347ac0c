// SPDX-License-Identifier: Apache-2.0
// The list that a chase follows, and what a chase over each kind of memory takes on a simulated
// machine: as long as the machine's file says a load takes, and no launch in it.
#include <gmock/gmock.h>

#include <bit>
#include <set>

#include "kernels/chase.hpp"
#include "measure/measurement.hpp"
#include "measure/pointer_chase_list.hpp"
#include "measure/statistics.hpp"
#include "sim/core/state.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using peerbench::support::open_machine;
using ::testing::HasSubstr;

constexpr Bytes size = 64 * KiB;

TEST(PointerChaseList, VisitsEveryLineOnceBeforeItComesBack) {
  for (const Bytes bytes : {256u, 384u, 5 * 128u, 1024 * 128u, 1000 * 128u + 72}) {
    const PointerChaseList list(bytes, 3);
    const auto words = list.words();
    ASSERT_EQ(words.size(), std::bit_ceil(bytes) / 8);
    std::set<std::uint64_t> seen;
    std::uint64_t at = 0;
    for (std::uint64_t step = 0; step < bytes / chase_stride; ++step) {
      EXPECT_EQ(at, list.after(step));
      EXPECT_EQ(at % (chase_stride / 8), 0u);
      seen.insert(at);
      at = words[at];
    }
    EXPECT_EQ(at, 0u);
    EXPECT_EQ(seen.size(), bytes / chase_stride);
  }
}

TEST(PointerChaseList, IsAnotherForEverySeedAndInNoOrder) {
  const PointerChaseList one(MiB, 1), other(MiB, 2);
  int same = 0, neighbours = 0;
  for (std::uint64_t step = 1; step < MiB / chase_stride; ++step) {
    same += one.after(step) == other.after(step);
    neighbours += one.after(step) == one.after(step - 1) + chase_stride / 8;
  }
  EXPECT_LT(same, 10);
  EXPECT_LT(neighbours, 10);
}

TEST(PointerChaseList, HasOneEntryInEachBlockWhereItsStrideIsLonger) {
  const PointerChaseList list(8 * MiB, 3, 2 * MiB);
  const auto words = list.words();
  std::set<std::uint64_t> seen;
  std::uint64_t at = 0;
  for (int step = 0; step < 4; ++step) {
    seen.insert(at * 8 / (2 * MiB));
    EXPECT_EQ(at * 8 % (2 * MiB), 0u);
    at = words[at];
    EXPECT_EQ(at, list.after(static_cast<std::uint64_t>(step) + 1));
  }
  EXPECT_EQ(seen.size(), 4u);
  EXPECT_EQ(at, 0u);
  EXPECT_TRUE(PointerChaseList::fits(4 * MiB, 2 * MiB));
  EXPECT_FALSE(PointerChaseList::fits(4 * MiB - 1, 2 * MiB));
}

/// Microseconds a load of managed memory; brought back to the host before each sample, or not.
double fault_us(bool from_host) {
  const Transfer transfer{.source = gpu(0),
                          .destination = gpu(0),
                          .issuer = gpu(0),
                          .engine = Engine::sm,
                          .bytes = 4 * fault_stride,
                          .op = Op::chase,
                          .memory = MemoryKind::managed,
                          .from_host_each_time = from_host,
                          .steps = 3,
                          .stride = fault_stride};
  const Measurement measured = measure_plan({.transfers = {transfer}}, {});
  EXPECT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  EXPECT_TRUE(measured.verified);
  const double rate = summarize(measured.samples).median;
  return static_cast<double>(transfer.bytes) / (rate * 1e3) / 3;
}

TEST(Fault, EachLoadOfMemoryThatIsWithTheHostTakesAFault) {
  open_machine("single-h200", R"({"noise_cv": 0, "driver": {"ideal": true}})");
  EXPECT_NEAR(fault_us(true), 25, 0.05 * 25);
  EXPECT_LT(fault_us(false), 5) << "there already";
}

TEST(ChaseBody, GoesOnWhereItStood) {
  const PointerChaseList list(size, 5);
  const auto words = list.words();
  kernels::ChaseState state;
  for (const std::uint64_t steps : {100u, 1u, 700u}) {
    kernels::chase_body(words.data(), words.size() - 1, &state, steps);
    EXPECT_EQ(state.at, list.after(state.steps));
  }
  EXPECT_EQ(state.steps, 801u);
}

TEST(ChaseBody, StaysInTheListWhereverDamagedDataLead) {
  std::vector<std::uint64_t> words(16, std::uint64_t{1} << 60 | 3);
  kernels::ChaseState state{.at = ~0ull, .steps = 0};
  kernels::chase_body(words.data(), words.size() - 1, &state, 5);
  EXPECT_EQ(state.at, words[3]);
}

Plan chase(Place source, int reader) {
  Plan plan;
  plan.peer_access = source.kind == Place::Kind::gpu && source.index != reader;
  plan.transfers.push_back({.source = source,
                            .destination = gpu(reader),
                            .issuer = gpu(reader),
                            .engine = Engine::sm,
                            .bytes = size,
                            .op = Op::chase,
                            .steps = chase_steps});
  return plan;
}

// Of one step, worked out as the cells do it.
double load_ns(Place source, int reader) {
  const Measurement measured = measure_plan(chase(source, reader), {});
  EXPECT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  if (measured.samples.empty()) return 0;
  return static_cast<double>(size) / summarize(measured.samples).median / chase_steps;
}

TEST(Chase, TakesWhatALoadOfThatMemoryTakes) {
  open_machine("gh200", R"({"noise_cv": 0, "driver": {"ideal": true}})");
  EXPECT_NEAR(load_ns(host(), 0), 772.58, 0.005 * 772.58);
  EXPECT_NEAR(load_ns(gpu(0), 0), 600, 0.005 * 600);
}

TEST(Chase, OverALinkCrossesItThereAndBack) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0, "driver": {"ideal": true}})");
  const double own = load_ns(gpu(0), 0), linked = load_ns(gpu(0), 1);
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0, "links": []})");
  EXPECT_GT(linked, own + 400);
  EXPECT_GT(load_ns(gpu(0), 1), linked + 300) << "PCIe is the longer way";
}

TEST(Chase, WithoutPeerAccessIsNotPossible) {
  open_machine("dual-rtx4090");
  const Measurement measured = measure_plan(chase(gpu(0), 1), {});
  EXPECT_EQ(measured.outcome, Outcome::unsupported);
  EXPECT_THAT(measured.reason, HasSubstr("cudaDeviceCanAccessPeer"));
}

TEST(Chase, ThatStraysOrNeverMovesIsCorrupt) {
  for (const char* kind : {"nothing-written", "bit-flip", "private-mirror"}) {
    // Into the mirror goes who reads: gpu1's window onto gpu0.
    const bool mirror = std::string(kind) == "private-mirror";
    open_machine("dual-rtx3090-nvlink",
                 std::string(R"({"noise_cv": 0, "faults": [{"kind": ")") + kind +
                     (mirror ? R"(", "from": 1, "to": 0}]})" : R"(", "from": 0, "to": 1}]})"));
    const Measurement measured = measure_plan(chase(gpu(0), 1), {});
    EXPECT_EQ(measured.outcome, Outcome::corrupt) << kind;
    EXPECT_THAT(measured.reason, HasSubstr("the chase of gpu1 through memory of gpu0"));
    EXPECT_EQ(measure_plan(chase(gpu(1), 0), {}).outcome, Outcome::ok) << kind;
  }
}

// The kernel must not look where it stands before that is written, however late it comes.
TEST(Chase, WaitsForAStartThatASlowLinkBringsLate) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0})");
  gpusim::MachineFile machine = *gpusim::open_machine();
  machine.gpus[1].copy_latency_us.value = 200;
  gpusim::open(machine);
  const Plan plan{{{.source = gpu(1),
                    .destination = gpu(1),
                    .issuer = gpu(1),
                    .engine = Engine::sm,
                    .bytes = size,
                    .op = Op::chase,
                    .steps = 10}},
                  false};
  auto runner = Runner::create(plan);
  ASSERT_TRUE(runner.has_value()) << runner.error().message;
  ASSERT_TRUE(runner->fill_sources(6) && runner->sample(1)) << "a round that leaves its end";
  ASSERT_TRUE(runner->fill_sources(7).has_value());
  ASSERT_TRUE(runner->sample(1).has_value());
  EXPECT_EQ(runner->find_corruption(7).value(), "");
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
