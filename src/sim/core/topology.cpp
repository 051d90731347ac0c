// SPDX-License-Identifier: Apache-2.0
#include "sim/core/topology.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

#include "sim/core/host_rate.hpp"
#include "sim/pci_tree.hpp"

namespace gpusim {
namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();

/// Rate of pinned copies when the machine file knows none: PCI Express per lane after encoding
/// (PCIe Base Specification: 2.5 and 5 GT/s with 8b/10b, then 128b/130b), times 0.85 for packets.
double assumed_host_rate(const GpuDescription& gpu) {
  constexpr std::array<double, 7> lane_gbs = {0, 0.25, 0.5, 0.985, 1.969, 3.938, 7.563};
  if (gpu.pcie_generation <= 0 || gpu.pcie_width <= 0) return gpu.local_copy_gbs.value / 2;
  const auto generation = static_cast<std::size_t>(std::min(gpu.pcie_generation, 6));
  return 0.85 * lane_gbs[generation] * gpu.pcie_width;
}

double value_or(const std::optional<Figure>& figure, double otherwise) {
  return figure ? figure->value : otherwise;
}

double bundle_gbs(const LinkBundle& bundle) {
  return bundle.up * bundle.raw_gbs_per_link.value * bundle.copy_efficiency.value;
}

std::string gpu_name(int gpu) { return "gpu" + std::to_string(gpu); }

}  // namespace

Topology::Topology(const MachineFile& machine) : machine_(machine), copy_engines_(machine) {
  for (std::size_t g = 0; g < machine.gpus.size(); ++g) add_gpu(static_cast<int>(g));
  for (const LinkBundle& bundle : machine.links) add_bundle(bundle);
  for (const Bridge& bridge : machine.bridges) {
    if (!bridge.uplink_gbs) continue;
    const double gbs = bridge.uplink_gbs->value;
    bridges_.push_back({.address = bridge.address,
                        .up = add("bridge:" + bridge.address + "-host", gbs),
                        .down = add("bridge:host-" + bridge.address, gbs)});
  }
  if (machine.host.staging) staging_ = add("staging", machine.host.staging->total_gbs.value);
  const int nodes = count_nodes(machine.host.topology);
  for (int node = 0; node < nodes; ++node) {
    const std::string name = "host" + std::to_string(node);
    if (const auto& shared = machine.host.pool.shared_gbs) {
      host_memories_.push_back(add(name + ".memory", shared->value / nodes));
    }
    const auto& remote = machine.host.pool.remote_gbs;
    for (int other = 0; remote && other < nodes; ++other) {
      if (other == node) continue;
      between_[{node, other}] = add(name + "-host" + std::to_string(other), remote->value);
    }
  }
}

void Topology::add_gpu(int index) {
  const GpuDescription& gpu = described(index);
  const std::string name = gpu_name(index);
  const double in = value_or(gpu.host_to_device_gbs, assumed_host_rate(gpu));
  const double out = value_or(gpu.device_to_host_gbs, assumed_host_rate(gpu));
  const double peer = value_or(gpu.peer_gbs, 0);
  GpuResources resources{.memory = add(name + ".memory", gpu.local_copy_gbs.value),
                         .from_host = add("host-" + name, std::max(in, peer)),
                         .to_host = add(name + "-host", std::max(out, peer))};
  if (gpu.l2_gbs) resources.l2 = add(name + ".l2", gpu.l2_gbs->value);
  if (const auto& rate = gpu.kernel_from_host_gbs) {
    resources.kernel_in = add("host-" + name + ".kernel", rate->value);
  }
  if (const auto& rate = gpu.kernel_to_host_gbs) {
    resources.kernel_out = add(name + "-host.kernel", rate->value);
  }
  if (gpu.peer_gbs) {
    resources.host_in = add("host-" + name + ".host", in);
    resources.host_out = add(name + "-host.host", out);
    resources.peer_in = add("host-" + name + ".peer", peer);
    resources.peer_out = add(name + "-host.peer", peer);
  }
  if (gpu.host_both_ways_gbs) {
    resources.host_both = add("host+" + name, gpu.host_both_ways_gbs->value);
  }
  if (gpu.peer_both_ways_gbs) {
    resources.peer_both = add("peers+" + name, gpu.peer_both_ways_gbs->value);
  }
  gpus_.push_back(resources);
}

void Topology::add_bundle(const LinkBundle& bundle) {
  const std::string a = gpu_name(bundle.a);
  const std::string b = bundle.to_switch() ? "switch" : gpu_name(bundle.b);
  const double one_way = bundle_gbs(bundle);
  const double both = 2 * one_way * value_or(bundle.both_ways_efficiency, 1);
  bundles_.push_back({.forward = add(bundle.kind + ":" + a + "-" + b, one_way),
                      .backward = add(bundle.kind + ":" + b + "-" + a, one_way),
                      .both = add(bundle.kind + ":" + a + "+" + b, both)});
}

int Topology::add(std::string name, double capacity) {
  names_.push_back(std::move(name));
  capacities_.push_back(capacity);
  return static_cast<int>(capacities_.size()) - 1;
}

