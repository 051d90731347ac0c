// SPDX-License-Identifier: Apache-2.0
#include "report/exporters.hpp"
#include "../result/sample_cells.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <sstream>

#include "../result/sample_machines.hpp"
#include "../result/sample_runs.hpp"
#include "report/render.hpp"
#include "report/tables.hpp"
#include "table_words.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> made;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) made.push_back(line);
  return made;
}

/// Columns on the screen of UTF-8 text.
long columns(const std::string& line) {
  return std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; });
}

/// A run in which every text is as long and awkward as it gets.
result::Run wordy() {
  auto run = result::dual_rtx3090_nvlink();
  const std::string name = "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition MIG 1g.24gb+me";
  for (auto& gpu : run.machine.gpus) gpu.model = name;
  run.machine.gpus[1].model += " the second, with a longer name still";
  run.machine.reason = std::string(70, 'r') + ' ' + std::string(200, 'x');
  run.machine.evidence[0].answer = std::string(300, 'e');
  run.machine.advice = {"Caf\u00e9 " + std::string(100, 'a')};
  run.cells[0].verdict = result::Verdict::low;
  run.cells[0].verdict_reason = "because " + std::string(120, 'l') + " of that and of that as well";
  run.cells[1] = result::unmeasured(run.cells[1], result::Status::error, std::string(500, 'q'));
  run.cells.push_back(run.cells[0]);
  rename(run.cells.back(), "host/ce/h2d/uni/host0-gpu0/pinned/bytes:268435456");
  result::add_gpus(run, 16, name);
  for (int gpu = 2; gpu < 16; ++gpu) {
    run.cells.push_back(result::peer_cell("push", "uni", "gpu0", fmt::format("gpu{}", gpu), 1234));
  }
  run.findings = {{.what = std::string(90, 'f'), .advice = "do this"}};
  for (auto& gpu : run.machine.gpus) {
    gpu.cpus = "0";
    for (int core = 2; core < 256; core += 2) gpu.cpus += fmt::format(",{}", core);
    gpu.pcie.current = {1, 16};
    gpu.pcie.idle.value = Tri::yes;
    gpu.pcie.card_max = gpu.pcie.slot_max = {4, 16};
    gpu.pcie.narrowest = {3, 16};
    gpu.pcie.narrowest_at = std::string(100, 'n');
    gpu.pcie.ceiling = machine::Ceiling{1, std::string(130, 'c'), "s", 1, std::string(130, 'c')};
  }
  for (auto& link : run.machine.links) link.can_access.raw = std::string(99, 'r');
  run.machine.iommu.raw = std::string(100, 'i');
  run.machine.proof = {{std::string(99, 'p'), std::string(99, 'p'), std::string(99, 'p')}};
  run.machine.proof_verdict = std::string(99, 'v');
  run.machine.hidden = {{name, std::string(99, 'h')}};
  return run;
}

TEST(Terminal, NoLineIsWiderThanAsked) {
  auto runs = result::samples();
  std::ranges::copy(result::machine_samples(), std::back_inserter(runs));
  runs.push_back({"wordy", wordy()});
  for (const auto& sample : runs) {
    for (const int width : {80, 100, 120}) {
      for (const auto& document :
           {run_document(sample.run, every_table), machine_document(sample.run)}) {
        for (const std::string& line : lines(to_terminal(document, width, false))) {
          EXPECT_LE(columns(line), width) << sample.name << ": " << line;
        }
      }
    }
  }
}

TEST(Terminal, WrappingLosesNothing) {
  const std::string text = to_terminal(run_document(wordy(), every_table), 80, false);
  const std::string unwrapped = to_terminal(run_document(wordy(), every_table), 100000, false);
  EXPECT_EQ(std::ranges::count(text, 'q'), std::ranges::count(unwrapped, 'q'));
  EXPECT_GE(std::ranges::count(text, 'q'), 500);
  EXPECT_THAT(text, HasSubstr("gpu15")) << "the last column of a table that continues below";
}

TEST(Terminal, ATooWideTableContinuesBelowWithItsFirstColumn) {
  Document document{.title = "t", .next = {"n"}};
  Table table{"T", "", {{"row", Align::left}}, {{"a"}}, {}};
  for (int column = 0; column < 9; ++column) {
    table.columns.push_back({fmt::format("column{}", column)});
    table.rows[0].emplace_back(fmt::format("value{}", column));
  }
  document.blocks.emplace_back(table);
  const auto all = lines(to_terminal(document, 40, false));
  EXPECT_THAT(all, testing::Contains("  row  column0  column1  column2"));
  EXPECT_THAT(all, testing::Contains("  a     value0   value1   value2"));
  EXPECT_THAT(all, testing::Contains("  row  column6  column7  column8"));
  EXPECT_THAT(all, testing::Contains("  a     value6   value7   value8"));
}

