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

}  // namespace peerbench::result
