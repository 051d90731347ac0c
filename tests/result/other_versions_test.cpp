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

/// What an older version wrote of a copy with gpu0, whose NUMA node is 3 of so many.
result::Run run_of_old_host_copies(int nodes) {
  result::Run run;
  run.machine.gpus.resize(1);
  run.machine.gpus[0].numa_node = nodes > 1 ? 3 : 0;
  for (int node = 0; node < nodes; ++node) {
    machine::Pool pool;
    pool.numa_node = node;
    pool.cores = 8;
    run.machine.pools.push_back(pool);
  }
  for (const char* const name : {"host/ce/h2d/uni/host0-gpu0/pinned/bytes:4",
                                 "latency/sm/chase/host0-gpu0/pinned/bytes:4"}) {
    Cell cell;
    set_key(cell, parse_name(name).value());
    cell.flows = {{"host0", "gpu0", "gpu0", 25}};
    run.cells.push_back(cell);
  }
  return run;
}

TEST(OtherVersions, HostMemoryIsThatOfTheGpusOwnNode) {
  const auto back = from_json(to_text(run_of_old_host_copies(4)));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->cells[0].name, "host/ce/h2d/uni/host3-gpu0/pinned/bytes:4");
  EXPECT_EQ(back->cells[0].src, "host3");
  EXPECT_EQ(back->cells[0].flows[0].src, "host3");
  EXPECT_EQ(back->cells[0].numa_node, 3);
  EXPECT_EQ(back->cells[1].name, "latency/sm/chase/host3-gpu0/pinned/bytes:4");
  const auto again = from_json(to_text(*back));
  EXPECT_EQ(again->cells[0].name, back->cells[0].name);
}

TEST(OtherVersions, HostMemoryOfAnotherNodeIsCalledByIt) {
  Json document = to_json(run_of_old_host_copies(4));
  document["cells"][0]["name"] = "host/ce/h2d/uni/host0-gpu0/pinned/node:0/bytes:4";
  document["cells"][0]["numa_node"] = 0;
  const auto back = from_json(document.dump());
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->cells[0].name, "host/ce/h2d/uni/host0-gpu0/pinned/bytes:4");
  EXPECT_EQ(far_node(back->machine, back->cells[0].key), 0);
  EXPECT_EQ(far_node(back->machine, back->cells[1].key), std::nullopt);
}

TEST(OtherVersions, OfOneNodeTheHostsMemoryKeepsItsName) {
  const auto back = from_json(to_text(run_of_old_host_copies(1)));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->cells[0].name, "host/ce/h2d/uni/host0-gpu0/pinned/bytes:4");
  EXPECT_EQ(back->cells[0].numa_node, std::nullopt);
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
