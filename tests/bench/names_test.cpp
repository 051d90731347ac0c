// SPDX-License-Identifier: Apache-2.0
// Every cell of every built-in machine, of both tiers: its name says its key, its attributes follow
// from that, and the name selects that cell.
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/spec.hpp"
#include "machine/discover.hpp"
#include "result/cell_key.hpp"
#include "result/json.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::bench {
namespace TEST_FILE {

nlohmann::ordered_json cell_json(const result::Cell& cell) {
  result::Run run;
  run.cells = {cell};
  return result::to_json(run)["cells"][0];
}

TEST(Names, SayTheKeyAndTheAttributesFollow) {
  std::size_t seen = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(PEERBENCH_SOURCE_DIR "/src/sim/machines")) {
    if (file.path().extension() != ".json") continue;
    const std::string name = file.path().stem();
    support::open_machine(name);
    const auto machine = machine::discover();
    ASSERT_TRUE(machine.has_value()) << machine.error().message;
    std::vector<Spec> specs = catalogue(*machine, {});
    result::Settings split;
    split.split = result::SplitMessages{"llama-3-8b", 4096, {1, 128}, 2};
    std::ranges::move(catalogue(*machine, split), std::back_inserter(specs));
    for (const Spec& spec : specs) {
      SCOPED_TRACE(name + " " + spec.cell.name);
      const auto key = result::parse_name(spec.cell.name);
      ASSERT_TRUE(key.has_value()) << key.error().message;
      ASSERT_EQ(*key, spec.cell.key);
      ASSERT_EQ(result::to_name(*key), spec.cell.name);
      // A cell that already has all attributes is not changed by its own key.
      result::Cell again = spec.cell;
      result::set_key(again, *key);
      ASSERT_EQ(cell_json(again), cell_json(spec.cell));
      // The memory that CPU threads work on is the one that the name says.
      const machine::Pool* pool = spec.host_loop() != nullptr    ? &spec.host_loop()->pool
                                  : spec.host_chase() != nullptr ? &spec.host_chase()->pool
                                                                 : nullptr;
      ASSERT_EQ(pool != nullptr ? pool->id : spec.cell.src, spec.cell.src);
      ++seen;
    }
  }
  EXPECT_GT(seen, 10000u);
}

TEST(Names, SelectTheirCellAndNoOther) {
  constexpr std::size_t step = 61;  // of thousands, each selected from all
  for (const char* name : {"dual-rtx3090-nvlink", "hgx-h100-8", "dgx-spark", "dual-gh200"}) {
    support::open_machine(name);
    const auto machine = machine::discover();
    ASSERT_TRUE(machine.has_value()) << machine.error().message;
    const std::vector<Spec> specs = catalogue(*machine, {});
    std::set<std::string> seen;
    for (const Spec& spec : specs)
      EXPECT_TRUE(seen.insert(spec.cell.name).second) << spec.cell.name;
    for (std::size_t i = 0; i < specs.size(); i += step) {
      result::Settings settings;
      settings.filter = specs[i].cell.name;
      const auto found = chosen(specs, settings);
      ASSERT_TRUE(found.has_value()) << found.error().message;
      ASSERT_EQ(found->size(), 1u) << settings.filter;
      EXPECT_EQ(found->front().cell.name, settings.filter);
    }
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
