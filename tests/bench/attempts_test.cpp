// SPDX-License-Identifier: Apache-2.0
// Every cell of every built-in machine whose sample is gated: the gate holds the first time. A
// machine that behaves as real drivers do shows here what is loaded, uploaded or waited for behind
// a closed gate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>

#include "bench/spec.hpp"
#include "machine/discover.hpp"
#include "measure/measurement.hpp"
#include "tests/bench/all_specs.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::bench {
namespace {

std::vector<std::string> machines() {
  std::vector<std::string> names;
  for (const auto& file :
       std::filesystem::directory_iterator(PEERBENCH_SOURCE_DIR "/src/sim/machines")) {
    if (file.path().extension() == ".json") names.push_back(file.path().stem());
  }
  std::ranges::sort(names);
  return names;
}

class Attempts : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { unsetenv("CUDA_VISIBLE_DEVICES"); }
};

/// One sample and no warm-up: what happens first is what matters here.
measure::MeasureOptions shortest() {
  measure::MeasureOptions options;
  options.sampling = {.budget = std::chrono::nanoseconds(0), .max_warm_up = 0};
  return options;
}

TEST_P(Attempts, NoGateIsClosedInVain) {
  testing::open_machine(GetParam());
  const auto machine = machine::discover();
  ASSERT_TRUE(machine.has_value()) << machine.error().message;
  std::size_t measured = 0;
  for (const Spec& spec : all_specs(*machine, {MiB})) {
    if (spec.plan.transfers.empty() || !spec.why_not.empty()) continue;
    const measure::Measurement found = measure::measure_plan(spec.plan, shortest());
    EXPECT_EQ(found.gate_failures, 0) << spec.cell.name;
    EXPECT_THAT(found.outcome,
                ::testing::AnyOf(measure::Outcome::ok, measure::Outcome::unsupported))
        << spec.cell.name << ": " << found.reason;
    measured += found.outcome == measure::Outcome::ok ? 1 : 0;
  }
  EXPECT_EQ(measured == 0, machine->gpus.empty());
}

INSTANTIATE_TEST_SUITE_P(Machines, Attempts, ::testing::ValuesIn(machines()),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace peerbench::bench