TEST(Terminal, PartsOfATooWideTableAreOfOneSizeWhereTheyFit) {
  Document document{.title = "t", .next = {"n"}};
  Table table{"T", "", {{"row", Align::left}}, {{"a"}}, {}};
  for (int column = 0; column < 4; ++column) {
    table.columns.push_back({fmt::format("column{}", column)});
    table.rows[0].emplace_back("v");
  }
  document.blocks.emplace_back(table);
  EXPECT_THAT(lines(to_terminal(document, 40, false)),
              testing::IsSupersetOf({"  row  column0  column1", "  row  column2  column3"}));
  // The last two do not fit side by side: then as many as fit, from the left.
  auto& wide = std::get<Table>(document.blocks[0]);
  wide.columns[2].heading = "two";
  wide.columns[3].heading = wide.columns[4].heading = std::string(20, 'w');
  EXPECT_THAT(lines(to_terminal(document, 40, false)), testing::Contains("  row  column0  two"));
}

TEST(Terminal, ANewlineInASentenceBeginsALineBelowItAndProofIsNumbered) {
  Document document{.title = "t", .next = {"n"}};
  document.blocks.emplace_back(Section{"S", {"one\ntwo", "three"}});
  document.blocks.emplace_back(Section{"P", {"why", "and\nwhy"}, Mark::number, {"so"}});
  EXPECT_THAT(to_terminal(document, 40, false),
              HasSubstr("S\n  - one\n    two\n  - three\n\nP\n  [1] why\n  [2] and\n      why\n"
                        "  so\n"));
  EXPECT_THAT(to_markdown(document),
              HasSubstr("## S\n\n- one\n  - two\n- three\n\n## P\n\n1. why\n2. and\n   - why\n"
                        "\nso\n"));
}

TEST(Terminal, ColoursOnlyWhenAskedAndNeverTheLayout) {
  const auto document = run_document(wordy(), every_table);
  const std::string plain = to_terminal(document, 80, false);
  std::string coloured = to_terminal(document, 80, true);
  EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
  EXPECT_THAT(coloured, HasSubstr("\x1b[1;31m"));
  for (auto at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b')) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  EXPECT_EQ(coloured, plain);
}

TEST(Terminal, NoLineEndsInSpaces) {
  for (const auto& sample : result::samples()) {
    for (const auto& line : lines(to_terminal(run_document(sample.run, every_table), 80, false))) {
      EXPECT_FALSE(line.ends_with(' ')) << line;
    }
  }
}

/// Where `entries` stand in one line of `text`, in their order; npos: nowhere from `start` on.
std::size_t find_row(const std::string& text, const std::vector<Text>& row, std::size_t start,
                     const std::function<std::string(std::string)>& written) {
  for (std::size_t line = start; line < text.size();) {
    const std::size_t end = std::min(text.find('\n', line), text.size());
    std::size_t at = line;
    for (const Text& entry : row) {
      at = text.find(written(entry.words), at);
      if (at >= end) break;
      at += written(entry.words).size();
    }
    if (at <= end) return end;
    line = end + 1;
  }
  return std::string::npos;
}

/// Every row of every table, in their order.
void expect_all_rows(const Document& document, const std::string& text,
                     const std::function<std::string(std::string)>& written) {
  std::size_t at = 0;
  for (const auto& block : document.blocks) {
    const auto* table = std::get_if<Table>(&block);
    if (table == nullptr) continue;
    at = text.find(written(table->title), at);
    ASSERT_NE(at, std::string::npos) << table->title;
    for (const auto& row : table->rows) {
      at = find_row(text, row, at, written);
      ASSERT_NE(at, std::string::npos) << table->title << ", " << row.front().words;
    }
  }
}

TEST(Pages, ShowEveryRowOfEveryTable) {
  auto samples = result::samples();
  std::ranges::copy(result::machine_samples(), std::back_inserter(samples));
  for (const auto& sample : samples) {
    SCOPED_TRACE(sample.name);
    for (const Document& document :
         {run_document(sample.run, every_table), machine_document(sample.run)}) {
      expect_all_rows(document, to_terminal(document, 100000, false),
                      [](std::string words) { return words; });
      expect_all_rows(document, to_markdown(document), [](const std::string& words) {
        std::string made;
        for (const char c : words) {
          if (std::string_view("|*_<\\").find(c) != std::string_view::npos) made += '\\';
          made += c;
        }
        return made;
      });
    }
  }
}

TEST(Csv, HasTheCellsOfEverySampleInFull) {
  for (const auto& sample : result::samples()) {
    const std::string text = to_csv(sample.run);
    for (const result::Cell& cell : sample.run.cells) {
      EXPECT_THAT(text, HasSubstr("," + cell.name + "," + cell.family + "," + cell.engine + "," +
                                  name(cell.status) + ","));
    }
  }
}

TEST(Markdown, SignsOfItsOwnAreEscapedAndRowsStayWhole) {
  Document document{.title = "a_b", .header = {{"machine", "5 < 6"}}, .next = {"`x | y`"}};
  document.blocks.emplace_back(
      Table{"T", "", {{"two\nlines", Align::left}, {"n"}}, {{"a|b", "1*"}}, {}});
  const std::string text = to_markdown(document);
  EXPECT_THAT(text, HasSubstr("# a\\_b\n"));
  EXPECT_THAT(text, HasSubstr("5 \\< 6"));
  EXPECT_THAT(text, HasSubstr("| two lines | n |\n| :--- | ---: |\n| a\\|b | 1\\* |\n"));
}

/// Reads CSV as RFC 4180 says.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows = {{""}};
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inside) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        rows.back().back() += text[++i];
      } else if (c == '"') {
        inside = false;
      } else {
        rows.back().back() += c;
      }
    } else if (c == '"') {
      inside = true;
    } else if (c == ',') {
      rows.back().emplace_back();
    } else if (c == '\r' && text[i + 1] == '\n') {
      if (++i + 1 < text.size()) rows.push_back({""});
    } else {
      rows.back().back() += c;
    }
  }
  return rows;
}

