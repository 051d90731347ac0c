// SPDX-License-Identifier: Apache-2.0
// Every cell of every built-in machine whose sample is gated: the gate holds the first time. A
// machine that behaves as real drivers do shows here what is loaded, uploaded or waited for behind
// a closed gate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "bench/spec.hpp"
#include "machine/discover.hpp"
#include "measure/measurement.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::bench {
namespace TEST_FILE {

std::vector<std::string> machines() {
  std::vector<std::string> names;
  for (const auto& file :
       std::filesystem::directory_iterator(PEERBENCH_SOURCE_DIR "/src/sim/machines")) {
    if (file.path().extension() == ".json") names.push_back(file.path().stem());
  }
  std::ranges::sort(names);
  return names;
}

/// Those of so many GPUs that their full tier has a test of its own, which takes seconds.
const std::vector<std::string> many_cards = {"dgx1-p100-8", "dgx1-v100-8", "dgx2-v100-16",
                                             "hgx-a100-8",  "hgx-b200-8",  "hgx-h100-8",
                                             "ten-gpu-pcie"};

class Attempts : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { unsetenv("CUDA_VISIBLE_DEVICES"); }
};
class AttemptsInFull : public Attempts {};

/// One sample and no warm-up: what happens first is what matters here.
measure::MeasureOptions shortest() {
  measure::MeasureOptions options;
  options.sampling = {.budget = std::chrono::nanoseconds(0), .max_warm_up = 0};
  return options;
}

/// Both tiers or the quick one, and the messages of a split model. No sizes: those chosen by rule.
std::vector<Spec> all_specs(const machine::Machine& machine, const std::vector<Bytes>& sizes,
                            bool full) {
  result::Settings settings;
  settings.sizes = sizes;
  settings.full = full;
  std::vector<Spec> specs = chosen(catalogue(machine, settings), settings).value();
  settings.split = result::SplitMessages{"llama-3-8b", 4096, {1, 128}, 2};
  std::ranges::move(catalogue(machine, settings), std::back_inserter(specs));
  return specs;
}

void expect_no_gate_in_vain(const std::string& name, bool full) {
  support::open_machine(name);
  const auto machine = machine::discover();
  ASSERT_TRUE(machine.has_value()) << machine.error().message;
  EXPECT_EQ(machine->gpus.size() > few_cards, std::ranges::count(many_cards, name) == 1);
  std::size_t measured = 0;
  for (const Spec& spec : all_specs(*machine, {MiB}, full)) {
    if (spec.plan() == nullptr || !spec.why_not.empty()) continue;
    const measure::Measurement found = measure::measure_plan(*spec.plan(), shortest());
    EXPECT_EQ(found.gate_failures, 0) << spec.cell.name;
    EXPECT_THAT(found.outcome,
                ::testing::AnyOf(measure::Outcome::ok, measure::Outcome::unsupported))
        << spec.cell.name << ": " << found.reason;
    measured += found.outcome == measure::Outcome::ok ? 1 : 0;
  }
  EXPECT_EQ(measured == 0, machine->gpus.empty());
}

TEST_P(Attempts, NoGateIsClosedInVain) {
  expect_no_gate_in_vain(GetParam(), std::ranges::count(many_cards, GetParam()) == 0);
}

TEST_P(AttemptsInFull, NoGateIsClosedInVain) { expect_no_gate_in_vain(GetParam(), true); }

std::string test_name(const ::testing::TestParamInfo<std::string>& param) {
  std::string name = param.param;
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Machines, Attempts, ::testing::ValuesIn(machines()), test_name);
INSTANTIATE_TEST_SUITE_P(Machines, AttemptsInFull, ::testing::ValuesIn(many_cards), test_name);

}  // namespace TEST_FILE
}  // namespace peerbench::bench
