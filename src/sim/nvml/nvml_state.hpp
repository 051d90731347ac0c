// What all functions of the simulated NVML share: whether it was started, and which GPU of the open
// machine a handle means. NVML ignores CUDA_VISIBLE_DEVICES, so all GPUs of the file are here.
#pragma once

// The old entry points are part of the ABI too, so the header must not rename them.
#define NVML_NO_UNVERSIONED_FUNC_DEFS
#include <nvml.h>

#include <optional>
#include <string>

#include "sim/machine_file.hpp"

namespace peerbench::sim {

/// The open machine while the library is started, else null.
const MachineFile* started_machine();

/// One GPU behind a handle, and the code to return when there is none.
struct FoundGpu {
  const MachineFile* machine = nullptr;
  const GpuDescription* gpu = nullptr;
  int index = -1;
  nvmlReturn_t code = NVML_ERROR_UNINITIALIZED;
  explicit operator bool() const { return gpu != nullptr; }
};
FoundGpu find_gpu(nvmlDevice_t handle);
nvmlDevice_t handle_of(const MachineFile& machine, int index);

/// Index of the GPU with this PCI bus id, however it is spelled.
std::optional<int> gpu_at(const MachineFile& machine, const std::string& pci_bus_id);

/// One NVLink of a GPU. NVML numbers a GPU's links from 0, bundle after bundle.
struct Port {
  const LinkBundle* bundle = nullptr;
  std::size_t bundle_index = 0;
  int peer = -1;
  bool up = false;
};
/// How many links the GPU has, up or not.
int port_count(const MachineFile& machine, int gpu);
std::optional<Port> port(const MachineFile& machine, int gpu, unsigned link);

/// All fields of the present structure (device.cpp).
void fill_pci(const GpuDescription& gpu, nvmlPciInfo_t& pci);

/// Copies text into a caller's buffer; INSUFFICIENT_SIZE when it does not fit with its end.
nvmlReturn_t copy_text(const std::string& text, char* buffer, unsigned size);

}  // namespace peerbench::sim
