// SPDX-License-Identifier: Apache-2.0
#include "cli/parse.hpp"

#include <gmock/gmock.h>

namespace peerbench::cli {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string refusal(const std::vector<std::string>& arguments) {
  const auto parsed = parse(arguments);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().kind, ErrorKind::usage);
  return parsed.error().message;
}

std::string command_of(const std::vector<std::string>& arguments) {
  const auto parsed = parse(arguments);
  return parsed ? parsed->command : parsed.error().message;
}

TEST(Parse, RunIsTheDefault) {
  const auto parsed = parse({});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->command, "run");
  EXPECT_EQ(parsed->task.simulate, "");
}

TEST(Parse, OptionsStandBeforeOrAfterTheSubcommand) {
  for (const auto& arguments :
       {std::vector<std::string>{"--simulate", "no-gpu", "list"},
        {"list", "--simulate", "no-gpu"},
        {"--filter=run", "list", "--simulate=no-gpu"},
        {"--filter", "run", "--simulate", "no-gpu", "list", "--pairs", "0-1"}}) {
    const auto parsed = parse(arguments);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    EXPECT_EQ(parsed->command, "list");
    EXPECT_EQ(parsed->task.simulate, "no-gpu");
  }
}

// What follows an option that takes a value is its value, even where it is a command's name; flags
// take none; only the first name of a command is one.
TEST(Parse, ACommandIsTheFirstWordThatNamesOne) {
  EXPECT_EQ(command_of({"--output", "check", "--full", "run"}), "run");
  EXPECT_EQ(command_of({"--full", "list"}), "list");
  EXPECT_EQ(command_of({"report", "machine", "list"}), "report");
  EXPECT_EQ(command_of({"estimate", "--model", "m", "--from", "run", "list"}), "estimate");
  EXPECT_THAT(refusal({"--", "list", "x"}), HasSubstr("unknown argument 'x'"));
}

TEST(Parse, OptionsThatDoNotGoTogetherAreRefused) {
  EXPECT_THAT(refusal({"check", "--min", "*>=1GB/s"}), HasSubstr("check RESULT --min"));
  EXPECT_THAT(refusal({"check", "x"}), HasSubstr("say what is asked"));
  EXPECT_THAT(refusal({"compare", "a.json"}), HasSubstr("side by side"));
  EXPECT_THAT(refusal({"report", "--share", "--all"}), HasSubstr("--share"));
  EXPECT_THAT(refusal({"check", "--baseline", "x"}), HasSubstr("check RESULT --baseline"));
  EXPECT_THAT(refusal({"check", "x", "--min", "*>=1GB/s", "--max-drop", "5%"}),
              HasSubstr("since a baseline"));
  for (const char* drop : {"5", "-1%", "much", "5 %"}) {
    EXPECT_THAT(refusal({"check", "x", "--baseline", "y", "--max-drop", drop}),
                HasSubstr("e.g. 5%"));
  }
  EXPECT_THAT(refusal({"check", "x", "--require", "p2p", "--signals", "y"}),
              HasSubstr("file alone"));
  EXPECT_THAT(refusal({"machine", "--signals", "a", "--simulate", "b"}), HasSubstr("one of them"));
  EXPECT_THAT(refusal({"machine", "--signals", "a", "--save-signals", "b"}),
              HasSubstr("none is asked"));
  for (const char* command : {"run", "list", "machine", "check"}) {
    EXPECT_TRUE(parse({command, "--save-signals", "a"}).has_value()) << command;
  }
}

TEST(Parse, AnOptionOfAnotherCommandIsRefusedWithThatCommand) {
  EXPECT_THAT(refusal({"compare", "x", "y", "--baseline", "x"}),
              HasSubstr("--baseline belongs to run and check: peerbench "));
  EXPECT_THAT(refusal({"machine", "--require", "nvlink"}),
              HasSubstr("--require belongs to run and check: peerbench "));
  EXPECT_EQ(refusal({"list", "--budget=2s"}),
            "--budget belongs to run and estimate: peerbench run --budget TIME");
  EXPECT_EQ(refusal({"run", "--probe"}), "--probe belongs to machine: peerbench machine --probe");
  EXPECT_THAT(refusal({"report", "f", "--signals", "a"}),
              HasSubstr("--signals belongs to machine, list and check: peerbench"));
  EXPECT_THAT(refusal({"report", "x", "--min", "*>=1GB/s"}), HasSubstr("run and check"));
  EXPECT_THAT(refusal({"machines", "--simulate", "a"}), HasSubstr("--simulate belongs to run, "));
  EXPECT_THAT(refusal({"list", "--benchmark_filter=a"}), HasSubstr("--benchmark_* are for run"));
}

