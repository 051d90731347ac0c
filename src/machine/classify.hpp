// SPDX-License-Identifier: Apache-2.0
// The class of a machine from its signals, with the reasons. A pure function: no device is asked.
#pragma once

#include <string>
#include <vector>

#include "machine/machine.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

struct Classification {
  Class machine_class = Class::no_gpu;
  std::vector<Modifier> modifiers;
  std::string reason;
  std::vector<Evidence> evidence;
};

/// `links` are those of `peer_links(signals)`. Neither names nor compute capabilities decide, and
/// an unknown signal never counts as no: what could not be asked is said in the reason.
Classification classify(const Signals& signals, const std::vector<PeerLink>& links);

/// How many of NVIDIA's GPUs are in the machine that CUDA does not show this process, by NVML and
/// by the kernel's PCI tree, whichever shows more. 0 also where neither could be asked.
int hidden_gpus(const Signals& signals);

/// How one GPU's memory relates to the host's.
enum class MemoryKind { own, one_pool, coherent, unknown };

MemoryKind memory_kind(const GpuSignals& gpu);

/// What was asked and answered, line by line (evidence.cpp).
std::vector<Evidence> evidence(const Signals& signals, const std::vector<PeerLink>& links,
                               const Classification& result);

}  // namespace peerbench::machine
