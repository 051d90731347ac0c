// SPDX-License-Identifier: Apache-2.0
// Result files that an earlier or a later version wrote.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "result/json.hpp"
#include "sample_cells.hpp"
#include "sample_runs.hpp"

namespace peerbench::result {
namespace TEST_FILE {

using Json = nlohmann::ordered_json;

TEST(OtherVersions, ACellOfPlainMemoryIsReadAsOneOfPageable) {
  result::Run run;
  run.cells = {pool_cell("read", "gpu0", 0, 20)};
  rekey(run.cells[0], [](CellKey& key) {
    key.engine = Engine::sm;
    key.memory = MemoryKind::pageable;
  });
  Json document = to_json(run);
  ASSERT_EQ(document["cells"][0]["memory"], "pageable");
  const std::string name = run.cells[0].name;
  std::string old = name;
  old.replace(old.find("/pageable/"), 10, "/plain/");
  document["cells"][0]["name"] = old;
  document["cells"][0]["memory"] = "plain";
  const auto back = from_json(document.dump());
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->cells[0].name, name);
  EXPECT_EQ(back->cells[0].memory, "pageable");
  EXPECT_EQ(back->cells[0].key, run.cells[0].key);
}

TEST(OtherVersions, RecordedRunsAreStillRead) {
  int read = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(PEERBENCH_SOURCE_DIR) + "/results")) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto run = from_json(text);
    ASSERT_TRUE(run.has_value()) << entry.path() << ": " << run.error().message;
    Json expected = Json::parse(text);
    for (Json& cell : expected["cells"]) {  // as pageable memory was called before
      if (cell.value("memory", "") == "plain") cell["memory"] = "pageable";
    }
    EXPECT_EQ(Json::parse(to_text(*run)), expected) << entry.path();
    ++read;
  }
  EXPECT_GT(read, 0);
}

TEST(OtherVersions, KeysOfALaterVersionAreIgnored) {
  Json document = to_json(no_gpu());
  document["cells"][0]["news"] = {{"a", 1}};
  EXPECT_TRUE(from_json(document.dump()).has_value());
}

}  // namespace TEST_FILE
}  // namespace peerbench::result
