// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "report/cells.hpp"
#include "report/compare_lines.hpp"
#include "report/numbers.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::ComparedFigure;
using result::ComparedGroup;
using result::ComparedRow;
using result::ComparedRows;
using result::Comparison;

/// "A", "B" and so on; "A1" after "Z".
std::string letter(std::size_t file) {
  const std::string one(1, static_cast<char>('A' + file % 26));
  return file < 26 ? one : one + std::to_string(file / 26);
}

const char* title(ComparedGroup group) {
  switch (group) {
    case ComparedGroup::one_way:
      return "Card to card, one way, with peer access";
    case ComparedGroup::both_ways:
      return "Card to card, both ways at once, with peer access";
    case ComparedGroup::staged:
      return "Card to card, staged through host memory";
    case ComparedGroup::several:
      return "Several cards at once";
    case ComparedGroup::split:
      return "Messages of a split model";
    case ComparedGroup::collective:
      return "Collectives of NCCL";
    case ComparedGroup::latency:
      return "Latency";
    case ComparedGroup::cpu_loads:
      return "Latency of memory, by one CPU thread";
    case ComparedGroup::pool:
      return "Memory pools";
    case ComparedGroup::host:
      return "Host and card";
    case ComparedGroup::other:
      break;
  }
  return "Other figures";
}

std::set<Bytes> sizes(const ComparedRow& row) {
  std::set<Bytes> all;
  for (const ComparedFigure& figure : row.figures) {
    if (figure.cell != nullptr && figure.cell->bytes) all.insert(*figure.cell->bytes);
  }
  return all;
}

/// The one size of all rows, if there is one.
std::optional<Bytes> common_size(const ComparedRows& group) {
  std::set<Bytes> all;
  for (const ComparedRow& row : group.rows) all.merge(sizes(row));
  if (all.size() != 1) return {};
  return *all.begin();
}

/// "A 64 MiB, B 256 MiB", or threads; empty where they are alike.
std::string what_differs(const ComparedRow& row) {
  const auto listed = [&](auto words) {
    std::string made;
    std::set<std::string> all;
    for (std::size_t i = 0; i < row.figures.size(); ++i) {
      const std::string one = row.figures[i].cell ? words(*row.figures[i].cell) : "";
      if (one.empty()) continue;
      all.insert(one);
      made += fmt::format("{}{} {}", made.empty() ? "" : ", ", letter(i), one);
    }
    return all.size() > 1 ? made : "";
  };
  const std::string size =
      listed([](const Cell& cell) { return cell.bytes ? format_bytes(*cell.bytes) : ""; });
  const std::string threads = listed([](const Cell& cell) {
    return cell.threads ? fmt::format("{} threads", *cell.threads) : std::string();
  });
  return size + (size.empty() || threads.empty() ? "" : "; ") + threads;
}

Text rate(const ComparedFigure& figure) {
  if (figure.missing.empty()) return format_rate(figure.cell->median);
  if (figure.missing == "not measured") return "-";
  const bool wrong = figure.missing == "corrupt" || figure.missing == "hang";
  return {figure.missing, wrong ? Tone::bad : Tone::plain};
}

/// Three digits: a few percent matter between two runs.
std::string ratio(const ComparedFigure& figure) {
  return figure.ratio ? format_rate(figure.ratio) + "x" : "-";
}

/// How far the ratio's interval reaches to its wider side, as a share of the ratio.
std::string spread(const ComparedFigure& figure) {
  return figure.ratio && figure.ratio_spread ? format_cv(figure.ratio_spread) : "-";
}

std::string note(const ComparedRows& group, const Comparison& comparison) {
  Cells cells;
  for (const ComparedRow& row : group.rows) {
    for (const ComparedFigure& figure : row.figures) {
      if (figure.cell != nullptr) cells.push_back(figure.cell);
    }
  }
  std::string words =
      group.group == ComparedGroup::staged
          ? "GB/s, bytes copied, counted once; bi: both ways at once, their sum"
      : group.group == ComparedGroup::split
          ? "us, time of one all-reduce (by copies only of its bytes) or of one "
            "message to the next "
            "card"
      : group.group == ComparedGroup::pool
          ? "GB/s, traffic: of arrays of N bytes read N, write N, copy 2 N, triad 3 N"
      : group.group == ComparedGroup::collective
          ? "GB/s busbw, as nccl-tests define it: size / time, times what a link carries of it"
          : counting_words(cells);
  if (group.group == ComparedGroup::both_ways) words += "; the sum of both ways";
  const bool time = group.group == ComparedGroup::latency ||
                    group.group == ComparedGroup::cpu_loads || group.group == ComparedGroup::split;
  words += fmt::format(". B/A: {} than A{}. spread: the ratio's 95 % interval, to each side.",
                       time ? "below 1 is faster" : "above 1 is faster",
                       comparison.files.size() > 2 ? ", and so on" : "");
  return words;
}

/// Arrays of pools are as large as their rule says: their size is no part of what is compared,
/// unless it tells rows apart.
bool sizes_tell_apart(const ComparedRows& group, const std::vector<ComparedLine>& lines) {
  if (group.group != ComparedGroup::pool) return true;
  std::set<std::string> labels;
  for (const ComparedLine& line : lines) labels.insert(line.label);
  return labels.size() < lines.size();
}

