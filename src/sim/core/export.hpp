// SPDX-License-Identifier: Apache-2.0
// Marks what the shared core shows to the simulated CUDA runtime, NVML and tests; the rest of it is
// hidden.
#pragma once

#define PEERBENCH_SIM_EXPORT __attribute__((visibility("default")))
