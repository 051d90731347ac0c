// SPDX-License-Identifier: Apache-2.0
#include "cli/refusal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "cli/simulate.hpp"

namespace peerbench::cli {

namespace {

bool has_option(const Subcommand& command, const std::string& name) {
  return std::ranges::count(command.option_names(), name) > 0;
}

/// "check", "run and list", "run, list and estimate".
std::string owners_text(const std::vector<const Subcommand*>& owners) {
  std::string text;
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (i > 0) text += i + 1 == owners.size() ? " and " : ", ";
    text += owners[i]->row->name;
  }
  return text;
}

/// A command line with the option: an example of one of its owners, or one composed of its type.
std::string example_of(const std::vector<const Subcommand*>& owners, const std::string& name) {
  for (const Subcommand* owner : owners) {
    for (const std::string& line : owner->row->examples) {
      if ((line + " ").find(name + " ") != std::string::npos) return line;
    }
  }
  const CLI::Option* option = owners.front()->option(name);
  const std::string type =
      option->get_items_expected_max() == 0 ? "" : " " + option->get_type_name();
  return fmt::format("peerbench {} {}{}", owners.front()->row->name, name, type);
}

Error usage(std::string message) { return {ErrorKind::usage, std::move(message)}; }

}  // namespace

Error unknown_option(const CommandLine& line, const Subcommand& command, const std::string& name) {
  for (const Refusal& refusal : command.row->refusals) {
    if (refusal.option == name) return usage(refusal.advice);
  }
  std::vector<const Subcommand*> owners;
  for (const Subcommand& one : line.subcommands) {
    if (has_option(one, name)) owners.push_back(&one);
  }
  if (!owners.empty()) {
    return usage(
        fmt::format("{} belongs to {}: {}", name, owners_text(owners), example_of(owners, name)));
  }
  if (name == benchmark_option) {
    return usage(fmt::format("--benchmark_* are for {}, which measures with Google Benchmark",
                             line.standard().row->name));
  }
  return usage(
      fmt::format("unknown argument '{}'{}", name, did_you_mean(name, command.option_names())));
}

Error unknown_word(const CommandLine& line, const Subcommand& command, bool named,
                   const std::string& word) {
  std::vector<std::string> known = named ? std::vector<std::string>() : line.names();
  const auto machines = simulated_machines();  // without them there is less to offer
  if (machines && has_option(command, "--simulate")) {
    for (const SimulatedMachine& machine : *machines) {
      const std::string option = "--simulate " + machine.name;
      if (lower_case(machine.name) == lower_case(word)) {
        return usage(fmt::format("'{}' is a simulated machine: peerbench {} {}", word,
                                 command.row->name, option));
      }
      known.push_back(machine.name);
    }
  }
  std::vector<std::string> meant = nearest(word, known);
  const std::vector<std::string> commands = line.names();
  for (std::string& name : meant) {
    if (std::ranges::count(commands, name) == 0) name = "--simulate " + name;
  }
  const std::string offer =
      meant.empty() ? "" : fmt::format("; did you mean '{}'?", fmt::join(meant, "' or '"));
  return usage(fmt::format("unknown argument '{}'{}", word, offer));
}

}  // namespace peerbench::cli
