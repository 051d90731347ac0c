// SPDX-License-Identifier: Apache-2.0
#include "cli/config_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest.hpp"
#include "cli/value_option.hpp"

namespace peerbench::cli {

namespace {

/// Names of options that a file may set, without dashes.
std::vector<std::string> keys_of(const Subcommand& command) {
  std::vector<std::string> keys;
  for (const std::string& name : command.option_names()) {
    if (command.option(name)->get_configurable()) keys.push_back(name.substr(2));
  }
  return keys;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::count(names, name) > 0;
}

/// CLI11 marks where a section begins and ends with items of these names.
bool is_mark(const CLI::ConfigItem& item) { return item.name == "++" || item.name == "--"; }

}  // namespace

std::string ConfigFile::path() const {
  const CLI::Option* option = line_.app.get_config_ptr();
  return option->count() == 0 ? "" : option->as<std::string>();
}

bool ConfigFile::is_for_command(const CLI::ConfigItem& item) const {
  const auto wrong = [&](const std::string& why) {
    throw Refused("", {ErrorKind::usage, fmt::format("{}: {}", path(), why)});
  };
  if (item.parents.empty()) {
    std::vector<std::string> known;
    for (const Subcommand& one : line_.subcommands) {
      for (std::string& key : keys_of(one)) known.push_back(std::move(key));
    }
    std::ranges::sort(known);
    known.erase(std::ranges::unique(known).begin(), known.end());
    if (!contains(known, item.name)) {
      wrong(fmt::format("no command has an option '{}'{}", item.name,
                        did_you_mean(item.name, known)));
    }
    return contains(keys_of(command_), item.name);
  }
  const Subcommand* section = line_.find(item.parents.front());
  if (section == nullptr || item.parents.size() > 1) {
    wrong(fmt::format("the section [{}] names no command{}", fmt::join(item.parents, "."),
                      did_you_mean(item.parents.front(), line_.names())));
  } else if (!is_mark(item) && !contains(keys_of(*section), item.name)) {
    wrong(fmt::format("[{}]: {} has no option '{}'{}", section->row->name, section->row->name,
                      item.name, did_you_mean(item.name, keys_of(*section))));
  }
  return section == &command_;
}

std::vector<CLI::ConfigItem> ConfigFile::from_config(std::istream& input) const {
  std::vector<CLI::ConfigItem> kept;
  for (CLI::ConfigItem& item : CLI::ConfigTOML::from_config(input)) {
    if (!is_for_command(item) || is_mark(item)) continue;
    // What the section of the command says comes before what is said of all.
    const bool general = item.parents.empty();
    item.parents = {command_.row->name};
    set_.insert("--" + item.name);
    // A list is written with commas where one text is taken: gpus = [0, 1] is --gpus 0,1.
    if (command_.option("--" + item.name)->get_items_expected_max() == 1) {
      item.inputs = {fmt::format("{}", fmt::join(item.inputs, ","))};
    }
    kept.insert(general ? kept.end() : kept.begin(), std::move(item));
  }
  return kept;
}

}  // namespace peerbench::cli
