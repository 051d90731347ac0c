// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/failing_calls.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/harness.hpp"
#include "machine/discover.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::support {

namespace {

/// As short as a cell can be: no warm-up, one sample.
result::Settings shortest() {
  result::Settings settings;
  settings.sizes = {128 * KiB};
  settings.budget_seconds = 0;
  settings.full = true;
  return settings;
}

TwoGpus find_out() {
  unsetenv("CUDA_VISIBLE_DEVICES");
  TwoGpus found;
  open_machine("dual-rtx3090-nvlink");
  found.file = *gpusim::open_machine();
  auto machine = machine::discover();
  EXPECT_TRUE(machine.has_value());
  if (!machine) return found;
  found.machine = std::move(*machine);
  result::Settings settings = shortest();
  found.specs = bench::catalogue(found.machine, settings);
  settings.split = result::SplitMessages{"llama-3-8b", 4096, {1}, 2};
  std::ranges::move(bench::catalogue(found.machine, settings), std::back_inserter(found.specs));
  return found;
}

/// What an operation did and where, without when and how much.
std::string what_was_done(const nlohmann::json& line) {
  std::string text;
  for (const char* key : {"op", "gpu", "name", "source", "destination", "path"}) {
    if (line.contains(key)) text += line[key].dump() + " ";
  }
  return text;
}

std::set<std::string> read_trace(const std::string& path) {
  std::set<std::string> done;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    done.insert(what_was_done(nlohmann::json::parse(line)));
  }
  return done;
}

}  // namespace

const TwoGpus& two_gpus() {
  static const TwoGpus found = find_out();
  return found;
}

bench::Spec spec_named(const std::string& beginning) {
  const auto& specs = two_gpus().specs;
  const auto at = std::ranges::find_if(
      specs, [&](const bench::Spec& spec) { return spec.cell.name.starts_with(beginning); });
  EXPECT_NE(at, specs.end()) << "no cell is called " << beginning;
  return at == specs.end() ? bench::Spec() : *at;
}

Expected<machine::Machine> discover_with(const gpusim::Fault& fault) {
  gpusim::MachineFile file = two_gpus().file;
  file.faults.push_back(fault);
  gpusim::open(std::move(file));
  return machine::discover();
}

std::vector<bench::Spec> specs_of(const machine::Machine& machine, const std::string& filter) {
  result::Settings settings = shortest();
  settings.filter = filter;
  return bench::chosen(bench::catalogue(machine, settings), settings).value();
}

Ran run_cells(const std::vector<bench::Spec>& specs, const std::optional<gpusim::Fault>& fault,
              bool traced) {
  gpusim::MachineFile file = two_gpus().file;
  if (fault) file.faults.push_back(*fault);
  gpusim::open(std::move(file));
  gpusim::count_calls();
  const std::string trace =
      testing::TempDir() + "peerbench-trace-" + std::to_string(getpid()) + ".jsonl";
  if (traced) {
    EXPECT_TRUE(gpusim::set_trace(trace));
  }
  Ran ran;
  bench::HarnessOptions options;
  options.settings = shortest();
  options.on_cell = [&](result::Cell cell) { ran.cells.push_back(std::move(cell)); };
  const auto count = bench::run_all(specs, options);
  EXPECT_TRUE(count.has_value());
  ran.calls = gpusim::calls();
  if (!traced) return ran;
  gpusim::set_trace("");
  ran.done = read_trace(trace);
  std::filesystem::remove(trace);
  return ran;
}

}  // namespace peerbench::support
