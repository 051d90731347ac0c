// SPDX-License-Identifier: Apache-2.0
/* Every function of the header that the simulator lacks: the file knows nothing of it. All are weak,
 * so what the simulator does implement takes their place. */
int peerbench_nvml_unsupported(void);

/* Called with any arguments: with the C calling convention the caller removes them. */
#define STUB(name) \
  __attribute__((weak)) int name(void) { return peerbench_nvml_unsupported(); }
#include "nvml_stubs.inc"
