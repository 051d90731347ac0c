// SPDX-License-Identifier: Apache-2.0
// A simulated machine, as its file under machines/ describes it. Plain data: the loader fills it,
// the virtual-time engine, the CUDA runtime and NVML read it. Format and units: machines/README.md.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/fault_table.hpp"

namespace gpusim {

/// A number with where it comes from. In the file: a bare number is refused for figures;
/// {"value": 11.29, "source": "..."} or with "inferred": true when nobody published it for this
/// machine.
struct Figure {
  double value = 0;
  std::string source;
  bool inferred = false;
};

/// The part of a GPU that is all a process sees of it (Multi-Instance GPU).
struct MigSlice {
  std::string name;  ///< as the CUDA runtime prints it, e.g. "NVIDIA H100 80GB HBM3 MIG 1g.10gb"
  std::string uuid;  ///< "MIG-..."
  int multiprocessors = 0;
  std::uint64_t memory_bytes = 0;
};

/// What the driver says of a GPU's place in a fabric of switches (nvmlGpuFabricInfo_t).
struct Fabric {
  std::string state;  ///< "not-supported", "not-started", "in-progress", "completed"
  int status = 0;     ///< nvmlReturn_t of the registration, once it is completed
  int clique = 0;
  std::string cluster;  ///< UUID, digits and dashes; empty: zeros, a fabric that ends at the box
};

/// One GPU as the CUDA runtime and NVML describe it, with the rates of its own memory.
struct GpuDescription {
  std::string name;                 ///< as cudaDeviceProp::name, e.g. "NVIDIA GeForce RTX 3090"
  std::string pci_bus_id;           ///< "0000:01:00.0"
  std::string uuid;                 ///< "GPU-xxxxxxxx-xxxx-..."; invented, stable
  std::uint32_t pci_device_id = 0;  ///< NVML's pciDeviceId: device << 16 | vendor
  int compute_major = 0;
  int compute_minor = 0;
  int multiprocessors = 0;
  std::uint64_t memory_bytes = 0;
  /// With what the driver keeps for itself, as NVML reports it; 0: it keeps nothing.
  std::uint64_t nvml_memory_bytes = 0;
  std::uint64_t l2_bytes = 0;
  int copy_engines = 2;  ///< cudaDeviceProp::asyncEngineCount
  int memory_bus_bits = 0;
  int sm_clock_khz = 0;
  int memory_clock_khz = 0;  ///< the highest; 0 where the driver reports 0
  /// What NVML shows while CUDA runs, where that is less: GeForce GPUs are held in P2 then. 0: as
  /// the highest. It takes nothing from the rates.
  int memory_clock_load_khz = 0;
  std::uint64_t bar1_bytes = 0;
  int numa_node = -1;  ///< of the host, near this GPU
  /// cudaDevAttr values by name without the prefix ("Integrated", "PageableMemoryAccess",
  /// "PageableMemoryAccessUsesHostPageTables", "ConcurrentManagedAccess", ...); absent means 0.
  std::map<std::string, int> attributes;
  int pcie_generation = 0;  ///< of the link as negotiated under load; 0: no PCIe link reported
  int pcie_width = 0;
  int pcie_generation_idle = 0;
  int pcie_max_generation = 0;  ///< of the GPU itself; 0: as negotiated
  int pcie_max_width = 0;
  /// Host bridge ("pci0000:40"), then the ports from the host down to the card; empty: of its own.
  std::vector<std::string> pci_path;
  bool in_pci = true;    ///< false: neither the kernel nor NVML know a PCI device
  std::string cpus;      ///< processors near it, as the kernel lists them: "0-15,32-47"
  int nvlink_ports = 0;  ///< of the GPU, wired or not; 0: as many as its bundles have
  std::string mig;       ///< "disabled", "enabled"; empty: NVML answers NOT_SUPPORTED
  /// With "enabled": CUDA shows one of them in place of the GPU, the first unless
  /// CUDA_VISIBLE_DEVICES names another; nothing where there are none.
  std::vector<MigSlice> mig_slices;
  std::string virtualization;         ///< "none", "passthrough", "vgpu"; empty: as "none"
  std::string addressing_mode;        ///< "none", "hmm", "ats"; empty: NVML answers NOT_SUPPORTED
  int busy_percent = 0;               ///< what others keep it busy, all the time
  std::vector<std::string> throttle;  ///< why its clocks are low: "sw-power-cap", ...
  bool cuda_hidden = false;           ///< NVML shows the board, CUDA does not
  bool nvml_hidden = false;           ///< the reverse
  bool framebuffer = true;            ///< false: nvmlDeviceGetMemoryInfo answers NOT_SUPPORTED
  std::optional<Fabric> fabric;       ///< absent: registered where links lead to switches
  int c2c_links = 0;                  ///< NVLink-C2C links to the CPU of the same package
  double c2c_mbps_per_link = 0;
  Figure local_copy_gbs;  ///< traffic (read + written bytes) of a copy inside the GPU's memory
  std::optional<Figure> read_gbs;   ///< traffic of a read kernel; absent: as local copy
  std::optional<Figure> write_gbs;  ///< traffic of a write kernel; absent: as local copy
  /// Traffic of kernels whose arrays the L2 holds; absent: as its memory's.
  std::optional<Figure> l2_gbs;
  /// One way, of kernels that read or write the host's own memory; absent: as copies.
  std::optional<Figure> kernel_from_host_gbs, kernel_to_host_gbs;
  /// One way, of kernels that find managed memory with the host; absent: as copies.
  std::optional<Figure> managed_migration_gbs;
  std::optional<Figure> host_to_device_gbs;  ///< pinned, one way; absent: no rate known
  std::optional<Figure> device_to_host_gbs;
  /// Pinned, both ways at once, in sum; absent: each way as if alone.
  std::optional<Figure> host_both_ways_gbs;
  std::optional<Figure>
      peer_gbs;  ///< over PCIe to a peer, one way; absent: as to and from the host
  /// Over PCIe to and from peers at once, in sum; absent: each way as if alone.
  std::optional<Figure> peer_both_ways_gbs;
  /// Most that kernels of a collective library send from it, over all links; absent: what those
  /// carry.
  std::optional<Figure> collective_gbs;
  std::optional<Figure> peer_copy_latency_us;  ///< of a push over PCIe; absent: as copy_latency_us
  std::optional<Figure> peer_read_latency_us;  ///< of a pull over PCIe; absent: as a push
  /// Loads by a kernel, each waiting for the one before: of its own memory, of the host's, of a
  /// peer's over PCIe. Absent: as core/topology.cpp assumes.
  std::optional<Figure> page_fault_us;  ///< a load of managed memory that is with the host
  std::optional<Figure> load_latency_ns, host_load_latency_ns, peer_load_latency_ns;
  /// From a kernel's store to a peer over PCIe until a loop there sees it; absent: as assumed.
  std::optional<Figure> peer_store_latency_ns;
  /// What is left of its rates after a second of idleness, and how fast they come back: the time
  /// constant of an exponential. Choices of ours, after A100s seen at 757 to 847 of 1410 MHz on
  /// short kernels (NVIDIA/nvbench issue 231).
  double clock_idle_share = 0.25;
  double clock_ramp_ms = 50;
  Figure copy_latency_us;    ///< fixed part of one small copy inside the GPU or to the host
  Figure kernel_latency_us;  ///< fixed part of one kernel
};

/// A bundle of links between two GPUs, or from one GPU to the switches that join all.
struct LinkBundle {
  std::string kind;  ///< "nvlink", "nvswitch"
  int a = 0;
  int b = -1;               ///< -1: the switches
  int links = 0;            ///< physically present
  int up = 0;               ///< trained
  bool sleeps = false;      ///< those that are trained rest while nothing crosses them
  int nvlink_version = 0;   ///< NVML's enum: 1=1.0 2=2.0 3=2.2 4=3.0 5=3.1 6=4.0 7=5.0
  Figure raw_gbs_per_link;  ///< one way, as the driver reports it
  Figure copy_efficiency;   ///< copied bytes over raw rate, one way alone
  /// Copied bytes of both ways together over twice the one-way copied rate; absent means 1.
  std::optional<Figure> both_ways_efficiency;
  Figure copy_latency_us;  ///< fixed part of one small peer copy over the bundle
  /// As a GPU's peer_load_latency_ns and peer_store_latency_ns, over the bundle.
  std::optional<Figure> load_latency_ns, store_latency_ns;
  /// PCI addresses of the switches its links lead to, in turn; empty: not shown, as in virtual
  /// machines.
  std::vector<std::string> switches;

