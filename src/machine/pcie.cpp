// SPDX-License-Identifier: Apache-2.0
#include "machine/pcie.hpp"
#include "base/list_some.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace peerbench::machine {

namespace {

/// One link and the port at its upper end.
struct Hop {
  PcieSpeed best;
  std::string upper;
};

std::optional<PcieSpeed> lesser(const std::optional<PcieSpeed>& a,
                                const std::optional<PcieSpeed>& b) {
  if (!a) return b;
  if (!b) return a;
  return PcieSpeed{std::min(a->generation, b->generation), std::min(a->width, b->width)};
}

/// What the link between two ports can carry: what both ends can do, on as many lanes as it has
/// trained. Lanes do not change with load; the generation does.
std::optional<PcieSpeed> best_of(const PciPort& upper, const PciPort& lower) {
  auto best = lesser(upper.max, lower.max);
  for (const PciPort* end : {&upper, &lower}) {
    if (best && end->current) best->width = std::min(best->width, end->current->width);
  }
  return best;
}

/// Links of the way from port `first` down to the GPU. Ports alternate: a root or downstream port,
/// then what hangs on it; a switch's own upstream and downstream ports have no link between them.
std::vector<Hop> hops(const std::vector<PciPort>& path, std::size_t first) {
  std::vector<Hop> found;
  for (std::size_t lower = path.size(); lower >= first + 2; lower -= 2) {
    const auto best = best_of(path[lower - 2], path[lower - 1]);
    if (best) found.push_back({*best, path[lower - 2].address});
  }
  return found;
}

std::optional<Hop> narrowest(const std::vector<Hop>& hops) {
  const auto least =
      std::ranges::min_element(hops, {}, [](const Hop& hop) { return pcie_gbs(hop.best); });
  return least == hops.end() ? std::nullopt : std::optional(*least);
}

std::size_t shared_ports(const GpuSignals& a, const GpuSignals& b) {
  if (a.pci_root.empty() || a.pci_root != b.pci_root) return 0;
  std::size_t shared = 0;
  while (shared < a.pci_path.size() && shared < b.pci_path.size() &&
         a.pci_path[shared].address == b.pci_path[shared].address) {
    ++shared;
  }
  return shared;
}

}  // namespace

double pcie_gbs(PcieSpeed speed) {
  constexpr double lane_gbs[] = {0,
                                 2.5 * 8 / 10 / 8,
                                 5.0 * 8 / 10 / 8,
                                 8.0 * 128 / 130 / 8,
                                 16.0 * 128 / 130 / 8,
                                 32.0 * 128 / 130 / 8,
                                 64.0 * 242 / 256 / 8};
  return lane_gbs[std::clamp(speed.generation, 0, 6)] * speed.width;
}

std::string pcie_text(PcieSpeed speed) {
  return fmt::format("{}.0 x{}", speed.generation, speed.width);
}

Ceiling pcie_ceiling(PcieSpeed speed) {
  struct Generation {
    const char* rate;
    const char* code;
  };
  constexpr Generation generations[] = {{"?", "?"},       {"2.5", "8/10"},   {"5", "8/10"},
                                        {"8", "128/130"}, {"16", "128/130"}, {"32", "128/130"},
                                        {"64", "242/256"}};
  const Generation& generation = generations[std::clamp(speed.generation, 0, 6)];
  Ceiling ceiling;
  ceiling.gbs = pcie_gbs(speed);
  ceiling.formula = fmt::format("PCIe {}: {} GT/s x {} x {} / 8", pcie_text(speed), generation.rate,
                                with_count(speed.width, "lane"), generation.code);
  ceiling.source = "rate per lane and line code of the PCI Express Base Specification";
  if (speed.generation <= 5) {
    // Framing and sequence 4, header of a write with a 64-bit address 16, CRC 4. The payload size
    // itself is root's to read; 256 bytes is what servers and workstations set.
    constexpr double payload = 256;
    constexpr double header = 24;
    ceiling.payload_gbs = ceiling.gbs * payload / (payload + header);
    ceiling.payload_formula = "packets of 256 bytes (assumed) with 24 bytes of header: x 256/280";
  }
  return ceiling;
}

bool pcie_is_placeholder(const GpuSignals& gpu) {
  return is_yes(gpu.gpu.integrated.value) || gpu.c2c_links > 0;
}

PcieLink pcie_link(const GpuSignals& gpu) {
  PcieLink link;
  if (pcie_is_placeholder(gpu)) return link;
  link.root = gpu.pci_root;
  const auto& path = gpu.pci_path;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) link.bridges.push_back(path[i].address);
  const PciPort card = path.empty() ? PciPort{} : path.back();
  link.current = gpu.pcie_current ? gpu.pcie_current : card.current;
  link.card_max = card.max ? card.max : gpu.pcie_card_max;
  if (path.size() >= 2) link.slot_max = path[path.size() - 2].max;

  if (const auto least = narrowest(hops(path, 0))) {
    link.narrowest = least->best;
    if (!link.bridges.empty() && least->upper != link.bridges.back()) {
      link.narrowest_at = least->upper;
    }
  } else if (link.narrowest = lesser(gpu.pcie_link_max, link.card_max); link.narrowest) {
    if (link.current) link.narrowest->width = std::min(link.narrowest->width, link.current->width);
  }
  if (link.narrowest) {
    link.ceiling = pcie_ceiling(*link.narrowest);
  }
  if (link.current && link.narrowest) {
    const auto able = lesser(link.card_max, link.slot_max).value_or(*link.narrowest);
    link.idle = {tri(link.current->generation < able.generation),
                 fmt::format("generation {} of {}", link.current->generation, able.generation)};
  }
  return link;
}

PciTopologyLevel pci_topology_level(const GpuSignals& a, const GpuSignals& b,
                                    std::size_t host_nodes) {
  if (a.pci_root.empty() || b.pci_root.empty()) return PciTopologyLevel::unknown;
  if (a.pci_root != b.pci_root) {
    if (a.numa_node >= 0 && b.numa_node >= 0) {
      return a.numa_node == b.numa_node ? PciTopologyLevel::node : PciTopologyLevel::sys;
    }
    return host_nodes == 1 ? PciTopologyLevel::node : PciTopologyLevel::unknown;
  }
  const std::size_t shared = shared_ports(a, b);
  if (shared == 0) return PciTopologyLevel::phb;
  // Below the shared port each card hangs on a port of its own; more of them are further bridges.
  const auto own = [&](const GpuSignals& gpu) { return gpu.pci_path.size() - 1 - shared; };
  return own(a) <= 1 && own(b) <= 1 ? PciTopologyLevel::pix : PciTopologyLevel::pxb;
}

std::optional<PcieSpeed> narrowest_between(const GpuSignals& a, const GpuSignals& b) {
  if (pcie_is_placeholder(a) || pcie_is_placeholder(b)) return std::nullopt;
  const std::size_t shared = shared_ports(a, b);
  std::optional<PcieSpeed> least;
  for (const GpuSignals* gpu : {&a, &b}) {
    // A link counts when its upper port is the GPU's own: the shared ones are a switch's inside.
    auto way = narrowest(hops(gpu->pci_path, shared));
    const auto own = way ? std::optional(way->best) : pcie_link(*gpu).narrowest;
    if (!own) return std::nullopt;
    if (!least || pcie_gbs(*own) < pcie_gbs(*least)) least = own;
  }
  return least;
}

}  // namespace peerbench::machine