bool Topology::shares_host_memory(int gpu) const {
  const auto& attributes = described(gpu).attributes;
  const auto found = attributes.find("Integrated");
  return found != attributes.end() && found->second != 0;
}

const LinkBundle* Topology::direct_bundle(int a, int b) const {
  for (const LinkBundle& bundle : machine_.links) {
    const bool joins = (bundle.a == a && bundle.b == b) || (bundle.a == b && bundle.b == a);
    if (joins && bundle.up > 0) return &bundle;
  }
  return nullptr;
}

const LinkBundle* Topology::switch_bundle(int gpu) const {
  for (const LinkBundle& bundle : machine_.links) {
    if (bundle.to_switch() && bundle.a == gpu && bundle.up > 0) return &bundle;
  }
  return nullptr;
}

double Topology::linked_gbs(int from, int to) const {
  if (const LinkBundle* link = direct_bundle(from, to)) return bundle_gbs(*link);
  const LinkBundle* out = switch_bundle(from);
  const LinkBundle* in = switch_bundle(to);
  return out != nullptr && in != nullptr ? std::min(bundle_gbs(*out), bundle_gbs(*in)) : 0;
}

int Topology::link_resource(std::size_t bundle, bool forward) const {
  return forward ? bundles_[bundle].forward : bundles_[bundle].backward;
}

int Topology::host_resource(int gpu, bool to_gpu) const {
  return to_gpu ? of(gpu).from_host : of(gpu).to_host;
}

Use Topology::use_of(const LinkBundle& bundle, int leaving) const {
  const auto& resources = bundles_[static_cast<std::size_t>(&bundle - machine_.links.data())];
  return {bundle.a == leaving ? resources.forward : resources.backward, 1};
}

void Topology::add_both_ways(const LinkBundle& bundle, std::vector<Use>& uses) const {
  uses.push_back({bundles_[static_cast<std::size_t>(&bundle - machine_.links.data())].both, 1});
}

void Topology::add_bridges(std::span<const std::string> ports, bool up,
                           std::vector<Use>& uses) const {
  for (const BridgeResources& bridge : bridges_) {
    if (std::ranges::count(ports, bridge.address) == 0) continue;
    uses.push_back({up ? bridge.up : bridge.down, 1});
  }
}

std::vector<Use> Topology::from_host(int gpu) const {
  std::vector<Use> uses{{of(gpu).from_host, 1}};
  if (of(gpu).host_in >= 0) uses.push_back({of(gpu).host_in, 1});
  if (of(gpu).host_both >= 0) uses.push_back({of(gpu).host_both, 1});
  add_bridges(ports_above(described(gpu)), false, uses);
  return uses;
}

std::vector<Use> Topology::to_host(int gpu) const {
  std::vector<Use> uses{{of(gpu).to_host, 1}};
  if (of(gpu).host_out >= 0) uses.push_back({of(gpu).host_out, 1});
  if (of(gpu).host_both >= 0) uses.push_back({of(gpu).host_both, 1});
  add_bridges(ports_above(described(gpu)), true, uses);
  return uses;
}

std::vector<Use> Topology::wire(int from, int to) const {
  std::vector<Use> uses;
  if (const LinkBundle* link = direct_bundle(from, to)) {
    uses.push_back(use_of(*link, from));
    add_both_ways(*link, uses);
    return uses;
  }
  const LinkBundle* out = switch_bundle(from);
  const LinkBundle* in = switch_bundle(to);
  if (out != nullptr && in != nullptr) {
    uses = {use_of(*out, from), use_of(*in, -1)};
    add_both_ways(*out, uses);
    add_both_ways(*in, uses);
    return uses;
  }
  uses = {{of(from).to_host, 1}, {of(to).from_host, 1}};
  if (of(from).peer_out >= 0) uses.push_back({of(from).peer_out, 1});
  if (of(to).peer_in >= 0) uses.push_back({of(to).peer_in, 1});
  for (const int gpu : {from, to}) {
    if (of(gpu).peer_both >= 0) uses.push_back({of(gpu).peer_both, 1});
  }
  add_bridges(ports_below_common(described(from), described(to)), true, uses);
  add_bridges(ports_below_common(described(to), described(from)), false, uses);
  return uses;
}

double Topology::peer_latency_us(int issuer, int from, int to) const {
  if (const LinkBundle* link = direct_bundle(from, to)) return link->copy_latency_us.value;
  if (linked_gbs(from, to) > 0) return switch_bundle(from)->copy_latency_us.value;
  const bool pull = issuer == to;
  const GpuDescription& gpu = described(pull ? to : from);
  const double push_us = value_or(gpu.peer_copy_latency_us, gpu.copy_latency_us.value);
  return pull ? value_or(gpu.peer_read_latency_us, push_us) : push_us;
}

int Topology::host_memory(int node) const {
  if (host_memories_.empty()) return -1;
  const auto at = static_cast<std::size_t>(std::max(node, 0));
  return host_memories_[std::min(at, host_memories_.size() - 1)];
}

