// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "machine/finding_parts.hpp"
#include "machine/gpu_kind.hpp"

namespace peerbench::machine {

namespace {

int links_up(const GpuSignals& gpu) {
  return static_cast<int>(std::ranges::count_if(
      gpu.ports, [](const NvlinkPort& port) { return is_yes(port.up.value); }));
}

bool on_a_switch(const GpuSignals& gpu) {
  return std::ranges::any_of(gpu.ports, [](const NvlinkPort& port) {
    return is_yes(port.up.value) && port.remote == NvlinkPort::Remote::nvswitch;
  });
}

/// Whether this GPU's links are wired on a board, and not by bridges that may be missing: a module,
/// one that leads to a switch, or to several GPUs.
bool wired(const GpuSignals& gpu) {
  std::set<std::string> ends;
  for (const NvlinkPort& port : gpu.ports) {
    if (is_yes(port.up.value) && port.remote == NvlinkPort::Remote::gpu) {
      ends.insert(port.remote_pci);
    }
  }
  return is_module(gpu) || on_a_switch(gpu) || ends.size() > 1;
}

/// Links between two GPUs, of which some are down. Where neither GPU has any link up there may be
/// no bridge, and modules are a finding of their own.
void pairs(const Signals& signals, const Machine& machine, std::vector<Finding>& found) {
  for (const PeerLink& link : machine.links) {
    if (link.from > link.to) continue;
    const GpuSignals& from = signals.gpus[static_cast<std::size_t>(link.from)];
    const GpuSignals& to = signals.gpus[static_cast<std::size_t>(link.to)];
    const int up = link.links_up.value_or(0), present = link.links_present.value_or(0);
    const bool others_up = links_up(from) > 0 || links_up(to) > 0;
    const auto add = [&](FindingCode code, Figures figures = {}) {
      found.push_back(make_finding(code, {pair_subject(link.from, link.to)}, std::move(figures)));
    };
    if (up < present && others_up) {
      add(FindingCode::nvlinks_partly_down, {{"links_up", up}, {"links_present", present}});
    }
    if (up == 0 && present > 0 && !others_up && !is_module(from)) {
      add(FindingCode::nvlinks_all_down);
    }
    if (is_yes(link.nvlink.value) && is_no(link.can_access.value)) add(FindingCode::nvlink_refused);
  }
}

/// Cards among others with ports that no bridge joins, as far as no pair says so.
void without_bridge(const Signals& signals, const Machine& machine, std::vector<Finding>& found) {
  if (signals.gpus.size() < 3) return;
  for (const GpuSignals& gpu : signals.gpus) {
    const bool in_a_pair = std::ranges::any_of(machine.links, [&](const PeerLink& link) {
      return link.from == gpu.gpu.ordinal && link.links_present.value_or(0) > 0;
    });
    if (gpu.ports.empty() || links_up(gpu) > 0 || is_module(gpu) || in_a_pair) continue;
    if (!is_yes(gpu.nvlinks_asked.value)) continue;
    found.push_back(make_finding(FindingCode::nvlinks_all_down, {gpu_subject(gpu.gpu.ordinal)}));
  }
}

/// How many links the board wires to GPUs like this one, as far as any of them shows; 0 where no
/// board does. Boards with switches lead every port to one; meshes may leave ports out.
int links_wired(const Signals& signals, const GpuSignals& gpu) {
  int most = 0;
  bool on_a_board = false;
  for (const GpuSignals& other : signals.gpus) {
    if (!alike(gpu, other)) continue;
    const int up = on_a_switch(other) ? static_cast<int>(other.ports.size()) : links_up(other);
    most = std::max(most, up);
    on_a_board = on_a_board || wired(other);
  }
  return on_a_board ? most : 0;
}

void uneven(const Signals& signals, std::vector<Finding>& found) {
  for (const GpuSignals& gpu : signals.gpus) {
    const int up = links_up(gpu), most = links_wired(signals, gpu);
    if (up >= most || gpu.nvlinks_asked.value == Tri::unknown) continue;
    found.push_back(make_finding(FindingCode::nvlinks_uneven, {gpu_subject(gpu.gpu.ordinal)},
                                 {{"links_up", up}, {"links_wired", most}}));
  }
}

/// Modules whose baseboard joins them, and no link of any is up. One alone has nobody to talk to.
void modules_down(const Signals& signals, std::vector<Finding>& found) {
  const auto dark = [](const GpuSignals& gpu) {
    return is_module(gpu) && links_up(gpu) == 0 && gpu.nvlinks_asked.value != Tri::unknown;
  };
  for (const GpuSignals& gpu : signals.gpus) {
    const auto like = [&](const GpuSignals& other) { return alike(gpu, other); };
    const auto all = std::ranges::count_if(signals.gpus, like);
    const auto in_the_dark = std::ranges::count_if(
        signals.gpus, [&](const GpuSignals& other) { return like(other) && dark(other); });
    if (all < 2 || in_the_dark != all) continue;
    found.push_back(make_finding(FindingCode::nvlink_modules_down, {gpu_subject(gpu.gpu.ordinal)},
                                 {{"links", static_cast<double>(gpu.ports.size())}}));
  }
}

/// What the two directions of a pair say differently.
void one_sided(const Machine& machine, std::vector<Finding>& found) {
  for (const PeerLink& link : machine.links) {
    const PeerLink* back = find_link(machine, link.to, link.from);
    if (link.from > link.to || back == nullptr) continue;
    const Subject both = pair_subject(link.from, link.to);
    const bool known =
        link.can_access.value != Tri::unknown && back->can_access.value != Tri::unknown;
    if (known && link.can_access.value != back->can_access.value) {
      found.push_back(make_finding(FindingCode::peer_access_one_sided, {both}));
    }
    if (link.links_up && back->links_up && *link.links_up != *back->links_up) {
      found.push_back(make_finding(FindingCode::nvlinks_miscounted, {both}));
    }
  }
}

}  // namespace

void nvlink_findings(const Signals& signals, const Machine& machine, std::vector<Finding>& found) {
  pairs(signals, machine, found);
  modules_down(signals, found);
  without_bridge(signals, machine, found);
  uneven(signals, found);
  one_sided(machine, found);
}

}  // namespace peerbench::machine
