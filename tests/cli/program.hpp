// SPDX-License-Identifier: Apache-2.0
// The program as a black box: runs it as a person would and keeps what it printed and returned.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace fs = std::filesystem;

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

inline std::string contents(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class Program : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("peerbench-program-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Runs the program through the shell, so arguments are quoted as a person would quote them.
  Outcome run(const std::string& arguments, const std::string& environment = "") {
    const fs::path err = folder_ / "stderr";
    // A test's last run is its own, unless it says otherwise.
    const std::string command = "XDG_STATE_HOME='" + folder_.string() + "' " + environment +
                                " '" PEERBENCH_PROGRAM "' " + arguments + " 2>'" + err.string() +
                                "' </dev/null";
    Outcome outcome;
    FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 4096> chunk{};
    while (const std::size_t got = fread(chunk.data(), 1, chunk.size(), pipe)) {
      outcome.out.append(chunk.data(), got);
    }
    const int status = pclose(pipe);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    outcome.err = contents(err);
    return outcome;
  }

  // A machine file of the project with a JSON merge patch applied.
  std::string changed_machine(const std::string& name, const std::string& patch) {
    std::ifstream file(std::string(PEERBENCH_SOURCE_DIR "/src/sim/machines/") + name + ".json");
    auto json = nlohmann::json::parse(file, nullptr, true, true);
    json.merge_patch(nlohmann::json::parse(patch));
    const fs::path path = folder_ / "machine.json";
    std::ofstream(path) << json;
    return path.string();
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  fs::path folder_;
};
