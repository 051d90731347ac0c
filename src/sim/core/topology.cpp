#include "sim/core/topology.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>

namespace peerbench::sim {
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

std::string gpu_name(int gpu) { return "gpu" + std::to_string(gpu); }

}  // namespace

Topology::Topology(const MachineFile& machine) : machine_(machine) {
  for (std::size_t g = 0; g < machine.gpus.size(); ++g) {
    const GpuDescription& gpu = machine.gpus[g];
    const std::string name = gpu_name(static_cast<int>(g));
    gpus_.push_back(
        {.memory = add(name + ".memory", gpu.local_copy_gbs.value),
         .from_host = add("host-" + name, value_or(gpu.host_to_device_gbs, assumed_host_rate(gpu))),
         .to_host = add(name + "-host", value_or(gpu.device_to_host_gbs, assumed_host_rate(gpu)))});
  }
  for (const LinkBundle& bundle : machine.links) {
    const std::string a = gpu_name(bundle.a), b = gpu_name(bundle.b);
    const double one_way = bundle.up * bundle.raw_gbs_per_link.value * bundle.copy_efficiency.value;
    const double both = 2 * one_way * value_or(bundle.both_ways_efficiency, 1);
    bundles_.push_back({.forward = add(bundle.kind + ":" + a + "-" + b, one_way),
                        .backward = add(bundle.kind + ":" + b + "-" + a, one_way),
                        .both = add(bundle.kind + ":" + a + "+" + b, both)});
  }
  if (machine.host.staging) staging_ = add("staging", machine.host.staging->total_gbs.value);
}

int Topology::add(std::string name, double capacity) {
  names_.push_back(std::move(name));
  capacities_.push_back(capacity);
  return static_cast<int>(capacities_.size()) - 1;
}

std::vector<int> Topology::copy_engines() const {
  std::vector<int> engines;
  for (const GpuDescription& gpu : machine_.gpus) engines.push_back(std::max(1, gpu.copy_engines));
  return engines;
}

bool Topology::shares_host_memory(int gpu) const {
  const auto& attributes = machine_.gpus[static_cast<std::size_t>(gpu)].attributes;
  const auto found = attributes.find("Integrated");
  return found != attributes.end() && found->second != 0;
}

const LinkBundle* Topology::bundle(int a, int b) const {
  for (const LinkBundle& bundle : machine_.links) {
    const bool joins = (bundle.a == a && bundle.b == b) || (bundle.a == b && bundle.b == a);
    if (joins && bundle.up > 0) return &bundle;
  }
  return nullptr;
}

int Topology::link_resource(std::size_t bundle, bool forward) const {
  return forward ? bundles_[bundle].forward : bundles_[bundle].backward;
}

int Topology::host_resource(int gpu, bool to_gpu) const {
  return to_gpu ? of(gpu).from_host : of(gpu).to_host;
}

std::vector<Use> Topology::wire(int from, int to) const {
  if (const LinkBundle* link = bundle(from, to)) {
    const auto& resources = bundles_[static_cast<std::size_t>(link - machine_.links.data())];
    return {{link->a == from ? resources.forward : resources.backward, 1}, {resources.both, 1}};
  }
  return {{of(from).to_host, 1}, {of(to).from_host, 1}};
}

Route Topology::local_copy(int gpu) const {
  return {.path = "local",
          .uses = {{of(gpu).memory, 2}},
          .cap = unlimited,
          .latency_ns = machine_.gpus[static_cast<std::size_t>(gpu)].copy_latency_us.value * 1e3,
          .slots = {gpu}};
}

Route Topology::peer_copy(int issuer, int from, int to) const {
  const LinkBundle* link = bundle(from, to);
  const double latency_us =
      link != nullptr ? link->copy_latency_us.value
                      : machine_.gpus[static_cast<std::size_t>(from)].copy_latency_us.value;
  Route route{.path = "peer",
              .uses = wire(from, to),
              .cap = unlimited,
              .latency_ns = latency_us * 1e3,
              .slots = {issuer}};
  route.uses.push_back({of(from).memory, 1});
  route.uses.push_back({of(to).memory, 1});
  return route;
}

Route Topology::staged_copy(int from, int to) const {
  Route route{.path = "staged",
              .uses = {{of(from).to_host, 1}, {of(to).from_host, 1}},
              .cap = unlimited,
              .latency_ns = 0,
              .slots = {from, to}};
  if (machine_.host.staging) {
    route.uses.push_back({staging_, 1});
    route.cap = machine_.host.staging->one_way_gbs.value;
    route.latency_ns = machine_.host.staging->copy_latency_us.value * 1e3;
  } else {
    route.latency_ns = 1e3 * (machine_.gpus[static_cast<std::size_t>(from)].copy_latency_us.value +
                              machine_.gpus[static_cast<std::size_t>(to)].copy_latency_us.value);
  }
  route.uses.push_back({of(from).memory, 1});
  route.uses.push_back({of(to).memory, 1});
  return route;
}

Route Topology::host_to_device(int gpu) const {
  Route route = local_copy(gpu);
  route.path = "host";
  // Where host and GPU share one memory, the copy reads and writes it.
  route.uses = {{of(gpu).from_host, 1}, {of(gpu).memory, shares_host_memory(gpu) ? 2.0 : 1.0}};
  return route;
}

Route Topology::device_to_host(int gpu) const {
  Route route = host_to_device(gpu);
  route.uses[0].resource = of(gpu).to_host;
  return route;
}

// The capacity of a memory is its copy traffic; a kernel that only reads, or only writes, may reach
// another rate, so a byte of it takes more or less than one byte of that capacity.
double Topology::scale_for(int gpu, bool reads, bool writes) const {
  const GpuDescription& described = machine_.gpus[static_cast<std::size_t>(gpu)];
  const double copy = described.local_copy_gbs.value;
  if (reads && !writes) return copy / value_or(described.read_gbs, copy);
  if (writes && !reads) return copy / value_or(described.write_gbs, copy);
  return 1;
}

Route Topology::kernel(int gpu, const std::vector<KernelTraffic>& traffic, double& bytes) const {
  using Where = KernelTraffic::Where;
  Route route{
      .path = traffic.empty() ? "" : "local",
      .uses = {},
      .cap = unlimited,
      .latency_ns = machine_.gpus[static_cast<std::size_t>(gpu)].kernel_latency_us.value * 1e3,
      .slots = {}};
  bytes = 0;
  const auto own = [&](const KernelTraffic& part) {
    return part.where == Where::own || (part.where == Where::host && shares_host_memory(gpu));
  };
  bool reads = false, writes = false;
  for (const KernelTraffic& part : traffic) {
    bytes = std::max(bytes, part.bytes);
    if (own(part)) (part.writes ? writes : reads) = true;
  }
  std::map<int, double> taken;
  for (const KernelTraffic& part : traffic) {
    if (own(part)) {
      taken[of(gpu).memory] += part.bytes * scale_for(gpu, reads, writes);
    } else if (part.where == Where::host) {
      route.path = "host";
      taken[part.writes ? of(gpu).to_host : of(gpu).from_host] += part.bytes;
    } else {
      route.path = "peer";
      const auto uses = part.writes ? wire(gpu, part.peer) : wire(part.peer, gpu);
      for (const Use& use : uses) taken[use.resource] += part.bytes;
      taken[of(part.peer).memory] += part.bytes;
    }
  }
  if (bytes <= 0) return route;
  for (const auto& [resource, amount] : taken) route.uses.push_back({resource, amount / bytes});
  return route;
}

}  // namespace peerbench::sim
