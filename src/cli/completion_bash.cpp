// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion.hpp"

namespace peerbench::cli {

namespace {

/// The case that answers what may follow an option. Without an answer bash offers files.
std::string value_cases(const std::vector<CompletedOption>& options) {
  std::string text;
  for (const CompletedOption& option : options) {
    if (!option.takes_value) continue;
    text += fmt::format("    {})\n", option.name);
    if (!option.choices.empty()) {
      text += fmt::format("      mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$cur\")\n",
                          fmt::join(option.choices, " "));
    }
    if (!option.takes_file) text += "      compopt +o default +o bashdefault\n";
    text += "      return ;;\n";
  }
  return text;
}

std::string words_of(const CommandLine& line, const Subcommand& command) {
  std::vector<std::string> names;
  for (const CompletedOption& option : completed_options(line, command)) {
    names.push_back(option.name);
  }
  return fmt::format("{}", fmt::join(names, " "));
}

std::string option_cases(const CommandLine& line) {
  std::string text;
  for (const Subcommand& command : line.subcommands) {
    text += fmt::format("    {}) options=\"{}\" files={} ;;\n", command.row->name,
                        words_of(line, command), takes_files(command) ? 1 : 0);
  }
  return text + fmt::format("    *) options=\"{} --version\" files=0 ;;\n",
                            words_of(line, line.standard()));
}

std::string with_value(const std::vector<CompletedOption>& options) {
  std::vector<std::string> names;
  for (const CompletedOption& option : options) {
    if (option.takes_value) names.push_back(option.name);
  }
  return fmt::format("{}", fmt::join(names, "|"));
}

}  // namespace

std::string bash_completion(const CommandLine& line) {
  const auto options = completed_options(line);
  const auto commands = line.names();
  // bash takes '=' for a word of its own.
  return fmt::format(
      R"sh(# bash completion of peerbench: eval "$(peerbench completions bash)"
_peerbench() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}}
  local command='' skip='' word options files
  COMPREPLY=()
  if [[ $cur == "=" ]]; then
    cur=''
  elif [[ $prev == "=" ]]; then
    prev=${{COMP_WORDS[COMP_CWORD-2]}}
  fi
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    if [[ -n $skip ]]; then
      skip=''
      continue
    fi
    case $word in
      {with_value}) skip=1 ;;
      {commands}) command=$word; break ;;
    esac
  done
  case $prev in
{values}  esac
  case $command in
{options}  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
  elif [[ -z $command ]]; then
    mapfile -t COMPREPLY < <(compgen -W "{names}" -- "$cur")
  fi
  if [[ $files == 0 || $cur == -* ]]; then
    compopt +o default +o bashdefault
  fi
}}
complete -o default -o bashdefault -F _peerbench peerbench
)sh",
      fmt::arg("with_value", with_value(options)),
      fmt::arg("commands", fmt::format("{}", fmt::join(commands, "|"))),
      fmt::arg("values", value_cases(options)), fmt::arg("options", option_cases(line)),
      fmt::arg("names", fmt::format("{}", fmt::join(commands, " "))));
}

}  // namespace peerbench::cli
