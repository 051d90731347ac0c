// SPDX-License-Identifier: Apache-2.0
/* An NCCL of before 2.18, as far as a program can tell from its version. */
#ifdef SIMULATED
const char peerbench_simulated_nccl = 1;
#endif

int ncclGetVersion(int* version) {
  *version = 21403;
  return 0;
}
