// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion.hpp"

namespace peerbench::cli {

namespace {

/// In single quotes, with the colon that _describe splits at kept whole.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char letter : text) {
    if (letter == '\'') {
      out += "'\\''";
    } else if (letter == ':') {
      out += "\\:";
    } else {
      out += letter;
    }
  }
  return out + "'";
}

/// "'--format':'Output'" as one word.
std::string described(const std::string& name, const std::string& description) {
  return quoted(name) + ":" + quoted(description);
}

std::string value_cases(const std::vector<CompletedOption>& options) {
  std::string text;
  for (const CompletedOption& option : options) {
    if (!option.takes_value) continue;
    text += fmt::format("    {})", option.name);
    if (!option.choices.empty())
      text += fmt::format(" compadd -- {};", fmt::join(option.choices, " "));
    if (option.takes_file) text += " _files;";
    text += " return ;;\n";
  }
  return text;
}

std::string option_cases(const CommandLine& line) {
  const auto words_of = [&](const Subcommand& command) {
    std::string words;
    for (const CompletedOption& option : completed_options(line, command)) {
      words += "\n      " + described(option.name, option.description);
    }
    return words;
  };
  std::string text;
  for (const Subcommand& command : line.subcommands) {
    text += fmt::format("    {}) files={}; options=({}) ;;\n", command.row->name,
                        takes_files(command) ? 1 : 0, words_of(command));
  }
  return text +
         fmt::format("    *) options=({}\n      {}) ;;\n", words_of(line.standard()),
                     described("--version", line.app.get_option("--version")->get_description()));
}

}  // namespace

std::string zsh_completion(const CommandLine& line) {
  std::vector<std::string> with_value, commands;
  const auto options = completed_options(line);
  for (const CompletedOption& option : options) {
    if (option.takes_value) with_value.push_back(option.name);
  }
  for (const Subcommand& command : line.subcommands) {
    commands.push_back(described(command.row->name, command.row->summary));
  }
  return fmt::format(
      R"sh(#compdef peerbench
# zsh completion of peerbench: peerbench completions zsh >_peerbench in a folder of $fpath
_peerbench() {{
  local command='' skip='' word files=0
  local -a options commands
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    if [[ -n $skip ]]; then
      skip=''
      continue
    fi
    case $word in
      {with_value}) skip=1 ;;
      {names}) command=$word; break ;;
    esac
  done
  case ${{words[CURRENT-1]}} in
{values}  esac
  case $command in
{options}  esac
  if [[ $PREFIX == -* ]]; then
    _describe -o option options
  elif [[ -z $command ]]; then
    commands=(
      {commands})
    _describe command commands
  elif [[ $files == 1 ]]; then
    _files
  fi
}}
# As a file of $fpath it is called when it is read first.
if [[ ${{funcstack[1]}} == _peerbench ]]; then
  _peerbench "$@"
else
  compdef _peerbench peerbench
fi
)sh",
      fmt::arg("with_value", fmt::format("{}", fmt::join(with_value, "|"))),
      fmt::arg("names", fmt::format("{}", fmt::join(line.names(), "|"))),
      fmt::arg("values", value_cases(options)), fmt::arg("options", option_cases(line)),
      fmt::arg("commands", fmt::format("{}", fmt::join(commands, "\n      "))));
}

}  // namespace peerbench::cli
