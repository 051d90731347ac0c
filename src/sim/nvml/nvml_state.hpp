// SPDX-License-Identifier: Apache-2.0
// What all functions of the simulated NVML share: whether it was started, and which GPU of the open
// machine a handle means. NVML ignores CUDA_VISIBLE_DEVICES, so all GPUs of the file are here
// except those that the file hides from it.
#pragma once

// The old entry points are part of the ABI too, so the header must not rename them.
#define NVML_NO_UNVERSIONED_FUNC_DEFS
#include <nvml.h>

#include <optional>
#include <string>
#include <vector>

#include "sim/machine_file.hpp"

namespace gpusim {

/// The open machine while the library is started, else null.
const MachineFile* started_machine();

/// One GPU behind a handle, and the code to return when there is none.
struct FoundGpu {
  const MachineFile* machine = nullptr;
  const GpuDescription* gpu = nullptr;
  int index = -1;                   ///< in the file
  const MigSlice* slice = nullptr;  ///< the handle means this MIG device of the GPU, not the GPU
  nvmlReturn_t code = NVML_ERROR_UNINITIALIZED;
  explicit operator bool() const { return gpu != nullptr; }
};
/// A GPU. What a slice cannot be asked is not supported there.
FoundGpu find_gpu(nvmlDevice_t handle);
FoundGpu find_gpu_or_slice(nvmlDevice_t handle);

nvmlDevice_t handle_of(const MachineFile& machine, int index);
/// The same for a caller; NVML_ERROR_GPU_IS_LOST where the GPU has gone.
nvmlReturn_t give_handle(const MachineFile& machine, int index, nvmlDevice_t* device);
nvmlDevice_t handle_of(const MigSlice& slice);

/// Index in the file of each GPU that NVML shows, by NVML's own index.
std::vector<int> shown_gpus(const MachineFile& machine);

/// Index in the file of the shown GPU with this PCI bus id, however it is spelled.
std::optional<int> gpu_at(const MachineFile& machine, const std::string& pci_bus_id);

/// One NVLink of a GPU. NVML numbers a GPU's links from 0, bundle after bundle; ports without a
/// wire come last and have no bundle.
struct Port {
  const LinkBundle* bundle = nullptr;
  std::size_t bundle_index = 0;
  unsigned place = 0;  ///< within the bundle
  int peer = -1;       ///< the GPU at the other end; -1: a switch
  bool up = false;
};
/// How many links the GPU has, up or not, wired or not.
int port_count(const MachineFile& machine, int gpu);
std::optional<Port> port(const MachineFile& machine, int gpu, unsigned link);
/// NVML's number of a bundle's first link on one of its GPUs.
unsigned first_link(const MachineFile& machine, int gpu, std::size_t bundle_index);

/// Errors that one link has counted so far (link_errors.cpp); only faults of the file make any.
enum class LinkError { crc_data, replay };
std::uint64_t link_errors(const FoundGpu& gpu, const Port& port, LinkError error);
std::uint64_t pcie_replays(const FoundGpu& gpu);

/// All fields of the present structure (pci.cpp).
void fill_pci(const std::string& pci_bus_id, std::uint32_t device_id, nvmlPciInfo_t& pci);

/// Copies text into a caller's buffer; INSUFFICIENT_SIZE when it does not fit with its end.
nvmlReturn_t copy_text(const std::string& text, char* buffer, unsigned size);

/// Value of a CUDA device attribute that the file gives; none where it gives none.
std::optional<int> attribute(const GpuDescription& gpu, const char* name);

/// Answers one question about a GPU: `get(found)` gives the value, or none where the GPU has no
/// such thing.
template <typename T, typename Get>
nvmlReturn_t answer(nvmlDevice_t device, T* out, Get get) {
  const FoundGpu found = find_gpu(device);
  if (!found) return found.code;
  if (out == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  const std::optional<T> value = get(found);
  if (!value) return NVML_ERROR_NOT_SUPPORTED;
  *out = *value;
  return NVML_SUCCESS;
}

/// Numbers of the file where 0 means that there is none.
inline std::optional<unsigned> positive(int value) {
  return value > 0 ? std::optional<unsigned>(static_cast<unsigned>(value)) : std::nullopt;
}

}  // namespace gpusim
