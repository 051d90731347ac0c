// SPDX-License-Identifier: Apache-2.0
// How long a gate stays closed when nobody opens it, on GPUs with and without a display.
#include "measure/gate.hpp"

#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "measure/measurement.hpp"
#include "sim/core/state.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using namespace std::chrono_literals;
using peerbench::support::open_machine;

void open_watched(bool watched) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0})");
  gpusim::MachineFile machine = *gpusim::open_machine();
  for (auto& card : machine.gpus) card.attributes["KernelExecTimeout"] = watched ? 1 : 0;
  gpusim::open(machine);
}

TEST(Gate, GivesUpBeforeAWatchdogKillsIt) {
  for (const bool watched : {false, true}) {
    open_watched(watched);
    EXPECT_EQ(gate_limit(0, 100ms), 100ms);
    EXPECT_EQ(gate_limit(0, 6400ms), watched ? 1s : 6400ms);
    auto gate = Gate::create();
    auto stream = Stream::create(0);
    ASSERT_TRUE(gate && stream);
    const auto start = HostClock::now();
    ASSERT_TRUE(gate->close(*stream, 6400ms).has_value());
    EXPECT_EQ(cudaStreamSynchronize(stream->get()), cudaSuccess);
    const double seconds = std::chrono::duration<double>(HostClock::now() - start).count();
    EXPECT_NEAR(seconds, watched ? 1 : 6.4, 0.01);
  }
}

// A gate that never holds costs its cell, not all the GPUs.
TEST(Gate, ThatDoesNotHoldLeavesAWatchedCardAlone) {
  open_watched(true);
  auto gate = Gate::create();
  auto stream = Stream::create(0);
  ASSERT_TRUE(gate && stream);
  ASSERT_TRUE(gate->close(*stream, 6400ms).has_value());
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess) << "nobody opens it";
  const Plan local{{{gpu(0), gpu(0), gpu(0), Engine::ce, 8 * MiB}}, false};
  const Measurement after = measure_plan(local, {});
  EXPECT_EQ(after.outcome, Outcome::ok) << after.reason;
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