Table table(const ComparedRows& group, const Comparison& comparison) {
  const auto size = common_size(group);
  Table made{title(group.group), note(group, comparison), {{"cell", Align::left}}, {}, {}};
  if (size) made.title += ": " + format_bytes(*size);
  for (std::size_t i = 0; i < comparison.files.size(); ++i) {
    made.columns.push_back({letter(i)});
    if (i == 0) continue;
    made.columns.push_back({letter(i) + "/A"});
    made.columns.push_back({"spread"});
  }
  std::vector<std::pair<std::string, std::string>> differing;  // what differs, of which rows
  const std::vector<ComparedLine> lines = compared_lines(group);
  const bool with_sizes = !size && sizes_tell_apart(group, lines);
  for (const ComparedLine& line : lines) {
    const ComparedRow& row = *line.row;
    std::string label = line.label;
    if (const auto own = sizes(row); with_sizes && own.size() == 1) {
      label += " " + format_bytes(*own.begin());
    }
    if (const std::string words = what_differs(row); !words.empty()) {
      auto known = std::ranges::find(differing, words, &std::pair<std::string, std::string>::first);
      if (known == differing.end()) {
        differing.emplace_back(words, label);
      } else {
        known->second += ", " + label;
      }
    }
    std::vector<Text> entries = {label};
    for (std::size_t i = 0; i < row.figures.size(); ++i) {
      entries.push_back(rate(row.figures[i]));
      if (i == 0) continue;
      entries.emplace_back(ratio(row.figures[i]));
      entries.emplace_back(spread(row.figures[i]));
    }
    made.rows.push_back(std::move(entries));
  }
  for (const auto& [words, who] : differing) {
    made.remarks.emplace_back(fmt::format("not alike: {} ({})", words, who), Tone::warning);
  }
  const bool gaps = std::ranges::any_of(made.rows, [&](const auto& row) {
    for (std::size_t i = 0; i < comparison.files.size(); ++i) {
      if (row[i == 0 ? 1 : 3 * i - 1].words == "-") return true;
    }
    return false;
  });
  if (gaps) made.note += " -: not measured.";
  if (lines.size() < group.rows.size()) {
    made.remarks.emplace_back(
        "of many pairs those with the lowest, the middle and the highest B/A; --format csv has "
        "all.");
  }
  if (group.group == ComparedGroup::staged) {
    made.remarks.emplace_back(
        "staged goes through host memory; it is not the PCIe P2P rate of a box with NVLink.");
  }
  return made;
}

/// "driver: A, C 580.95.05; B 550.54.14".
std::string values(const result::ContextLine& line) {
  std::vector<std::pair<std::string, std::string>> groups;  // the value, whose it is
  for (std::size_t i = 0; i < line.values.size(); ++i) {
    auto known =
        std::ranges::find(groups, line.values[i], &std::pair<std::string, std::string>::first);
    if (known == groups.end()) {
      groups.emplace_back(line.values[i], letter(i));
    } else {
      known->second += ", " + letter(i);
    }
  }
  std::string words = line.what + ": ";
  for (std::size_t i = 0; i < groups.size(); ++i) {
    words += fmt::format("{}{} {}", i == 0 ? "" : "; ", groups[i].second, groups[i].first);
  }
  return words;
}

Section differences(const Comparison& comparison) {
  Section section{"Not alike: what a ratio may come from", {}};
  for (const auto& line : comparison.context) {
    if (line.differs) section.lines.emplace_back(values(line), Tone::warning);
  }
  return section;
}

std::string alike(const Comparison& comparison) {
  std::string words;
  for (const auto& line : comparison.context) {
    if (line.differs || line.values.front() == "not known") continue;
    words += fmt::format("{}{} ({})", words.empty() ? "" : ", ", line.what, line.values.front());
  }
  return words.empty() ? "nothing" : words;
}

}  // namespace

Document compare_document(const Comparison& comparison) {
  Document document;
  document.title = "peerbench compare";
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
    const result::Run& run = *comparison.runs[i];
    document.header.push_back({letter(i), fmt::format("{}, {}", comparison.files[i], run.started)});
    if (!run.simulated) continue;
    document.banner.emplace_back(
        fmt::format("{} is SIMULATED (machine {}): no hardware was measured", letter(i),
                    run.simulated->machine),
        Tone::warning);
  }
  document.header.push_back({"alike", alike(comparison)});
  if (auto section = differences(comparison); !section.lines.empty()) {
    document.blocks.emplace_back(std::move(section));
  }
  for (const ComparedRows& group : comparison.groups) {
    document.blocks.emplace_back(table(group, comparison));
  }
  document.next = {
      comparison.groups.empty()
          ? "Nothing was measured in any of them: `peerbench run --output FILE` measures."
          : "`peerbench check RESULT --baseline FILE` says whether one has regressed; --format csv "
            "has every interval."};
  return document;
}

}  // namespace peerbench::report
