// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "result/run.hpp"

namespace peerbench::result {

bool selected(const Settings& settings, int from, int to) {
  const auto has_gpu = [&](int gpu) {
    return settings.gpus.empty() || std::ranges::count(settings.gpus, gpu) > 0;
  };
  if (!has_gpu(from) || !has_gpu(to)) return false;
  return settings.pairs.empty() || std::ranges::any_of(settings.pairs, [&](const auto& pair) {
           return pair == std::pair(from, to) || pair == std::pair(to, from);
         });
}

std::optional<int> far_node(const machine::Machine& machine, const CellKey& key) {
  const auto host = [](const std::optional<Place>& place) {
    return place && place->kind == Place::Kind::host;
  };
  if (host(key.source) == host(key.destination)) return std::nullopt;
  const auto index = gpu_of(host(key.source) ? key.destination : key.source);
  const machine::Gpu* gpu = index ? machine::find_gpu(machine, *index) : nullptr;
  const int node = host(key.source) ? key.source->index : key.destination->index;
  if (gpu == nullptr || gpu->numa_node == node) return std::nullopt;
  const bool has_near =
      std::ranges::count(machine.pools, gpu->numa_node, &machine::Pool::numa_node) > 0 &&
      gpu->numa_node >= 0;
  return has_near ? std::optional(node) : std::nullopt;
}

}  // namespace peerbench::result
