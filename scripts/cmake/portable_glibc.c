// SPDX-License-Identifier: Apache-2.0
// For the portable build only: the static C++ library of newer distributions asks for arc4random,
// which came with glibc 2.36. With this in its place the program starts on glibc 2.35
// (Ubuntu 22.04) as well.
#include <stdint.h>
#include <sys/random.h>

// 32 random bits from the kernel; interrupted calls are repeated, as they are for the original.
__attribute__((visibility("hidden"))) uint32_t arc4random(void) {
  uint32_t bits = 0;
  while (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits) {
  }
  return bits;
}