int Topology::near_node(int gpu, int node) const {
  return node >= 0 ? node : std::max(described(gpu).numa_node, 0);
}

// A GPU's flows and the CPUs' rise so that the GPUs get their part of what both compete for. The
// host's own memory is counted in bytes read and written, whatever kind of access.
void Topology::add_host_memory(Route& route, double weight, int node) const {
  if (host_memories_.empty() || weight <= 0) return;
  route.uses.push_back({host_memory(node), weight});
  if (machine_.host.pool.gpu_share) route.share = 1 / weight;
}

void Topology::add_between_nodes(Route& route, double weight, int from, int to) const {
  const auto found = between_.find({from, to});
  if (found != between_.end() && weight > 0) route.uses.push_back({found->second, weight});
}

std::optional<double> Topology::slowed_by_gpus() const {
  const HostPool& pool = machine_.host.pool;
  if (host_memories_.empty() || !pool.latency_ns || !pool.loaded_latency_ns ||
      machine_.gpus.empty()) {
    return std::nullopt;
  }
  const GpuDescription& gpu = machine_.gpus.front();
  const double from_host = value_or(gpu.host_to_device_gbs, assumed_host_rate(gpu));
  const double reads = shares_host_memory(0) ? value_or(gpu.read_gbs, gpu.local_copy_gbs.value)
                                             : value_or(gpu.kernel_from_host_gbs, from_host);
  const double longer = pool.loaded_latency_ns->value / pool.latency_ns->value - 1;
  return longer * capacities_[static_cast<std::size_t>(host_memory(0))] / reads;
}

Route Topology::host_traffic(int node, int by) const {
  Route route{
      .path = "host", .uses = {}, .cap = unlimited, .share = 1, .latency_ns = 0, .engines = {}};
  if (node >= 0) {
    add_host_memory(route, 1, node);
    add_between_nodes(route, 1, node, by);
  } else {
    const auto nodes = static_cast<int>(host_memories_.size());
    for (int each = 0; each < nodes; ++each) add_host_memory(route, 1.0 / nodes, each);
  }
  if (const auto& gpus = machine_.host.pool.gpu_share) {
    route.share = (1 - gpus->value) / gpus->value;
  }
  return route;
}

Route Topology::local_copy(int gpu) const {
  Route route{.path = "local",
              .uses = {{of(gpu).memory, 2}},
              .cap = unlimited,
              .share = 1,
              .latency_ns = described(gpu).copy_latency_us.value * 1e3,
              .engines = {}};
  if (shares_host_memory(gpu)) add_host_memory(route, 2, near_node(gpu, -1));
  return route;
}

Route Topology::peer_copy(int issuer, int from, int to) const {
  Route route{.path = "peer",
              .uses = wire(from, to),
              .cap = unlimited,
              .share = 1,
              .latency_ns = peer_latency_us(issuer, from, to) * 1e3,
              .engines = {issuer == from ? copy_engines_.push(issuer)
                          : issuer == to ? copy_engines_.pull(issuer)
                                         : copy_engines_.any(issuer)}};
  route.uses.push_back({of(from).memory, 1});
  route.uses.push_back({of(to).memory, 1});
  return route;
}

Route Topology::staged_copy(int from, int to) const {
  Route route{.path = "staged",
              .uses = to_host(from),
              .cap = unlimited,
              .share = 1,
              .latency_ns = 0,
              .engines = {copy_engines_.download(from), copy_engines_.upload(to)}};
  const std::vector<Use> second = from_host(to);
  route.uses.insert(route.uses.end(), second.begin(), second.end());
  if (machine_.host.staging) {
    route.uses.push_back({staging_, 1});
    route.cap = machine_.host.staging->one_way_gbs.value;
    route.latency_ns = machine_.host.staging->copy_latency_us.value * 1e3;
  } else {
    route.latency_ns =
        1e3 * (described(from).copy_latency_us.value + described(to).copy_latency_us.value);
  }
  route.uses.push_back({of(from).memory, 1});
  route.uses.push_back({of(to).memory, 1});
  return route;
}

Route Topology::host_to_device(int gpu, int node) const {
  Route route = local_copy(gpu);
  route.path = "host";
  route.uses = from_host(gpu);
  // Where host and GPU share one memory, the copy reads and writes it.
  const double weight = shares_host_memory(gpu) ? 2 : 1;
  route.uses.push_back({of(gpu).memory, weight});
  add_host_memory(route, weight, near_node(gpu, node));
  add_between_nodes(route, 1, near_node(gpu, node), near_node(gpu, -1));
  return route;
}

Route Topology::device_to_host(int gpu, int node) const {
  Route route = host_to_device(gpu, node);
  route.uses = to_host(gpu);
  const double weight = shares_host_memory(gpu) ? 2 : 1;
  route.uses.push_back({of(gpu).memory, weight});
  add_host_memory(route, weight, near_node(gpu, node));
  add_between_nodes(route, 1, near_node(gpu, -1), near_node(gpu, node));
  return route;
}

}  // namespace gpusim
