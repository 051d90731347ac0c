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

/// Empty where a pair can talk directly, where NVLink to another GPU is up, or where GPUs are
/// hidden: then nothing is to be proven. What could not be asked is said in the verdict.
Proof no_peer_link(const Signals& signals, const Machine& machine);

}  // namespace peerbench::machine
