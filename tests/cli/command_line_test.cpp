// SPDX-License-Identifier: Apache-2.0
// What holds for each row of commands().
#include "cli/command_line.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <set>
#include <sstream>

#include "cli/help.hpp"
#include "cli/parse.hpp"

namespace peerbench::cli {

void PrintTo(const Command& row, std::ostream* out) { *out << row.name; }

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// As a shell splits it, with single quotes alone, up to a pipe.
std::vector<std::string> words(const std::string& whole) {
  std::vector<std::string> all(1);
  bool quoted = false;
  const std::string line = whole.substr(0, whole.find(" | "));
  for (const char letter : line) {
    if (letter == '\'') {
      quoted = !quoted;
    } else if (letter == ' ' && !quoted) {
      all.emplace_back();
    } else {
      all.back() += letter;
    }
  }
  return all;
}

std::string help_of(std::vector<std::string> arguments) {
  arguments.push_back("--help");
  const auto parsed = parse(arguments);
  EXPECT_TRUE(parsed.has_value() && parsed->done);
  return parsed ? parsed->text : "";
}

void expect_page(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80u) << line;
    EXPECT_THAT(line, Not(::testing::EndsWith(" ")));
  }
  EXPECT_THAT(text, Not(HasSubstr("\n\n\n")));
}

class EachCommand : public ::testing::TestWithParam<Command> {};

TEST_P(EachCommand, HasAHelpOfItsOwn) {
  const Command& row = GetParam();
  const std::string help = help_of({row.name});
  expect_page(help);
  EXPECT_THAT(help, AllOf(HasSubstr(row.summary), HasSubstr("Usage: peerbench " + row.name),
                          HasSubstr("Examples:"), HasSubstr("Exit codes:\n  0   good\n"),
                          HasSubstr("  64  usage\n")));
  const CommandLine line;
  std::set<std::string> own{"--help", "--config"};
  for (const std::string& name : line.find(row.name)->option_names()) own.insert(name);
  // In the list of options, where each begins its line.
  for (const Subcommand& other : line.subcommands) {
    for (const std::string& name : other.option_names()) {
      const bool listed = help.find("\n  " + name + " ") != std::string::npos ||
                          help.find("," + name + " ") != std::string::npos;
      if (name == "--help") continue;
      EXPECT_EQ(listed, own.contains(name)) << name;
    }
  }
}

// A command that sends somebody to an option which is not in its help would be no help.
TEST_P(EachCommand, HasExamplesThatItTakes) {
  ASSERT_FALSE(GetParam().examples.empty());
  for (const std::string& example : GetParam().examples) {
    std::vector<std::string> arguments = words(example);
    EXPECT_EQ(arguments.front(), "peerbench");
    arguments.erase(arguments.begin());
    const auto parsed = parse(arguments);
    ASSERT_TRUE(parsed.has_value()) << example << ": " << parsed.error().message;
    EXPECT_EQ(parsed->command, GetParam().name) << example;
  }
}

TEST_P(EachCommand, SaysItsExitCodesOnce) {
  std::set<result::ExitCode> codes(GetParam().exit_codes.begin(), GetParam().exit_codes.end());
  EXPECT_EQ(codes.size(), GetParam().exit_codes.size());
  EXPECT_TRUE(codes.contains(result::ExitCode::good));
  for (const result::ExitCode code : codes) {
    EXPECT_THAT(help_of({GetParam().name}),
                HasSubstr(fmt::format("  {:<4}{}\n", static_cast<int>(code), meaning(code))));
  }
}

TEST_P(EachCommand, RefusesWhatItDoesNotHave) {
  const CommandLine line;
  for (const Refusal& refusal : GetParam().refusals) {
    EXPECT_EQ(line.find(GetParam().name)->option(refusal.option), nullptr) << refusal.option;
    const auto parsed = parse({GetParam().name, refusal.option, "1"});
    EXPECT_EQ(parsed.has_value() ? "" : parsed.error().message, refusal.advice);
  }
}

INSTANTIATE_TEST_SUITE_P(All, EachCommand, ::testing::ValuesIn(commands()),
                         [](const auto& row) { return row.param.name; });

TEST(CommandLine, HelpListsTheCommands) {
  const std::string help = help_of({});
  expect_page(help);
  for (const Command& row : commands()) {
    EXPECT_THAT(help, HasSubstr(fmt::format("\n  {:24}{}\n", row.name, row.summary)));
  }
  for (const char* code : {"0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "64", "70", "74", "77"}) {
    EXPECT_THAT(help, HasSubstr(fmt::format("\n  {}  ", code)));
  }
  EXPECT_THAT(help, StartsWith("Measures how fast GPUs talk to each other"));
}

// Before a command is known, an option must already be known to take a value or not.
TEST(CommandLine, OptionsOfOneNameTakeTheSame) {
  const CommandLine line;
  std::map<std::string, std::pair<int, std::string>> seen;
  for (const Subcommand& one : line.subcommands) {
    for (const std::string& name : one.option_names()) {
      const CLI::Option* option = one.option(name);
      const std::pair<int, std::string> takes{option->get_items_expected_min(),
                                              option->get_description()};
      if (name == "--help") continue;
      EXPECT_EQ(seen.emplace(name, takes).first->second, takes) << one.row->name << " " << name;
    }
  }
}

TEST(CommandLine, VariablesAreNamedLikeTheirOptions) {
  const CommandLine line;
  for (const Variable& variable : variables()) {
    std::string name = "PEERBENCH_";
    for (const char letter : std::string(variable.option).substr(2)) {
      name += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    EXPECT_EQ(variable.name, name);
    EXPECT_TRUE(line.takes_value(variable.option)) << variable.option;
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::cli
