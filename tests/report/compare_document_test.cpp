// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <sstream>

#include "../result/sample_cells.hpp"
#include "../result/sample_runs.hpp"
#include "judge/compare.hpp"
#include "report/render.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

void sample(result::Run& run) {
  for (auto& cell : run.cells) {
    if (!cell.median) continue;
    cell.samples.clear();
    for (int i = 0; i < 20; ++i) cell.samples.push_back(*cell.median * (0.99 + 0.02 * i / 19));
  }
}

std::vector<result::Run> two() {
  std::vector<result::Run> runs{result::dual_rtx3090_nvlink(), result::dual_rtx4090()};
  for (auto& run : runs) sample(run);
  return runs;
}

std::string shown(const std::vector<result::Run>& runs, Format format = Format::terminal,
                  int width = 80) {
  std::vector<std::string> files;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    files.push_back(std::string(1, static_cast<char>('a' + i)) + ".json");
  }
  const auto text = render_comparison(format, judge::compare(runs, files), {.width = width});
  EXPECT_TRUE(text.has_value()) << text.error().message;
  return text.value_or("");
}

void expect_within(const std::string& text, std::size_t columns) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), columns) << line;
}

/// The words of the first line that begins with `start`, with single spaces.
std::string line(const std::string& text, const std::string& start) {
  std::istringstream lines(text);
  for (std::string one; std::getline(lines, one);) {
    std::istringstream words(one);
    std::string made;
    for (std::string word; words >> word;) made += (made.empty() ? "" : " ") + word;
    if (made.starts_with(start)) return made;
  }
  ADD_FAILURE() << "no line begins with " << start << " in\n" << text;
  return "";
}

TEST(CompareDocument, DifferencesOfContextComeFirst) {
  const std::string text = shown(two());
  EXPECT_THAT(text, AllOf(HasSubstr("peerbench compare"), HasSubstr("B is SIMULATED"),
                          HasSubstr("A      a.json"), HasSubstr("Configuration differences"),
                          HasSubstr("links: A 4 of 4 NVLinks up; B no NVLink"),
                          HasSubstr("GPUs: A 2 x NVIDIA GeForce RTX 3090; B 2 x")));
  EXPECT_LT(text.find("Configuration differences"), text.find("What each delivers"));
  EXPECT_THAT(text, Not(HasSubstr("driver: A")));  // they are alike
  EXPECT_THAT(text, HasSubstr("driver (580.95.05)"));
}

TEST(CompareDocument, ARowHasEachRateTheRatioAndItsSpread) {
  const std::string text = shown(two());
  EXPECT_THAT(text, HasSubstr("staged through host memory: 256 MiB"));
  EXPECT_EQ(line(text, "ce uni gpu0-gpu1"), "ce uni gpu0-gpu1 11.3 22.0 1.95x 1.0 %");
  EXPECT_EQ(line(text, "ce push gpu0-gpu1"), "ce push gpu0-gpu1 51.0 no such link - -");
  EXPECT_EQ(line(text, "cpu triad host0"),
            "cpu triad host0 threads:16 60.4 - "
            "- -");
}

TEST(CompareDocument, SaysWhereSizesDiffer) {
  auto runs = two();
  for (auto& cell : runs[1].cells) {
    if (cell.kind != "staged") continue;
    rekey(cell, [](auto& key) { key.bytes = 64 * MiB; });
  }
  const std::string text = shown(runs);
  EXPECT_THAT(text, HasSubstr("configuration differs: A 256 MiB, B 64 MiB ("));
  EXPECT_THAT(text, Not(HasSubstr("staged through host memory: 256 MiB")));
}

TEST(CompareDocument, OfATimeLessIsFaster) {
  auto runs = two();
  result::Cell cell = result::peer_cell("push", "uni", "gpu0", "gpu1", 9.5);
  rename(cell, "latency/ce/push/gpu0-gpu1/bytes:16");
  cell.unit = "us";
  cell.counts = result::Counts::none;
  cell.counting_rule.clear();
  for (auto& run : runs) {
    run.cells.push_back(cell);
    cell.median = 12.5;
  }
  EXPECT_THAT(shown(runs), AllOf(HasSubstr("Latency"), HasSubstr("us. B/A: below 1 is faster")));
}

