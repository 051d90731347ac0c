// SPDX-License-Identifier: Apache-2.0
#include "sim/core/visible_gpus.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

namespace gpusim {
namespace {

/// The GPU that one item of CUDA_VISIBLE_DEVICES names; -1: none.
int named(const MachineFile& file, const std::vector<int>& all, const std::string& item) {
  if (item.starts_with("GPU-") || item.starts_with("MIG-")) {
    for (int gpu : all) {
      const GpuDescription& described = file.gpus[static_cast<std::size_t>(gpu)];
      if (described.uuid.starts_with(item) || described.mig_slice.uuid.starts_with(item)) {
        return gpu;
      }
    }
    return -1;
  }
  const bool number =
      !item.empty() && item.size() < 4 && item.find_first_not_of("0123456789") == std::string::npos;
  if (!number) return -1;
  const auto index = static_cast<std::size_t>(std::stoi(item));
  return index < all.size() ? all[index] : -1;
}

}  // namespace

std::vector<GpuDescription> as_cuda_sees(const MachineFile& file) {
  std::vector<GpuDescription> gpus = file.gpus;
  for (GpuDescription& gpu : gpus) {
    if (gpu.mig != "enabled") continue;
    gpu.name = gpu.mig_slice.name;
    gpu.uuid = gpu.mig_slice.uuid;
    gpu.multiprocessors = gpu.mig_slice.multiprocessors;
    gpu.memory_bytes = gpu.mig_slice.memory_bytes;
  }
  return gpus;
}

std::vector<int> visible_gpus(const MachineFile& file) {
  std::vector<int> all;
  for (std::size_t i = 0; i < file.gpus.size(); ++i) {
    if (!file.gpus[i].cuda_hidden) all.push_back(static_cast<int>(i));
  }
  const char* text = std::getenv("CUDA_VISIBLE_DEVICES");
  if (text == nullptr) return all;
  std::vector<int> visible;
  const std::string list = text;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    const int found = named(file, all, list.substr(at, comma - at));
    at = comma + 1;
    if (found < 0 || std::ranges::count(visible, found) > 0) break;
    visible.push_back(found);
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
