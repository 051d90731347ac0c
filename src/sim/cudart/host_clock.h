// SPDX-License-Identifier: Apache-2.0
/* What the drop-in library's clock asks of the simulator's core. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Virtual host time; 0 when no machine is simulated. */
int peerbench_sim_read_clock(uint64_t* ns);
/* The host waits for so long; 0 when no machine is simulated. */
int peerbench_sim_spend(uint64_t ns);

#ifdef __cplusplus
}
#endif