  bool to_switch() const { return kind == "nvswitch"; }
};

/// A PCI Express port between the host and GPUs.
struct Bridge {
  std::string address;  ///< "0000:40:01.1"
  int generation = 0;   ///< what this port can do; 0: as the widest link of the GPUs below it
  int width = 0;
  std::string device_id;             ///< vendor and device: "1b36:000c"; empty: not shown
  bool emulated = false;             ///< made up by a hypervisor: its speeds bind nothing
  std::string acs = "unreadable";    ///< redirects peer requests up to the host: "on", "off"
  std::optional<Figure> uplink_gbs;  ///< shared by all below it, each way; absent: no limit
};

/// What the driver says about one ordered pair of GPUs.
struct PeerPolicy {
  int from = 0;
  int to = 0;
  bool access = false;  ///< cudaDeviceCanAccessPeer
  /// NVML's words for nvmlDeviceGetP2PStatus: "OK", "CNS", "GNS", "TNS", "DR", "NS", "U".
  std::string read = "NS", write = "NS", nvlink = "NS", atomics = "NS", pci = "NS";
};

/// The way round: what the driver does when it must copy between GPUs through host memory.
struct Staging {
  Figure one_way_gbs;      ///< one copy alone
  Figure total_gbs;        ///< all staged copies of the host together
  Figure copy_latency_us;  ///< fixed part of one small staged copy
};

/// Virtual time that one host call costs the calling thread, in microseconds.
struct HostCallCosts {
  double launch_us = 3.0;
  /// Copies within a GPU, with its peers and with the host.
  double copy_us = 1.5;
  double staged_copy_us = 5.5;  ///< copies between GPUs through the host's memory
  double event_us = 0.8;
  double query_us = 0.4;
  double synchronize_us = 4.0;
  double allocate_us = 80.0;
  double other_us = 0.2;
};

/// Rates of the host's own memory by all its cores, traffic in GB/s; absent means not modelled.
struct HostPool {
  std::optional<Figure> read_gbs, write_gbs, copy_gbs, triad_gbs;
  std::optional<Figure> latency_ns;  ///< of a load that no cache answers, nothing else running
  /// The same while a GPU reads all it can of this memory; absent: as idle.
  std::optional<Figure> loaded_latency_ns;
  /// Traffic of the cores, or the GPU, of one NUMA node on the memory of another, each way, and a
  /// load of it; absent: not modelled.
  std::optional<Figure> remote_gbs, remote_latency_ns;
  /// Traffic of CPUs and GPUs together; absent: they do not compete.
  std::optional<Figure> shared_gbs;
  /// The GPUs' part of that when both ask for more than there is; absent: each flow gets the same.
  std::optional<Figure> gpu_share;
};

/// Cores of one kind, and what one of them alone moves, traffic in GB/s; absent: not modelled.
struct CoreKind {
  std::string name;  ///< "Cortex-X925"
  std::string cpus;  ///< "5-9,15-19", by the numbers of `topology`
  std::optional<Figure> read_gbs, write_gbs, copy_gbs, triad_gbs;
};

struct HostDescription {
  std::string topology;  ///< an hwloc synthetic description, e.g. "numa:1 l3:1 core:8 pu:1"
  std::uint64_t memory_bytes = 0;
  std::uint64_t available_bytes = 0;
  std::string product_name;  ///< what DMI or the device tree says, may be empty
  std::string kernel;        ///< a uname release, for evidence
  bool wsl = false;          ///< Windows Subsystem for Linux
  bool container = false;
  bool hypervisor = false;        ///< a virtual machine: the processors show that flag
  std::string device_tree_model;  ///< /proc/device-tree/model, empty: no such file
  std::string tegra_release;      ///< first line of /etc/nv_tegra_release, empty: no Jetson
  std::string iommu = "off";  ///< "off", or the type of every group: "identity", "DMA", "DMA-FQ"
  HostPool pool;
  std::vector<CoreKind>
      core_kinds;  ///< the slowest first; empty: all alike, one alone not modelled
  HostCallCosts calls;
  std::optional<Staging> staging;
};

/// How the driver goes about its work, where real drivers do it in ways that a measurement meets.
/// Each field is a switch of the object "driver" of a machine file; machines/README.md has them.
struct DriverBehaviour {
  /// How long a staged copy's call holds the calling thread: "never"; until all "earlier-work" of
  /// its stream has ended; until its "own-end". forums.developer.nvidia.com/t/295894 (4x RTX 3090,
  /// CUDA 12.2): "neither of the d2d memcpys execute asynchronously at all". Drivers differ.
  std::string staged_call_blocks = "earlier-work";
  /// Kernels and the driver's own copy paths are loaded at their first use on each GPU: the call
  /// waits until the GPU is idle, then loads (CUDA C++ Programming Guide, "Lazy Loading", potential
  /// hazards; NVIDIA/nvbench issue 136). CUDA_MODULE_LOADING=EAGER loads kernels at once.
  bool lazy_loading = true;
  double load_us = 300;  ///< of one; a choice of ours
  /// The first copy between two allocations takes so many times as long, for its first 64 MiB:
  /// nothing of them is in the TLBs yet. 3 to 10 is what benchmarks see; which, is a choice of
  /// ours.
  double first_copy_factor = 5;
  /// A kernel between two events takes at least so long (NVIDIA/cccl issues 7391 and 9481: 5 us of
  /// a kernel alone against one of a batch); right behind another one of its stream so long at
  /// most.
  double isolated_kernel_us = 5;
  double next_kernel_us = 1;
  /// From the compute channel to a copy engine and back, within a stream (2 to 5 us).
  double engine_hop_us = 3;
  /// From the end of an event's work on one GPU to what waits for it on another (5 to 10 us).
  double device_wait_us = 8;
  /// GPUs lower their clocks after a second of idleness, and raise them as below.
  bool clocks_ramp = true;
  /// Blocks hold multiprocessors from a kernel's start to its end: a grid that fills a GPU delays
  /// the next kernel there. False: kernels run beside each other however large they are.
  bool resident_kernels = true;
  /// Each copy engine belongs to a direction (core/copy_engines.hpp). False: any does any copy.
  bool directed_copy_engines = true;
  /// What the first call that needs a GPU's context takes longer. A choice of ours: profiles show
  /// from 100 ms for one GPU to 325 ms on a machine of eight (cuDevicePrimaryCtxRetain in
  /// rapidsai/ucx-py#402).
  double context_ms = 150;
  /// What cudaMalloc takes longer for each GiB that it maps. A choice of ours, of the order of what
  /// programs see: JuliaGPU/CUDA.jl#1540 has 8 ms for a GiB allocated and a kernel over it.
  double map_us_per_gib = 1000;
  /// A copy from pageable memory to a GPU returns once the driver has taken the bytes into its own
  /// memory; they reach the GPU later, in the order of the copy's stream and of no other (CUDA
  /// runtime API, "API synchronization behavior").
  bool pageable_copies_late = true;
  /// The CUDA error that each call of the runtime answers that needs a GPU, because the driver does
  /// not start; 0: it starts. One of start_errors().
  int start_error = 0;
  /// What the first launch of a graph costs that was not uploaded before; it waits until its GPUs
  /// have nothing to do. A choice of ours: first launches of graphs with collectives are several
  /// times slower than later ones (ROCm/rccl-tests#75), and CUDA's guide advises cudaGraphUpload.
  double graph_upload_us = 5000;
  /// Aborting one NCCL rank returns only once all of its communicator have been asked to abort:
  /// NVIDIA/nccl#1013 (programs that abort one after another from one thread hang).
  bool nccl_abort_waits_for_all = true;
};

/// The errors with which CUDA fails to start on machines that are otherwise whole.
const std::vector<int>& start_errors();

/// A driver and GPUs without what costs time: what flows then takes exactly the time that follows
/// from the rates of the machine.
inline DriverBehaviour ideal_driver() {
  return {.staged_call_blocks = "never",
          .lazy_loading = false,
          .load_us = 0,
          .first_copy_factor = 1,
          .isolated_kernel_us = 0,
          .next_kernel_us = std::numeric_limits<double>::infinity(),
          .engine_hop_us = 0,
          .device_wait_us = 0,
          .clocks_ramp = false,
          .resident_kernels = true,
          .directed_copy_engines = true,
          .context_ms = 0,
          .map_us_per_gib = 0,
          .pageable_copies_late = true,
          .start_error = 0,
          .graph_upload_us = 0,
          .nccl_abort_waits_for_all = true};
}

struct MachineFile {
  std::string path;
  std::string name;
  std::string summary;         ///< one line for `peerbench machines`
  std::string driver_version;  ///< empty: no driver
  int cuda_version = 0;        ///< of the driver, e.g. 13000; 0: no driver
  bool nvml = true;            ///< false: libnvidia-ml cannot be loaded
  std::uint64_t seed = 1;
  double noise_cv = 0;  ///< relative standard deviation of every operation's duration
  HostDescription host;
  DriverBehaviour driver;
  /// Variables a program sees unless it has them already.
  std::map<std::string, std::string> environment;
  std::vector<Bridge> bridges;
  std::vector<GpuDescription> gpus;
  std::vector<LinkBundle> links;
  std::optional<PeerPolicy> peer_default;  ///< of every ordered pair that `peers` does not list
  std::vector<PeerPolicy> peers;
  std::vector<Fault> faults;
};

/// A reason for low clocks: its word in the file, and its bit in NVML's answer
/// (nvmlClocksEventReasons of nvml.h).
struct ThrottleReason {
  const char* word;
  unsigned long long bit;
};
const std::vector<ThrottleReason>& throttle_reasons();

/// What holds for an ordered pair: what `peers` says of it, else `peer_default`, else null: the
/// driver allows nothing.
const PeerPolicy* find_policy(const MachineFile& machine, int from, int to);

/// Puts in what a file may leave out and what follows from the rest: a PCI path of its own for each
/// GPU, every port on a path, their speeds, the GPUs' limits. Doing it again changes nothing.
void fill_defaults(MachineFile& machine);

}  // namespace gpusim
