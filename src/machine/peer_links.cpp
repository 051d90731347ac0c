// SPDX-License-Identifier: Apache-2.0
#include "machine/peer_links.hpp"

#include <nvml.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "machine/ceilings.hpp"
#include "machine/gpu_kind.hpp"
#include "machine/pcie.hpp"

namespace peerbench::machine {

std::string nvlink_version_text(int version) {
  // nvml.h, NVML_NVLINK_VERSION_*; the numbers are no versions themselves.
  static const std::vector<std::string> texts = {"",    "1.0", "2.0", "2.2", "3.0",
                                                 "3.1", "4.0", "5.0", "6.0"};
  return version > 0 && version < static_cast<int>(texts.size()) ? texts[version] : "";
}

namespace {

using Remote = NvlinkPort::Remote;

/// What the links of one GPU say about one other GPU.
struct Count {
  int direct = 0;     ///< up, to that GPU
  int elsewhere = 0;  ///< up, to another GPU
  int to_switch = 0;  ///< up, to a switch
  int unclear = 0;    ///< may lead there and may be up: could not be asked
  int down_to = 0;    ///< down, known to lead there
  int down_anywhere = 0;
};

bool carries_peer_traffic(const NvlinkPort& port) { return !is_no(port.peer_capable.value); }

Count count(const GpuSignals& gpu, const std::string& peer_pci) {
  Count result;
  for (const NvlinkPort& port : gpu.ports) {
    const bool to_peer = port.remote == Remote::gpu && port.remote_pci == peer_pci;
    if (is_no(port.up.value)) {
      if (to_peer) ++result.down_to;
      if (port.remote == Remote::unknown) ++result.down_anywhere;
    } else if (!carries_peer_traffic(port)) {
      continue;
    } else if (is_yes(port.up.value) && to_peer) {
      ++result.direct;
    } else if (is_yes(port.up.value) && port.remote == Remote::nvswitch) {
      ++result.to_switch;
    } else if (is_yes(port.up.value) && port.remote == Remote::gpu) {
      ++result.elsewhere;
    } else if (to_peer || port.remote == Remote::unknown) {
      ++result.unclear;
    }
  }
  return result;
}

/// Ports that are down and do not say where they lead.
int dark_ports(const GpuSignals& gpu) {
  return static_cast<int>(std::ranges::count_if(gpu.ports, [](const NvlinkPort& port) {
    return is_no(port.up.value) && port.remote == Remote::unknown;
  }));
}

/// How many dark ports of a mesh must join these two: where one GPU has as many as all others that
/// are like it have together, theirs can lead to it only. 0 where that does not follow.
int dark_between(const Signals& signals, const GpuSignals& from, const GpuSignals& to) {
  const GpuSignals& hub = dark_ports(from) > dark_ports(to) ? from : to;
  int others = 0;
  for (const GpuSignals& gpu : signals.gpus) {
    if (dark_ports(gpu) > 0 && !alike(gpu, hub)) return 0;
    if (&gpu != &hub) others += dark_ports(gpu);
  }
  return dark_ports(hub) == others ? std::min(dark_ports(from), dark_ports(to)) : 0;
}

/// Links that are down hide where they lead. Of a pair that only has each other they can only
/// belong to it, as far as cards of that NVLink version have them wired to a bridge at all.
int down_between(const Signals& signals, const GpuSignals& from, const GpuSignals& to,
                 const Count& mine, const Count& theirs, const std::optional<int>& version) {
  if (mine.to_switch > 0) return mine.down_to;
  const bool only_each_other =
      signals.gpus.size() == 2 || (mine.direct > 0 && mine.elsewhere == 0 && theirs.elsewhere == 0);
  if (!only_each_other) return mine.down_to + dark_between(signals, from, to);
  const int maybe = std::min(mine.down_anywhere, theirs.down_anywhere);
  const int wired = version ? bridge_links(*version) : 0;
  const int room = wired > 0 ? std::max(0, wired - mine.direct) : maybe;
  return mine.down_to + std::min(maybe, room);
}

void add_rate_and_version(const GpuSignals& gpu, const std::string& peer_pci, PeerLink& link) {
  for (const NvlinkPort& port : gpu.ports) {
    const bool on_the_way = port.remote == Remote::nvswitch ||
                            (port.remote == Remote::gpu && port.remote_pci == peer_pci);
    if (!is_yes(port.up.value) || !on_the_way) continue;
    // Links of one bundle run at one speed; should they not, the slowest is what can be promised.
    if (port.mbps) {
      const double gbs = *port.mbps / 1000;
      link.raw_gbs_per_link = std::min(link.raw_gbs_per_link.value_or(gbs), gbs);
    }
    if (port.version) link.nvlink_version = nvlink_version_text(*port.version);
  }
}

void add_nvlinks(const Signals& signals, const GpuSignals& from, const GpuSignals& to,
                 PeerLink& link) {
  if (!is_yes(from.nvlinks_asked.value)) {
    link.nvlink = {from.nvlinks_asked.value, from.nvlinks_asked.raw};
    if (is_no(from.nvlinks_asked.value)) link.links_up = link.links_present = 0;
    return;
  }
  const Count mine = count(from, to.gpu.pci_bus_id);
  const Count theirs = count(to, from.gpu.pci_bus_id);
  const bool other_side_known = to.nvlinks_asked.value != Tri::unknown;
  const int through_switch =
      other_side_known ? std::min(mine.to_switch, theirs.to_switch) : mine.to_switch;
  std::optional<int> version;
  for (const NvlinkPort& port : from.ports) {
    if (port.version) version = port.version;
  }
  link.links_up = mine.direct + through_switch;
  link.links_present = *link.links_up + down_between(signals, from, to, mine, theirs, version);
  link.through_switch = through_switch > 0;
  if (*link.links_up > 0) {
    link.nvlink = {Tri::yes, fmt::format("{} up", *link.links_up)};
  } else if (mine.unclear > 0) {
    link.nvlink = {Tri::unknown, fmt::format("{} links could not be followed", mine.unclear)};
    link.links_up.reset();
    link.links_present.reset();
  } else {
    link.nvlink = {Tri::no, fmt::format("{} of {} up", *link.links_up, *link.links_present)};
  }
  add_rate_and_version(from, to.gpu.pci_bus_id, link);
}

void add_pci_way(const Signals& signals, const PairSignals& pair, const GpuSignals& from,
                 const GpuSignals& to, PeerLink& link) {
  link.way = pair.way;
  if (link.way != PciTopologyLevel::unknown) {
    link.way_source = "NVML";
  } else if (link.way = pci_topology_level(from, to, signals.pools.size());
             link.way != PciTopologyLevel::unknown) {
    link.way_source = "sysfs";
  }
  if (const auto speed = narrowest_between(from, to)) {
    link.pcie_ceiling = pcie_ceiling(*speed);
  }
}

}  // namespace

int bridge_links(int version) {
  // 3.0: three bridges of four links join two A100 PCIe (nvidia-smi topo -m shows NV12). 3.1: one
  // bridge of four joins two GeForce or RTX cards of GA102 (NVIDIA GA102 whitepaper). 4.0: three of
  // four join two H100 PCIe, whose other six of 18 ports lead nowhere (nvidia-smi nvlink -s).
  // The numbers are nvml.h's NVML_NVLINK_VERSION_*, which that of CUDA 12.4 lacks.
  constexpr int nvlink_3_0 = 4;
  constexpr int nvlink_3_1 = 5;
  constexpr int nvlink_4_0 = 6;
  switch (version) {
    case nvlink_3_0:
    case nvlink_4_0:
      return 12;
    case nvlink_3_1:
      return 4;
    default:
      return 0;
  }
}

std::vector<PeerLink> peer_links(const Signals& signals) {
  std::vector<PeerLink> links;
  for (const PairSignals& pair : signals.pairs) {
    const GpuSignals& from = signals.gpus[static_cast<std::size_t>(pair.from)];
    const GpuSignals& to = signals.gpus[static_cast<std::size_t>(pair.to)];
    PeerLink link;
    link.from = pair.from;
    link.to = pair.to;
    link.can_access = pair.can_access;
    link.allowed = pair.allowed;
    link.native_atomics = pair.native_atomics;
    link.cuda_rank = pair.cuda_rank;
    add_pci_way(signals, pair, from, to, link);
    add_nvlinks(signals, from, to, link);
    link.nvlink_ceiling =
        nvlink_ceiling(link.links_up.value_or(0), link.raw_gbs_per_link, link.nvlink_version);
    links.push_back(std::move(link));
  }
  return links;
}

}  // namespace peerbench::machine