TEST(Csv, IsOneRowACellWithTheSameColumnsInEach) {
  auto run = result::dual_rtx4090();
  run.cells[0].reason = "a \"quoted\", and\r\nbroken line";
  run.cells[2].ceiling = result::Reference{31.5, "NVLink, by the driver"};
  const auto rows = parse_csv(to_csv(run));
  ASSERT_EQ(rows.size(), run.cells.size() + 1);
  for (const auto& row : rows) EXPECT_EQ(row.size(), rows[0].size());
  const auto at = [&](std::size_t row, const std::string& heading) {
    const auto column = std::ranges::find(rows[0], heading) - rows[0].begin();
    return rows[row].at(static_cast<std::size_t>(column));
  };
  // A carriage return would let a field write over its line.
  EXPECT_EQ(at(1, "reason"), "a \"quoted\", and\\x0d\nbroken line");
  EXPECT_EQ(at(1, "status"), "unsupported");
  EXPECT_EQ(at(1, "median"), "");
  EXPECT_EQ(at(1, "verdict"), "");
  EXPECT_EQ(at(3, "median"), "22.04");
  EXPECT_EQ(at(3, "ceiling"), "31.5");
  EXPECT_EQ(at(3, "ceiling_source"), "NVLink, by the driver");
  EXPECT_EQ(at(3, "peer_access"), "false");
  EXPECT_EQ(at(3, "bytes"), "268435456");
  EXPECT_EQ(at(3, "simulated"), "SIMULATED dual-rtx4090");
}

TEST(Render, FormatsHaveNames) {
  for (const Format format : {Format::terminal, Format::markdown, Format::csv, Format::json}) {
    EXPECT_EQ(parse_format(name(format)), format);
  }
  EXPECT_EQ(parse_format("md"), Format::markdown);
  const auto refused = parse_format("xml");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_THAT(refused.error().message, HasSubstr("'xml' is not a format"));
}

TEST(Render, AMachineHasNoCsvAndItsJsonNoCells) {
  const auto run = result::dual_rtx3090_nvlink();
  EXPECT_EQ(render_machine(Format::csv, run).error().kind, ErrorKind::usage);
  const auto json = render_machine(Format::json, run);
  ASSERT_TRUE(json.has_value());
  EXPECT_THAT(*json, HasSubstr("\"class\": \"discrete-nvlink\""));
  EXPECT_THAT(*json, HasSubstr("\"cells\": []"));
}

TEST(Render, ColourNeedsATerminalAndNobodyWhoMinds) {
  ::setenv("TERM", "xterm", 1);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  EXPECT_FALSE(wants_color(false, ends[1])) << "a pipe is no terminal";
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  ::unsetenv("NO_COLOR");
  EXPECT_TRUE(wants_color(false, terminal));
  EXPECT_FALSE(wants_color(true, terminal));
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(wants_color(false, terminal));
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(wants_color(false, terminal)) << "empty does not count";
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(wants_color(false, terminal));
  ::close(terminal);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
