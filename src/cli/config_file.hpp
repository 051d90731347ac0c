// SPDX-License-Identifier: Apache-2.0
// The file of --config, read by CLI11 as TOML: keys are the names of options without their dashes.
// Above all sections they are for every command that has such an option, in the section [check] for
// check alone.
#pragma once

#include <istream>
#include <set>
#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace peerbench::cli {

class ConfigFile : public CLI::ConfigTOML {
 public:
  /// Both outlive this. The keys go to `command`.
  ConfigFile(const CommandLine& line, const Subcommand& command) : line_(line), command_(command) {}

  /// The keys that are for the command; refuses those that no command knows.
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

  /// The path given to --config; empty: none.
  std::string path() const;
  /// Whether the file has set this option ("--budget") of the command.
  bool sets(const std::string& option) const { return set_.contains(option); }

 private:
  bool is_for_command(const CLI::ConfigItem& item) const;

  const CommandLine& line_;
  const Subcommand& command_;
  mutable std::set<std::string> set_;  ///< CLI11 reads through a const function
};

}  // namespace peerbench::cli
