// SPDX-License-Identifier: Apache-2.0
// The checks behind requirements.hpp, one for each thing that may be required. Private to this
// room. Each sets outcome, reason, evidence and advice; the machine has a GPU when they are asked.
#pragma once

#include "judge/requirements.hpp"

namespace peerbench::judge {

/// `every`: on all ordered pairs, else on at least one.
void check_nvlink(const machine::Machine& machine, bool every, result::Check& result);
void check_p2p(const machine::Machine& machine, bool every, result::Check& result);
void check_no_peer_link(const machine::Machine& machine, result::Check& result);

bool has(const machine::Machine& machine, machine::Modifier modifier);

/// "gpu0 NVIDIA X" and so on: the GPUs that CUDA shows, with those it hides.
machine::Evidence visible_gpus(const machine::Machine& machine);

/// What to do where NVML does not answer.
inline constexpr const char* ask_nvml =
    "NVML (libnvidia-ml.so.1) comes with the driver; in a container add "
    "NVIDIA_DRIVER_CAPABILITIES=utility, then check again";

/// What to do where the driver shows GPUs that CUDA does not.
inline constexpr const char* show_hidden =
    "unset CUDA_VISIBLE_DEVICES, or see `peerbench machine` for why GPUs are hidden, then check "
    "again";

}  // namespace peerbench::judge
