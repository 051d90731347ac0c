// SPDX-License-Identifier: Apache-2.0
/* Every symbol of the real runtime that the simulator lacks: it says so once and refuses. All are
 * weak, so what the simulator does implement takes their place. */
#include <stdio.h>

enum { not_supported = 801 }; /* cudaErrorNotSupported */

/* Makes it the calling thread's last error, as that of every refused call is (call.cpp). */
int peerbench_sim_refused(int error);

static int refuse(const char* name, int* said) {
  if (!*said) fprintf(stderr, "peerbench simulator: %s is not simulated\n", name);
  *said = 1;
  return peerbench_sim_refused(not_supported);
}

/* Called with any arguments: with the C calling convention the caller removes them. */
#define STUB(name)                       \
  __attribute__((weak)) int name(void) { \
    static int said = 0;                 \
    return refuse(#name, &said);         \
  }
#include "cudart_stubs.inc"
