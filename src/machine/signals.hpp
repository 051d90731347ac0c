// SPDX-License-Identifier: Apache-2.0
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

/// "gpu", "nvswitch", "other", "unknown".
const char* name(NvlinkPort::Remote value);

/// One port on the way from the host down to a GPU, or the GPU itself, as the kernel shows it.
struct PciPort {
  std::string address;               ///< canonical
  std::optional<PcieSpeed> current;  ///< of the link this port ends
  std::optional<PcieSpeed> max;      ///< what this end of it could do
  Signal acs_redirect;               ///< ACS sends peer requests up; unknown: only root reads that
  std::string device_id;             ///< "1b36:000c", vendor and device; empty: not known
};

/// A GPU as the questions left it. Of `gpu` only what CUDA itself says is filled.
struct GpuSignals {
  Gpu gpu;
  std::string pci_device_id;  ///< "10de:2204", printed and looked up for memory rates only
  int memory_clock_khz = 0;   ///< cudaDevAttrMemoryClockRate; on integrated GPUs not to be trusted
  int memory_bus_bits = 0;    ///< cudaDevAttrGlobalMemoryBusWidth; the same
  Signal in_nvml;             ///< yes: found there, raw says by what (PCI bus id or UUID)
  Signal memory_node;         ///< yes: the GPU's memory is a NUMA node of the system
  Signal framebuffer;         ///< NVML memory information; no: NOT_SUPPORTED
  Signal mig;
  Signal virtual_gpu;
  Signal exec_timeout;   ///< cudaDevAttrKernelExecTimeout: kernels that last are ended (a display)
  Signal nvlinks_asked;  ///< yes: `ports` holds all links there are (none is an answer too)
  std::vector<NvlinkPort> ports;
  int c2c_links = 0;  ///< NVLink-C2C links that are up; they lead to the CPU of the same package
  double c2c_mbps = 0;
  std::string addressing_mode;             ///< NVML: "none", "HMM", "ATS"; empty: not known
  Bytes bar1_bytes = 0;                    ///< 0: not known
  std::optional<PcieSpeed> pcie_current;   ///< NVML, now
  std::optional<PcieSpeed> pcie_card_max;  ///< NVML, of the GPU itself
  std::optional<PcieSpeed> pcie_link_max;  ///< NVML, of the card in this slot
  std::string pci_root;                    ///< sysfs: "pci0000:40"; empty: not known
  std::vector<PciPort> pci_path;           ///< sysfs: from the root port down to the GPU itself
  std::optional<int> iommu_group;
  std::string iommu_type;              ///< of that group: "identity", "DMA", "DMA-FQ", ...
  int numa_node = -1;                  ///< sysfs; -1: the kernel names none
  std::string cpus;                    ///< sysfs local_cpulist
  std::optional<int> compute_mode;     ///< nvmlComputeMode_t
  std::optional<int> other_processes;  ///< with a compute context there, this one not counted
  Signal persistence;  ///< yes: the driver keeps the GPU set up while nobody uses it
  /// Registration with an NVLink fabric: yes when done; no, with the state, while it is not;
  /// unknown where the GPU has none.
  Signal fabric;
  Signal fabric_degraded;  ///< yes: the fabric's health mask says that its bandwidth is
};

/// One ordered pair.
struct PairSignals {
  int from = 0;
  int to = 0;
  Signal can_access;
  PeerCapabilities allowed;                          ///< NVML's words
  PciTopologyLevel way = PciTopologyLevel::unknown;  ///< NVML's common ancestor
  Signal native_atomics;
  std::optional<int> cuda_rank;
};

struct Signals {
  int cuda_count = 0;
  std::string cuda_error;       ///< of the count, empty when it answered
  int driver_cuda_version = 0;  ///< 0: no driver library
  int runtime_version = 0;
  /// What the program's kernels were compiled for, named as CMake does ("75-real,120-virtual");
  /// empty where that is not known. Of a simulated GPU, which runs the CPU's code, it says what a
  /// real one would run.
  std::string architectures;
  std::string driver_version;  ///< empty: not known
  Signal nvml;
  std::optional<int> nvml_count;
  /// Whether the kernel's list of PCI devices could be read; containers usually show all of it.
  Signal pci_listed;
  std::vector<std::string> pci_gpus;     ///< addresses of NVIDIA's display and 3D controllers in it
  std::vector<std::string> pci_off_bus;  ///< those of them whose configuration reads as ones
  std::vector<HiddenGpu> hidden;         ///< NVML's boards that are none of CUDA's GPUs
  std::vector<GpuSignals> gpus;          ///< in CUDA's order
  std::vector<PairSignals> pairs;

  Signal wsl;
  Signal container;
  Signal virtual_machine;  ///< yes: a hypervisor lies below, and may have made up the PCI tree
  Signal kernel_module;    ///< of the NVIDIA driver
  std::string product;     ///< DMI or device tree, for evidence only
  std::string kernel;
  std::optional<std::string> cuda_visible_devices;  ///< none: not set
  std::optional<std::string> nvidia_visible_devices;
  std::vector<Pool> pools;  ///< the host's, one for each NUMA node with memory and cores
  Signal iommu;             ///< yes: /sys/kernel/iommu_groups has groups
  Signal confidential;      ///< yes: confidential computing is on
  Signal imex_channels;     ///< yes: device nodes through which memory is shared between nodes
};

}  // namespace peerbench::machine
