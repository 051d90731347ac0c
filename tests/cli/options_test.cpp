// SPDX-License-Identifier: Apache-2.0
// What commands share of their options, and those of check: texts become values.
#include "cli/options.hpp"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>

#include <algorithm>

#include "cli/check_options.hpp"

namespace peerbench::cli {
namespace TEST_FILE {

using ::testing::ElementsAre;

/// What the options of one group hold after these arguments.
template <typename Options>
Options parsed(void (*add)(CLI::App&, Options&), std::vector<std::string> arguments) {
  CLI::App app;
  Options options;
  add(app, options);
  std::ranges::reverse(arguments);  // CLI11 takes them from the back
  app.parse(arguments);
  return options;
}

TEST(Options, CellsAreChosen) {
  const auto settings = parsed<result::Settings>(
      add_cell_options, {"--sizes", "4KiB..16KiB", "--filter", "^peer", "--full"});
  EXPECT_THAT(settings.sizes, ElementsAre(4096u, 8192u, 16384u));
  EXPECT_EQ(settings.filter, "^peer");
  EXPECT_TRUE(settings.full);
  EXPECT_FALSE(settings.soak_seconds.has_value());
  const auto soaked = [](const char* time) {
    return parsed<result::Settings>(add_cell_options, {"--soak", time}).soak_seconds.value();
  };
  EXPECT_DOUBLE_EQ(soaked("1.5h"), 5400);
  EXPECT_DOUBLE_EQ(soaked("10min"), 600);
  EXPECT_EQ(parsed<GpuSelection>(add_gpus_option, {"--gpus", "0,2"}).gpus.size(), 2u);
  EXPECT_EQ(parsed<GpuSelection>(add_pairs_option, {"--pairs", "0-2"}).pairs.size(), 1u);
}

TEST(Options, MeasuringHasItsLimits) {
  const auto standard = parsed<MeasureOptions>(add_measure_options, {});
  EXPECT_EQ(standard.settings.precision, 0.01);
  EXPECT_EQ(standard.settings.budget_seconds, 2);
  EXPECT_TRUE(standard.runner.gated);
  const auto options = parsed<MeasureOptions>(
      add_measure_options, {"--precision", "0.5%", "--budget", "500ms", "--nccl", "/n", "--output",
                            "o.json", "--gate", "off"});
  EXPECT_DOUBLE_EQ(options.settings.precision, 0.005);
  EXPECT_DOUBLE_EQ(options.settings.budget_seconds, 0.5);
  EXPECT_EQ(options.nccl, "/n");
  EXPECT_EQ(options.output, "o.json");
  EXPECT_FALSE(options.runner.gated);
}

TEST(Options, GoogleBenchmarksAreKeptAsTheyAre) {
  const auto options = parsed<MeasureOptions>(
      add_measure_options, {"--benchmark_=--benchmark_filter=a=[b]",
                            "--benchmark_=--benchmark_list_tests", "--output", "x"});
  EXPECT_THAT(options.benchmark_arguments,
              ElementsAre("--benchmark_filter=a=[b]", "--benchmark_list_tests"));
  EXPECT_EQ(options.output, "x");
}

TEST(Options, APageHasAFormat) {
  const auto page = parsed<PageOptions>(add_page_options, {"--format", "csv", "--quiet"});
  EXPECT_EQ(page.format, report::Format::csv);
  EXPECT_TRUE(page.quiet);
  EXPECT_FALSE(page.no_color);
  EXPECT_EQ(parsed<PageOptions>(add_page_options, {}).format, report::Format::terminal);
}

TEST(Options, AModelIsSplitOverCards) {
  const auto split = parsed<SplitOptions>(add_split_options, {"--model", "m", "--cards", "4"});
  EXPECT_EQ(split.model, "m");
  EXPECT_EQ(split.cards, 4);
}

TEST(CheckOptions, RequirementsAddUp) {
  const auto options =
      parsed<CheckOptions>(add_check_options, {"--require", "nvlink,gpus=2", "--require=p2p",
                                               "--require", "nvlink", "--signals", "x.json"});
  EXPECT_EQ(options.result, "");
  EXPECT_EQ(options.machine.signals, "x.json");
  std::vector<std::string> words;
  for (const auto& one : options.demands.requirements) words.push_back(judge::text(one));
  EXPECT_THAT(words, ElementsAre("nvlink", "gpus=2", "p2p"));
}

TEST(CheckOptions, ARecordedResultHasLimits) {
  const auto options =
      parsed<CheckOptions>(add_check_options, {"--min", "peer/*>=45GB/s", "result.json", "--min",
                                               "latency/*<=20us", "--require", "nvlink"});
  EXPECT_EQ(options.result, "result.json");
  ASSERT_EQ(options.demands.limits.size(), 2u);
  EXPECT_EQ(options.demands.limits[0].text, "peer/*>=45GB/s");
  EXPECT_EQ(options.demands.limits[1].kind, judge::Limit::Kind::time);
  EXPECT_EQ(options.demands.requirements.size(), 1u);
}

TEST(CheckOptions, ABaselineHasALargestDrop) {
  const auto options = parsed<CheckOptions>(add_check_options, {"n.json", "--baseline", "b.json"});
  EXPECT_EQ(options.demands.baseline, "b.json");
  EXPECT_FALSE(options.demands.max_drop.has_value());
  const auto drop = [](const char* text) {
    return parsed<CheckOptions>(add_check_options, {"n", "--baseline", "b", "--max-drop", text})
        .demands.max_drop;
  };
  EXPECT_EQ(drop("3%"), 0.03);
  EXPECT_EQ(drop("0"), 0.0);
}

}  // namespace TEST_FILE
}  // namespace peerbench::cli
