// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/numbers.hpp"
#include "report/machine_parts.hpp"

namespace peerbench::report {
namespace {

using machine::Machine;
using machine::PciTopologyLevel;
using machine::PeerLink;

std::string rate(const std::optional<machine::Ceiling>& ceiling) {
  return format_rate(ceiling ? std::optional(ceiling->gbs) : std::nullopt);
}

bool part_down(const PeerLink& link) {
  return link.links_up && link.links_present && *link.links_up < *link.links_present;
}

/// "NV4", "NV3/4", "PHB", "PCIe" of an unknown way; "PHB?" where NVLink could not be asked.
std::string join_word(const PeerLink& link) {
  if (is_yes(link.nvlink.value)) {
    std::string words = "NV" + (link.links_up ? std::to_string(*link.links_up) : "?");
    return part_down(link) ? fmt::format("{}/{}", words, *link.links_present) : words;
  }
  const bool no_nvlink = is_no(link.nvlink.value);
  if (link.way == PciTopologyLevel::unknown) return no_nvlink ? "PCIe" : "?";
  return std::string(name(link.way)) + (no_nvlink ? "" : "?");
}

Text entry(const PeerLink& link) {
  const bool nvlink = is_yes(link.nvlink.value);
  const std::string word = join_word(link);
  const std::string figure = rate(nvlink ? link.nvlink_ceiling : link.pcie_ceiling);
  const Tone tone = !nvlink ? Tone::plain : part_down(link) ? Tone::warning : Tone::good;
  return {word == "?" && figure == "-" ? word : word + " " + figure, tone};
}

const char* describe_level(PciTopologyLevel way) {
  switch (way) {
    case PciTopologyLevel::same_board:
      return "both GPUs are on one board";
    case PciTopologyLevel::pix:
      return "PCIe, through one bridge at most";
    case PciTopologyLevel::pxb:
      return "PCIe, through several bridges but not the host's";
    case PciTopologyLevel::phb:
      return "PCIe, through a host bridge, typically the CPU's";
    case PciTopologyLevel::node:
      return "PCIe, from one host bridge of a NUMA node to another";
    case PciTopologyLevel::sys:
      return "PCIe, and from one NUMA node to another, over the link between sockets";
    case PciTopologyLevel::unknown:
      break;
  }
  return "";
}

std::string describe_nvlink(const PeerLink& link) {
  std::string count = link.links_up ? std::to_string(*link.links_up) : "an unknown number of";
  if (part_down(link)) count += fmt::format(" of {}", *link.links_present);
  return fmt::format("{} NVLink{} up from the row's GPU to {}", count, count == "1" ? "" : "s",
                     link.through_switch ? "switches; all its pairs share them" : "the column's");
}

/// One line for each word that is there.
std::vector<Text> legend_of(const Machine& machine) {
  std::map<std::pair<int, std::string>, std::string> nvlinks;  // by how many are up
  std::set<PciTopologyLevel> ways;
  bool open = false;
  for (const PeerLink& link : machine.links) {
    if (is_yes(link.nvlink.value)) {
      nvlinks.emplace(std::pair(link.links_up.value_or(0), join_word(link)), describe_nvlink(link));
    } else if (link.way != PciTopologyLevel::unknown) {
      ways.insert(link.way);
      open = open || link.nvlink.value == Tri::unknown;
    }
  }
  std::vector<Text> lines;
  for (const auto& [key, meaning] : nvlinks) lines.emplace_back(key.second + ": " + meaning);
  for (const PciTopologyLevel way : ways) {
    lines.emplace_back(fmt::format("{}: {}", name(way), describe_level(way)));
  }
  if (open) lines.emplace_back("? after a word: whether NVLinks join the GPUs could not be asked");
  const auto used = [&](const char* word) {
    return std::ranges::any_of(machine.links,
                               [&](const PeerLink& link) { return join_word(link) == word; });
  };
  if (used("PCIe")) lines.emplace_back("PCIe: by which way could not be asked");
  if (used("?")) lines.emplace_back("?: what joins the GPUs could not be asked");
  return lines;
}

/// "Ways over PCIe as NVML says."
std::string sources(const Machine& machine) {
  std::set<std::string> found;
  for (const PeerLink& link : machine.links) {
    if (!link.way_source.empty() && !is_yes(link.nvlink.value)) found.insert(link.way_source);
  }
  return found.empty() ? "" : fmt::format(" Ways over PCIe: as {} says.", fmt::join(found, " or "));
}

}  // namespace

std::optional<Table> pair_matrix(const Machine& machine) {
  if (machine.links.empty()) return std::nullopt;
  Table table{"What joins the GPUs",
              "From the row's GPU to the column's; GB/s one way, at most." + sources(machine),
              {{"from \\ to", Align::left}},
              {},
              legend_of(machine)};
  for (const auto& gpu : machine.gpus) {
    table.columns.push_back({fmt::format("gpu{}", gpu.ordinal), Align::left});
  }
  bool lacks_rates = false;
  for (const auto& from : machine.gpus) {
    auto& row = table.rows.emplace_back(std::vector<Text>{fmt::format("gpu{}", from.ordinal)});
    for (const auto& to : machine.gpus) {
      const PeerLink* link = machine::find_link(machine, from.ordinal, to.ordinal);
      const bool same = from.ordinal == to.ordinal;
      row.push_back(same ? Text("X") : link == nullptr ? Text("?") : entry(*link));
      lacks_rates = lacks_rates || row.back().words.ends_with(" -");
    }
  }
  if (lacks_rates) table.note += " -: the rate is not known.";
  return table;
}

}  // namespace peerbench::report
