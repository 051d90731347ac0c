// SPDX-License-Identifier: Apache-2.0
#include "sim/core/host_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "base/simulation.hpp"
#include "sim/core/pci_config.hpp"
#include "sim/core/state.hpp"
#include "sim/pci_tree.hpp"

namespace gpusim {
namespace {

constexpr const char* devices = "/sys/bus/pci/devices/";
constexpr const char* groups = "/sys/kernel/iommu_groups/";

/// As the kernel writes it (pci_speed_string in drivers/pci/probe.c).
std::string speed(int generation) {
  constexpr std::array<const char*, 7> words = {"Unknown",       "2.5 GT/s PCIe",  "5.0 GT/s PCIe",
                                                "8.0 GT/s PCIe", "16.0 GT/s PCIe", "32.0 GT/s PCIe",
                                                "64.0 GT/s PCIe"};
  return words[static_cast<std::size_t>(std::clamp(generation, 0, 6))];
}

/// A port `above` steps up from the GPU: the one next to it faces down, the one above that is a
/// switch's and faces up, and so on in turn.
bool faces_up(std::size_t above) { return above % 2 == 1; }

}  // namespace

HostFiles::HostFiles(const MachineFile& machine, std::function<bool(int)> idle,
                     std::function<bool(int)> lost)
    : idle_(std::move(idle)), lost_(std::move(lost)) {
  add_system(machine);
  // Under WSL the GPUs belong to Windows; the kernel sees none in PCI.
  if (machine.host.wsl) return;
  add_bridges(machine);
  add_cards(machine);
}

void HostFiles::add(const std::string& path, std::string text) {
  files_[path] = {.text = std::move(text), .idle_text = "", .idle_gpu = -1};
}

void HostFiles::add_system(const MachineFile& machine) {
  const HostDescription& host = machine.host;
  add("/proc/version", fmt::format("Linux version {} (simulated)\n",
                                   host.kernel.empty() ? std::string("unknown") : host.kernel));
  if (!host.kernel.empty()) add("/proc/sys/kernel/osrelease", host.kernel + "\n");
  const bool jetson = !host.tegra_release.empty();
  if (host.wsl) {
    add("/dev/dxg", "");
  } else if (!machine.driver_version.empty() && jetson) {
    add("/dev/nvhost-gpu", "");
  } else if (!machine.driver_version.empty()) {
    add("/dev/nvidiactl", "");
    add("/proc/driver/nvidia/version",
        fmt::format("NVRM version: NVIDIA UNIX Kernel Module  {}  (simulated)\n",
                    machine.driver_version));
  }
  if (jetson) add("/etc/nv_tegra_release", host.tegra_release + "\n");
  if (host.container) add("/.dockerenv", "");
  if (host.hypervisor) add("/proc/cpuinfo", "flags\t\t: fpu sse2 hypervisor\n");
  if (!host.product_name.empty()) {
    links_["/sys/class/dmi/id"] = "/sys/devices/virtual/dmi/id";
    add("/sys/devices/virtual/dmi/id/product_name", host.product_name + "\n");
  }
  if (!host.device_tree_model.empty()) {
    links_["/proc/device-tree"] = "/sys/firmware/devicetree/base";
    // Texts of the device tree end in a null byte, not in a line feed.
    add("/sys/firmware/devicetree/base/model", host.device_tree_model + '\0');
  }
}

std::string HostFiles::add_device(const std::string& address, const std::string& path) {
  const std::string device = "/sys/devices/" + path;
  links_[devices + address] = device;
  return device + "/";
}

/// Devices of one group cannot be kept apart: a GPU alone where the port above it redirects peer
/// requests, else all below one root port, and that port.
void HostFiles::add_group(const MachineFile& machine, const std::string& key,
                          const std::string& address, const std::string& device) {
  if (machine.host.iommu == "off") return;
  const auto [entry, is_new] = groups_.emplace(key, static_cast<int>(groups_.size()));
  const std::string group = groups + std::to_string(entry->second);
  if (is_new) add(group + "/type", machine.host.iommu + "\n");
  links_[device + "iommu_group"] = group;
  links_[group + "/devices/" + address] = device.substr(0, device.size() - 1);
}

void HostFiles::add_cards(const MachineFile& machine) {
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    const GpuDescription& gpu = machine.gpus[i];
    if (gpu.pci_path.empty()) continue;
    const std::string device = add_device(
        gpu.pci_bus_id, fmt::format("{}/{}", fmt::join(gpu.pci_path, "/"), gpu.pci_bus_id));
    add(device + "vendor", "0x10de\n");
    if (gpu.pci_device_id != 0) {
      add(device + "device", fmt::format("0x{:04x}\n", gpu.pci_device_id >> 16));
    }
    add(device + "class", fmt::format("0x{:06x}\n", pci_class(gpu)));
    add(device + "numa_node", std::to_string(gpu.numa_node) + "\n");
    if (!gpu.cpus.empty()) add(device + "local_cpulist", gpu.cpus + "\n");
    if (gpu.pcie_generation > 0) {
      const int idle =
          gpu.pcie_generation_idle > 0 ? gpu.pcie_generation_idle : gpu.pcie_generation;
      const Content current{speed(gpu.pcie_generation) + "\n", speed(idle) + "\n",
                            static_cast<int>(i)};
      const std::string width = std::to_string(gpu.pcie_width) + "\n";
      // A read of a card that has gone gives all ones, which the kernel takes apart as ever
      // (drivers/pci/pci-sysfs.c: no speed it knows, and all six bits of the width).
      const int card = static_cast<int>(i);
      files_[device + "current_link_speed"] = {current.text, current.idle_text, card, "Unknown\n",
                                               card};
      files_[device + "current_link_width"] = {width, width, -1, "63\n", card};
      add(device + "max_link_speed", speed(gpu.pcie_max_generation) + "\n");
      add(device + "max_link_width", std::to_string(gpu.pcie_max_width) + "\n");
      // The port above ends the same link.
      if (const Bridge* slot = slot_of(machine, gpu); slot != nullptr && !slot->emulated) {
        const std::string port = links_.at(devices + slot->address) + "/";
        files_[port + "current_link_speed"] = current;
        add(port + "current_link_width", width);
      }
    }
    const auto ports = ports_above(gpu);
    const Bridge* slot = slot_of(machine, gpu);
    const bool alone = slot == nullptr || slot->acs == "on";
    add_group(machine, alone ? gpu.pci_bus_id : ports.front(), gpu.pci_bus_id, device);
  }
}

