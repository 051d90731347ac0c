// SPDX-License-Identifier: Apache-2.0
#include "sim/core/copy_engines.hpp"

#include <algorithm>

namespace gpusim {

CopyEngines::CopyEngines(const MachineFile& machine) {
  for (const GpuDescription& gpu : machine.gpus) {
    const int engines = std::max(1, gpu.copy_engines);
    Pools pools;
    if (engines == 1 || !machine.driver.directed_copy_engines) {
      pools.in = pools.out = add(engines);
    } else {
      pools.in = add(1);
      pools.out = add(1);
      if (engines > 2) pools.peers = add(engines - 2);
    }
    gpus_.push_back(pools);
  }
}

EngineChoice CopyEngines::push(int gpu) const {
  const Pools& pools = of(gpu);
  if (pools.peers < 0) return {pools.out};
  return {pools.peers, pools.out, pools.in};
}

EngineChoice CopyEngines::pull(int gpu) const {
  const Pools& pools = of(gpu);
  if (pools.peers < 0) return {pools.in};
  return {pools.peers, pools.in, pools.out};
}

EngineChoice CopyEngines::any(int gpu) const {
  const Pools& pools = of(gpu);
  if (pools.peers < 0) return {pools.in, pools.out};
  return {pools.peers, pools.in, pools.out};
}

int CopyEngines::add(int engines) {
  pools_.push_back(engines);
  return static_cast<int>(pools_.size()) - 1;
}

}  // namespace gpusim
