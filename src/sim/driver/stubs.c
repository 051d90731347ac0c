// SPDX-License-Identifier: Apache-2.0
/* Every function of the driver that the simulator lacks: it says so once and refuses. All are weak,
 * so what the simulator does implement takes their place. */
#include <stdio.h>

enum { not_supported = 801 }; /* CUDA_ERROR_NOT_SUPPORTED */

static int refuse(const char* name, int* said) {
  if (!*said) fprintf(stderr, "peerbench simulator: %s is not simulated\n", name);
  *said = 1;
  return not_supported;
}

/* Called with any arguments: with the C calling convention the caller removes them. */
#define STUB(name)                       \
  __attribute__((weak)) int name(void) { \
    static int said = 0;                 \
    return refuse(#name, &said);         \
  }
#include "cuda_stubs.inc"
