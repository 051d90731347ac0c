// SPDX-License-Identifier: Apache-2.0
// The page's one table, and the sentences beside it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/list_some.hpp"
#include "base/numbers.hpp"
#include "base/units.hpp"
#include "report/cells.hpp"
#include "report/page.hpp"
#include "report/page_parts.hpp"
#include "report/spread_text.hpp"

namespace peerbench::report {
namespace {

using result::Answer;
using result::AnswerLine;
using result::Join;
using result::Measured;
using result::PeerGroup;
using result::Spread;
using Row = std::vector<Text>;
using MaybeSpread = std::optional<Spread>;

constexpr std::size_t most_rows = 6;

bool is_direct(const PeerGroup& group) { return group.one_way || group.both_ways; }

/// The lowest rate decides.
std::string lowest(const MaybeSpread& spread) {
  return spread ? format_rate(spread->low) : std::string("-");
}

Text rated(std::optional<bool> good) {
  if (!good) return "";
  return *good ? Text("good", Tone::good) : Text("low", Tone::bad);
}

Text group_verdict(const PeerGroup& group) {
  if (partly_down(group)) return {"degraded", Tone::warning};
  if (!group.share) return "";
  return rated(!group.low);
}

/// Of all links that are there, also those that are down.
std::optional<double> share_of_all(const PeerGroup& group) {
  if (!group.one_way || !group.whole_gbs || *group.whole_gbs <= 0) return group.share;
  return group.one_way->low / *group.whole_gbs;
}

std::string wire(const PeerGroup& group) {
  switch (group.join) {
    case Join::nvlink:
      return "NVLink";
    case Join::pcie:
      return "PCIe";
    case Join::unknown:
    case Join::refused:
    case Join::staged:
      break;
  }
  return "direct";
}

/// How staged copies lie to what others measured.
std::string elsewhere(const PeerGroup& group) {
  if (!group.staged_elsewhere || !group.staged_one_way) return "";
  const auto& band = *group.staged_elsewhere;
  const double rate = group.staged_one_way->low;
  std::string others = "others: " + spread_text(band.low, band.high);
  const auto apart = [&](double end) { return std::lround(std::abs(rate / end - 1) * 100); };
  if (rate < band.low && apart(band.low) > 0) {
    return fmt::format("{} % below others", apart(band.low));
  }
  if (rate > band.high && apart(band.high) > 0) {
    return fmt::format("{} % above others", apart(band.high));
  }
  return others;
}

std::string link_row_name(const AnswerLine& line) {
  return line_name(line.what) + (line.over.empty() ? "" : ", " + line.over);
}

std::string all_reduce_name(const AnswerLine& line) {
  return fmt::format("{}, {}", line_name(line.what), format_bytes(line.bytes.value_or(0)));
}

/// Columns of few pairs: one way, both ways, of peak, verdict.
class FewPairs {
 public:
  explicit FewPairs(const Concluded& of) : of_(of) {
    const auto& groups = of.conclusion.groups;
    const bool down = std::ranges::any_of(groups, result::partly_down);
    const int present = down ? groups.front().links_present.value_or(0) : 0;
    table_.columns = {{"GB/s", Align::left},
                      {"one way"},
                      {"both ways"},
                      {down ? fmt::format("of {} links", present) : "of peak"},
                      {"", Align::left}};
    for (const PeerGroup& group : groups) add(group);
    if (const AnswerLine* line = find_line(of.conclusion, Measured::all_reduce)) {
      table_.rows.push_back({all_reduce_name(*line), lowest(line->one_way), "-",
                             format_share(share_of_wire(*line)),
                             line->over.empty() ? "" : "NCCL used " + line->over});
    }
    if (const AnswerLine* line = find_line(of.conclusion, Measured::host_link)) {
      table_.rows.push_back({link_row_name(*line), lowest(line->one_way), lowest(line->both_ways),
                             format_share(line->share), rated(line->good)});
    }
    add_memory(Measured::gpu_memory, &AnswerLine::copy);
    if (groups.empty()) {
      add_memory(Measured::gpu_on_host, &AnswerLine::read);
    }
  }

  Table take() { return std::move(table_); }

 private:
  void add(const PeerGroup& group) {
    if (is_direct(group)) {
      table_.rows.push_back({"GPU to GPU, " + wire(group), lowest(group.one_way),
                             lowest(group.both_ways), format_share(share_of_all(group)),
                             group_verdict(group)});
    } else if (group.join == Join::refused) {
      table_.rows.push_back({"GPU to GPU, direct", "not possible", "", "", ""});
    }
    if (group.staged_one_way || group.staged_both_ways) {
      table_.rows.push_back({"GPU to GPU, staged", lowest(group.staged_one_way),
                             lowest(group.staged_both_ways), "-", elsewhere(group)});
    }
  }

