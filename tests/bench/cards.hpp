// SPDX-License-Identifier: Apache-2.0
// Machines of like GPUs, and what is to be measured on them by name.
#pragma once

#include <string>
#include <vector>

#include "bench/spec.hpp"

namespace peerbench::bench {

inline machine::Machine with_gpus(int count, Bytes free_bytes = 24 * GiB) {
  machine::Machine machine;
  for (int i = 0; i < count; ++i) {
    machine::Gpu gpu;
    gpu.ordinal = i;
    gpu.free_bytes = free_bytes;
    gpu.l2_bytes = 6 * MiB;
    machine.gpus.push_back(gpu);
  }
  return machine;
}

/// Without the full tier.
inline std::vector<Spec> quick(std::vector<Spec> specs) {
  std::erase_if(specs, [](const Spec& spec) { return spec.tier == Tier::full; });
  return specs;
}

inline std::vector<std::string> names(const std::vector<Spec>& specs) {
  std::vector<std::string> all;
  for (const Spec& spec : specs) all.push_back(spec.cell.name);
  return all;
}

}  // namespace peerbench::bench
