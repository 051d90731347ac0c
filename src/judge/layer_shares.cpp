// SPDX-License-Identifier: Apache-2.0
#include "judge/layer_shares.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace peerbench::judge {

namespace {

using result::Fits;
using result::LayerShare;

/// A GPU's part of the layers, whole and not.
struct Part {
  double exact = 0;
  int room = 0;  ///< layers that fit
  int taken = 0;
};

/// The part to which one layer more is owed most; of those with room where there is any.
Part& most_owed(std::vector<Part>& parts) {
  return *std::ranges::max_element(parts, {}, [](const Part& part) {
    return std::pair(part.taken < part.room, part.exact - part.taken);
  });
}

}  // namespace

std::vector<LayerShare> share_layers(const std::vector<const machine::Gpu*>& gpus, int layers,
                                     double bytes, double usable) {
  double memory = 0;
  for (const machine::Gpu* gpu : gpus) memory += static_cast<double>(gpu->memory_bytes);
  if (memory <= 0 || layers < 1) return {};
  const double each = bytes / layers;
  std::vector<Part> parts;
  for (const machine::Gpu* gpu : gpus) {
    const auto own = static_cast<double>(gpu->memory_bytes);
    const double room = std::min(std::floor(own * usable / each), 1.0 * layers);
    parts.push_back({layers * own / memory, static_cast<int>(room), 0});
  }
  for (int layer = 0; layer < layers; ++layer) ++most_owed(parts).taken;
  std::vector<LayerShare> shares;
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    shares.push_back({gpus[i]->ordinal, parts[i].taken,
                      static_cast<Bytes>(std::llround(each * parts[i].taken)),
                      gpus[i]->memory_bytes});
  }
  return shares;
}

Fits layers_fit(const std::vector<LayerShare>& shares, double usable) {
  if (shares.empty()) return Fits::unknown;
  Fits answer = Fits::yes;
  for (const LayerShare& share : shares) {
    if (share.memory_bytes == 0) return Fits::unknown;
    const double room = static_cast<double>(share.memory_bytes) * usable;
    if (static_cast<double>(share.need_bytes) > room) answer = Fits::no;
  }
  return answer;
}

}  // namespace peerbench::judge
