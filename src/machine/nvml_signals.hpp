// What NVML adds to CUDA's GPUs: links, hidden GPUs, slices, free memory.
#pragma once

#include "machine/nvml.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

/// Adds to signals that `read_cuda` has filled. A GPU that NVML does not show (Jetson, slices,
/// containers) keeps unknown signals; that is no error.
void read_nvml(const Nvml& nvml, Signals& signals);

}  // namespace peerbench::machine
