// SPDX-License-Identifier: Apache-2.0
// What a comparison comes to: a sentence for each file beside the first, and one table of what the
// pages of all files say.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/numbers.hpp"
#include "report/compare_lines.hpp"
#include "report/groups.hpp"
#include "report/page_parts.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::BestWay;
using result::ComparedAnswer;
using result::Comparison;
using result::Join;
using result::Slower;
using What = ComparedAnswer::What;

std::string name_of(const ComparedAnswer& answer) {
  switch (answer.what) {
    case What::best_one_way:
      return "GPU to GPU, one way";
    case What::best_both_ways:
      return "GPU to GPU, both ways";
    case What::staged:
      return "GPU to GPU, staged";
    case What::line:
      break;
  }
  return line_name(answer.line);
}

const char* way_of(const BestWay& best) {
  if (best.staged) return "staged";
  if (best.group->join == Join::nvlink) return "NVLink";
  return best.group->join == Join::pcie ? "PCIe" : "direct";
}

/// ", because B's driver allows no direct copies"; empty where nothing tells why. `slow` and `fast`
/// are letters of files.
std::string because(Slower why, const BestWay& best, const BestWay& other, const std::string& slow,
                    const std::string& fast) {
  switch (why) {
    case Slower::not_allowed:
      return fmt::format(", because {}'s driver allows no direct copies", slow);
    case Slower::not_tried:
      return fmt::format("; direct copies were not measured in {}", slow);
    case Slower::links_down: {
      const int present = *best.group->links_present, down = present - *best.group->links_up;
      return fmt::format(", because {} of {}'s {} NVLinks {} down", down, slow, present,
                         down == 1 ? "is" : "are");
    }
    case Slower::fewer_links:
      return fmt::format(", because {} has {} NVLinks a pair, {} has {}", slow,
                         *best.group->links_up, fast, *other.group->links_up);
    case Slower::no_nvlink:
      return fmt::format(", because {}'s GPUs copy over PCIe, {}'s over NVLink", slow, fast);
    case Slower::slow_link:
      return fmt::format(", though as many NVLinks are up: see {}'s own page", slow);
    case Slower::unknown:
      break;
  }
  return "";
}

/// "GPU to GPU: B reaches 0.43x of A (21.9 against 50.9 GB/s)"; `first` and `own` are above 0.
std::string reaches(const std::string& what, const std::string& letter, double own, double first) {
  constexpr double alike = 0.01;  // as of rows that are within their noise
  if (std::abs(own / first - 1) <= alike) {
    return fmt::format("{}: {} and A are alike ({} GB/s)", what, letter, format_rate(own));
  }
  return fmt::format("{}: {} reaches {}x of A ({} against {} GB/s)", what, letter,
                     format_rate(own / first), format_rate(own), format_rate(first));
}

std::string no_way(const Comparison& comparison, std::size_t file) {
  const std::size_t gpus = comparison.runs[file]->machine.gpus.size();
  return fmt::format("GPU to GPU: {} {}", file_letter(file),
                     gpus == 0   ? "has no GPU"
                     : gpus == 1 ? "has one GPU, so there is no such way"
                                 : "has no such figure");
}

std::string between_gpus(const Comparison& comparison, std::size_t file) {
  const BestWay &first = comparison.best.front(), &own = comparison.best[file];
  if (!own.one_way) return no_way(comparison, file) + ".";
  if (!first.one_way) return no_way(comparison, 0) + ".";
  const std::string letter = file_letter(file);
  std::string words = reaches("GPU to GPU", letter, *own.one_way, *first.one_way);
  const Slower why = comparison.slower[file - 1];
  words += *own.one_way > *first.one_way ? because(why, first, own, "A", letter)
                                         : because(why, own, first, letter, "A");
  return words + ".";
}

}  // namespace

Section compare_sentences(const Comparison& comparison) {
  Section section{"In short", {}};
  const bool pairs = std::ranges::any_of(
      comparison.best, [](const BestWay& best) { return best.one_way.has_value(); });
  for (std::size_t file = 1; file < comparison.runs.size(); ++file) {
    if (pairs) {
      section.lines.emplace_back(between_gpus(comparison, file));
      continue;
    }
    for (const ComparedAnswer& answer : comparison.answers) {
      if (!answer.ratios[file]) continue;
      section.lines.emplace_back(
          reaches(name_of(answer), file_letter(file), *answer.rates[file], *answer.rates.front()) +
          ".");
      break;
    }
  }
  return section;
}

std::optional<Table> compare_answer_table(const Comparison& comparison) {
  if (comparison.answers.empty()) return std::nullopt;
  Table table{"What each delivers", "", {{"GB/s", Align::left}}, {}, {}};
  for (std::size_t i = 0; i < comparison.files.size(); ++i) {
    table.columns.push_back({file_letter(i)});
    if (i > 0) table.columns.push_back({file_letter(i) + "/A"});
  }
  for (const ComparedAnswer& answer : comparison.answers) {
    std::vector<Text> row = {name_of(answer)};
    for (std::size_t i = 0; i < answer.rates.size(); ++i) {
      row.emplace_back(format_rate(answer.rates[i]));
      if (i == 0) continue;
      row.emplace_back(answer.ratios[i] ? format_rate(answer.ratios[i]) + "x" : "-");
    }
    table.rows.push_back(std::move(row));
  }
  TextGroups ways;
  for (std::size_t i = 0; i < comparison.best.size(); ++i) {
    if (comparison.best[i].group)
      add(ways, std::string(way_of(comparison.best[i])), file_letter(i));
  }
  std::vector<std::string> words;
  for (const auto& way : ways) words.push_back(names_of(way) + " " + way.key);
  if (!words.empty()) {
    table.note = fmt::format("GPU to GPU by the best way of each: {}. -: not measured.",
                             fmt::join(words, ", "));
  }
  return table;
}

}  // namespace peerbench::report
