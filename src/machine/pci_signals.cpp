// SPDX-License-Identifier: Apache-2.0
#include "machine/pci_signals.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "machine/pci_address.hpp"

namespace peerbench::machine {

namespace {

std::optional<int> number(const std::optional<std::string>& text) {
  int value = 0;
  if (!text) return std::nullopt;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (code != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

/// A link's speed and width by two files; none where the kernel says "Unknown" or 0.
std::optional<PcieSpeed> speed(const HostFiles& files, const std::string& folder,
                               const std::string& which) {
  const auto text = files.text(folder + "/" + which + "_link_speed");
  const auto width = number(files.text(folder + "/" + which + "_link_width"));
  const int generation = text ? pcie_generation(*text) : 0;
  // 63 and 255 stand for a width that could not be read.
  if (generation == 0 || !width || *width < 1 || *width > 32) return std::nullopt;
  return PcieSpeed{generation, *width};
}

/// "1b36:000c"; empty where the kernel's two files are not there.
std::string device_id(const HostFiles& files, const std::string& folder) {
  const auto vendor = files.text(folder + "/vendor"), device = files.text(folder + "/device");
  if (!vendor || !device || !vendor->starts_with("0x") || !device->starts_with("0x")) return "";
  return vendor->substr(2) + ":" + device->substr(2);
}

/// Everything after the host bridge in "/sys/devices/.../pci0000:40/0000:40:01.1/0000:41:00.0".
void read_path(const HostFiles& files, const std::string& real_path, GpuSignals& gpu) {
  std::filesystem::path folder;
  for (const auto& part : std::filesystem::path(real_path)) {
    folder /= part;
    const std::string name = part.string();
    if (name.starts_with("pci") && name.find(':') != std::string::npos) {
      gpu.pci_root = name;
      gpu.pci_path.clear();
    } else if (const std::string address = canonical_pci(name);
               !gpu.pci_root.empty() && !address.empty()) {
      PciPort port;
      port.address = address;
      port.device_id = device_id(files, folder.string());
      port.current = speed(files, folder.string(), "current");
      port.max = speed(files, folder.string(), "max");
      if (address != gpu.gpu.pci_bus_id) {
        port.acs_redirect = acs_redirect(files.bytes(folder.string() + "/config").value_or(""));
      }
      gpu.pci_path.push_back(port);
    }
  }
}

/// Whatever else CUDA, NVML or a container show: these are in the machine. Functions that a GPU
/// lends to virtual machines are no GPUs.
void list_gpus(const HostFiles& files, Signals& signals) {
  const std::string folder = "/sys/bus/pci/devices";
  const auto names = files.names(folder);
  if (!names) {
    signals.pci_listed.raw = folder + " cannot be listed";
    return;
  }
  for (const std::string& name : *names) {
    const std::string device = folder + "/" + name;
    if (files.text(device + "/vendor") != "0x10de") continue;
    const bool display = files.text(device + "/class").value_or("").starts_with("0x03");
    if (!display || files.real_path(device + "/physfn")) continue;
    signals.pci_gpus.push_back(canonical_pci(name));
    // The kernel keeps the names of a device that no longer answers; reads of it give ones.
    if (files.bytes(device + "/config").value_or("").starts_with("\xff\xff\xff\xff")) {
      signals.pci_off_bus.push_back(canonical_pci(name));
    }
  }
  signals.pci_listed = {Tri::yes, fmt::format("{}", signals.pci_gpus.size())};
}

void read_group(const HostFiles& files, const std::string& device, GpuSignals& gpu) {
  const auto group = files.real_path(device + "/iommu_group");
  if (!group) return;
  gpu.iommu_group = number(std::filesystem::path(*group).filename().string());
  gpu.iommu_type = files.text(*group + "/type").value_or("");
}

std::uint32_t word(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4 && at + i < bytes.size(); ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  return value;
}

}  // namespace

int pcie_generation(const std::string& speed) {
  // PCI Express Base Specification, supported link speeds, in GT/s.
  constexpr double rates[] = {2.5, 5, 8, 16, 32, 64};
  char* end = nullptr;
  const double rate = std::strtod(speed.c_str(), &end);
  if (std::string_view(end).find("GT/s") == std::string_view::npos) return 0;
  for (int i = 0; i < 6; ++i) {
    if (rate == rates[i]) return i + 1;
  }
  return 0;
}

Signal acs_redirect(const std::string& config) {
  constexpr std::size_t first_extended = 0x100;
  constexpr std::uint32_t acs_id = 0x000D;
  constexpr std::uint32_t request_redirect = 1 << 2;
  constexpr std::uint32_t completion_redirect = 1 << 3;
  if (config.size() <= first_extended) {
    return {
        Tri::unknown,
        fmt::format("{} bytes of configuration space readable; the rest is root's", config.size())};
  }
  std::size_t at = first_extended;
  for (int steps = 0; at >= first_extended && at + 8 <= config.size() && steps < 256; ++steps) {
    const std::uint32_t header = word(config, at);
    if ((header & 0xffff) == acs_id) {
      const std::uint32_t control = word(config, at + 4) >> 16;
      return {tri((control & (request_redirect | completion_redirect)) != 0),
              fmt::format("ACS control {:#06x}", control)};
    }
    at = header >> 20;
  }
  return {Tri::no, "no ACS capability"};
}

void read_pci(const HostFiles& files, Signals& signals) {
  list_gpus(files, signals);
  for (GpuSignals& gpu : signals.gpus) {
    if (gpu.gpu.pci_bus_id.empty()) continue;
    const std::string device = "/sys/bus/pci/devices/" + gpu.gpu.pci_bus_id;
    const auto real_path = files.real_path(device);
    if (!real_path) continue;
    read_path(files, *real_path, gpu);
    read_group(files, device, gpu);
    gpu.numa_node = number(files.text(device + "/numa_node")).value_or(-1);
    gpu.cpus = files.text(device + "/local_cpulist").value_or("");
    if (gpu.iommu_group) {
      signals.iommu = {Tri::yes,
                       gpu.iommu_type.empty() ? "type not readable" : "type " + gpu.iommu_type};
    } else if (signals.iommu.value == Tri::unknown) {
      signals.iommu = {Tri::no, gpu.gpu.pci_bus_id + " is in no IOMMU group"};
    }
  }
}

}  // namespace peerbench::machine
