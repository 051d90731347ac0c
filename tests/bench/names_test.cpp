// Every cell of every built-in machine, all that can be asked for: its name says its key, and its
// attributes follow from that.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "bench/spec.hpp"
#include "machine/discover.hpp"
#include "result/cell_key.hpp"
#include "result/json.hpp"
#include "tests/bench/all_specs.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::bench {
namespace {

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
    testing::open_machine(name);
    const auto machine = machine::discover();
    ASSERT_TRUE(machine.has_value()) << machine.error().message;
    for (const Spec& spec : all_specs(*machine, {})) {
      SCOPED_TRACE(name + " " + spec.cell.name);
      const auto key = result::parse_name(spec.cell.name);
      ASSERT_TRUE(key.has_value()) << key.error().message;
      ASSERT_EQ(*key, spec.key);
      ASSERT_EQ(result::to_name(*key), spec.cell.name);
      // A cell that already has all attributes is not changed by its own key.
      result::Cell again = spec.cell;
      result::set_key(again, *key);
      ASSERT_EQ(cell_json(again), cell_json(spec.cell));
      // The memory that CPU threads work on is the one that the name says.
      const machine::Pool* pool = spec.host    ? &spec.host->pool
                                  : spec.chain ? &spec.chain->pool
                                               : nullptr;
      ASSERT_EQ(pool != nullptr ? pool->id : spec.cell.src, spec.cell.src);
      ++seen;
    }
  }
  EXPECT_GT(seen, 5000u);
}

}  // namespace
}  // namespace peerbench::bench
