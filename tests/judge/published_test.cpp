// SPDX-License-Identifier: Apache-2.0
// Published figures go through the judge on machines that have such links: no healthy one is low,
// and those of machines with something wrong are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../result/sample_cells.hpp"
#include "judge/judge.hpp"
#include "machine/discover.hpp"
#include "sim/core/state.hpp"
#include "sim/machine_file_loader.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

struct Published {
  std::string machine, cell;
  double gbs = 0;
  std::string verdict, source, note;
};

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  std::string part;
  while (std::getline(in, part, at)) parts.push_back(part);
  return parts;
}

std::vector<Published> published() {
  std::vector<Published> rows;
  std::ifstream file(PEERBENCH_SOURCE_DIR "/tests/judge/published.tsv");
  std::string line;
  while (std::getline(file, line)) {
    const auto row = split(line, '\t');
    if (line.starts_with('#') || row.size() != 6 || row[0] == "machine") continue;
    rows.push_back({row[0], row[1], std::stod(row[2]), row[3], row[4], row[5]});
  }
  return rows;
}

gpusim::MachineFile file_of(const std::string& name) {
  const auto file =
      gpusim::load_machine_file(PEERBENCH_SOURCE_DIR "/src/sim/machines/" + name + ".json");
  EXPECT_TRUE(file.has_value()) << name;
  return file.value_or(gpusim::MachineFile{});
}

const machine::Machine& machine_of(const std::string& name) {
  static std::map<std::string, machine::Machine> known;
  if (const auto found = known.find(name); found != known.end()) return found->second;
  gpusim::open(file_of(name));
  const auto machine = machine::discover();
  EXPECT_TRUE(machine.has_value()) << name;
  return known[name] = machine.value_or(machine::Machine{});
}

/// The cell that the words of the table stand for; large enough that no start-up cost excuses it.
result::Cell cell_of(const Published& row) {
  const auto words = split(row.cell, ' ');
  result::Cell cell;
  cell.status = result::Status::ok;
  cell.unit = "GB/s";
  cell.median = row.gbs;
  const std::string& family = words.at(0);
  const std::string& what = words.at(2);
  const std::string ends = family == "peer"   ? words.at(3) + "/gpu0-gpu1"
                           : family == "pool" ? "gpu0/" + words.at(3)
                           : what == "d2h"
                               ? "uni/gpu0-host0/" + words.at(3)
                               : (what == "both" ? "bi" : "uni") + ("/host0-gpu0/" + words.at(3));
  rename(cell, fmt::format("{}/{}/{}/{}/bytes:{}", family, words.at(1), what, ends, 256 * MiB));
  cell.counts = family == "pool" ? result::Counts::traffic : result::Counts::one_way;
  return cell;
}

TEST(Published, NoHealthyFigureIsLowAndTheOthersAre) {
  std::map<std::string, int> seen;
  for (const Published& row : published()) {
    SCOPED_TRACE(row.machine + ": " + row.cell + " " + std::to_string(row.gbs) + ", " + row.note);
    ++seen[row.verdict];
    result::Cell cell = cell_of(row);
    judge(cell, machine_of(row.machine));
    const auto expected = row.verdict == "low" ? result::Verdict::low : result::Verdict::good;
    EXPECT_EQ(cell.verdict, expected) << cell.verdict_reason;
  }
  EXPECT_GE(seen["good"], 20);
  EXPECT_GE(seen["low"], 5);
}

// The simulated machines have published rates too, and all of their memories are healthy.
TEST(Published, NoMemoryOfABuiltInMachineIsLow) {
  std::size_t judged = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(PEERBENCH_SOURCE_DIR "/src/sim/machines")) {
    const std::string name = entry.path().stem();
    if (entry.path().extension() != ".json" || machine_of(name).gpus.empty()) continue;
    const auto gpus = file_of(name).gpus;
    const auto gpu = std::ranges::find(gpus, false, &gpusim::GpuDescription::cuda_hidden);
    ASSERT_NE(gpu, gpus.end()) << name;
    const auto copy = gpu->local_copy_gbs;
    for (const auto& [op, rate] : {std::pair{"copy", copy},
                                   {"read", gpu->read_gbs.value_or(copy)},
                                   {"write", gpu->write_gbs.value_or(copy)}}) {
      constexpr double start_and_noise = 0.98;
      result::Cell cell = cell_of({.machine = name,
                                   .cell = std::string("pool sm ") + op + " device",
                                   .gbs = rate.value * start_and_noise,
                                   .verdict = "good",
                                   .source = rate.source,
                                   .note = ""});
      judge(cell, machine_of(name));
      EXPECT_NE(cell.verdict, result::Verdict::low)
          << name << " " << op << ": " << cell.verdict_reason;
      judged += cell.verdict == result::Verdict::good ? 1 : 0;
    }
  }
  EXPECT_GE(judged, 60u);
}

TEST(Published, EveryFigureNamesWhoMeasuredIt) {
  for (const Published& row : published()) {
    EXPECT_FALSE(row.source.empty() || row.note.empty()) << row.machine << " " << row.cell;
    EXPECT_THAT(row.verdict, ::testing::AnyOf("good", "low"));
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