/// Eight GPUs, all pairs; gpu5-gpu2 has dropped in the second run.
std::vector<result::Run> eight() {
  std::vector<result::Run> runs(2, result::dual_rtx3090_nvlink());
  const auto one = std::ranges::find_if(runs[0].cells, [](const result::Cell& cell) {
    return cell.family == "peer" && cell.kind == "push" && cell.direction == "uni" && cell.median;
  });
  const result::Cell pattern = *one;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].cells.clear();
    for (int from = 0; from < 8; ++from) {
      for (int to = 0; to < 8; ++to) {
        if (from == to) continue;
        result::Cell cell = pattern;
        rename(cell, fmt::format("peer/ce/push/uni/gpu{}-gpu{}/bytes:67108864", from, to));
        cell.median = i == 0 ? 50 : from == 5 && to == 2 ? 25 : 51;
        runs[i].cells.push_back(cell);
      }
    }
    sample(runs[i]);
  }
  return runs;
}

TEST(CompareDocument, OfManyPairsTheEndsAreShown) {
  const std::string text = shown(eight());
  EXPECT_EQ(line(text, "ce push, lowest"),
            "ce push, lowest of 56: gpu5-gpu2 50.0 25.0 0.500x 1.0 %");
  EXPECT_THAT(line(text, "ce push, highest"), HasSubstr(" 50.0 51.0 1.02x"));
  EXPECT_THAT(text, HasSubstr("of many pairs those with the lowest"));
  EXPECT_THAT(text, Not(HasSubstr("gpu3-gpu4 ")));
  expect_within(text, 80);
}

TEST(CompareDocument, TheAnswerComesFirst) {
  const std::string text = shown(two());
  EXPECT_THAT(text, HasSubstr("In short\n  - GPU to GPU: B reaches 0.432x of A (22.0 against 51.0 "
                              "GB/s), because B's\n    driver allows no direct copies.\n"));
  EXPECT_THAT(text, HasSubstr("GPU to GPU by the best way of each: A NVLink, B staged."));
  EXPECT_EQ(line(text, "GPU to GPU, one way 51.0"), "GPU to GPU, one way 51.0 22.0 0.432x");
}

TEST(CompareDocument, WhatIsAlikeIsCountedAndNotListed) {
  auto runs = two();
  runs[1] = runs[0];
  const std::string text = shown(runs);
  EXPECT_THAT(text, AllOf(HasSubstr("GPU to GPU: B and A are alike (51.0 GB/s)."),
                          HasSubstr("Alike within their noise\n"),
                          HasSubstr("GPU to GPU, one way, with peer access: all "),
                          Not(HasSubstr("ce push"))));
}

TEST(CompareDocument, FindingsOfOneRunAreNotAlike) {
  auto runs = two();
  for (auto& run : runs) run.findings.clear();
  runs[1].findings.push_back({.what = "gpu0 was 55 % busy before this run began"});
  EXPECT_THAT(shown(runs), HasSubstr("findings: A none; B gpu0 was 55 % busy"));
}

TEST(CompareDocument, FitsItsWidth) {
  expect_within(shown(two()), 80);
  auto four = two();
  four.push_back(four[0]);
  four.push_back(four[1]);
  four[2].cells.pop_back();
  const std::string text = shown(four, Format::terminal, 120);
  expect_within(text, 120);
  EXPECT_THAT(text, AllOf(HasSubstr("D/A"), HasSubstr("links: A, C 4 of 4 NVLinks up; B, D no")));
  EXPECT_EQ(line(text, "ce push gpu0-gpu1"),
            "ce push gpu0-gpu1 51.0 no such link - - 51.0 1.00x 1.0 % no such link - -");
}

TEST(CompareDocument, MarkdownIsTheSamePage) {
  EXPECT_THAT(
      shown(two(), Format::markdown),
      AllOf(HasSubstr("# peerbench compare"), HasSubstr("| 1.95x |"), HasSubstr("no such link")));
}

TEST(CompareDocument, CsvHasARowForEachFigureOfEachFile) {
  const auto runs = two();
  std::istringstream text(shown(runs, Format::csv));
  std::vector<std::string> lines;
  for (std::string one; std::getline(text, one);) lines.push_back(one);
  ASSERT_EQ(lines.size(), 1 + 13u * 2);
  EXPECT_THAT(lines[0], AllOf(HasSubstr("file,simulated,started,compared,name,status"),
                              HasSubstr("ratio,ratio_low,ratio_high,missing")));
  EXPECT_THAT(lines[1], AllOf(HasSubstr("a.json,,"), HasSubstr(",ok,268435456,GB/s,51.02,")));
  EXPECT_THAT(lines[2], AllOf(HasSubstr("b.json,SIMULATED dual-rtx4090,"),
                              HasSubstr(",unsupported,"), HasSubstr(",no such link")));
}

TEST(CompareDocument, HasNoJson) {
  const auto runs = two();
  const auto text = render_comparison(Format::json, judge::compare(runs, {"a", "b"}));
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().kind, ErrorKind::usage);
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
