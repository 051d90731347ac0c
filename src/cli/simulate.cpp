// SPDX-License-Identifier: Apache-2.0
#include "cli/simulate.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/nearest.hpp"
#include "base/simulation.hpp"

namespace peerbench::cli {

namespace fs = std::filesystem;

namespace {

fs::path program_folder() {
  std::error_code code;
  const fs::path self = fs::read_symlink("/proc/self/exe", code);
  return self.parent_path();
}

fs::path machines_folder() { return program_folder() / ".." / "share" / "peerbench" / "machines"; }

// Only the line shown in the list; the simulated build reads and checks the rest.
std::string summary_of(const fs::path& path) {
  std::ifstream file(path);
  const auto json = nlohmann::json::parse(file, nullptr, false, true);
  if (json.is_discarded() || !json.is_object()) return "(unreadable)";
  return json.value("summary", "");
}

fs::path simulated_build() { return program_folder() / "peerbench-sim"; }

/// A build may leave the simulator out, and so may whoever copies a single program.
bool has_simulator() {
  std::error_code ignored;
  return fs::exists(simulated_build(), ignored);
}

Error no_simulator() {
  return {ErrorKind::io,
          fmt::format("this peerbench has no simulator: {} is not there; build it with "
                      "-DPEERBENCH_SIMULATOR=ON (the default), or install all of it and not the "
                      "program alone",
                      simulated_build().string())};
}

}  // namespace

Expected<std::vector<SimulatedMachine>> simulated_machines() {
  if (!simulated() && !has_simulator()) return tl::unexpected(no_simulator());
  std::error_code code;
  std::vector<SimulatedMachine> machines;
  for (const auto& entry : fs::directory_iterator(machines_folder(), code)) {
    if (entry.path().extension() != ".json") continue;
    machines.push_back({entry.path().stem().string(), summary_of(entry.path()),
                        entry.path().lexically_normal().string()});
  }
  if (code) {
    return fail(ErrorKind::io,
                fmt::format("the simulated machines are not where they belong, {}: {}; install the "
                            "program again, or give a file to --simulate",
                            machines_folder().lexically_normal().string(), code.message()));
  }
  std::ranges::sort(machines, {}, &SimulatedMachine::name);
  return machines;
}

Expected<std::string> find_machine_file(const std::string& name_or_file) {
  if (name_or_file.find('/') != std::string::npos || name_or_file.ends_with(".json") ||
      name_or_file.ends_with(".xml")) {
    return name_or_file;
  }
  const auto machines = simulated_machines();
  if (!machines) return tl::unexpected(machines.error());
  std::vector<std::string> names;
  for (const SimulatedMachine& machine : *machines) {
    if (lower_case(machine.name) == lower_case(name_or_file)) return machine.path;
    names.push_back(machine.name);
  }
  return fail(
      ErrorKind::usage,
      fmt::format("no simulated machine is called '{}'{} `peerbench machines` lists them all",
                  name_or_file,
                  names.empty() || nearest(name_or_file, names).empty()
                      ? ";"
                      : did_you_mean(name_or_file, names)));
}

Expected<void> enter_simulation(const std::string& name_or_file, char** argv) {
  if (!simulated() && !has_simulator()) return tl::unexpected(no_simulator());
  const auto path = find_machine_file(name_or_file);
  if (!path) return tl::unexpected(path.error());
  if (simulated()) {
    std::array<char, 1024> message{};
    const int code = peerbench_sim_open(path->c_str(), message.data(), message.size());
    if (code == 0) return {};
    return fail(code == 74 ? ErrorKind::io : ErrorKind::usage, message.data());
  }
  execv(simulated_build().c_str(), argv);
  return fail(ErrorKind::io, fmt::format("the simulated build {} cannot be started: {}; install "
                                         "peerbench again",
                                         simulated_build().string(), std::strerror(errno)));
}

}  // namespace peerbench::cli
