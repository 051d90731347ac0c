// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/numbers.hpp"
#include "base/units.hpp"
#include "report/machine_groups.hpp"
#include "report/machine_parts.hpp"

namespace peerbench::report {
namespace {

using machine::Ceiling;
using machine::Machine;

/// "56.25 GB/s one way = 4 links up x 14.0625 GB/s (rate as the driver reports it)", and on a line
/// of its own what packets leave of it.
std::string words(const Ceiling& ceiling, const char* counts) {
  std::string words = fmt::format("{} GB/s {}", format_precise(ceiling.gbs), counts);
  if (!ceiling.formula.empty()) words += " = " + ceiling.formula;
  if (!ceiling.source.empty()) words += fmt::format(" ({})", ceiling.source);
  if (ceiling.payload_gbs) {
    words += fmt::format("\npackets leave {} GB/s of it", format_precise(*ceiling.payload_gbs));
    if (!ceiling.payload_formula.empty()) words += ": " + ceiling.payload_formula;
  }
  return words;
}

/// The ceilings of one kind of thing, and of which things: pairs, GPUs or pools.
template <typename Item>
class Ceilings {
 public:
  void add(const std::optional<Ceiling>& ceiling, const char* counts, const Item& item) {
    if (ceiling) report::add(groups_, words(*ceiling, counts), item);
  }
  /// Hands over each ceiling in words, with `what` and the names of what has it.
  void into(std::vector<Group<std::string, std::string>>& lines, const char* what,
            const auto& names) const {
    for (const auto& group : groups_) {
      report::add(lines, group.key, fmt::format("{} {}", what, names(group.items)));
    }
  }

 private:
  std::vector<Group<std::string, Item>> groups_;
};

}  // namespace

Section ceiling_section(const Machine& machine) {
  Ceilings<std::pair<int, int>> nvlink, pcie;
  Ceilings<int> host, c2c;
  Ceilings<std::string> memory;
  for (const auto& link : machine.links) {
    nvlink.add(link.nvlink_ceiling, "one way", {link.from, link.to});
    // A box whose GPUs talk over NVLink does not show what they could over PCIe.
    if (!is_yes(link.nvlink.value)) pcie.add(link.pcie_ceiling, "one way", {link.from, link.to});
  }
  for (const auto& gpu : machine.gpus) {
    if (!is_yes(gpu.integrated.value)) host.add(gpu.pcie.ceiling, "one way", gpu.ordinal);
    c2c.add(gpu.c2c_ceiling, "one way", gpu.ordinal);
  }
  for (const auto& pool : machine.pools) memory.add(pool.ceiling, "of traffic", pool.id);

  const auto pairs = [&](const Pairs& items) { return describe_pairs(items, machine); };
  const auto cards = [&](const Ordinals& items) { return describe_cards(items, machine); };
  const auto pools = [&](const auto& items) { return describe_pools(items, machine); };
  std::vector<Group<std::string, std::string>> lines;
  nvlink.into(lines, "NVLink,", pairs);
  pcie.into(lines, "PCIe,", pairs);
  host.into(lines, "PCIe, host <->", cards);
  c2c.into(lines, "NVLink-C2C, CPU <->", cards);
  memory.into(lines, "memory of", pools);
  Section section{"Ceilings", {}};
  for (const auto& line : lines) {
    section.lines.emplace_back(fmt::format("{}: {}", fmt::join(line.items, "; "), line.key));
  }
  return section;
}

Section pool_section(const Machine& machine) {
  std::vector<Group<std::string, std::string>> groups;
  for (const auto& pool : machine.pools) {
    std::string words = fmt::format("{}, {} available", format_bytes(pool.total_bytes),
                                    format_bytes(pool.available_bytes));
    if (!pool.description.empty()) words += "; " + pool.description;
    if (pool.ceiling) {
      words += fmt::format("; at most {} GB/s of traffic", format_rate(pool.ceiling->gbs));
    }
    add(groups, words, pool.id);
  }
  Section section{"Memory pools", {}};
  for (const auto& group : groups) {
    section.lines.emplace_back(fmt::format("{}: {}{}", describe_pools(group.items, machine),
                                           group.items.size() > 1 ? "each " : "", group.key));
  }
  return section;
}

}  // namespace peerbench::report
