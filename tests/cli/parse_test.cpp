// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <sstream>

#include "cli/options.hpp"
#include "cli/progress.hpp"

namespace peerbench::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

std::string refusal(const std::vector<std::string>& arguments) {
  const auto parsed = parse(arguments);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().kind, ErrorKind::usage);
  return parsed.error().message;
}

TEST(Parse, RunIsTheDefault) {
  const auto parsed = parse({});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->options.command, Command::run);
  EXPECT_EQ(parsed->options.settings.precision, 0.01);
  EXPECT_EQ(parsed->options.settings.budget_seconds, 2);
}

TEST(Parse, OptionsStandBeforeOrAfterTheSubcommand) {
  for (const auto& arguments : {std::vector<std::string>{"--simulate", "no-gpu", "list"},
                                std::vector<std::string>{"list", "--simulate", "no-gpu"}}) {
    const auto parsed = parse(arguments);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    EXPECT_EQ(parsed->options.command, Command::list);
    EXPECT_EQ(parsed->options.simulate, "no-gpu");
  }
}

TEST(Parse, ValuesAreConverted) {
  const auto parsed =
      parse({"run", "--precision", "0.5%", "--budget", "500ms", "--gpus", "0,2", "--pairs",
             "0-2,1-0", "--sizes", "4KiB..16KiB", "--format", "csv", "--filter", "^peer"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  const result::Settings& settings = parsed->options.settings;
  EXPECT_DOUBLE_EQ(settings.precision, 0.005);
  EXPECT_DOUBLE_EQ(settings.budget_seconds, 0.5);
  EXPECT_FALSE(settings.soak_seconds.has_value());
  EXPECT_DOUBLE_EQ(parse({"--soak", "1.5h"})->options.settings.soak_seconds.value(), 5400);
  EXPECT_DOUBLE_EQ(parse({"--soak", "10min"})->options.settings.soak_seconds.value(), 600);
  EXPECT_THAT(settings.gpus, ElementsAre(0, 2));
  EXPECT_THAT(settings.pairs, ElementsAre(Pair(0, 2), Pair(1, 0)));
  EXPECT_THAT(settings.sizes, ElementsAre(4096u, 8192u, 16384u));
  EXPECT_EQ(parsed->options.format, report::Format::csv);
  EXPECT_EQ(settings.filter, "^peer");
}

TEST(Parse, RequirementsAddUp) {
  const auto parsed = parse({"check", "--require", "nvlink,gpus=2", "--require=p2p", "--require",
                             "nvlink", "--signals", "x.json"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->options.command, Command::check);
  EXPECT_EQ(parsed->options.signals, "x.json");
  std::vector<std::string> words;
  for (const auto& one : parsed->options.requirements) words.push_back(judge::text(one));
  EXPECT_THAT(words, ElementsAre("nvlink", "gpus=2", "p2p"));
}

TEST(Parse, ACheckedResultHasLimits) {
  const auto parsed = parse({"check", "result.json", "--min", "peer/*>=45GB/s", "--min",
                             "latency/*<=20us", "--require", "nvlink"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_THAT(parsed->options.files, ElementsAre("result.json"));
  ASSERT_EQ(parsed->options.limits.size(), 2u);
  EXPECT_EQ(parsed->options.limits[0].text, "peer/*>=45GB/s");
  EXPECT_EQ(parsed->options.limits[1].kind, judge::Limit::Kind::time);
  EXPECT_EQ(parsed->options.requirements.size(), 1u);
}

TEST(Parse, ABaselineHasALargestDrop) {
  const auto parsed = parse({"check", "now.json", "--baseline", "before.json"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->options.baseline, "before.json");
  EXPECT_FALSE(parsed->options.max_drop.has_value());
  EXPECT_EQ(parse({"check", "n", "--baseline", "b", "--max-drop", "3%"})->options.max_drop, 0.03);
  EXPECT_EQ(parse({"check", "n", "--baseline", "b", "--max-drop", "0"})->options.max_drop, 0.0);
}

TEST(Parse, OptionsThatDoNotGoTogetherAreRefused) {
  EXPECT_THAT(refusal({"check", "--min", "*>=1GB/s"}), HasSubstr("check RESULT --min"));
  EXPECT_THAT(refusal({"report", "x", "--min", "*>=1GB/s"}), HasSubstr("check RESULT --min"));
  EXPECT_THAT(refusal({"check", "x"}), HasSubstr("say what is asked"));
  EXPECT_THAT(refusal({"compare", "a.json"}), HasSubstr("side by side"));
  EXPECT_THAT(refusal({"check", "--baseline", "x"}), HasSubstr("check RESULT --baseline"));
  EXPECT_THAT(refusal({"check", "x", "--min", "*>=1GB/s", "--max-drop", "5%"}),
              HasSubstr("since a baseline"));
  for (const char* drop : {"5", "-1%", "much", "5 %"}) {
    EXPECT_THAT(refusal({"check", "x", "--baseline", "y", "--max-drop", drop}),
                HasSubstr("e.g. 5%"));
  }
  EXPECT_THAT(refusal({"check", "x", "--require", "p2p", "--signals", "y"}),
              HasSubstr("file alone"));
  EXPECT_THAT(refusal({"--require", "nvlink"}), HasSubstr("belongs to check"));
  EXPECT_THAT(refusal({"check", "--require", "nvlink", "--gpus", "0"}), HasSubstr("--gpus"));
  EXPECT_THAT(refusal({"machine", "--signals", "a", "--simulate", "b"}), HasSubstr("one of them"));
  EXPECT_THAT(refusal({"machine", "--signals", "a", "--save-signals", "b"}),
              HasSubstr("none is asked"));
  EXPECT_THAT(refusal({"--signals", "a"}), HasSubstr("cannot be measured"));
  EXPECT_THAT(refusal({"report", "f", "--signals", "a"}), HasSubstr("--signals goes with"));
  EXPECT_THAT(refusal({"machines", "--save-signals", "a"}), HasSubstr("--save-signals goes with"));
  for (const char* command : {"run", "list", "machine", "check"}) {
    EXPECT_TRUE(parse({command, "--save-signals", "a"}).has_value()) << command;
  }
}

TEST(Parse, GoogleBenchmarksOptionsPassThroughAnywhere) {
  const auto parsed =
      parse({"--benchmark_filter=push", "run", "--benchmark_out=x.json", "--quiet"});
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_THAT(parsed->options.benchmark_arguments,
              ElementsAre("--benchmark_filter=push", "--benchmark_out=x.json"));
  EXPECT_TRUE(parsed->options.quiet);
}

TEST(Parse, UnknownWordsAreRefusedWithTheNearestKnownOne) {
  EXPECT_THAT(refusal({"--simulat", "no-gpu"}), HasSubstr("did you mean '--simulate'"));
  EXPECT_THAT(refusal({"run", "--gat", "off"}), Not(HasSubstr("'--gate'"))) << "not in the help";
  EXPECT_THAT(refusal({"machin"}), HasSubstr("unknown argument 'machin'"));
  EXPECT_THAT(refusal({"machin"}), HasSubstr("'machine'"));
  EXPECT_THAT(refusal({"list", "extra"}), HasSubstr("unknown argument 'extra'"));
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

TEST(Parse, HelpAndVersionAreTexts) {
  const auto help = parse({"--help"});
  ASSERT_TRUE(help.has_value());
  EXPECT_TRUE(help->done);
  for (const char* word : {"run", "list", "machine", "machines", "compare", "--simulate",
                           "--output", "check", "--require", "--min", "--baseline", "--max-drop",
                           "RESULT", "unified-pool", "gpus=N", "--save-signals", "77"}) {
    EXPECT_THAT(help->text, HasSubstr(word));
  }
  std::istringstream lines(help->text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  const auto version = parse({"--version"});
  ASSERT_TRUE(version.has_value());
  EXPECT_THAT(version->text, HasSubstr("peerbench "));
}

TEST(ProgressLine, FitsAndEstimatesFromWhatIsFinished) {
  using namespace std::chrono_literals;
  EXPECT_EQ(progress_line("peer/ce/push", 0, 4, 0s, 80), "1 of 4  peer/ce/push");
  EXPECT_EQ(progress_line("peer/ce/push", 1, 4, 5s, 80), "2 of 4  peer/ce/push  about 15 s left");
  EXPECT_EQ(progress_line("peer/ce/push", 1, 4, 5s, 30).size(), 30u);
}

}  // namespace
}  // namespace peerbench::cli
