// SPDX-License-Identifier: Apache-2.0
// From the description of a machine to resources that flows share, and the way each kind of copy or
// kernel takes over them. No rate is given per pair: all follow from links, memories and the host.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/copy_engines.hpp"
#include "sim/core/fair_share.hpp"
#include "sim/machine_file.hpp"

namespace gpusim {

/// What a copy or kernel occupies. Rates are bytes per nanosecond, which is GB/s.
struct Route {
  std::string path;  ///< "local", "peer", "staged", "host"
  std::vector<Use> uses;
  double cap = 0;
  double share = 1;  ///< Demand::share
  double latency_ns = 0;
  double dependent_ns = 0;  ///< of a kernel: accesses that wait for each other, after its latency
  std::vector<EngineChoice> engines;  ///< copy engines that it holds, one of each choice
};

/// What one rank of a collective sends to another: directly, or through the host's memory.
struct Hop {
  int to = -1;
  double bytes = 0;
  bool direct = false;
};

/// Memory as a kernel of one GPU sees it.
struct KernelTraffic {
  /// `managed`: with the host so far, and it comes to the GPU that touches it.
  enum class Where { own, peer, host, managed } where = Where::own;
  int peer = -1;
  bool writes = false;
  double bytes = 0;
  /// Reads of `bytes` that wait for each other, or writes that wait for a peer's answer; 0: all at
  /// the same time.
  double dependent = 0;
  int node = -1;  ///< of the host's memory; -1: nearest to the GPU
};

class Topology {
 public:
  explicit Topology(const MachineFile& machine);

  const std::vector<double>& capacities() const { return capacities_; }
  const std::string& name(int resource) const { return names_[static_cast<std::size_t>(resource)]; }
  const CopyEngines& copy_engines() const { return copy_engines_; }

  /// A copy inside one GPU's memory. By which engine is for the issuer to say, as of copies with
  /// the host.
  Route local_copy(int gpu) const;
  /// A copy between GPUs over their link or the switches, else over PCIe directly.
  Route peer_copy(int issuer, int from, int to) const;
  /// The same through host memory; it holds the source's engine for copies to the host and the
  /// destination's for copies from it.
  Route staged_copy(int from, int to) const;
  /// With memory of NUMA node `node`; -1: nearest to the GPU.
  Route host_to_device(int gpu, int node = -1) const;
  Route device_to_host(int gpu, int node = -1) const;
  /// All that one kernel moves, as one flow: `bytes` is the largest of its parts.
  Route kernel(int gpu, const std::vector<KernelTraffic>& traffic, double& bytes) const;
  /// CPU threads of node `by` on the host's memory of node `node` (-1: all, each on its own), by
  /// bytes of traffic. Its cap is theirs to know.
  Route host_traffic(int node, int by) const;
  /// The memory of `node` (-1: the first) that CPUs and GPUs compete for; -1: they do not.
  int host_memory(int node) const;
  /// By how much of itself a load's time grows as the GPUs take all of that memory; none: not at
  /// all.
  std::optional<double> slowed_by_gpus() const;
  bool shares_host_memory(int gpu) const;

  /// All that one rank of a collective sends, as one flow of `bytes`; a protocol that spends part
  /// of the wire on flags reaches `efficiency` of the rate. collectives.cpp.
  Route collective(int gpu, std::span<const Hop> hops, double efficiency, double& bytes) const;
  /// GB/s one way that kernels of a collective library reach from one GPU to the other.
  double collective_gbs(int from, int to, bool direct) const;

  /// Nanoseconds of one load by a kernel of `gpu` of memory where `part` says, all before it ended.
  double load_latency_ns(int gpu, const KernelTraffic& part) const;
  /// From a kernel's store on `from` to memory of `to` until a loop there sees it, nanoseconds.
  double store_latency_ns(int from, int to) const;

  /// GB/s one way over NVLink from one GPU to the other, directly or over switches; 0: none leads
  /// there.
  double linked_gbs(int from, int to) const;

  /// Resources whose bytes the counters of NVML report.
  int link_resource(std::size_t bundle, bool forward) const;
  int host_resource(int gpu, bool to_gpu) const;

 private:
  struct GpuResources {
    int memory = -1;
    int l2 = -1;                          ///< -1: not told apart
    int kernel_in = -1, kernel_out = -1;  ///< kernels on the host's memory; -1: as copies
    int from_host = -1;                   ///< the GPU's PCIe link, all that comes in
    int to_host = -1;
    /// What only copies with the host, or only copies with peers, cannot exceed; -1: no such limit.
    int host_in = -1, host_out = -1;
    int peer_in = -1, peer_out = -1;
    /// What both ways together cannot exceed; -1: no such limit.
    int host_both = -1, peer_both = -1;
  };
  struct BundleResources {
    int forward = -1;  ///< a to b, or to the switches
    int backward = -1;
    int both = -1;
  };
  struct BridgeResources {
    std::string address;
    int up = -1;  ///< towards the host
    int down = -1;
  };

  int add(std::string name, double capacity);
  void add_gpu(int index);
  void add_bundle(const LinkBundle& bundle);
  const LinkBundle* direct_bundle(int a, int b) const;
  const LinkBundle* switch_bundle(int gpu) const;
  Use use_of(const LinkBundle& bundle, int leaving) const;
  void add_both_ways(const LinkBundle& bundle, std::vector<Use>& uses) const;
  void add_bridges(std::span<const std::string> ports, bool up, std::vector<Use>& uses) const;
  std::vector<Use> from_host(int gpu) const;
  std::vector<Use> to_host(int gpu) const;
  std::vector<Use> wire(int from, int to) const;
  double peer_latency_us(int issuer, int from, int to) const;
  double scale_for(int gpu, bool reads, bool writes) const;
  bool fits_l2(int gpu, const std::vector<KernelTraffic>& traffic) const;
  bool own(int gpu, const KernelTraffic& part) const;
  int near_node(int gpu, int node) const;
  void add_host_memory(Route& route, double weight, int node) const;
  void add_between_nodes(Route& route, double weight, int from, int to) const;
  const GpuResources& of(int gpu) const { return gpus_[static_cast<std::size_t>(gpu)]; }
  const GpuDescription& described(int gpu) const {
    return machine_.gpus[static_cast<std::size_t>(gpu)];
  }

  const MachineFile& machine_;
  CopyEngines copy_engines_;
  std::vector<std::string> names_;
  std::vector<double> capacities_;
  std::vector<GpuResources> gpus_;
  std::vector<BundleResources> bundles_;
  std::vector<BridgeResources> bridges_;  ///< those with a limit of their own
  int staging_ = -1;
  std::vector<int> host_memories_;              ///< by node; empty: CPUs and GPUs do not compete
  std::map<std::pair<int, int>, int> between_;  ///< NUMA nodes, from memory to who reads it
};

}  // namespace gpusim
