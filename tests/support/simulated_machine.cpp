#include "tests/support/simulated_machine.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/simulation.hpp"

namespace peerbench::testing {

void open_machine(const std::string& name, const std::string& patch) {
  std::ifstream file(std::string(PEERBENCH_SOURCE_DIR) + "/src/sim/machines/" + name + ".json");
  auto json = nlohmann::json::parse(file, nullptr, true, true);
  json.merge_patch(nlohmann::json::parse(patch));
  const auto path = std::filesystem::path(::testing::TempDir()) /
                    ("peerbench-machine-" + std::to_string(getpid()) + ".json");
  std::ofstream(path) << json;

  std::array<char, 1024> message{};
  const int code = peerbench_sim_open(path.c_str(), message.data(), message.size());
  std::filesystem::remove(path);
  ASSERT_EQ(code, 0) << message.data();
}

}  // namespace peerbench::testing
