// SPDX-License-Identifier: Apache-2.0
// Flags between kernels of two GPUs on simulated machines: what a way takes, who issues it, and
// what becomes of a link that loses them.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <tuple>

#include "measure/measurement.hpp"
#include "measure/peer_access.hpp"
#include "measure/statistics.hpp"
#include "sim/core/state.hpp"
#include "tests/support/busy_engines.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using nlohmann::json;
using peerbench::support::BusyEngines;
using peerbench::support::open_machine;
using ::testing::HasSubstr;

Plan ping_pong(int one, int other) {
  Plan plan;
  plan.peer_access = true;
  for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
    plan.transfers.push_back({.source = gpu(from),
                              .destination = gpu(to),
                              .issuer = gpu(from),
                              .engine = Engine::sm,
                              .bytes = 8,
                              .op = Op::ping_pong,
                              .steps = ping_pong_steps});
  }
  return plan;
}

double way_ns(const Measurement& measured) {
  EXPECT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  if (measured.samples.empty()) return 0;
  return 2 * 8 / summarize(measured.samples).median / ping_pong_steps;
}

// 250 to cross NVLink and 600 for the load that sees it, as the simulator assumes.
TEST(PingPong, TakesAStoreAndTheLoadThatSeesIt) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0})");
  const Measurement measured = measure_plan(ping_pong(0, 1), {});
  EXPECT_NEAR(way_ns(measured), 850, 0.005 * 850);
  EXPECT_TRUE(measured.verified);
  EXPECT_NEAR(way_ns(measure_plan(ping_pong(1, 0), {})), 850, 0.005 * 850);
  open_machine("quad-p100-switch", R"({"noise_cv": 0})");
  EXPECT_NEAR(way_ns(measure_plan(ping_pong(0, 1), {})), 1050, 0.005 * 1050) << "450 over PCIe";
}

TEST(PingPong, RunsOnBothCardsAtTheSameTimeAndEachStoresInTheOthersMemory) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0})");
  const std::string path =
      ::testing::TempDir() + "peerbench_ping_pong_" + std::to_string(getpid()) + ".jsonl";
  const Plan plan = ping_pong(0, 1);
  const auto access = PeerAccess::enable(plan);
  auto runner = Runner::create(plan);
  ASSERT_TRUE(runner.has_value()) << runner.error().message;
  ASSERT_TRUE(runner->poison_destinations() && runner->fill_sources(7));
  ASSERT_TRUE(gpusim::set_trace(path));
  ASSERT_TRUE(runner->sample(1).has_value());
  ASSERT_TRUE(gpusim::set_trace(""));
  EXPECT_EQ(runner->find_corruption(7).value(), "");
  EXPECT_THAT(runner->find_corruption(8).value(), HasSubstr("the last message that gpu1 saw"));
  std::vector<json> sides;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    json entry = json::parse(line);
    if (entry.value("name", "") == "peerbench_ping_pong") sides.push_back(std::move(entry));
  }
  std::remove(path.c_str());
  ASSERT_EQ(sides.size(), 2u);
  for (const json& side : sides) {
    const int issuer = side["gpu"];
    EXPECT_EQ(side["source"], name(gpu(issuer)));
    EXPECT_EQ(side["destination"], name(gpu(1 - issuer)));
    EXPECT_EQ(side["path"], "peer");
  }
  EXPECT_NE(sides[0]["gpu"], sides[1]["gpu"]);
  EXPECT_LT(sides[1]["start_ns"].get<double>(), sides[0]["end_ns"].get<double>());
  EXPECT_NEAR(sides[0]["end_ns"].get<double>(), sides[1]["end_ns"].get<double>(), 1);
}

// The kernels must not look at their mailboxes before these are filled, however late that is.
TEST(PingPong, WaitsForMailboxesThatABusyLinkBringsLate) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0})");
  const Plan plan = ping_pong(0, 1);
  const auto access = PeerAccess::enable(plan);
  auto runner = Runner::create(plan);
  ASSERT_TRUE(runner.has_value()) << runner.error().message;
  ASSERT_TRUE(runner->fill_sources(6) && runner->sample(1)) << "a round that leaves its messages";
  const BusyEngines one(0), other(1);
  ASSERT_TRUE(runner->fill_sources(7).has_value());
  const auto sample = runner->sample(1);
  ASSERT_TRUE(sample.has_value()) << sample.error().message;
  EXPECT_EQ(runner->find_corruption(7).value(), "");
}

// A kernel that waits for ever would take the process with it; this one comes back, and so do the
// GPUs.
class LostFlags : public ::testing::TestWithParam<const char*> {};

// With a display on the GPUs a watchdog would kill kernels that wait too long, and all else of the
// process with them.
TEST_P(LostFlags, EndAsAHangAndNothingIsLeftRunning) {
  for (const auto& [from, to, display] :
       {std::tuple(0, 1, false), std::tuple(1, 0, false), std::tuple(0, 1, true)}) {
    json fault = {{"kind", GetParam()}, {"from", from}, {"to", to}};
    open_machine("dual-rtx3090-nvlink", json{{"noise_cv", 0}, {"faults", {fault}}}.dump());
    gpusim::MachineFile machine = *gpusim::open_machine();
    for (auto& card : machine.gpus) card.attributes["KernelExecTimeout"] = display ? 1 : 0;
    gpusim::open(machine);
    const Measurement measured = measure_plan(ping_pong(0, 1), {});
    EXPECT_EQ(measured.outcome, Outcome::hang) << measured.reason;
    EXPECT_THAT(measured.reason, HasSubstr("then gave up"));
    EXPECT_FALSE(measured.still_running);
    const Plan local{{{gpu(1), gpu(1), gpu(1), Engine::ce, MiB}}, false};
    EXPECT_EQ(measure_plan(local, {}).outcome, Outcome::ok);
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, LostFlags,
                         ::testing::Values("no-progress", "nothing-written", "private-mirror"),
                         [](const auto& kind) {
                           std::string name = kind.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(PingPong, NeedsPeerAccessAndTheWayBack) {
  open_machine("dual-rtx4090");
  const Measurement refused = measure_plan(ping_pong(0, 1), {});
  EXPECT_EQ(refused.outcome, Outcome::unsupported);
  EXPECT_THAT(refused.reason, HasSubstr("cudaDeviceCanAccessPeer"));
  open_machine("dual-rtx3090-nvlink");
  Plan half = ping_pong(0, 1);
  half.transfers.pop_back();
  EXPECT_THAT(measure_plan(half, {}).reason, HasSubstr("there and back"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
