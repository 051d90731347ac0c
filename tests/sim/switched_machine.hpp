// SPDX-License-Identifier: Apache-2.0
// The small machine with more GPUs.
#pragma once

#include "tests/sim/small_machine.hpp"

namespace gpusim {

/// `count` GPUs of the small machine, all joined by switches (or by nothing).
inline MachineFile machine_of(int count, bool linked = true) {
  MachineFile file = small_machine();
  LinkBundle bundle = file.links.front();
  bundle.kind = "nvswitch";
  bundle.b = -1;
  file.gpus.clear();
  file.links.clear();
  file.peers.clear();
  for (int gpu = 0; gpu < count; ++gpu) {
    file.gpus.push_back(small_gpu(gpu));
    bundle.a = gpu;
    if (linked) file.links.push_back(bundle);
  }
  if (linked) {
    file.peer_default = PeerPolicy{};
    file.peer_default->access = true;
  }
  return file;
}

}  // namespace gpusim
