// SPDX-License-Identifier: Apache-2.0
// What is in the box, as far as it could be asked: GPUs, links, pools, and the class that follows,
// each with the evidence it rests on. Plain data; discovery fills it, everything above reads it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/tri.hpp"
#include "base/units.hpp"
#include "machine/finding.hpp"

namespace peerbench::machine {

/// Machine classes of the design, section 6.
enum class Class {
  discrete_nvlink,
  discrete_pcie,
  discrete_unknown_link,
  single_gpu,
  unified_pool,
  coherent_superchip,
  mixed,
  no_gpu,
};

enum class Modifier { wsl2, mig, virtual_gpu, hidden_gpus };

/// "discrete-nvlink", ...; the words of the result file and of --require.
const char* name(Class value);
const char* name(Modifier value);

/// A rate that a link or a pool cannot exceed, and where that figure comes from.
struct Ceiling {
  double gbs = 0;       ///< GB/s; of a link one way, of a memory traffic (read + written bytes)
  std::string formula;  ///< "4 links up x 14.062 GB/s"
  std::string source;   ///< who gives the figures: "raw rate reported by NVML"
  std::optional<double> payload_gbs;  ///< what packet headers leave of it, where that is known
  std::string payload_formula;        ///< "256-byte packets, 24 bytes of header each"
};

/// Speed of a PCIe link: "4.0 x16" is generation 4 with 16 lanes.
struct PcieSpeed {
  int generation = 0;
  int width = 0;
  bool operator==(const PcieSpeed&) const = default;
};

/// The link between a card and its slot, and the way from there up to the host.
struct PcieLink {
  std::optional<PcieSpeed> current;     ///< when asked; a GPU with nothing to do lowers it
  std::optional<PcieSpeed> under_load;  ///< asked again while the GPU was copying
  std::optional<PcieSpeed> card_max;    ///< what the GPU could do
  std::optional<PcieSpeed> slot_max;    ///< what the port above the GPU could do
  std::optional<PcieSpeed> narrowest;   ///< of all links up to the host, each at its best
  std::string narrowest_at;  ///< the port at the upper end of that link; empty: the card's slot
  Signal idle;               ///< yes: below what the way allows while the GPU does nothing
  std::string root;          ///< "pci0000:40", the host bridge; empty when not known
  std::vector<std::string> bridges;  ///< addresses of the ports from the host down to the GPU
  std::optional<Ceiling> ceiling;    ///< of the narrowest link, one way
};

/// The frequency of a GPU's memory.
struct MemoryClock {
  int mhz = 0;      ///< while the GPU worked
  int max_mhz = 0;  ///< of which its ceiling is made
  bool operator==(const MemoryClock&) const = default;
};

struct Gpu {
  int ordinal = 0;                ///< the CUDA runtime's, as visible to this process
  std::string model;              ///< printed, never used to decide anything
  std::string pci_bus_id;         ///< "0000:01:00.0"; empty when not known
  std::string uuid;               ///< written to files only with --identify
  std::optional<int> nvml_index;  ///< its number in nvidia-smi
  int compute_major = 0;
  int compute_minor = 0;
  /// Whether this build has machine code or PTX for it; of a machine that a file describes, yes.
  bool has_code = true;
  int multiprocessors = 0;
  Bytes memory_bytes = 0;
  Bytes free_bytes = 0;  ///< at discovery
  Bytes l2_bytes = 0;
  int copy_engines = 0;
  int numa_node = -1;    ///< of the host, nearest to the GPU; -1: not known
  std::string cpus;      ///< processors nearest to it, as the kernel lists them: "0-15,32-47"
  Bytes bar1_bytes = 0;  ///< window through which others reach its memory; 0: not known
  PcieLink pcie;         ///< empty where it is a placeholder: integrated GPUs, superchips
  std::optional<int> nvlinks_up;       ///< to anywhere; none: could not be asked
  std::optional<int> nvlinks_present;  ///< ports of the GPU, wired or not
  int c2c_links = 0;  ///< NVLink-C2C links that are up; they lead to the CPU of the same package
  std::optional<Ceiling> c2c_ceiling;
  std::optional<MemoryClock> memory_clock;  ///< by NVML, read under load; none: not known
  Signal integrated;
  Signal pageable_access;
  Signal host_page_tables;
  Signal concurrent_managed;
  Signal managed;
};

/// The way over PCI between two GPUs, in the words of nvidia-smi topo -m.
enum class PciTopologyLevel {
  unknown,
  same_board,  ///< two GPUs of one board
  pix,         ///< at most a single PCIe bridge
  pxb,         ///< several PCIe bridges, no host bridge
  phb,         ///< a PCIe host bridge, typically the CPU
  node,        ///< host bridges of one NUMA node
  sys,         ///< NUMA nodes, over the link between sockets
};

/// "PIX", "PXB", "PHB", "NODE", "SYS", "board"; "?" when not known.
const char* name(PciTopologyLevel value);

/// What the driver allows between an ordered pair. `raw` is its word: "OK", or why not: "CNS"
/// chipset, "GNS" GPU model, "TNS" topology, "DR" disabled by a key, "NS" not supported, "U".
struct PeerCapabilities {
  Signal read, write, atomics;
  Signal nvlink;  ///< by NVLink
  Signal pcie;    ///< over PCIe
};

/// What joins an ordered pair of GPUs, as the CUDA runtime and NVML say.
struct PeerLink {
  int from = 0;
  int to = 0;
  Signal can_access;  ///< cudaDeviceCanAccessPeer(from -> to)
  PeerCapabilities allowed;
  PciTopologyLevel way = PciTopologyLevel::unknown;
  std::string way_source;        ///< who says so: "NVML", "sysfs"; empty when not known
  Signal native_atomics;         ///< cudaDevP2PAttrNativeAtomicSupported
  std::optional<int> cuda_rank;  ///< cudaDevP2PAttrPerformanceRank; relative on this machine only
  bool through_switch = false;   ///< the NVLinks counted lead to a switch
  Signal nvlink;  ///< yes: at least one NVLink of `from` leads to `to` (or to a switch) and is up
  std::optional<int> links_up;  ///< none: could not be asked
  std::optional<int> links_present;
  std::optional<double> raw_gbs_per_link;  ///< one way, as the driver reports it
  std::string nvlink_version;              ///< "3.1"; empty when not known
  std::optional<Ceiling> nvlink_ceiling;   ///< of the links that are up, one way
  std::optional<Ceiling> pcie_ceiling;     ///< of the PCIe way between the GPUs, one way
};

/// Cores of a pool that differ from its others, or that stand for many alike.
struct CoreGroup {
  std::string name;   ///< "big", "little", "cluster0"
  bool kind = false;  ///< of one kind of core, not of one cluster
  int cores = 0;
  std::string cpus;         ///< one processor a core, as the kernel lists them: "5-9,15-19"
  std::string description;  ///< "Cortex-X925"; empty when not known
};

/// A pool of memory: the host's (one per NUMA node with memory), a GPU's, or the one shared pool.
struct Pool {
  std::string id;  ///< "host0", "gpu0"
  Bytes total_bytes = 0;
  Bytes available_bytes = 0;
  std::optional<Bytes>
      cgroup_limit_bytes;   ///< what a container's limit leaves all host pools together
  std::string description;  ///< "host memory, NUMA node 0, 8 cores, 32 MiB L3"
  int numa_node = -1;
  int cores = 0;                   ///< physical cores beside it; 0 for GPU pools
  std::string cpus;                ///< one processor a core; empty: no core, or not known
  std::vector<CoreGroup> groups;   ///< of its cores; kinds first, from the smallest
  Bytes largest_cache_bytes = 0;   ///< all last-level caches that could hide an array, summed
  std::optional<Ceiling> ceiling;  ///< of its memory, traffic
};

/// One line of the reasons for the class: what was asked, what came back, what it means.
struct Evidence {
  std::string asked;
  std::string answer;
  std::string meaning;
};

/// How sure it is that this process sees all GPUs and their links.
enum class Certainty {
  confirmed,
  /// NVML shows a container, and a Linux under Windows, only what was passed on to it, and the
  /// kernel's PCI tree, which shows a container everything, could not be read.
  this_process_only,
  not_by_nvml,  ///< NVML could not be asked, or not about all GPUs
};
const char* to_string(Certainty value);  ///< "confirmed", "this-process-only", "not-by-nvml"

/// Why CUDA does not show a GPU of the machine, where that GPU itself tells.
enum class Hiding {
  unknown,
  mig_without_slice,  ///< MIG is on, and nobody made a slice
  lost,               ///< the driver lost it: NVML_ERROR_GPU_IS_LOST
  off_the_bus,        ///< its PCI configuration reads as ones: nothing answers there
};
/// "unknown", "mig-without-slice", "lost", "off-the-bus".
const char* name(Hiding value);

/// A GPU of the machine that CUDA does not show.
struct HiddenGpu {
  std::string model;       ///< empty where the driver does not show it either
  std::string pci_bus_id;  ///< empty when not known
  Hiding why = Hiding::unknown;
  bool by_driver = true;  ///< NVML shows it; else only the kernel's PCI tree does
  std::string uuid = {};  ///< by NVML; written to files only with --identify
};

struct Machine {
  Class machine_class = Class::no_gpu;
  std::vector<Modifier> modifiers;
  std::string reason;           ///< one sentence: why this class
  std::string driver_version;   ///< empty when not known
  int driver_cuda_version = 0;  ///< e.g. 13000; 0: no driver
  int runtime_version = 0;
  std::vector<Gpu> gpus;
  std::vector<PeerLink> links;  ///< every ordered pair
  std::vector<Pool> pools;
  std::vector<HiddenGpu> hidden;
  Signal iommu;         ///< yes: the kernel put devices into IOMMU groups; raw says how it maps
  Signal acs_redirect;  ///< yes: a port between GPUs sends peer traffic up to the host
  std::vector<Evidence> evidence;
  /// The numbered reasons why no peer link exists; empty where one may exist or is hidden.
  std::vector<Evidence> proof;
  std::optional<Certainty> no_peer_link;  ///< how sure the proof is; none: nothing is proven
  std::vector<int> one_pool_steps;  ///< of the proof, from 1: those that say there is one pool
  std::string proof_verdict;        ///< describe_proof()
  std::vector<Finding> findings;    ///< what is odd; a run takes them over
  std::vector<std::string> advice;  ///< what is missing and how to get it
};

/// The GPU of that ordinal; null where there is none.
const Gpu* find_gpu(const Machine& machine, int ordinal);
/// What joins an ordered pair of GPUs; null where the description has no such pair.
const PeerLink* find_link(const Machine& machine, int from, int to);

}  // namespace peerbench::machine