void HostFiles::add_bridges(const MachineFile& machine) {
  for (const GpuDescription& gpu : machine.gpus) {
    const auto ports = ports_above(gpu);
    for (std::size_t i = 0; i < ports.size(); ++i) {
      const Bridge* bridge = find_bridge(machine, ports[i]);
      if (bridge == nullptr || links_.contains(devices + ports[i])) continue;
      const std::span<const std::string> path(gpu.pci_path.data(), i + 2);
      const std::string device = add_device(ports[i], fmt::format("{}", fmt::join(path, "/")));
      add(device + "class", "0x060400\n");
      if (!bridge->device_id.empty()) {
        add(device + "vendor", fmt::format("0x{}\n", bridge->device_id.substr(0, 4)));
        add(device + "device", fmt::format("0x{}\n", bridge->device_id.substr(5)));
      }
      add(device + "numa_node", std::to_string(gpu.numa_node) + "\n");
      if (!gpu.cpus.empty()) add(device + "local_cpulist", gpu.cpus + "\n");
      const bool up = faces_up(ports.size() - 1 - i);
      const PortType type = up       ? PortType::upstream
                            : i == 0 ? PortType::root
                                     : PortType::downstream;
      add(device + "config", pci_config(*bridge, type));
      if (bridge->generation > 0) {
        // Between two ports the link is as the lesser of them.
        const std::size_t other = up ? i - 1 : i + 1;
        const Bridge* far = other < ports.size() ? find_bridge(machine, ports[other]) : nullptr;
        const int generation =
            far == nullptr ? bridge->generation : std::min(bridge->generation, far->generation);
        const int width = far == nullptr ? bridge->width : std::min(bridge->width, far->width);
        add(device + "current_link_speed", speed(generation) + "\n");
        add(device + "current_link_width", std::to_string(width) + "\n");
        add(device + "max_link_speed", speed(bridge->generation) + "\n");
        add(device + "max_link_width", std::to_string(bridge->width) + "\n");
      }
      add_group(machine, bridge->acs == "on" ? ports[i] : ports.front(), ports[i], device);
    }
  }
}

std::string HostFiles::resolve(std::string path) const {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      const auto link = links_.find(path.substr(0, end));
      if (link != links_.end()) {
        path = link->second + (end == std::string::npos ? "" : path.substr(end));
        changed = true;
        break;
      }
      if (end == std::string::npos) break;
    }
  }
  return path;
}

std::optional<std::string> HostFiles::names(const std::string& folder) const {
  std::set<std::string> names;
  const std::string real = resolve(folder.substr(0, folder.size() - 1)) + "/";
  const auto add_below = [&](const auto& entries) {
    for (auto entry = entries.lower_bound(real);
         entry != entries.end() && entry->first.starts_with(real); ++entry) {
      const auto end = entry->first.find('/', real.size());
      names.insert(entry->first.substr(real.size(), end - real.size()));
    }
  };
  add_below(files_);
  add_below(links_);
  if (names.empty()) return std::nullopt;
  return fmt::format("{}\n", fmt::join(names, "\n"));
}

std::optional<std::string> HostFiles::read(const std::string& path) const {
  if (path.ends_with('/')) return names(path);
  const auto found = files_.find(resolve(path));
  if (found == files_.end()) return std::nullopt;
  const Content& content = found->second;
  if (content.lost_gpu >= 0 && lost_(content.lost_gpu)) return content.lost_text;
  return content.idle_gpu >= 0 && idle_(content.idle_gpu) ? content.idle_text : content.text;
}

std::optional<std::string> HostFiles::real_path(const std::string& path) const {
  std::string real = resolve(path);
  if (files_.contains(real)) return real;
  // A folder is there when a file lies in it.
  const std::string folder = real + "/";
  const auto next = files_.lower_bound(folder);
  if (next != files_.end() && next->first.starts_with(folder)) return real;
  return std::nullopt;
}

}  // namespace gpusim

namespace {

long give(const std::optional<std::string>& text, char* buffer, std::size_t size) {
  if (!text) return -1;
  if (buffer != nullptr) std::copy_n(text->data(), std::min(size, text->size()), buffer);
  return static_cast<long>(text->size());
}

}  // namespace

extern "C" {

PEERBENCH_SIM_EXPORT long peerbench_sim_file(const char* path, char* buffer, std::size_t size) {
  const auto now = gpusim::session();
  if (now.machine == nullptr || path == nullptr) return -1;
  return give(now.machine->host_files().read(path), buffer, size);
}

PEERBENCH_SIM_EXPORT long peerbench_sim_real_path(const char* path, char* buffer,
                                                  std::size_t size) {
  const auto now = gpusim::session();
  if (now.machine == nullptr || path == nullptr) return -1;
  return give(now.machine->host_files().real_path(path), buffer, size);
}

}  // extern "C"
