// SPDX-License-Identifier: Apache-2.0
/* The drop-in library's clock: a foreign program's host timing is that of the simulated machine.
 * Not part of peerbench's own simulated build, which asks the simulator directly. */
#define _GNU_SOURCE
#include "sim/cudart/host_clock.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { clocks = 12 };
static const int64_t second = 1000000000;

static int is_virtual(clockid_t id) {
  return id == CLOCK_MONOTONIC || id == CLOCK_REALTIME || id == CLOCK_MONOTONIC_RAW ||
         id == CLOCK_MONOTONIC_COARSE || id == CLOCK_REALTIME_COARSE || id == CLOCK_BOOTTIME;
}

int clock_gettime(clockid_t id, struct timespec* out) {
  static struct timespec start[clocks];
  static int started[clocks];
  uint64_t virtual_ns = 0;
  if (!is_virtual(id) || !peerbench_sim_read_clock(&virtual_ns)) {
    return (int)syscall(SYS_clock_gettime, id, out);
  }
  if (!started[id]) { /* two threads may do this at once; they find nearly the same */
    if (syscall(SYS_clock_gettime, id, &start[id]) != 0) return -1;
    started[id] = 1;
  }
  const int64_t ns = start[id].tv_nsec + (int64_t)virtual_ns;
  out->tv_sec = start[id].tv_sec + ns / second;
  out->tv_nsec = ns % second;
  return 0;
}

int gettimeofday(struct timeval* restrict out, void* restrict zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

static int wait_for(const struct timespec* wanted, struct timespec* left) {
  if (wanted->tv_nsec < 0 || wanted->tv_nsec >= second || wanted->tv_sec < 0) return EINVAL;
  if (!peerbench_sim_spend((uint64_t)(wanted->tv_sec * second + wanted->tv_nsec))) {
    return syscall(SYS_nanosleep, wanted, left) == 0 ? 0 : errno;
  }
  if (left != NULL) left->tv_sec = left->tv_nsec = 0;
  return 0;
}

int nanosleep(const struct timespec* wanted, struct timespec* left) {
  const int error = wait_for(wanted, left);
  if (error == 0) return 0;
  errno = error;
  return -1;
}

int usleep(useconds_t us) {
  const struct timespec wanted = {us / 1000000, (long)(us % 1000000) * 1000};
  return nanosleep(&wanted, NULL);
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec* wanted, struct timespec* left) {
  if ((flags & TIMER_ABSTIME) == 0) return wait_for(wanted, left);
  struct timespec now;
  if (clock_gettime(id, &now) != 0) return errno;
  int64_t ns = (wanted->tv_sec - now.tv_sec) * second + (wanted->tv_nsec - now.tv_nsec);
  if (ns <= 0) return 0;
  const struct timespec rest = {ns / second, ns % second};
  return wait_for(&rest, NULL);
}
