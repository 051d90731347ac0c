// SPDX-License-Identifier: Apache-2.0
// Remarks below a table: what is not simply good, each reason once for all cells it is true of.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/list_some.hpp"
#include "base/numbers.hpp"
#include "report/cells.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::Status;
using result::Verdict;

/// "push gpu0 -> gpu1, pull gpu0 -> gpu1 and 12 more".
std::string first_labels(const Cells& cells) {
  constexpr std::size_t named = 4;
  return list_some(distinct(cells, label), named);
}

/// The share of the ceiling, as a range where the cells differ: "64-65".
std::string share_of(const Cells& cells) {
  const auto percent = [](const Cell* cell) { return cell->efficiency.value_or(0) * 100; };
  const auto [low, high] = std::ranges::minmax(cells, {}, percent);
  const std::string least = fmt::format("{:.0f}", percent(low));
  const std::string most = fmt::format("{:.0f}", percent(high));
  return least == most ? least : fmt::format("{}-{}", least, most);
}

void replace_all(std::string& text, const std::string& old, const std::string& with) {
  for (auto at = text.find(old); at != std::string::npos; at = text.find(old, at + with.size())) {
    text.replace(at, old.size(), with);
  }
}

/// A reason without the names of the cell's own two GPUs, so that what holds for many pairs is one
/// reason.
std::string of_any_pair(std::string text, const Cell& cell) {
  if (cell.src.empty() || cell.dst.empty() || cell.src == cell.dst) return text;
  for (const auto& [a, b] : {std::pair{cell.src, cell.dst}, std::pair{cell.dst, cell.src}}) {
    replace_all(text, fmt::format(" from {} to {}", a, b), "");
    replace_all(text, fmt::format("{} and {}", a, b), "the two GPUs");
  }
  return text;
}

/// Texts in the order first added, each with the cells it was added for.
class Grouped {
 public:
  struct Group {
    std::string key;
    std::string text;  ///< as it was for the first cell
    bool with_share = false;
    Cells cells;
  };
  /// With the share of the ceiling the text begins behind that, which the cells may differ in.
  void add(const std::string& text, const Cell& cell, bool with_share = false) {
    const std::string key = of_any_pair(text, cell);
    auto group = std::ranges::find(groups_, key, &Group::key);
    if (group == groups_.end()) group = groups_.insert(group, {key, text, with_share, {}});
    group->cells.push_back(&cell);
    if (group->text != text) group->text = key;
  }
  /// "who: text", one line a text; "all: text" where it holds for `all` cells. `mark` stands before
  /// each text.
  void append_to(std::vector<Text>& lines, Tone tone, std::size_t all, const Namer& who,
                 const char* mark = "") const {
    for (const auto& [key, text, with_share, cells] : groups_) {
      const bool everyone = cells.size() == all && all > 1;
      const std::string names = everyone ? "all" : who ? who(cells) : first_labels(cells);
      lines.emplace_back(
          fmt::format("{}: {}{}{}", names, mark, with_share ? share_of(cells) : "", text), tone);
    }
  }
  const std::vector<Group>& groups() const { return groups_; }

 private:
  std::vector<Group> groups_;
};

/// "what others measured on such GPUs, 26.31-27.02 GB/s: source".
std::string describe_band(const Cell& cell) {
  const auto& [low, high, source] = *cell.band;
  return fmt::format("what others measured on such GPUs, {} {}: {}",
                     low == high ? format_precise(low) : format_range(low, high), cell.unit,
                     source);
}

/// "push, pull": the kinds of cells, or what they do.
std::string ways_of(const Cells& cells) {
  const auto way = [](const Cell& cell) {
    return cell.key.family == result::Family::pool ? cell.op : cell.kind;
  };
  return fmt::format("{}", fmt::join(distinct(cells, way), ", "));
}

/// How far the median lies outside its band, as a share of the nearer end; 0 within, below less.
double beyond(const Cell& cell) {
  const double rate = cell.median.value_or(0);
  if (rate < cell.band->low) return rate / cell.band->low - 1;
  return rate > cell.band->high ? rate / cell.band->high - 1 : 0;
}

/// "this run is within", "this run is 8 % below", "this run is from 8 % below to 3 % above".
std::string against_band(const Cells& cells) {
  const auto words = [](const Cell& cell) -> std::string {
    const auto percent = std::lround(beyond(cell) * 100);
    if (percent == 0) return cell.band->low == cell.band->high ? "equal to" : "within";
    return fmt::format("{} % {}", std::labs(percent), percent < 0 ? "below" : "above");
  };
  const auto [low, high] =
      std::ranges::minmax(cells, {}, [](const Cell* cell) { return beyond(*cell); });
  const std::string lowest = words(*low), highest = words(*high);
  return lowest == highest ? "this run is " + lowest
                           : fmt::format("this run is from {} to {}", lowest, highest);
}

void add_once(std::vector<Text>& lines, const std::string& words) {
  if (std::ranges::find(lines, words, &Text::words) == lines.end()) lines.emplace_back(words);
}

/// What is to be said of cells, by how much it matters.
struct Remarks {
  Grouped wrong, not_done, low, unverified, unsettled, notes, bands;
  std::vector<Text> references;

  void add(const Cell& cell) {
    if (cell.status != Status::ok) return add_failure(cell);
    if (cell.verdict == Verdict::low) {
      low.add(cell.basis ? verdict_remark(cell) : cell.verdict_reason, cell, tells_share(cell));
    }
    add_doubts(cell);
    for (const std::string& note : cell.notes) notes.add(note, cell);
    add_references(cell);
  }

 private:
  void add_failure(const Cell& cell) {
    const bool expected = cell.status == Status::unsupported || cell.status == Status::skipped;
    const std::string& why = cell.reason.empty() ? "no reason was given" : cell.reason;
    (expected ? not_done : wrong)
        .add(fmt::format("{}; {}", describe_status(cell.status), why), cell);
  }
  void add_doubts(const Cell& cell) {
    if (!cell.verified.value_or(false)) unverified.add("the data was not verified", cell);
    if (cell.stop == "budget") {
      unsettled.add("the time budget ended before the asked precision was reached", cell);
    }
    if (!cell.settled.value_or(true)) {
      unsettled.add(
          "it had not settled when warm-up ended: a larger --budget, or a machine that does "
          "nothing else, gives a steadier figure",
          cell);
    }
  }
  void add_references(const Cell& cell) {
    if (cell.ceiling) {
      add_once(references, fmt::format("ceiling {} {}: {}", format_rate(cell.ceiling->value),
                                       cell.unit, cell.ceiling->source));
    }
    if (cell.band) bands.add(describe_band(cell), cell);
  }
};

}  // namespace

std::vector<Text> remarks(const Cells& cells, const Namer& who) {
  Remarks said;
  for (const Cell* cell : cells) said.add(*cell);
  std::vector<Text> lines;
  said.wrong.append_to(lines, Tone::bad, cells.size(), who);
  said.low.append_to(lines, Tone::bad, cells.size(), who, "* low; ");
  said.not_done.append_to(lines, Tone::plain, cells.size(), who);
  said.unverified.append_to(lines, Tone::warning, cells.size(), who);
  said.unsettled.append_to(lines, Tone::plain, cells.size(), who);
  said.notes.append_to(lines, Tone::plain, cells.size(), who);
  std::ranges::move(said.references, std::back_inserter(lines));
  for (const auto& [key, band, with_share, measured] : said.bands.groups()) {
    lines.emplace_back(fmt::format("{}: {} {}", ways_of(measured), against_band(measured), band));
  }
  return lines;
}

}  // namespace peerbench::report