  void add_memory(Measured what, MaybeSpread AnswerLine::*rate) {
    const AnswerLine* line = find_line(of_.conclusion, what);
    if (line == nullptr || !(line->*rate)) return;
    table_.rows.push_back(
        {line_name(what), lowest(line->*rate), "-", format_share(line->share), rated(line->good)});
  }

  /// Rings of NCCL are held against all links that are there, as copies are.
  std::optional<double> share_of_wire(const AnswerLine& line) const {
    const auto& groups = of_.conclusion.groups;
    if (!line.share || groups.size() != 1 || !partly_down(groups.front())) return line.share;
    return *line.share * *groups.front().links_up / *groups.front().links_present;
  }

  const Concluded& of_;
  Table table_;
};

/// "5 pairs"; "16 refused pairs".
std::string pairs_of(const PeerGroup& group) {
  return with_count(result::pairs_in(group), group.join == Join::refused ? "refused pair" : "pair");
}

/// Columns of many pairs: lowest, median, highest, of peak, verdict.
Table many_pairs(const Concluded& of) {
  Table table;
  table.columns = {{"GB/s", Align::left}, {"lowest"},  {"median"},
                   {"highest"},           {"of peak"}, {"", Align::left}};
  const auto add = [&](const std::string& name, const MaybeSpread& rates,
                       std::optional<double> share, const Text& verdict) {
    if (!rates || table.rows.size() == most_rows) return;
    table.rows.push_back({name, format_rate(rates->low), format_rate(rates->median),
                          format_rate(rates->high), format_share(share), verdict});
  };
  const auto& groups = of.conclusion.groups;
  const bool one = groups.size() == 1;
  for (const PeerGroup& group : groups) {
    const std::string links =
        group.links_up && !one ? fmt::format(" x{}", *group.links_up) : std::string();
    const std::string who =
        one ? "GPU to GPU, one way" : fmt::format("{}, {}{}", pairs_of(group), wire(group), links);
    add(who, group.one_way, share_of_all(group), group_verdict(group));
    if (one) add("GPU to GPU, both ways", group.both_ways, {}, "");
    if (one || !is_direct(group)) {
      add(one ? "GPU to GPU, staged" : pairs_of(group) + ", staged", group.staged_one_way, {},
          elsewhere(group));
    }
  }
  if (const AnswerLine* line = find_line(of.conclusion, Measured::host_link)) {
    add(link_row_name(*line), line->one_way, line->share, rated(line->good));
  }
  if (const AnswerLine* line = find_line(of.conclusion, Measured::gpu_memory)) {
    add(line_name(line->what), line->copy, line->share, rated(line->good));
  }
  return table;
}

/// Columns of one pool: read, write, copy, of peak.
Table one_pool(const Concluded& of) {
  Table table;
  table.columns = {{"GB/s", Align::left}, {"read"},         {"write"}, {"copy"},
                   {"of peak"},           {"", Align::left}};
  const auto add = [&](Measured what, const std::string& more, const char* unrated) {
    const AnswerLine* line = find_line(of.conclusion, what);
    if (line == nullptr) return;
    table.rows.push_back({line_name(what) + more, lowest(line->read), lowest(line->write),
                          lowest(line->copy), format_share(line->share),
                          line->good ? rated(line->good) : Text(unrated)});
  };
  int cores = 0;
  for (const auto& pool : of.run.machine.pools) cores += pool.cores;
  add(Measured::gpu_on_pool, "", "");
  add(Measured::cpu_on_pool, cores > 0 ? fmt::format(", {} cores", cores) : "",
      "cores need not fill it");
  add(Measured::both_on_pool, "", "");
  return table;
}

/// Without a GPU: what the cores of each NUMA node do with its memory.
Table host_only(const Concluded& of) {
  Table table;
  table.columns = {{"GB/s", Align::left}, {"read"}, {"write"}, {"copy"}};
  if (const AnswerLine* line = find_line(of.conclusion, Measured::host_memory)) {
    table.rows.push_back(
        {line_name(line->what), lowest(line->read), lowest(line->write), lowest(line->copy)});
  }
  return table;
}

/// NaN where it was not measured.
double figure_of(const Concluded& of, std::string_view name) {
  return machine::figure(of.conclusion.figures, name);
}

/// "4.5", "17": how many times.
std::string times(double ratio) { return fmt::format("{:.{}f}", ratio, ratio < 10 ? 1 : 0); }

std::string small_copies(const Concluded& of, const char* direct_name) {
  const double direct = figure_of(of, "small_copy_direct_us");
  const double staged = figure_of(of, "small_copy_staged_us");
  const double bytes = figure_of(of, "small_copy_bytes");
  if (std::isnan(bytes)) return "";
  std::string words = fmt::format("A copy of {:.0f} bytes takes ", bytes);
  if (std::isnan(direct)) return words + fmt::format("{} us staged.", format_rate(staged));
  words += fmt::format("{} us {}", format_rate(direct), direct_name);
  return words + (std::isnan(staged) ? "." : fmt::format(", {} us staged.", format_rate(staged)));
}

/// How direct copies lie to staged ones and to a GPU's own memory.
std::string compared(const Concluded& of) {
  const PeerGroup& group = of.conclusion.groups.front();
  const AnswerLine* memory = find_line(of.conclusion, Measured::gpu_memory);
  const auto& staged = group.staged_one_way;
  const MaybeSpread& way = group.one_way ? group.one_way : staged;
  if (!way || way->low <= 0) return "";
  const std::string name = !group.one_way                ? "Staging"
                           : group.join == Join::unknown ? "A direct copy"
                                                         : wire(group);
  std::vector<std::string> parts;
  if (group.one_way && staged && staged->low > 0) {
    const double ratio = way->low / staged->high;
    constexpr double alike = 0.05;
    parts.push_back(std::abs(ratio - 1) <= alike ? "no faster than staging"
                    : ratio < 1 ? fmt::format("slower than staging ({} against {} GB/s)",
                                              lowest(way), lowest(staged))
                                : fmt::format("{} times staging", times(ratio)));
  }
  if (memory != nullptr && memory->read && memory->read->low > 1.5 * way->low) {
    parts.push_back(fmt::format("1/{:.0f} of a GPU's own memory", memory->read->low / way->low));
  }
  if (parts.empty()) return "";
  return fmt::format("{} is {}.", name, fmt::join(parts, ", and "));
}

/// "At once: 4 pairs 1542 GB/s; one to all 391; all to one 392."
std::string at_once(const Concluded& of) {
  std::vector<std::string> parts;
  const auto add = [&](const char* name, const std::string& words) {
    const double rate = figure_of(of, name);
    if (!std::isnan(rate)) parts.push_back(fmt::format("{} {}", words, format_rate(rate)));
  };
  add("disjoint_pairs_gbs", fmt::format("{} pairs", of.run.machine.gpus.size() / 2));
  add("one_to_all_gbs", "one to all");
  add("all_to_one_gbs", "all to one");
  return parts.empty() ? "" : fmt::format("At once, in GB/s: {}.", fmt::join(parts, "; "));
}

std::string nccl_of_many(const Concluded& of) {
  const AnswerLine* line = find_line(of.conclusion, Measured::all_reduce);
  if (line == nullptr) return "";
  return fmt::format("NCCL over {}: all-reduce {} GB/s busbw at {}.", line->members,
                     lowest(line->one_way), format_bytes(line->bytes.value_or(0)));
}

bool few_pairs(const Concluded& of) {
  const auto& groups = of.conclusion.groups;
  return groups.empty() || (groups.size() == 1 && groups.front().pairs.size() <= 2);
}

bool is_one_pool(const Concluded& of) {
  return of.run.machine.machine_class == machine::Class::unified_pool;
}

void add_line(Section& section, const std::string& words) {
  if (!words.empty()) section.lines.emplace_back(words);
}

}  // namespace

Table answer_table(const Concluded& of) {
  Table table = of.run.machine.gpus.empty() ? host_only(of)
                : is_one_pool(of)           ? one_pool(of)
                : few_pairs(of)             ? FewPairs(of).take()
                                            : many_pairs(of);
  if (table.rows.size() > most_rows) table.rows.resize(most_rows);
  return table;
}

Section answer_sentences(const Concluded& of) {
  Section section{"", {}, Mark::none};
  if (is_one_pool(of)) {
    if (const double copy = figure_of(of, "host_copy_gbs"); !std::isnan(copy)) {
      add_line(section, fmt::format("A copy from CPU to GPU memory moves {} GB/s within the one "
                                    "pool: avoid it.",
                                    format_rate(copy)));
    }
    const double load = figure_of(of, "cpu_load_ns"),
                 beside = figure_of(of, "cpu_load_beside_gpu_ns");
    if (!std::isnan(load)) {
      const std::string busy =
          std::isnan(beside) ? "" : fmt::format(" ({:.0f} ns while the GPU reads)", beside);
      add_line(section, fmt::format("A load takes the CPU {:.0f} ns{}.", load, busy));
    }
    return section;
  }
  if (of.conclusion.groups.empty()) return section;
  if (few_pairs(of)) {
    add_line(section, compared(of));
    const Join join = of.conclusion.groups.front().join;
    add_line(section, small_copies(of, join == Join::nvlink ? "over NVLink" : "directly"));
    return section;
  }
  std::string first = at_once(of), second = nccl_of_many(of);
  const std::string small = small_copies(of, "directly");
  if (!second.empty() && !small.empty()) second += ' ';
  add_line(section, first);
  add_line(section, second + small);
  return section;
}

}  // namespace peerbench::report
