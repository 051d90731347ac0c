// SPDX-License-Identifier: Apache-2.0
// What NVML adds to CUDA's GPUs: links, hidden GPUs, slices, free memory.
#pragma once

#include <chrono>
#include <string>

#include "machine/nvml.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

/// Adds to signals that `read_cuda` has filled. A GPU that NVML does not show (Jetson, slices,
/// containers) keeps unknown signals; that is no error.
void read_nvml(const Nvml& nvml, Signals& signals);

/// The link of a GPU as it runs now; none where NVML does not say.
std::optional<PcieSpeed> current_pcie(const Nvml& nvml, nvmlDevice_t device);

/// What is left when NVML cannot be asked: everything it would say is unknown, for this reason.
void set_nvml_unknown(const std::string& why, Signals& signals);

/// Loads, starts and reads NVML on a thread of its own and waits at most `limit` for it: a library
/// that hangs (a failed GPU, a broken driver) must not keep the rest from being told. After the
/// limit all of NVML is unknown, and the thread is left behind.
void read_nvml_within(std::chrono::milliseconds limit, Signals& signals);

/// True once NVML has been left behind: it is not to be asked again.
bool nvml_left_behind();

}  // namespace peerbench::machine
