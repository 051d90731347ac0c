// What is in the box, as far as it could be asked: GPUs, links, pools, and the class that follows,
// each with the evidence it rests on. Plain data; discovery fills it, everything above reads it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/tri.hpp"
#include "base/units.hpp"

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

struct Gpu {
  int ordinal = 0;         ///< the CUDA runtime's, as visible to this process
  std::string model;       ///< printed, never used to decide anything
  std::string pci_bus_id;  ///< "0000:01:00.0"; empty when not known
  std::string uuid;        ///< written to files only with --identify
  int compute_major = 0;
  int compute_minor = 0;
  int multiprocessors = 0;
  Bytes memory_bytes = 0;
  Bytes free_bytes = 0;  ///< at discovery
  Bytes l2_bytes = 0;
  int copy_engines = 0;
  int numa_node = -1;  ///< -1: not known
  Signal integrated;
  Signal pageable_access;
  Signal host_page_tables;
  Signal concurrent_managed;
  Signal managed;
};

/// What joins an ordered pair of GPUs, as the CUDA runtime and NVML say.
struct PeerLink {
  int from = 0;
  int to = 0;
  Signal can_access;  ///< cudaDeviceCanAccessPeer(from -> to)
  Signal nvlink;  ///< yes: at least one NVLink of `from` leads to `to` (or to a switch) and is up
  std::optional<int> links_up;  ///< none: could not be asked
  std::optional<int> links_present;
  std::optional<double> raw_gbs_per_link;  ///< one way, as the driver reports it
  std::string nvlink_version;              ///< "3.1"; empty when not known
};

/// A pool of memory: the host's (one per NUMA node with memory), a GPU's, or the one shared pool.
struct Pool {
  std::string id;  ///< "host0", "gpu0"
  Bytes total_bytes = 0;
  Bytes available_bytes = 0;
  std::string description;  ///< "host memory, NUMA node 0, 8 cores, 32 MiB L3"
  int numa_node = -1;
  int cores = 0;                  ///< physical cores beside it; 0 for GPU pools
  Bytes largest_cache_bytes = 0;  ///< all last-level caches that could hide an array, summed
};

/// One line of the reasons for the class: what was asked, what came back, what it means.
struct Evidence {
  std::string asked;
  std::string answer;
  std::string meaning;
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
  std::vector<Evidence> evidence;
  std::vector<std::string> advice;  ///< what is missing and how to get it
};

}  // namespace peerbench::machine
