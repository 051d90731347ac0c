// SPDX-License-Identifier: Apache-2.0
// How many threads of a kernel a multiprocessor is asked to have room for.
#pragma once

#include "kernels/move.hpp"

namespace peerbench::kernels {

// Threads that a multiprocessor holds (CUDA programming guide, technical specifications for each
// compute capability). Asking for room for all of them keeps ptxas to the registers that this
// leaves each: 64 on Turing, 32 or 40 on younger ones. Pascal and Volta hold 2048, of which three
// quarters and half must do: CUDA 12.4 spills where it has 32 registers there, and on Volta it
// waits for a round's first loads before the last ones are under way where it has 40.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 700 && __CUDA_ARCH__ <= 750
inline constexpr unsigned most_threads = 1024;
#elif defined(__CUDA_ARCH__) &&                                              \
    (__CUDA_ARCH__ < 750 || (__CUDA_ARCH__ >= 860 && __CUDA_ARCH__ < 900) || \
     __CUDA_ARCH__ == 1010 || __CUDA_ARCH__ >= 1100)
inline constexpr unsigned most_threads = 1536;
#else
inline constexpr unsigned most_threads = 2048;
#endif

/// Blocks of move_threads that a multiprocessor holds at once.
inline constexpr unsigned resident_blocks = most_threads / move_threads;

}  // namespace peerbench::kernels
