// SPDX-License-Identifier: Apache-2.0
// What tests of the drop-in libraries share: running a program with them, reading its output.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace gpusim {

inline const std::string machines = PEERBENCH_SOURCE_DIR "/src/sim/machines/";

inline std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "cannot run " + command;
  std::array<char, 4096> buffer;
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), got);
  }
  pclose(pipe);
  return text;
}

/// A file of this process alone, since tests run beside each other; it goes when the process ends.
inline std::string temporary(const std::string& name) {
  struct Folder {
    std::filesystem::path path = std::filesystem::path(testing::TempDir()) /
                                 ("peerbench-dropin-" + std::to_string(getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
  };
  static const Folder folder;
  return (folder.path / name).string();
}

/// A built-in machine without what a driver adds to its rates, in a file of its own.
inline std::string ideal(const std::string& machine) {
  std::ifstream file(machines + machine + ".json");
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file) return machines + machine + ".json";
  const std::string schema = "\"schema\": \"peerbench.machine/1\",";
  text.insert(text.find(schema) + schema.size(), "\n  \"driver\": {\"ideal\": true},");
  const std::string path = temporary(machine + ".json");
  std::ofstream(path) << text;
  return path;
}

inline double figure(const std::string& text, const std::string& key) {
  const auto at = text.find("\n" + key + " ");
  return at == std::string::npos ? -1 : std::atof(text.c_str() + at + key.size() + 2);
}

inline int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace gpusim
