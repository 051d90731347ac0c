// SPDX-License-Identifier: Apache-2.0
#include "cli/parse.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/command_line.hpp"
#include "cli/config_file.hpp"
#include "cli/refusal.hpp"
#include "cli/tokens.hpp"
#include "cli/value_option.hpp"

namespace peerbench::cli {

namespace {

/// A command line with its command found.
struct Asked {
  const Subcommand* command = nullptr;
  bool named = false;
  std::vector<Token> rest;  ///< all but the command

  bool has(std::string_view option) const {
    return std::ranges::count(rest, option, &Token::option) > 0;
  }
};

Asked find_command(const CommandLine& line, std::vector<Token> tokens) {
  const auto found = std::ranges::find_if(tokens, [&](const Token& token) {
    return token.kind == Token::Kind::word && line.find(token.text) != nullptr;
  });
  if (found == tokens.end()) return {&line.standard(), false, std::move(tokens)};
  const Subcommand* command = line.find(found->text);
  tokens.erase(found);
  return {command, true, std::move(tokens)};
}

/// --help and --version, which win over whatever else is there.
std::optional<std::string> only_text(const CommandLine& line, const Asked& asked) {
  if (asked.has("--help") || asked.has("-h")) {
    return asked.named ? asked.command->app->help("peerbench") : line.app.help();
  }
  if (asked.has("--version")) return line.app.version() + "\n";
  return std::nullopt;
}

Expected<void> check_options(const CommandLine& line, const Asked& asked) {
  for (const Token& token : asked.rest) {
    if (token.kind != Token::Kind::option) continue;
    if (asked.command->option(token.option) != nullptr) continue;
    if (line.app.get_option_no_throw(token.option) != nullptr) continue;
    return tl::unexpected(unknown_option(line, *asked.command, token.option));
  }
  return {};
}

/// As CLI11 takes them: from the back, the command first.
std::vector<std::string> for_cli11(const Asked& asked) {
  std::vector<std::string> arguments{asked.command->row->name};
  for (const Token& token : asked.rest) {
    const bool benchmark = token.option == benchmark_option;
    arguments.push_back(benchmark ? fmt::format("{}={}", benchmark_option, token.text)
                                  : token.text);
  }
  std::ranges::reverse(arguments);
  return arguments;
}

/// The error with where its value comes from, unless it was typed.
Error with_origin(const Refused& refused, const Asked& asked, const ConfigFile& file) {
  Error error = refused.error;
  if (refused.option.empty() || asked.has(refused.option)) return error;
  if (file.sets(refused.option)) {
    error.message += fmt::format(" (from {})", file.path());
    return error;
  }
  for (const Variable& variable : variables()) {
    if (variable.option == refused.option)
      error.message += fmt::format(" (from {})", variable.name);
  }
  return error;
}

Expected<void> fill(CommandLine& line, const Asked& asked) {
  const auto file = std::make_shared<ConfigFile>(line, *asked.command);
  line.app.config_formatter(file);
  for (const Variable& variable : variables()) {
    CLI::Option* option = asked.command->app->get_option_no_throw(variable.option);
    if (option != nullptr) option->envname(variable.name);
  }
  try {
    line.app.parse(for_cli11(asked));
  } catch (const Refused& refused) {
    return tl::unexpected(with_origin(refused, asked, *file));
  } catch (const CLI::FileError&) {
    return fail(ErrorKind::io,
                fmt::format("the file of --config, '{}', cannot be read", file->path()));
  } catch (const CLI::ParseError& error) {
    return fail(ErrorKind::usage, error.what());
  }
  return {};
}

}  // namespace

Expected<Parsed> parse(const std::vector<std::string>& arguments) {
  CommandLine line;
  const Asked asked = find_command(line, tokens(line, arguments));
  Parsed parsed;
  parsed.command = asked.command->row->name;
  if (const auto text = only_text(line, asked)) {
    parsed.text = *text;
    parsed.done = true;
    return parsed;
  }
  if (auto ok = check_options(line, asked); !ok) return tl::unexpected(ok.error());
  if (auto ok = fill(line, asked); !ok) return tl::unexpected(ok.error());
  if (const auto extras = line.app.remaining(true); !extras.empty()) {
    return tl::unexpected(unknown_word(line, *asked.command, asked.named, extras.front()));
  }
  auto task = asked.command->finish();
  if (!task) return tl::unexpected(task.error());
  parsed.task = std::move(*task);
  return parsed;
}

}  // namespace peerbench::cli
