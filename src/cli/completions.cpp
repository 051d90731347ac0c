// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "cli/value_option.hpp"

namespace peerbench::cli {

namespace {

using Script = std::string (*)(const CommandLine&);

Expected<Script> parse_shell(const std::string& name) {
  if (name == "bash") return bash_completion;
  if (name == "zsh") return zsh_completion;
  if (name == "fish") return fish_completion;
  return refuse(fmt::format("completions '{}': there are bash, zsh and fish", name));
}

Finish completions_options(CLI::App& app) {
  const auto script = std::make_shared<Script>(nullptr);
  add_value(app, "SHELL", "", *script, parse_shell, "bash, zsh or fish");
  return [script]() -> Expected<Task> {
    if (*script == nullptr) {
      return refuse("completions are for a shell: peerbench completions bash");
    }
    return Task{"", [script]() -> Expected<int> {
                  fmt::print("{}", (*script)(CommandLine()));
                  return static_cast<int>(result::ExitCode::good);
                }};
  };
}

}  // namespace

Command completions_command() {
  using enum result::ExitCode;
  return {.name = "completions",
          .summary = "Print what lets a shell complete peerbench",
          .add_options = completions_options,
          .examples = {"peerbench completions bash"},
          .exit_codes = {good},
          .notes =
              "bash: eval \"$(peerbench completions bash)\" in ~/.bashrc\n"
              "zsh:  peerbench completions zsh >_peerbench in a folder of $fpath\n"
              "fish: peerbench completions fish | source in ~/.config/fish/config.fish"};
}

}  // namespace peerbench::cli
