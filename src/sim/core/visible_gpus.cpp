// SPDX-License-Identifier: Apache-2.0
#include "sim/core/visible_gpus.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

namespace gpusim {
namespace {

/// A GPU, or what it is cut into.
struct Named {
  int gpu = -1;
  std::size_t slice = 0;
  bool operator==(const Named&) const = default;
};

std::vector<std::string> items_of(const std::string& list) {
  std::vector<std::string> items;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    items.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return items;
}

/// The number that a text begins with, as strtol reads it; none: -1.
int number_at_start(const std::string& text) {
  const char* const begin = text.c_str();
  char* end = nullptr;
  const long number = std::strtol(begin, &end, 10);
  return end == begin || number < 0 || number > 9999 ? -1 : static_cast<int>(number);
}

/// The only GPU or slice whose UUID begins so.
std::optional<Named> by_uuid(const MachineFile& file, const std::vector<int>& all,
                             const std::string& beginning) {
  std::vector<Named> found;
  for (int gpu : all) {
    const GpuDescription& described = file.gpus[static_cast<std::size_t>(gpu)];
    if (described.uuid.starts_with(beginning)) found.push_back({gpu, 0});
    for (std::size_t slice = 0; slice < described.mig_slices.size(); ++slice) {
      if (described.mig_slices[slice].uuid.starts_with(beginning)) found.push_back({gpu, slice});
    }
  }
  return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

std::optional<Named> by_number(const std::vector<int>& all, const std::string& text) {
  const int number = number_at_start(text);
  const bool exists = number >= 0 && static_cast<std::size_t>(number) < all.size();
  return exists ? std::optional(Named{all[static_cast<std::size_t>(number)], 0}) : std::nullopt;
}

bool is_sliced_away(const GpuDescription& gpu) {
  return gpu.mig == "enabled" && gpu.mig_slices.empty();
}

/// GPUs that CUDA has, whatever the variable says.
std::vector<int> all_gpus(const MachineFile& file) {
  std::vector<int> all;
  for (std::size_t i = 0; i < file.gpus.size(); ++i) {
    const GpuDescription& gpu = file.gpus[i];
    if (!gpu.cuda_hidden && !is_sliced_away(gpu)) all.push_back(static_cast<int>(i));
  }
  return all;
}

/// What CUDA_VISIBLE_DEVICES names; none where it is not set. The list ends at what names nothing
/// (CUDA C++ Programming Guide, "CUDA Environment Variables"). Not documented there, and read as
/// PyTorch's own parser documents the driver (torch/cuda/__init__.py, _parse_visible_devices): the
/// first item says whether all are UUIDs or numbers, numbers are read as strtol does, and what is
/// named twice leaves nothing.
std::optional<std::vector<Named>> named(const MachineFile& file) {
  const char* text = std::getenv("CUDA_VISIBLE_DEVICES");
  if (text == nullptr) return std::nullopt;
  const std::vector<int> all = all_gpus(file);
  const std::string list = text;
  const bool uuids = list.starts_with("GPU-") || list.starts_with("MIG-");
  const std::string prefix = list.substr(0, 4);
  std::vector<Named> found;
  for (const std::string& item : items_of(list)) {
    if (uuids && !item.starts_with(prefix)) break;
    const auto next = uuids ? by_uuid(file, all, item) : by_number(all, item);
    if (!next) break;
    if (std::ranges::count(found, *next) > 0) return std::vector<Named>();
    found.push_back(*next);
  }
  return found;
}

}  // namespace

std::vector<GpuDescription> as_cuda_sees(const MachineFile& file) {
  const std::vector<Named> chosen = named(file).value_or(std::vector<Named>());
  std::vector<GpuDescription> gpus = file.gpus;
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    GpuDescription& gpu = gpus[i];
    if (gpu.mig_slices.empty()) continue;
    const auto here = std::ranges::find(chosen, static_cast<int>(i), &Named::gpu);
    const MigSlice& slice = gpu.mig_slices[here == chosen.end() ? 0 : here->slice];
    gpu.name = slice.name;
    gpu.uuid = slice.uuid;
    gpu.multiprocessors = slice.multiprocessors;
    gpu.memory_bytes = slice.memory_bytes;
  }
  return gpus;
}

std::vector<int> visible_gpus(const MachineFile& file) {
  const auto chosen = named(file);
  if (!chosen) return all_gpus(file);
  std::vector<int> visible;
  for (const Named& each : *chosen) {
    // Of a GPU's slices a process sees one.
    if (std::ranges::count(visible, each.gpu) == 0) visible.push_back(each.gpu);
  }
  return visible;
}

std::vector<std::uint64_t> memory_sizes(const HostDescription& host,
                                        const std::vector<GpuDescription>& gpus) {
  std::vector<std::uint64_t> sizes;
  for (const GpuDescription& gpu : gpus) {
    const auto integrated = gpu.attributes.find("Integrated");
    const bool shared = integrated != gpu.attributes.end() && integrated->second != 0;
    const bool known = shared && host.available_bytes > 0;
    sizes.push_back(known ? std::min(gpu.memory_bytes, host.available_bytes) : gpu.memory_bytes);
  }
  return sizes;
}

}  // namespace gpusim
