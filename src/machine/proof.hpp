// SPDX-License-Identifier: Apache-2.0
// The numbered reasons why no peer (GPU-to-GPU) link exists on this machine, and how sure that is.
#pragma once

#include <string>
#include <vector>

#include "machine/machine.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

Certainty certainty(const Signals& signals);

/// Sets the machine's proof. Nothing where a pair can talk directly, where NVLink to another GPU is
/// up, or where GPUs are hidden: then nothing is to be proven.
void prove_no_peer_link(const Signals& signals, Machine& machine);

/// What the proof comes to, and what it could not confirm: "peer link: none (confirmed by 1, 2, 3);
/// memory: one pool (confirmed by 4)". Empty without a proof.
std::string describe_proof(const Machine& machine);

}  // namespace peerbench::machine
