#include "machine/peer_links.hpp"

#include <fmt/format.h>

#include <algorithm>

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
    } else if (to_peer || port.remote == Remote::unknown) {
      ++result.unclear;
    }
  }
  return result;
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

}  // namespace

std::vector<PeerLink> peer_links(const Signals& signals) {
  std::vector<PeerLink> links;
  for (const PairSignals& pair : signals.pairs) {
    const GpuSignals& from = signals.gpus[pair.from];
    const GpuSignals& to = signals.gpus[pair.to];
    PeerLink link;
    link.from = pair.from;
    link.to = pair.to;
    link.can_access = pair.can_access;
    if (!is_yes(from.nvlinks_asked.value)) {
      link.nvlink = {from.nvlinks_asked.value, from.nvlinks_asked.raw};
      if (is_no(from.nvlinks_asked.value)) link.links_up = link.links_present = 0;
      links.push_back(link);
      continue;
    }
    const Count mine = count(from, to.gpu.pci_bus_id);
    const Count theirs = count(to, from.gpu.pci_bus_id);
    const bool other_side_known = to.nvlinks_asked.value != Tri::unknown;
    const int through_switch =
        other_side_known ? std::min(mine.to_switch, theirs.to_switch) : mine.to_switch;
    link.links_up = mine.direct + through_switch;
    // A link that is down hides where it leads. In a box of two it can only lead to the other one.
    const int maybe_there = signals.gpus.size() == 2 ? mine.down_anywhere : 0;
    link.links_present = *link.links_up + mine.down_to + maybe_there;
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
    links.push_back(link);
  }
  return links;
}

}  // namespace peerbench::machine
