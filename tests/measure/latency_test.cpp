// SPDX-License-Identifier: Apache-2.0
// What a small copy takes, each kind on simulated machines whose files say so.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "measure/measurement.hpp"
#include "measure/statistics.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using nlohmann::json;
using peerbench::support::open_machine;

constexpr Bytes small = 16;

Plan copy(Place issuer, bool peer_access, bool submission) {
  Plan plan{{{gpu(0), gpu(1), issuer, Engine::ce, small}}, peer_access};
  plan.submission = submission;
  return plan;
}

double microseconds(const Plan& plan) {
  const Measurement measured = measure_plan(plan, {});
  EXPECT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  EXPECT_TRUE(measured.verified);
  if (measured.samples.empty()) return 0;
  return small / (summarize(measured.samples).median * 1e3);
}

// The call, which costs more where the copy is staged, and up to one question too many, 0.4 us
// each, beside the copy.
TEST(SmallCopies, ASubmissionHoldsTheHostsCallAndAChainDoesNot) {
  open_machine("dual-rtx3090-nvlink", R"({"noise_cv": 0})");
  for (const bool peer_access : {true, false}) {
    const double chain = microseconds(copy(gpu(0), peer_access, false));
    const double alone = microseconds(copy(gpu(0), peer_access, true));
    const double call = peer_access ? 1.5 : 5.5;
    EXPECT_GT(alone, chain + call) << peer_access;
    EXPECT_LT(alone, chain + call + 1.5) << peer_access;
  }
}

TEST(SmallCopies, ASubmissionThatNeverEndsIsAHang) {
  open_machine("dual-rtx3090-nvlink",
               R"({"faults": [{"kind": "no-progress", "from": 0, "to": 1}]})");
  const Measurement measured = measure_plan(copy(gpu(0), true, true), {});
  EXPECT_EQ(measured.outcome, Outcome::hang) << measured.reason;
  EXPECT_TRUE(measured.still_running);
}

// A property of any machine: what its file says of writes and of reads comes out of them.
TEST(SmallCopies, WritesAndReadsDifferWhereTheMachineSaysSo) {
  for (const double read_us : {2.0, 3.5, 11.0}) {
    std::ifstream file(std::string(PEERBENCH_SOURCE_DIR) +
                       "/src/sim/machines/quad-p100-switch.json");
    json machine = json::parse(file, nullptr, true, true);
    for (json& card : machine["gpus"]) {
      card["peer_copy_latency_us"] = {{"value", 2.0}, {"inferred", true}, {"source", "test"}};
      card["peer_read_latency_us"] = {{"value", read_us}, {"inferred", true}, {"source", "test"}};
    }
    open_machine("quad-p100-switch", json{{"noise_cv", 0}, {"gpus", machine["gpus"]}}.dump());
    const double push = microseconds(copy(gpu(0), true, false));
    const double pull = microseconds(copy(gpu(1), true, false));
    EXPECT_NEAR(push, 2.0, 0.02) << read_us;
    EXPECT_NEAR(pull, read_us, 0.01 * read_us);
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
