// SPDX-License-Identifier: Apache-2.0
// The numbered reasons why no peer (GPU-to-GPU) link exists on this machine, and how sure that is.
#pragma once

#include <string>
#include <vector>

#include "machine/machine.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

struct Proof {
  std::vector<Evidence> lines;
  std::string verdict;
};

/// How sure it is that this process sees all GPUs and their links.
enum class Certainty {
  confirmed,
  /// NVML shows a container, and a Linux under Windows, only what was passed on to it, and the
  /// kernel's PCI tree, which shows a container everything, could not be read.
  this_process_only,
  not_by_nvml,  ///< NVML could not be asked, or not about all GPUs
};
Certainty certainty(const Signals& signals);

/// Empty where a pair can talk directly, where NVLink to another GPU is up, or where GPUs are
/// hidden: then nothing is to be proven. What could not be asked is said in the verdict.
Proof no_peer_link(const Signals& signals, const Machine& machine);

}  // namespace peerbench::machine