// These have an answer of their own.
TEST(Parse, AnOptionThatCannotBeHadSaysWhatCan) {
  EXPECT_THAT(refusal({"--signals", "a"}), HasSubstr("cannot be measured"));
  EXPECT_THAT(refusal({"check", "--require", "no-peer-link", "--gpus", "0"}),
              HasSubstr("about all GPUs"));
  EXPECT_THAT(refusal({"estimate", "--model", "m", "--pairs", "0-1"}), HasSubstr("--gpus 0,1"));
  EXPECT_THAT(refusal({"estimate", "--model", "m", "--signals", "x"}), HasSubstr("--from RESULT"));
}

TEST(Parse, GoogleBenchmarksOptionsPassThroughAnywhere) {
  const auto parsed =
      parse({"--benchmark_filter=push", "run", "--benchmark_out=x.json", "--quiet"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->command, "run");
}

TEST(Parse, UnknownOptionsAreRefusedWithTheNearestOfTheCommand) {
  EXPECT_THAT(refusal({"--simulat", "no-gpu"}), HasSubstr("did you mean '--simulate'"));
  EXPECT_THAT(refusal({"run", "--gat", "off"}), Not(HasSubstr("'--gate'"))) << "not in the help";
  EXPECT_THAT(refusal({"check", "--requir", "x"}), HasSubstr("did you mean '--require'"));
  EXPECT_THAT(refusal({"estimate", "--requir", "x"}), Not(HasSubstr("--require")));
  EXPECT_THAT(refusal({"run", "-z"}), HasSubstr("unknown argument '-z'"));
}

TEST(Parse, UnknownWordsAreRefusedWithTheNearestCommand) {
  EXPECT_THAT(refusal({"machin"}),
              AllOf(HasSubstr("unknown argument 'machin'"), HasSubstr("'machine'")));
  EXPECT_THAT(refusal({"list", "extra"}), HasSubstr("unknown argument 'extra'"));
  EXPECT_THAT(refusal({"list", "machin"}), Not(HasSubstr("'machine'"))) << "there is a command";
  EXPECT_THAT(refusal({"check", "a", "b", "--min", "*>=1GB/s"}), HasSubstr("argument 'b'"));
}

TEST(Parse, BadValuesNameTheOptionAndShowHowItIsWritten) {
  EXPECT_THAT(refusal({"--precision", "0"}), HasSubstr("--precision '0'"));
  EXPECT_THAT(refusal({"--precision", "200%"}), HasSubstr("0.5%"));
  EXPECT_THAT(refusal({"--budget", "soon"}), HasSubstr("--budget 'soon'"));
  EXPECT_THAT(refusal({"--budget", "-1s"}), HasSubstr("2s"));
  EXPECT_THAT(refusal({"--soak", "0s"}), HasSubstr("--soak '0s'"));
  EXPECT_THAT(refusal({"--soak", "2d"}), HasSubstr("8h"));
  EXPECT_THAT(refusal({"--gpus", "a"}), HasSubstr("--gpus 'a'"));
  EXPECT_THAT(refusal({"--gpus", "0,"}), HasSubstr("--gpus '0,'"));
  EXPECT_THAT(refusal({"--pairs", "0"}), HasSubstr("0-1,2-3"));
  EXPECT_THAT(refusal({"--pairs", "1-1"}), HasSubstr("different"));
  EXPECT_THAT(refusal({"--sizes", "64MB"}), HasSubstr("--sizes"));
  EXPECT_THAT(refusal({"--sizes", "1GiB..1MiB"}), HasSubstr("smallest..largest"));
  EXPECT_THAT(refusal({"--sizes", "0"}), HasSubstr("no rate"));
  EXPECT_THAT(refusal({"--format", "yaml"}), HasSubstr("terminal, markdown, csv or json"));
}

TEST(Parse, HelpAndVersionWinOverWhateverElseIsThere) {
  for (const auto& arguments : {std::vector<std::string>{"list", "--nope", "--help"},
                                {"-h", "--budget=soon", "list"},
                                {"--help", "list", "extra"}}) {
    const auto help = parse(arguments);
    ASSERT_TRUE(help.has_value()) << help.error().message;
    EXPECT_TRUE(help->done);
    EXPECT_THAT(help->text, HasSubstr("Usage: peerbench list [OPTIONS]"));
  }
  for (const auto& arguments : {std::vector<std::string>{"--version"}, {"run", "--version"}}) {
    const auto version = parse(arguments);
    ASSERT_TRUE(version.has_value());
    EXPECT_TRUE(version->done);
    EXPECT_THAT(version->text, HasSubstr("peerbench "));
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::cli
