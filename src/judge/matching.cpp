// SPDX-License-Identifier: Apache-2.0
#include "judge/matching.hpp"

#include <algorithm>
#include <map>

namespace peerbench::judge {

using result::Cell;
using result::Run;

namespace {

using Cells = std::vector<const Cell*>;

/// The cells of one stem, of each run.
struct Stem {
  std::string stem;
  std::vector<Cells> of_run;
};

std::vector<Stem> stems(std::span<const Run* const> runs) {
  std::vector<Stem> all;
  std::map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (const Cell& cell : runs[i]->cells) {
      const auto [known, is_new] = place.try_emplace(stem(cell.name), all.size());
      if (is_new) all.push_back({known->first, std::vector<Cells>(runs.size())});
      all[known->second].of_run[i].push_back(&cell);
    }
  }
  return all;
}

Match single(const Stem& one) {
  Match match{"", {}};
  for (const Cells& cells : one.of_run) {
    match.cells.push_back(cells.empty() ? nullptr : cells.front());
    if (cells.empty()) continue;
    const std::string& name = cells.front()->name;
    if (match.name.empty()) match.name = name;
    if (match.name != name) match.name = one.stem;
  }
  return match;
}

void add_by_name(const Stem& one, std::vector<Match>& matches) {
  const std::size_t first = matches.size();
  for (std::size_t i = 0; i < one.of_run.size(); ++i) {
    for (const Cell* cell : one.of_run[i]) {
      const auto start = matches.begin() + static_cast<std::ptrdiff_t>(first);
      auto row = std::find_if(start, matches.end(), [&](const Match& match) {
        return match.name == cell->name && match.cells[i] == nullptr;
      });
      if (row == matches.end()) {
        matches.push_back({cell->name, Cells(one.of_run.size(), nullptr)});
        row = matches.end() - 1;
      }
      row->cells[i] = cell;
    }
  }
}

}  // namespace

std::string stem(const std::string& name) {
  std::string kept;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string part = name.substr(at, end - at);
    at = end + 1;
    if (part.starts_with("bytes:") || part.starts_with("threads:")) continue;
    kept += (kept.empty() ? "" : "/") + part;
  }
  return kept;
}

std::vector<Match> match(std::span<const Run* const> runs) {
  std::vector<Match> matches;
  for (const Stem& one : stems(runs)) {
    const bool once =
        std::ranges::all_of(one.of_run, [](const Cells& cells) { return cells.size() <= 1; });
    if (once) {
      matches.push_back(single(one));
    } else {
      add_by_name(one, matches);
    }
  }
  return matches;
}

}  // namespace peerbench::judge
