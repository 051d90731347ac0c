#include "sim/nvml/nvml_state.hpp"

#include <cstdio>
#include <cstring>

namespace peerbench::sim {

FoundGpu find_gpu(nvmlDevice_t handle) {
  FoundGpu found;
  found.machine = started_machine();
  if (found.machine == nullptr) return found;
  // A handle is the address of the description, so those of an earlier machine are not taken for
  // GPUs of this one.
  for (const GpuDescription& gpu : found.machine->gpus) {
    ++found.index;
    if (static_cast<const void*>(&gpu) == static_cast<const void*>(handle)) {
      found.gpu = &gpu;
      found.code = NVML_SUCCESS;
      return found;
    }
  }
  found.code = NVML_ERROR_INVALID_ARGUMENT;
  return found;
}

nvmlDevice_t handle_of(const MachineFile& machine, int index) {
  const GpuDescription* gpu = &machine.gpus[static_cast<std::size_t>(index)];
  return reinterpret_cast<nvmlDevice_t>(const_cast<GpuDescription*>(gpu));
}

namespace {

struct PciAddress {
  unsigned domain = 0, bus = 0, device = 0;
  bool operator==(const PciAddress&) const = default;
};

std::optional<PciAddress> parse_pci(const std::string& text) {
  PciAddress address;
  if (std::sscanf(text.c_str(), "%x:%x:%x", &address.domain, &address.bus, &address.device) == 3) {
    return address;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> gpu_at(const MachineFile& machine, const std::string& pci_bus_id) {
  const auto wanted = parse_pci(pci_bus_id);
  for (std::size_t i = 0; wanted && i < machine.gpus.size(); ++i) {
    if (parse_pci(machine.gpus[i].pci_bus_id) == wanted) return static_cast<int>(i);
  }
  return std::nullopt;
}

int port_count(const MachineFile& machine, int gpu) {
  int count = 0;
  for (const LinkBundle& bundle : machine.links) {
    if (bundle.a == gpu || bundle.b == gpu) count += bundle.links;
  }
  return count;
}

std::optional<Port> port(const MachineFile& machine, int gpu, unsigned link) {
  unsigned first = 0;
  for (std::size_t i = 0; i < machine.links.size(); ++i) {
    const LinkBundle& bundle = machine.links[i];
    if (bundle.a != gpu && bundle.b != gpu) continue;
    const auto links = static_cast<unsigned>(bundle.links);
    if (link < first + links) {
      return Port{.bundle = &bundle,
                  .bundle_index = i,
                  .peer = bundle.a == gpu ? bundle.b : bundle.a,
                  .up = link - first < static_cast<unsigned>(bundle.up)};
    }
    first += links;
  }
  return std::nullopt;
}

nvmlReturn_t copy_text(const std::string& text, char* buffer, unsigned size) {
  if (buffer == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (size < text.size() + 1) return NVML_ERROR_INSUFFICIENT_SIZE;
  std::memcpy(buffer, text.c_str(), text.size() + 1);
  return NVML_SUCCESS;
}

}  // namespace peerbench::sim
