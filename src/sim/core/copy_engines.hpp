// SPDX-License-Identifier: Apache-2.0
// Copy engines: which of a GPU's engines may do which copy. Each belongs to a direction, so copies
// to a GPU never wait for copies from it where the GPU has an engine for each.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/machine_file.hpp"

namespace gpusim {

/// Pools of engines that may do a copy; the first that has one free does it.
using EngineChoice = std::vector<int>;

class CopyEngines {
 public:
  explicit CopyEngines(const MachineFile& machine);

  /// Engines in each pool.
  const std::vector<int>& pools() const { return pools_; }

  EngineChoice upload(int gpu) const { return {of(gpu).in}; }
  EngineChoice download(int gpu) const { return {of(gpu).out}; }
  /// To a peer. A GPU with two engines takes the one of the direction. One with more has engines
  /// that serve peers only, and once they are busy any other: such GPUs have more engines than
  /// they report, and many copies at once to peers reach the rate of the links.
  EngineChoice push(int gpu) const;
  EngineChoice pull(int gpu) const;
  /// Within the GPU's own memory.
  EngineChoice any(int gpu) const;

 private:
  /// Numbers of a GPU's pools. They are one and the same where one engine does all, or where any
  /// may do anything.
  struct Pools {
    int in = 0, out = 0;
    int peers = -1;  ///< -1: none
  };
  const Pools& of(int gpu) const { return gpus_[static_cast<std::size_t>(gpu)]; }
  int add(int engines);

  std::vector<int> pools_;
  std::vector<Pools> gpus_;
};

}  // namespace gpusim
