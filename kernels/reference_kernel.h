// SPDX-License-Identifier: Apache-2.0
/* How a program tells a CUDA runtime without a GPU (the simulator) what its kernels do: one row a
 * kernel, found by the kernel's registered name. A real CUDA runtime never looks at it. Plain C, no
 * dependencies. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memory that one launch touches. `address` may be device, peer or host-mapped memory. */
struct PeerbenchAccess {
  const void* address;
  uint64_t bytes;
  int writes; /* 0: reads, 1: writes */
  /* How often `bytes` are read there one after the other, each read waiting for the one before; of
   * writes to another GPU: each waiting for the answer of a kernel there. 0: once, all that a
   * launch does at the same time. */
  uint64_t dependent;
};

enum { PEERBENCH_MOST_ARGUMENTS = 12 };

/* `arguments` is what cudaLaunchKernel got (an array of pointers to the arguments), with every
 * pointer argument already translated to memory that the host may touch. */
struct PeerbenchReferenceKernel {
  const char* kernel;         /* device name; our kernels are extern "C", so it is the plain name */
  unsigned pointer_arguments; /* bit i set: argument i is a pointer */
  /* Size of each argument, 0 after the last: a launch keeps their values until the kernel runs. */
  unsigned argument_bytes[PEERBENCH_MOST_ARGUMENTS];
  /* The work of the whole grid by one CPU thread (the shared body with first 0 and step 1), of a
   * waiting kernel what it leaves behind; may be null. */
  void (*run)(void** arguments);
  /* Waiting kernels (null otherwise): non-zero once the wait is over, asked again and again; the
   * time after which the kernel gives up, in nanoseconds; what it writes when it does. What its
   * accesses take comes after the wait. */
  int (*ready)(void** arguments);
  uint64_t (*timeout_ns)(void** arguments);
  void (*timed_out)(void** arguments);
  /* Fills at most `capacity` rows with what the launch touches (untranslated `arguments`), returns
   * how many. Null: the kernel's time is its fixed latency. */
  int (*accesses)(void** arguments, struct PeerbenchAccess* rows, int capacity);
  /* Non-zero: what it writes depends on what it reads and on its arguments only, all of which the
   * accesses name, so that a repetition on unchanged memory may be left out. */
  int repeatable;
  /* Bit i set: argument i only says what is written, not where. Of launches that differ in nothing
   * else the last one leaves the memory as all of them would. */
  unsigned content_arguments;
};

/* All CPU reference kernels of this program; ends with a row whose `kernel` is null. Weak where it
 * is looked up. */
extern const struct PeerbenchReferenceKernel peerbench_reference_kernels[];

#ifdef __cplusplus
}
#endif
