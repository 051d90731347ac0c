// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/list_some.hpp"
#include "base/numbers.hpp"
#include "report/cells.hpp"
#include "report/compare_lines.hpp"
#include "report/groups.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::ComparedFigure;
using result::ComparedGroup;
using result::ComparedRow;
using result::ComparedRows;
using result::Comparison;

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
      made += fmt::format("{}{} {}", made.empty() ? "" : ", ", file_letter(i), one);
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
  const GroupWords& said = words_of(group.group);
  std::string words = said.rule == nullptr ? describe_counts(cells) : said.rule;
  if (said.both_ways) words += "; the sum of both ways";
  words += fmt::format(". B/A: {} than A{}. spread: the ratio's 95 % interval, to each side.",
                       said.is_time ? "below 1 is faster" : "above 1 is faster",
                       comparison.files.size() > 2 ? ", and so on" : "");
  return words;
}

/// Arrays of pools are as large as their rule says: their size is no part of what is compared,
/// unless it tells rows apart.
bool sizes_tell_apart(const ComparedRows& group, const std::vector<ComparedLine>& lines) {
  if (!words_of(group.group).size_by_rule) return true;
  std::set<std::string> labels;
  for (const ComparedLine& line : lines) labels.insert(line.label);
  return labels.size() < lines.size();
}

std::vector<Column> columns_of(const Comparison& comparison) {
  std::vector<Column> columns = {{"cell", Align::left}};
  for (std::size_t i = 0; i < comparison.files.size(); ++i) {
    columns.push_back({file_letter(i)});
    if (i == 0) continue;
    columns.push_back({file_letter(i) + "/A"});
    columns.push_back({"spread"});
  }
  return columns;
}

std::vector<Text> entries_of(std::string label, const ComparedRow& row) {
  std::vector<Text> entries = {std::move(label)};
  for (std::size_t i = 0; i < row.figures.size(); ++i) {
    entries.push_back(rate(row.figures[i]));
    if (i == 0) continue;
    entries.emplace_back(ratio(row.figures[i]));
    entries.emplace_back(spread(row.figures[i]));
  }
  return entries;
}

/// Whether a file has no figure in a row of the table, and no word for why.
bool has_gaps(const std::vector<ComparedLine>& lines) {
  return std::ranges::any_of(lines, [](const ComparedLine& line) {
    return std::ranges::any_of(
        line.row->figures, [](const ComparedFigure& figure) { return rate(figure).words == "-"; });
  });
}

Table table(const ComparedRows& group, const Comparison& comparison) {
  const GroupWords& said = words_of(group.group);
  const auto size = common_size(group);
  Table made{said.title, note(group, comparison), columns_of(comparison), {}, {}};
  if (size) made.title += ": " + format_bytes(*size);
  TextGroups differing;  // what differs, of which rows
  const std::vector<ComparedLine> lines = compared_lines(group);
  const bool with_sizes = !size && sizes_tell_apart(group, lines);
  for (const ComparedLine& line : lines) {
    const auto own = sizes(*line.row);
    const bool with_size = with_sizes && own.size() == 1;
    const std::string label = line.label + (with_size ? " " + format_bytes(*own.begin()) : "");
    const std::string words = what_differs(*line.row);
    if (!words.empty()) add(differing, words, label);
    made.rows.push_back(entries_of(label, *line.row));
  }
  for (const auto& rows : differing) {
    made.remarks.emplace_back(
        fmt::format("configuration differs: {} ({})", rows.key, names_of(rows)), Tone::warning);
  }
  if (has_gaps(lines)) made.note += " -: not measured.";
  if (lines.size() < group.rows.size()) {
    made.remarks.emplace_back(
        "of many pairs those with the lowest, the middle and the highest B/A; --format csv has "
        "all.");
  }
  if (said.remark != nullptr) made.remarks.emplace_back(said.remark);
  return made;
}

/// Without the rows that are alike: `--format csv` has those.
ComparedRows differing_rows(const ComparedRows& group) {
  ComparedRows unlike{group.group, {}};
  std::ranges::remove_copy_if(group.rows, std::back_inserter(unlike.rows), &ComparedRow::alike);
  return unlike;
}

/// "driver: A, C 580.95.05; B 550.54.14".
std::string values(const result::ContextLine& line) {
  TextGroups files;  // the value, whose it is
  for (std::size_t i = 0; i < line.values.size(); ++i) add(files, line.values[i], file_letter(i));
  std::vector<std::string> values;
  for (const auto& file : files) values.push_back(fmt::format("{} {}", names_of(file), file.key));
  return fmt::format("{}: {}", line.what, fmt::join(values, "; "));
}

Section differences(const Comparison& comparison) {
  Section section{"Configuration differences: what a ratio may come from", {}};
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
    document.header.push_back(
        {file_letter(i), fmt::format("{}, {}", comparison.files[i], run.started)});
    if (!run.simulated) continue;
    document.banner.emplace_back(
        fmt::format("{} is SIMULATED (machine {}): no hardware was measured", file_letter(i),
                    run.simulated->machine),
        Tone::warning);
  }
  document.header.push_back({"alike", alike(comparison)});
  if (auto section = compare_sentences(comparison); !section.lines.empty()) {
    document.blocks.emplace_back(std::move(section));
  }
  if (auto section = differences(comparison); !section.lines.empty()) {
    document.blocks.emplace_back(std::move(section));
  }
  if (auto answers = compare_answer_table(comparison)) {
    document.blocks.emplace_back(std::move(*answers));
  }
  Section alike{"Alike within their noise", {}};
  for (const ComparedRows& group : comparison.groups) {
    const ComparedRows unlike = differing_rows(group);
    if (const std::size_t folded = group.rows.size() - unlike.rows.size(); folded > 0) {
      alike.lines.emplace_back(
          fmt::format("{}: {}", words_of(group.group).title,
                      unlike.rows.empty() ? fmt::format("all {}", with_count(folded, "figure"))
                                          : fmt::format("{} of {}", folded, group.rows.size())));
    }
    if (!unlike.rows.empty()) document.blocks.emplace_back(table(unlike, comparison));
  }
  if (!alike.lines.empty()) document.blocks.emplace_back(std::move(alike));
  document.next = {
      comparison.groups.empty()
          ? "Nothing was measured in any of them: `peerbench run --output FILE` measures."
          : "`peerbench check RESULT --baseline FILE` says whether one has regressed; --format csv "
            "has every figure and its interval."};
  return document;
}

}  // namespace peerbench::report
