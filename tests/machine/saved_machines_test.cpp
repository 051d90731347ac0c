// SPDX-License-Identifier: Apache-2.0
// Every file in signals/ is a machine somebody saved (peerbench machine --save-signals) or typed
// from public logs; what it must come to stands in signals/expected.tsv. A new file without a row
// fails and prints the row to add.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "judge/requirements.hpp"
#include "machine/discover.hpp"
#include "result/json.hpp"
#include "result/signals_file.hpp"

namespace peerbench {
namespace TEST_FILE {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;

const fs::path& folder() {
  static const fs::path path = fs::path(PEERBENCH_SOURCE_DIR) / "tests/machine/signals";
  return path;
}

/// One row of expected.tsv; lists are sorted as the columns have them, "-" is none.
struct Row {
  std::string machine_class, modifiers, met, cannot_tell, evidence;
};

std::map<std::string, Row> table() {
  std::map<std::string, Row> rows;
  std::ifstream file(folder() / "expected.tsv");
  std::string line;
  std::getline(file, line);  // headings
  while (std::getline(file, line)) {
    std::istringstream columns(line);
    std::string name;
    Row row;
    std::getline(columns, name, '\t');
    for (std::string* column :
         {&row.machine_class, &row.modifiers, &row.met, &row.cannot_tell, &row.evidence}) {
      std::getline(columns, *column, '\t');
    }
    rows[name] = row;
  }
  return rows;
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder())) {
    if (entry.path().extension() == ".json") found.push_back(entry.path().stem().string());
  }
  std::ranges::sort(found);
  return found;
}

machine::Machine described(const std::string& name) {
  const auto saved = result::read_signals_file((folder() / (name + ".json")).string());
  if (!saved) {
    ADD_FAILURE() << saved.error().message;
    return {};
  }
  return machine::describe(saved->signals);
}

std::string list(const std::vector<std::string>& words) {
  return words.empty() ? "-" : fmt::format("{}", fmt::join(words, ","));
}

Row actual(const machine::Machine& machine) {
  Row row;
  row.machine_class = name(machine.machine_class);
  std::vector<std::string> modifiers, met, cannot_tell;
  for (const auto modifier : machine.modifiers) modifiers.emplace_back(name(modifier));
  const auto all =
      judge::parse_requirements("nvlink,any-nvlink,p2p,any-p2p,no-peer-link,unified-pool");
  result::Run run;
  run.machine = machine;
  run.findings = machine.findings;
  for (const auto& requirement : *all) {
    const auto check = judge::check(run, requirement);
    if (check.outcome == result::Outcome::met) met.push_back(check.requirement);
    if (check.outcome == result::Outcome::cannot_tell) cannot_tell.push_back(check.requirement);
  }
  row.modifiers = list(modifiers);
  row.met = list(met);
  row.cannot_tell = list(cannot_tell);
  return row;
}

class SavedMachine : public ::testing::TestWithParam<std::string> {};

TEST_P(SavedMachine, ComesToWhatTheTableSays) {
  const machine::Machine machine = described(GetParam());
  const Row is = actual(machine);
  const auto rows = table();
  const auto row = rows.find(GetParam());
  ASSERT_NE(row, rows.end()) << "add the row that is true to signals/expected.tsv; as described:\n"
                             << fmt::format("{}\t{}\t{}\t{}\t{}\tASKED: ANSWER", GetParam(),
                                            is.machine_class, is.modifiers, is.met, is.cannot_tell);
  EXPECT_EQ(is.machine_class, row->second.machine_class) << machine.reason;
  EXPECT_EQ(is.modifiers, row->second.modifiers);
  EXPECT_EQ(is.met, row->second.met);
  EXPECT_EQ(is.cannot_tell, row->second.cannot_tell);
  std::vector<std::string> evidence;
  for (const auto& line : machine.evidence) evidence.push_back(line.asked + ": " + line.answer);
  ASSERT_FALSE(row->second.evidence.empty());
  EXPECT_THAT(evidence, Contains(HasSubstr(row->second.evidence)));
}

TEST_P(SavedMachine, TellsOfNobody) {
  std::ifstream file(folder() / (GetParam() + ".json"));
  std::ostringstream text;
  text << file.rdbuf();
  auto saved = result::signals_from_text(text.str());
  ASSERT_TRUE(saved.has_value());
  EXPECT_EQ(result::signals_text(*saved), result::signals_text(*saved, {.identify = true}))
      << "save it again without --identify";
}

// Whatever a person or a broken disk does to a file: it is refused, or it is a machine.
TEST_P(SavedMachine, NoDamageBreaksTheDescription) {
  std::ifstream file(folder() / (GetParam() + ".json"));
  const auto whole = nlohmann::ordered_json::parse(file);
  const nlohmann::ordered_json strange[] = {nullptr,
                                            -1,
                                            0,
                                            1,
                                            2147483647,
                                            1.5,
                                            "",
                                            "x",
                                            true,
                                            nlohmann::ordered_json::array(),
                                            nlohmann::ordered_json::object()};
  int described = 0;
  const auto places = whole["signals"].flatten();
  for (const auto& [place, value] : places.items()) {
    for (const auto& other : strange) {
      auto damaged = whole;
      damaged["signals"][nlohmann::ordered_json::json_pointer(place)] = other;
      const auto saved = result::signals_from_text(damaged.dump());
      if (!saved) continue;
      ++described;
      result::Run run;
      run.machine = machine::describe(saved->signals);
      EXPECT_TRUE(result::from_json(result::to_text(run)).has_value()) << place << other;
    }
  }
  EXPECT_GT(described, 50);
}

INSTANTIATE_TEST_SUITE_P(Each, SavedMachine, ::testing::ValuesIn(names()), [](const auto& machine) {
  std::string name = machine.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(SavedMachines, EveryRowHasItsFile) {
  const auto files = names();
  for (const auto& [name, row] : table()) EXPECT_THAT(files, Contains(name));
}

}  // namespace TEST_FILE
}  // namespace peerbench
