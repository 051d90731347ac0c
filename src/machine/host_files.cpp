// SPDX-License-Identifier: Apache-2.0
#include "machine/host_files.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "base/simulation.hpp"

namespace peerbench::machine {

namespace fs = std::filesystem;

namespace {

/// Asks the simulator, with more room if the answer needs it.
std::optional<std::string> ask(long (*question)(const char*, char*, std::size_t),
                               const std::string& path) {
  if (question == nullptr) return std::nullopt;
  std::string text(512, '\0');
  for (int attempt = 0; attempt < 2; ++attempt) {
    const long length = question(path.c_str(), text.data(), text.size());
    if (length < 0) return std::nullopt;
    const bool all = static_cast<std::size_t>(length) <= text.size();
    text.resize(static_cast<std::size_t>(length));
    if (all) return text;
  }
  return std::nullopt;
}

}  // namespace

HostFiles::HostFiles(fs::path root) : root_(std::move(root)) {}

// The simulated build must never describe the machine it runs on.
bool HostFiles::simulated_host() const { return simulated() && root_ == "/"; }

std::optional<std::string> HostFiles::bytes(const std::string& path) const {
  if (simulated_host()) return ask(peerbench_sim_file, path);
  std::ifstream file(root_ / fs::path(path).relative_path(), std::ios::binary);
  if (!file) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(file), {}};
  // A folder can be opened and only fails when it is read.
  if (file.bad()) return std::nullopt;
  return text;
}

std::optional<std::string> HostFiles::text(const std::string& path) const {
  auto text = bytes(path);
  if (!text) return std::nullopt;
  text->resize(text->find_last_not_of(std::string_view("\n\r \t\0", 5)) + 1);
  return text;
}

bool HostFiles::present(const std::string& path) const {
  if (simulated_host()) return ask(peerbench_sim_file, path).has_value();
  std::error_code ignored;
  return fs::exists(root_ / fs::path(path).relative_path(), ignored);
}

std::optional<std::vector<std::string>> HostFiles::names(const std::string& folder) const {
  std::vector<std::string> names;
  if (simulated_host()) {
    const auto text = ask(peerbench_sim_file, folder + "/");
    if (!text) return std::nullopt;
    std::istringstream lines(*text);
    for (std::string name; std::getline(lines, name);) names.push_back(name);
    return names;
  }
  std::error_code failed;
  for (const auto& entry :
       fs::directory_iterator(root_ / fs::path(folder).relative_path(), failed)) {
    names.push_back(entry.path().filename().string());
  }
  if (failed) return std::nullopt;
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string> HostFiles::real_path(const std::string& path) const {
  if (simulated_host()) return ask(peerbench_sim_real_path, path);
  std::error_code failed;
  const fs::path base = fs::canonical(root_, failed);
  if (failed) return std::nullopt;
  const fs::path found = fs::canonical(root_ / fs::path(path).relative_path(), failed);
  if (failed) return std::nullopt;
  return (fs::path("/") / found.lexically_relative(base)).string();
}

}  // namespace peerbench::machine
