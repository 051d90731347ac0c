// SPDX-License-Identifier: Apache-2.0
// The rows of faults: each is there once, is described where people look, and has its hook.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "sim/machine_file_loader.hpp"

namespace gpusim {
namespace TEST_FILE {

using ::testing::HasSubstr;

const std::string source = PEERBENCH_SOURCE_DIR "/src/sim/";

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// Fields of a row beside `from` and `to`, as the documentation has them.
std::string fields_of(const FaultRow& row) {
  std::string text;
  const auto add = [&](const std::string& field) { text += (text.empty() ? "" : ", ") + field; };
  if (row.traffic) add("`carrier`, `route`");
  if (row.per_gib) add("`per_gib`");
  if (row.call) add("`call`");
  if (row.after) add("`after`");
  if (row.times) add("`times`");
  if (row.codes != nullptr) add("`code`");
  return text;
}

TEST(FaultTable, EveryKindIsOneRow) {
  std::set<FaultKind> kinds;
  std::set<std::string> words;
  for (const FaultRow& row : fault_rows()) {
    EXPECT_TRUE(kinds.insert(row.kind).second) << row.word;
    EXPECT_TRUE(words.insert(row.word).second) << row.word;
    EXPECT_EQ(&row_of(row.kind), &row);
    const std::string does = row.does;
    EXPECT_TRUE(does.ends_with(".")) << "no sentence: " << does;
    EXPECT_TRUE(row.codes == nullptr || !row.codes().empty()) << row.word;
  }
  EXPECT_EQ(kinds.size(), static_cast<std::size_t>(*kinds.rbegin()) + 1) << "a kind without a row";
}

TEST(FaultTable, TheHookAsksForItsKind) {
  for (const FaultRow& row : fault_rows()) {
    std::string kind = row.word;
    std::ranges::replace(kind, '-', '_');
    EXPECT_THAT(contents(source + row.hook), HasSubstr("FaultKind::" + kind)) << row.hook;
  }
}

TEST(FaultTable, TheDocumentationHasEveryRow) {
  const std::string page = contents(source + "machines/README.md");
  for (const FaultRow& row : fault_rows()) {
    EXPECT_THAT(page, HasSubstr(fmt::format("\n| `{}` | {} | {} | {} |\n", row.word, row.does,
                                            row.touches, fields_of(row))));
    if (row.codes == nullptr) continue;
    for (const NamedError& error : row.codes()) EXPECT_THAT(page, HasSubstr(error.word));
  }
}

std::string machine_with(const std::string& fault) {
  std::string text = contents(source + "machines/dual-rtx3090-nvlink.json");
  const std::string schema = "\"schema\": \"peerbench.machine/1\",";
  return text.replace(text.find(schema), schema.size(), schema + "\"faults\": [" + fault + "],");
}

TEST(FaultTable, AFaultTakesTheFieldsOfItsRowAndNoOthers) {
  for (const FaultRow& row : fault_rows()) {
    const std::string needed = std::string(row.per_gib ? ", \"per_gib\": 1" : "") +
                               (row.call ? ", \"call\": \"cudaMalloc\"" : "");
    for (const auto& [field, taken] : {std::pair{"\"after\": 3", row.after},
                                       {"\"times\": 3", row.times},
                                       {"\"per_gib\": 2", row.per_gib},
                                       {"\"call\": \"cudaFree\"", row.call},
                                       {"\"carrier\": \"ce\"", row.traffic},
                                       {"\"route\": \"staged\"", row.traffic}}) {
      const bool repeated = taken && (row.per_gib || row.call) && *field != 0 &&
                            std::string(field).find("after") == std::string::npos &&
                            std::string(field).find("times") == std::string::npos;
      const std::string fault =
          fmt::format(R"({{"kind": "{}"{}, {}}})", row.word, repeated ? "" : needed, field);
      const auto machine = parse_machine_file(machine_with(fault), "x.json");
      EXPECT_EQ(machine.has_value(), taken) << fault;
      if (machine) continue;
      EXPECT_THAT(machine.error().message, HasSubstr("is not a known field")) << fault;
    }
  }
}

TEST(FaultTable, WordsBecomeValues) {
  const auto first = [](const std::string& fault) {
    const auto machine = parse_machine_file(machine_with(fault), "x.json");
    EXPECT_TRUE(machine.has_value()) << machine.error().message;
    return machine ? machine->faults.at(0) : Fault{};
  };
  const Fault plain = first(R"({"kind": "bit-flip", "to": 1})");
  EXPECT_EQ(plain.carrier, Carrier::any);
  EXPECT_EQ(plain.route, FaultRoute::any);
  EXPECT_EQ(plain.from, -1);
  const Fault flags = first(R"({"kind": "no-progress", "carrier": "flags", "route": "direct"})");
  EXPECT_EQ(flags.carrier, Carrier::flags);
  EXPECT_EQ(flags.route, FaultRoute::direct);
  EXPECT_EQ(good_before(first(R"({"kind": "nccl-lost-rank"})")), 10u);
  EXPECT_EQ(good_before(first(R"({"kind": "nccl-lost-rank", "after": 0})")), 0u);
  EXPECT_EQ(good_before(first(R"({"kind": "gpu-lost"})")), 0u);
  EXPECT_EQ(error_code(first(R"({"kind": "peer-refused"})")), 205);
  EXPECT_EQ(error_code(first(R"({"kind": "nvml-fails", "code": "NVML_ERROR_NO_PERMISSION"})")), 4);
}

}  // namespace TEST_FILE
}  // namespace gpusim
