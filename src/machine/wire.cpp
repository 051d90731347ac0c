// SPDX-License-Identifier: Apache-2.0
#include "machine/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace peerbench::machine {

namespace {

constexpr Bytes least_bytes = Bytes{1} << 20;

/// Whether NVLink joins the pair.
Tri joined(const Machine& machine, const PeerTraffic& flow) {
  const PeerLink* link = find_link(machine, flow.from, flow.to);
  return link == nullptr ? Tri::unknown : link->nvlink.value;
}

bool leads_to_cpu(const Machine& machine, int ordinal) {
  const Gpu* gpu = find_gpu(machine, ordinal);
  return gpu != nullptr && gpu->c2c_links > 0;
}

/// Nothing can leave or reach it over NVLink.
bool without_links(const Machine& machine, int ordinal) {
  const Gpu* gpu = find_gpu(machine, ordinal);
  return gpu != nullptr && gpu->nvlinks_up == 0;
}

/// What the counters of all GPUs that send, or all that receive, moved by; none unless all of them
/// could be read.
Count sum(const Machine& machine, const std::vector<PeerTraffic>& flows,
          const std::vector<GpuTraffic>& counted, int PeerTraffic::*end,
          Count GpuTraffic::*direction) {
  std::vector<int> gpus;
  for (const PeerTraffic& flow : flows) gpus.push_back(flow.*end);
  std::ranges::sort(gpus);
  gpus.erase(std::unique(gpus.begin(), gpus.end()), gpus.end());
  std::uint64_t all = 0;
  for (const int gpu : gpus) {
    if (without_links(machine, gpu)) continue;
    const auto found = std::ranges::find(counted, gpu, &GpuTraffic::ordinal);
    if (found == counted.end() || !((*found).*direction)) return {};
    all += *((*found).*direction);
  }
  return all;
}

Count over_nvlink(const Machine& machine, const std::vector<PeerTraffic>& flows,
                  const std::vector<GpuTraffic>& counted) {
  const Count sent = sum(machine, flows, counted, &PeerTraffic::from, &GpuTraffic::sent);
  const Count received = sum(machine, flows, counted, &PeerTraffic::to, &GpuTraffic::received);
  if (sent && received) return std::max(*sent, *received);
  return sent ? sent : received;
}

std::string gigabytes(std::uint64_t bytes) {
  return fmt::format("{:.3g} GB", static_cast<double>(bytes) * 1e-9);
}

}  // namespace

Wire wire(const std::vector<PeerTraffic>& flows, bool peer_access,
          const std::vector<GpuTraffic>& counted, const Machine& machine, bool stuck) {
  Bytes all = 0, by_nvlink = 0;
  bool unknown = false, none_joined = true, to_cpu = false;
  for (const PeerTraffic& flow : flows) {
    all += flow.bytes;
    const Tri pair = joined(machine, flow);
    unknown = unknown || pair == Tri::unknown;
    none_joined = none_joined && pair == Tri::no;
    if (pair == Tri::yes) by_nvlink += flow.bytes;
    to_cpu = to_cpu || leads_to_cpu(machine, flow.from) || leads_to_cpu(machine, flow.to);
  }
  if (all < least_bytes) return {};
  const Count moved = over_nvlink(machine, flows, counted);
  const std::string other = !peer_access ? "host" : to_cpu ? "" : "pcie";
  if (!moved) {
    return {"", by_nvlink == 0 ? ""
                               : "NVML's NVLink byte counters cannot be read, so the wire is not "
                                 "proven"};
  }
  const Bytes expected = peer_access ? by_nvlink : all;
  const bool still = *moved < all / 100;
  const std::string both = fmt::format("the NVLink byte counters moved by {} while {} were copied",
                                       gigabytes(*moved), gigabytes(all));
  const bool may_cross = std::ranges::any_of(flows, [&](const PeerTraffic& flow) {
    return !without_links(machine, flow.from) && !without_links(machine, flow.to);
  });
  if (still && stuck && may_cross) {
    return {"",
            "the NVLink byte counters stayed at zero where they should have moved, so the wire is "
            "not proven"};
  }
  if (still && (!peer_access || (none_joined && !unknown))) return {other, ""};
  if (still && peer_access && unknown) return {};
  if (still) {
    return {"",
            both +
                " with peer access on a pair with NVLink: a counter that stays at zero with "
                "some drivers cannot be trusted, so the wire is not proven",
            false, true};
  }
  if (*moved > 2 * all) {
    return {"", both + ": others use NVLink too, so the wire is not proven"};
  }
  if (expected == all && *moved >= all / 2) return {"nvlink", "", !peer_access};
  if (unknown && *moved >= all / 2) return {"nvlink", ""};
  // Had NVLink carried all, the counters would have moved by nearer to all than to its pairs'
  // share.
  if (expected > 0 && expected < all && *moved >= expected / 2 &&
      *moved <= expected + (all - expected) / 2) {
    return {other.empty() ? "" : "nvlink+" + other,
            fmt::format("{}: what its pairs were to carry; the pairs without NVLink went {}", both,
                        other.empty() ? "another way" : "over PCIe")};
  }
  return {"", both + ": too little to prove that it carried them, too much to prove that not"};
}

}  // namespace peerbench::machine
