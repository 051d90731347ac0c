// SPDX-License-Identifier: Apache-2.0
// Which builds of this program there are, by the CUDA toolkit they are made with: the drivers and
// GPUs that each serves, so that one which cannot serve a machine names one that can.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "machine/signals.hpp"

namespace peerbench::machine {

/// "12.4" of 12040.
std::string cuda_version_text(int number);

/// Why the driver serves this build nothing, and what to do about it, where it is of an older CUDA
/// than the runtime that was linked; none where it is not.
std::optional<std::string> driver_too_old(const Signals& signals);

/// Whether a build for these architectures, named as CMake does ("75-real,90a-real,120-virtual"),
/// has code for a GPU of this compute capability. Machine code serves GPUs of its own major version
/// from its minor on, PTX all from its own on. True where nothing is listed, and where the
/// capability is not known (0).
bool has_code_for(const std::string& architectures, int major, int minor);

/// A finding for all GPUs that the build has no code for: each of their kernels would fail.
std::optional<Finding> without_code(const Signals& signals);

}  // namespace peerbench::machine
