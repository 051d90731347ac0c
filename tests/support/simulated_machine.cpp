// SPDX-License-Identifier: Apache-2.0
#include "tests/support/simulated_machine.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/simulation.hpp"
#include "sim/core/state.hpp"

namespace peerbench::support {

namespace {

/// Closes the machine after each test: a program does not end while one has work that never does.
struct CloseAfterTest : ::testing::EmptyTestEventListener {
  void OnTestEnd(const ::testing::TestInfo&) override { gpusim::close(); }
};

}  // namespace

void open_machine(const std::string& name, const std::string& patch) {
  static auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
  static bool once = [] {
    listeners.Append(new CloseAfterTest);
    return true;
  }();
  (void)once;
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

}  // namespace peerbench::support
