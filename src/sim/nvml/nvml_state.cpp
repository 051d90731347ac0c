// SPDX-License-Identifier: Apache-2.0
#include "sim/nvml/nvml_state.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "sim/core/state.hpp"

namespace gpusim {

FoundGpu find_gpu_or_slice(nvmlDevice_t handle) {
  FoundGpu found;
  found.machine = started_machine();
  if (found.machine == nullptr) return found;
  // A handle is the address of the description, so those of an earlier machine are not taken for
  // GPUs of this one.
  for (const GpuDescription& gpu : found.machine->gpus) {
    ++found.index;
    const bool card = static_cast<const void*>(&gpu) == static_cast<const void*>(handle);
    for (const MigSlice& slice : gpu.mig_slices) {
      if (handle_of(slice) == handle) found.slice = &slice;
    }
    if (card || found.slice != nullptr) {
      found.code = gpu_lost(found.index) ? NVML_ERROR_GPU_IS_LOST : NVML_SUCCESS;
      if (found.code == NVML_SUCCESS) found.gpu = &gpu;
      return found;
    }
  }
  found.code = NVML_ERROR_INVALID_ARGUMENT;
  return found;
}

FoundGpu find_gpu(nvmlDevice_t handle) {
  FoundGpu found = find_gpu_or_slice(handle);
  if (found && found.slice != nullptr) {
    found.gpu = nullptr;
    found.code = NVML_ERROR_NOT_SUPPORTED;
  }
  return found;
}

nvmlDevice_t handle_of(const MachineFile& machine, int index) {
  const GpuDescription* gpu = &machine.gpus[static_cast<std::size_t>(index)];
  return reinterpret_cast<nvmlDevice_t>(const_cast<GpuDescription*>(gpu));
}

nvmlReturn_t give_handle(const MachineFile& machine, int index, nvmlDevice_t* device) {
  if (gpu_lost(index)) return NVML_ERROR_GPU_IS_LOST;
  *device = handle_of(machine, index);
  return NVML_SUCCESS;
}

nvmlDevice_t handle_of(const MigSlice& slice) {
  return reinterpret_cast<nvmlDevice_t>(const_cast<MigSlice*>(&slice));
}

std::vector<int> shown_gpus(const MachineFile& machine) {
  std::vector<int> shown;
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    if (!machine.gpus[i].nvml_hidden) shown.push_back(static_cast<int>(i));
  }
  return shown;
}

namespace {

struct PciAddress {
  unsigned domain = 0, bus = 0, device = 0;
  bool operator==(const PciAddress&) const = default;
};

/// "domain:bus:device.function"; the domain may be left out, as NVML's bus id reader allows it.
std::optional<PciAddress> parse_pci(const std::string& text) {
  PciAddress address;
  if (std::sscanf(text.c_str(), "%x:%x:%x", &address.domain, &address.bus, &address.device) == 3) {
    return address;
  }
  address.domain = 0;
  if (std::sscanf(text.c_str(), "%x:%x", &address.bus, &address.device) == 2) return address;
  return std::nullopt;
}

}  // namespace

std::optional<int> gpu_at(const MachineFile& machine, const std::string& pci_bus_id) {
  const auto wanted = parse_pci(pci_bus_id);
  for (int index : shown_gpus(machine)) {
    const GpuDescription& gpu = machine.gpus[static_cast<std::size_t>(index)];
    if (wanted && gpu.in_pci && parse_pci(gpu.pci_bus_id) == wanted) return index;
  }
  return std::nullopt;
}

int port_count(const MachineFile& machine, int gpu) {
  int wired = 0;
  for (const LinkBundle& bundle : machine.links) {
    if (bundle.a == gpu || bundle.b == gpu) wired += bundle.links;
  }
  return std::max(wired, machine.gpus[static_cast<std::size_t>(gpu)].nvlink_ports);
}

std::optional<Port> port(const MachineFile& machine, int gpu, unsigned link) {
  unsigned first = 0;
  for (std::size_t i = 0; i < machine.links.size(); ++i) {
    const LinkBundle& bundle = machine.links[i];
    if (bundle.a != gpu && bundle.b != gpu) continue;
    const auto links = static_cast<unsigned>(bundle.links);
    if (link < first + links) {
      const unsigned place = link - first;
      return Port{.bundle = &bundle,
                  .bundle_index = i,
                  .place = place,
                  .peer = bundle.a == gpu ? bundle.b : bundle.a,
                  .up = place < static_cast<unsigned>(bundle.up)};
    }
    first += links;
  }
  if (link < static_cast<unsigned>(port_count(machine, gpu))) return Port{};
  return std::nullopt;
}

unsigned first_link(const MachineFile& machine, int gpu, std::size_t bundle_index) {
  unsigned first = 0;
  for (std::size_t i = 0; i < bundle_index; ++i) {
    const LinkBundle& bundle = machine.links[i];
    if (bundle.a == gpu || bundle.b == gpu) first += static_cast<unsigned>(bundle.links);
  }
  return first;
}

nvmlReturn_t copy_text(const std::string& text, char* buffer, unsigned size) {
  if (buffer == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (size < text.size() + 1) return NVML_ERROR_INSUFFICIENT_SIZE;
  std::memcpy(buffer, text.c_str(), text.size() + 1);
  return NVML_SUCCESS;
}

std::optional<int> attribute(const GpuDescription& gpu, const char* name) {
  const auto found = gpu.attributes.find(name);
  return found == gpu.attributes.end() ? std::nullopt : std::optional<int>(found->second);
}

}  // namespace gpusim
