// SPDX-License-Identifier: Apache-2.0
#include "report/conclusion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/list_some.hpp"
#include "machine/refusal.hpp"
#include "report/cells.hpp"
#include "report/machine_groups.hpp"
#include "report/numbers.hpp"

namespace peerbench::report {
namespace {

using machine::Machine;
using machine::PeerLink;
using result::Cell;
using result::Status;
using result::Verdict;

constexpr std::size_t named_pairs = 3;  // by name; more are counted
constexpr double as_fast = 0.05;        // ratios this near to 1 are no difference

enum class Joined { nvlink, pcie, unknown, refused, host_only };

/// An ordered pair: what joins it and what it delivered directly and through the host.
struct Way {
  std::pair<int, int> cards;
  const PeerLink* link = nullptr;
  const Cell* direct = nullptr;  ///< null: nothing was measured
  const Cell* staged = nullptr;
};

/// What all pairs of one sentence share: the kind, whether through switches, NVLinks up and
/// present where some are down, and the driver's word where it refuses.
using Key = std::tuple<Joined, bool, int, int, std::string>;

const Cell* ok(const Cells& cells, result::Kind kind, const Cell& pair) {
  const auto at = std::ranges::find_if(cells, [&](const Cell* cell) {
    return cell->key.kind == kind && cell->src == pair.src && cell->dst == pair.dst &&
           cell->status == Status::ok && cell->median;
  });
  return at == cells.end() ? nullptr : *at;
}

/// One way, of the largest size, by the copy engine where it ran.
Cells decisive(const result::Run& run) {
  Cells cells =
      select(run, [](const Cell& c) { return is_peer(c) && c.key.shape == result::Shape::uni; });
  if (cells.empty()) return cells;
  const auto size = [](const Cell* cell) { return cell->bytes.value_or(0); };
  const auto largest = size(*std::ranges::max_element(cells, {}, size));
  cells = select(cells, [&](const Cell& cell) { return size(&cell) == largest; });
  const Cells engine =
      select(cells, [](const Cell& cell) { return cell.key.engine == result::Engine::ce; });
  return engine.empty() ? cells : engine;
}

std::vector<Way> ways(const Cells& cells, const Machine& machine) {
  std::vector<Way> found;
  for (const Cell* cell : cells) {
    const auto from = result::gpu_of(cell->key.source), to = result::gpu_of(cell->key.destination);
    if (!from || !to || std::ranges::count(found, std::pair(*from, *to), &Way::cards) != 0)
      continue;
    const Cell* push = ok(cells, result::Kind::push, *cell);
    found.push_back({{*from, *to},
                     machine::find_link(machine, *from, *to),
                     push != nullptr ? push : ok(cells, result::Kind::pull, *cell),
                     ok(cells, result::Kind::staged, *cell)});
  }
  return found;
}

Key key(const Way& way) {
  const PeerLink* link = way.link;
  const bool nvlink = link != nullptr && is_yes(link->nvlink.value);
  if (way.direct == nullptr) {
    const bool refused = link != nullptr && is_no(link->can_access.value);
    if (!refused) return {Joined::host_only, false, 0, 0, ""};
    return {Joined::refused, nvlink, 0, 0, link->allowed.read.raw};
  }
  if (nvlink) {
    const int up = link->links_up.value_or(0), present = link->links_present.value_or(0);
    const bool down = up < present && link->links_up;
    return {Joined::nvlink, link->through_switch, down ? up : 0, down ? present : 0, ""};
  }
  const bool pcie = link != nullptr && is_no(link->nvlink.value);
  return {pcie ? Joined::pcie : Joined::unknown, false, 0, 0, ""};
}

using Ways = std::vector<Way>;

/// The lowest and the highest as `format` writes them, "84-91 %", or once where they read alike.
std::string between(const std::vector<double>& values, auto format, const char* unit) {
  const auto [low, high] = std::ranges::minmax(values);
  const std::string first = format(low), last = format(high);
  return first == last ? last + unit : fmt::format("{}-{}{}", first, last, unit);
}

std::vector<double> rates(const Ways& ways, const Cell* Way::*of) {
  std::vector<double> found;
  for (const Way& way : ways) {
    if (way.*of != nullptr) found.push_back((way.*of)->median.value_or(0));
  }
  return found;
}

std::string rate_words(const std::vector<double>& rates) {
  return between(
      rates, [](double rate) { return format_rate(rate); }, " GB/s");
}

/// "only 45 % of its rate"; in GB/s where what it could reach is not known.
std::string delivered(const Ways& ways, const char* of) {
  std::vector<double> shares;
  bool low = false;
  for (const Way& way : ways) {
    if (way.direct->efficiency) shares.push_back(*way.direct->efficiency);
    low = low || way.direct->verdict == Verdict::low;
  }
  const std::string only = low ? "only " : "";
  if (shares.size() < ways.size()) {
    return only + rate_words(rates(ways, &Way::direct)) + " one way";
  }
  const auto percent = [](double share) { return fmt::format("{:.0f}", share * 100); };
  return fmt::format("{}{} of {}", only, between(shares, percent, " %"), of);
}

/// "; it is 4.5 times faster than the way through the host"; empty where that was not measured.
std::string against_host(const Ways& ways, const char* it) {
  std::vector<double> ratios;
  Ways both;
  for (const Way& way : ways) {
    if (way.staged == nullptr) continue;
    both.push_back(way);
    ratios.push_back(way.direct->median.value_or(0) / way.staged->median.value_or(1));
  }
  if (ratios.empty()) return "";
  const auto [low, high] = std::ranges::minmax(ratios);
  const auto times = [](double ratio) { return fmt::format("{:.1f}", ratio); };
  if (high < 1 - as_fast) {
    return fmt::format("; {} slower than the way through the host ({} against {})", it,
                       rate_words(rates(both, &Way::direct)),
                       rate_words(rates(both, &Way::staged)));
  }
  if (low >= 1 - as_fast && high <= 1 + as_fast) {
    return fmt::format("; {} no faster than the way through the host", it);
  }
  if (low < 1 - as_fast) {
    return fmt::format("; {} {} times as fast as the way through the host, for some pairs slower",
                       it, between(ratios, times, ""));
  }
  return fmt::format("; {} {} times faster than the way through the host", it,
                     between(ratios, times, ""));
}

/// "all 4 links", "its one link", "all links (1 or 2 a pair)", "4 links"; empty when not known.
std::string links_words(const Ways& ways) {
  std::set<std::string> counts;
  bool all_known = true;
  int most = 0;
  for (const Way& way : ways) {
    if (!way.link->links_up) return "";
    counts.insert(std::to_string(*way.link->links_up));
    most = std::max(most, *way.link->links_up);
    all_known = all_known && way.link->links_present.has_value();
  }
  if (counts.size() > 1) {
    return fmt::format("{}links ({} a pair)", all_known ? "all " : "", fmt::join(counts, " or "));
  }
  if (most == 1) return all_known ? "its one link" : "one link";
  return fmt::format("{}{} links", all_known ? "all " : "", most);
}

std::string nvlink_words(const Ways& ways, const Key& key) {
  const auto& [joined, through_switch, up, present, word] = key;
  const std::string links = links_words(ways);
  if (present > 0) {
    return fmt::format("{} of {} NVLinks {} up; {} {}", up, present,
                       through_switch ? "to the switches are"
                       : up == 1      ? "is"
                                      : "are",
                       up == 1 ? "it delivers" : "they deliver",
                       delivered(ways, up == 1 ? "its rate" : "their rate"));
  }
  if (through_switch) {
    const int each = ways.front().link->links_up.value_or(0);
    const bool alike = each > 1 && std::ranges::all_of(ways, [&](const Way& way) {
                         return way.link->links_up == each;
                       });
    return fmt::format("{} of each card lead to switches and are up; a pair gets {}",
                       alike ? fmt::format("All {} NVLinks", each) : "The NVLinks",
                       delivered(ways, "their rate"));
  }
  return fmt::format("NVLink is up{} and delivers {}", links.empty() ? "" : " on " + links,
                     delivered(ways, "its rate"));
}

std::string refused_words(const Ways& ways, const Key& key) {
  const auto& [joined, nvlink, up, present, word] = key;
  const machine::Refusal refusal = machine::refusal(word);
  const std::string why =
      refusal.why.empty() ? "why could not be asked" : fmt::format("{}: {}", word, refusal.why);
  const auto staged = rates(ways, &Way::staged);
  return fmt::format("The driver refuses direct copies ({}){}; copies go through host memory{}",
                     why, nvlink ? " although NVLinks are up" : "",
                     staged.empty() ? "" : " at " + rate_words(staged));
}

Text sentence(const Ways& ways, const Key& key) {
  switch (std::get<Joined>(key)) {
    case Joined::nvlink: {
      const bool down = std::get<3>(key) > 0;
      const bool several = down || std::get<1>(key);
      return {nvlink_words(ways, key) + against_host(ways, several ? "that is" : "it is"),
              down ? Tone::warning : Tone::plain};
    }
    case Joined::pcie:
      return {fmt::format("The cards copy directly over PCIe, at {}{}",
                          delivered(ways, "what the PCIe links could"),
                          against_host(ways, "that is"))};
    case Joined::unknown:
      return {fmt::format("Direct copies deliver {}{}; what joins the cards could not be asked",
                          delivered(ways, "the link's rate"), against_host(ways, "that is"))};
    case Joined::refused:
      return {refused_words(ways, key), Tone::warning};
    case Joined::host_only:
      break;
  }
  return {fmt::format("Only the way through the host was measured: {}",
                      rate_words(rates(ways, &Way::staged)))};
}

/// "gpu0 <-> gpu1, gpu2 <-> gpu3", "16 of 28 pairs".
std::string who(const Ways& ways, const Ways& all, const Machine& machine) {
  Pairs pairs;
  const auto unordered = [](const Ways& some) {
    std::set<std::pair<int, int>> found;
    for (const Way& way : some) found.insert(std::minmax(way.cards.first, way.cards.second));
    return found.size();
  };
  for (const Way& way : ways) pairs.push_back(way.cards);
  if (unordered(ways) <= named_pairs) return pairs_words(pairs, machine);
  if (2 * unordered(ways) == ways.size()) {
    return fmt::format("{} of {} pairs", unordered(ways), unordered(all));
  }
  return fmt::format("{} of {} ordered pairs", ways.size(), all.size());
}

std::string labels(const Cells& cells) {
  std::vector<std::string> all;
  for (const Cell* cell : cells) all.push_back(label(*cell));
  return list_some(all, named_pairs);
}

}  // namespace

std::vector<Text> conclusions(const result::Run& run) {
  const auto with = [&](Status status) {
    return select(run, [=](const Cell& cell) {
      return cell.key.family == result::Family::peer && cell.status == status;
    });
  };
  if (const Cells corrupt = with(Status::corrupt); !corrupt.empty()) {
    return {
        {fmt::format("Data arrived wrong between cards ({}): do not use these copies until that "
                     "is found.",
                     labels(corrupt)),
         Tone::bad}};
  }
  std::vector<Text> lines;
  if (const Cells hang = with(Status::hang); !hang.empty()) {
    lines.emplace_back(fmt::format("Copies between cards never ended ({}).", labels(hang)),
                       Tone::bad);
  }
  std::vector<Way> measured;
  std::vector<Group<Key, Way>> groups;
  for (const Way& way : ways(decisive(run), run.machine)) {
    const bool refused = std::get<Joined>(key(way)) == Joined::refused;
    if (way.direct == nullptr && way.staged == nullptr && !refused) continue;
    measured.push_back(way);
    add(groups, key(way), way);
  }
  std::ranges::stable_sort(groups, {},
                           [](const auto& group) { return std::get<Joined>(group.key); });
  for (const auto& group : groups) {
    Text text = sentence(group.items, group.key);
    if (groups.size() > 1) text.words = who(group.items, measured, run.machine) + ": " + text.words;
    text.words += ".";
    lines.push_back(text);
  }
  return lines;
}

}  // namespace peerbench::report
