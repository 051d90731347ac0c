// Everything the machine was asked and what came back, as plain data: the classifier reads only
// this, so any machine can be described to it by hand. Unknown is never taken for no.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/tri.hpp"
#include "machine/machine.hpp"

namespace peerbench::machine {

/// One NVLink of a GPU.
struct NvlinkPort {
  enum class Remote { unknown, gpu, nvswitch, other };

  Signal up;
  Signal peer_capable;  ///< NVML's P2P capability of the link; "no" keeps it out of peer links
  Remote remote = Remote::unknown;
  std::string remote_pci;      ///< canonical; of the GPU at the other end
  std::optional<int> version;  ///< NVML's enum
  std::optional<double> mbps;  ///< one way, as the driver reports it
};

struct GpuSignals {
  Gpu gpu;
  Signal in_nvml;      ///< yes: found there, raw says by what (PCI bus id or UUID)
  Signal memory_node;  ///< yes: the GPU's memory is a NUMA node of the system
  Signal framebuffer;  ///< NVML memory information; no: NOT_SUPPORTED
  Signal mig;
  Signal virtual_gpu;
  Signal nvlinks_asked;  ///< yes: `ports` holds all links there are (none is an answer too)
  std::vector<NvlinkPort> ports;
  int c2c_links = 0;  ///< NVLink-C2C links that are up; they lead to the CPU of the same package
  double c2c_mbps = 0;
};

/// One ordered pair.
struct PairSignals {
  int from = 0;
  int to = 0;
  Signal can_access;
  std::string p2p_read;  ///< NVML's word: "OK", "CNS", "GNS", "TNS", "DR", "NS", "U"; may be empty
};

struct Signals {
  int cuda_count = 0;
  std::string cuda_error;       ///< of the count, empty when it answered
  int driver_cuda_version = 0;  ///< 0: no driver library
  int runtime_version = 0;
  std::string driver_version;  ///< empty: not known
  Signal nvml;
  std::optional<int> nvml_count;
  std::vector<GpuSignals> gpus;  ///< in CUDA's order
  std::vector<PairSignals> pairs;

  Signal wsl;
  Signal container;
  Signal kernel_module;  ///< of the NVIDIA driver
  std::string product;   ///< DMI or device tree, for evidence only
  std::string kernel;
  std::optional<std::string> cuda_visible_devices;  ///< none: not set
  std::optional<std::string> nvidia_visible_devices;
  int host_nodes = 0;  ///< NUMA nodes with memory and cores
};

}  // namespace peerbench::machine
