// SPDX-License-Identifier: Apache-2.0
// The rows that host_loops() lists, each in its own file. Only for host_loops*.cpp.
#pragma once

#include "kernels/host_loops.hpp"

namespace peerbench::kernels {

extern const HostLoops host_loops_sse2;
extern const HostLoops host_loops_avx2;
extern const HostLoops host_loops_avx512;
extern const HostLoops host_loops_neon;

}  // namespace peerbench::kernels
