// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/numbers.hpp"
#include "machine/pcie.hpp"
#include "report/cells.hpp"
#include "report/machine_columns.hpp"
#include "report/machine_groups.hpp"
#include "report/machine_parts.hpp"

namespace peerbench::report {
namespace {

using machine::Gpu;
using machine::Machine;
using machine::PcieLink;
using machine::PcieSpeed;

/// "0,2,4,...,62": the kernel lists the cores of interleaved nodes one by one.
std::string cores(const std::string& list) {
  constexpr std::size_t enough = 20;
  const std::size_t last = list.rfind(',');
  if (list.size() <= enough || last == std::string::npos || last <= enough / 2) return list;
  return list.substr(0, list.rfind(',', enough / 2) + 1) + "..." + list.substr(last);
}

/// A generation doubles the rate of a lane, so 5.0 x8 is no slower than 4.0 x16.
bool slower(const PcieSpeed& speed, const PcieSpeed& than) {
  const auto rate = [](const PcieSpeed& s) { return std::ldexp(s.width, s.generation); };
  return rate(speed) < rate(than);
}

/// What card and slot could do together.
std::optional<PcieSpeed> able(const PcieLink& link) {
  if (!link.card_max || !link.slot_max) return link.card_max ? link.card_max : link.slot_max;
  return PcieSpeed{std::min(link.card_max->generation, link.slot_max->generation),
                   std::min(link.card_max->width, link.slot_max->width)};
}

std::string describe_link(const PcieLink& link) {
  std::string words;
  const auto seen = link.under_load ? link.under_load : link.current;
  if (link.under_load) {
    words = machine::pcie_text(*link.under_load) + " under load";
    if (link.current && slower(*link.current, *link.under_load)) {
      words += ", " + machine::pcie_text(*link.current) + " idle";
    }
  } else if (link.current) {
    words = machine::pcie_text(*link.current) + (is_yes(link.idle.value) ? " idle" : "");
  }
  const auto best = able(link);
  if (!best || (seen && !slower(*seen, *best))) return words.empty() ? not_known : words;
  return words + (words.empty() ? "" : ", ") + machine::pcie_text(*best) + " able";
}

bool known(const PcieLink& link) {
  return link.current || link.under_load || able(link) || link.narrowest || link.ceiling;
}

/// What makes the way narrower than the GPU; empty when nothing does.
std::string narrowing(const PcieLink& link) {
  const auto best = able(link);
  if (link.narrowest && best && slower(*link.narrowest, *best)) {
    return fmt::format("the way is narrowest {}, {}; card and slot could {}",
                       link.narrowest_at.empty() ? "at the slot" : "below " + link.narrowest_at,
                       machine::pcie_text(*link.narrowest), machine::pcie_text(*best));
  }
  if (best && link.card_max && slower(*best, *link.card_max)) {
    return fmt::format("the slot gives {}, the card could {}", machine::pcie_text(*best),
                       machine::pcie_text(*link.card_max));
  }
  return "";
}

std::vector<Text> narrowings(const Machine& machine) {
  std::vector<Group<std::string, int>> groups;
  for (const Gpu& gpu : machine.gpus) {
    if (is_yes(gpu.integrated.value)) continue;
    if (const auto words = narrowing(gpu.pcie); !words.empty()) add(groups, words, gpu.ordinal);
  }
  std::vector<Text> lines;
  for (const auto& group : groups) {
    lines.emplace_back(describe_cards(group.items, machine) + ": " + group.key, Tone::warning);
  }
  return lines;
}

}  // namespace

std::string describe_load(const Machine& machine) {
  std::vector<Group<std::string, int>> groups;
  for (const Gpu& gpu : machine.gpus) {
    if (gpu.pcie.under_load) add(groups, describe_link(gpu.pcie), gpu.ordinal);
  }
  std::string words;
  for (const auto& group : groups) {
    words += (words.empty() ? "" : "; ") + describe_cards(group.items, machine) + " " + group.key;
  }
  return words;
}

std::optional<Table> host_way_table(const Machine& machine) {
  Table table{"How each GPU reaches the host",
              "",
              {{"gpu", Align::left},
               {"PCIe link", Align::left},
               {"narrowest", Align::left},
               {"GB/s"},
               {"NUMA\nnode"},
               {"nearest\ncores", Align::left}},
              {},
              {}};
  bool any_known = false;
  bool narrow = false;
  for (const Gpu& gpu : machine.gpus) {
    if (is_yes(gpu.integrated.value)) continue;
    any_known = any_known || known(gpu.pcie) || gpu.numa_node >= 0;
    const bool only_c2c = gpu.c2c_links > 0 && !known(gpu.pcie);
    const char* const nothing = only_c2c ? does_not_apply : not_known;
    const auto& narrowest = gpu.pcie.narrowest;
    narrow = narrow || (narrowest && narrowest != able(gpu.pcie));
    table.rows.push_back({fmt::format("gpu{}", gpu.ordinal),
                          only_c2c ? does_not_apply : describe_link(gpu.pcie),
                          narrowest ? machine::pcie_text(*narrowest) : nothing,
                          gpu.pcie.ceiling ? format_rate(gpu.pcie.ceiling->gbs) : nothing,
                          gpu.numa_node < 0 ? does_not_apply : std::to_string(gpu.numa_node),
                          gpu.cpus.empty() ? does_not_apply : cores(gpu.cpus)});
  }
  if (!any_known) return std::nullopt;
  if (!narrow) {  // the link itself is the narrowest: its own column says it all
    for (auto& row : table.rows) row[2] = does_not_apply;
  }
  drop_silent_columns(table);
  table.note = meanings(
      table,
      legend(table, {{"GB/s", "one way, at most, over the narrowest PCIe link to the host"},
                     {"narrowest", "the slowest link on that way, at its best"}}),
      {{"idle", "a GPU with nothing to do slows its link down"},
       {"able", "what card and slot could do"},
       {"under load", "while it was copying"}});
  table.remarks = narrowings(machine);
  return table;
}

}  // namespace peerbench::report
