// SPDX-License-Identifier: Apache-2.0
// The CPU reference kernel of every kernel, which simulated machines run; see reference_kernel.h.
#include <atomic>

#include "kernels/chase.hpp"
#include "kernels/gate.hpp"
#include "kernels/move.hpp"
#include "kernels/numbers.hpp"
#include "kernels/pattern.hpp"
#include "kernels/pingpong.hpp"
#include "kernels/reference_kernel.h"

namespace peerbench::kernels {
namespace {

template <typename T>
T& argument(void** arguments, int index) {
  return *static_cast<T*>(arguments[index]);
}

// Writes one row when there is room for it.
struct Rows {
  PeerbenchAccess* rows;
  int capacity;
  int count = 0;
  void add(const void* address, std::uint64_t bytes, int writes, std::uint64_t dependent = 0) {
    if (count < capacity) rows[count++] = {address, bytes, writes, dependent};
  }
};

void run_fill(void** a) {
  with_content(argument<Content>(a, 3), [&]<Content content>() {
    fill_body<content>(argument<unsigned char*>(a, 0), argument<std::uint64_t>(a, 1),
                       argument<std::uint64_t>(a, 2), 0, 1);
  });
}

int fill_accesses(void** a, PeerbenchAccess* rows, int capacity) {
  Rows out{rows, capacity};
  out.add(argument<unsigned char*>(a, 0), argument<std::uint64_t>(a, 1), 1);
  return out.count;
}

void run_check(void** a) {
  const PatternReport found = with_content(argument<Content>(a, 4), [&]<Content content>() {
    return check_body<content>(argument<const unsigned char*>(a, 0), argument<std::uint64_t>(a, 1),
                               argument<std::uint64_t>(a, 2), 0, 1);
  });
  PatternReport& report = *argument<PatternReport*>(a, 3);
  report.wrong_words += found.wrong_words;
  if (found.first_wrong < report.first_wrong) report.first_wrong = found.first_wrong;
}

int check_accesses(void** a, PeerbenchAccess* rows, int capacity) {
  Rows out{rows, capacity};
  out.add(argument<const unsigned char*>(a, 0), argument<std::uint64_t>(a, 1), 0);
  return out.count;
}

void run_pattern_sum(void** a) {
  *argument<std::uint64_t*>(a, 2) +=
      pattern_sum_body(argument<std::uint64_t>(a, 0), argument<std::uint64_t>(a, 1), 0, 1);
}

int pattern_sum_accesses(void** a, PeerbenchAccess* rows, int capacity) {
  Rows out{rows, capacity};
  out.add(argument<std::uint64_t*>(a, 2), sizeof(std::uint64_t), 1);
  return out.count;
}

void run_fill_numbers(void** a) {
  fill_numbers_body(argument<unsigned char*>(a, 0), argument<std::uint64_t>(a, 1),
                    argument<Real>(a, 2), argument<std::uint32_t>(a, 3),
                    argument<std::uint64_t>(a, 4), 0, 1);
}

int fill_numbers_accesses(void** a, PeerbenchAccess* rows, int capacity) {
  Rows out{rows, capacity};
  out.add(argument<unsigned char*>(a, 0),
          argument<std::uint64_t>(a, 1) * bytes_of(argument<Real>(a, 2)), 1);
  return out.count;
}

void run_check_numbers(void** a) {
  const PatternReport found = check_numbers_body(
      argument<const unsigned char*>(a, 0), argument<std::uint64_t>(a, 1), argument<Real>(a, 2),
      argument<SumOf>(a, 3), argument<std::uint64_t>(a, 4), 0, 1);
  PatternReport& report = *argument<PatternReport*>(a, 5);
  report.wrong_words += found.wrong_words;
  if (found.first_wrong < report.first_wrong) report.first_wrong = found.first_wrong;
}

int check_numbers_accesses(void** a, PeerbenchAccess* rows, int capacity) {
  Rows out{rows, capacity};
  out.add(argument<const unsigned char*>(a, 0),
          argument<std::uint64_t>(a, 1) * bytes_of(argument<Real>(a, 2)), 0);
  return out.count;
}

void run_copy(void** a) {
  copy_body(argument<unsigned char*>(a, 0), argument<const unsigned char*>(a, 1),
            argument<std::uint64_t>(a, 2), 0, 1);
}

int copy_accesses(void** a, PeerbenchAccess* rows, int capacity) {
  Rows out{rows, capacity};
  out.add(argument<const unsigned char*>(a, 1), argument<std::uint64_t>(a, 2), 0);
  out.add(argument<unsigned char*>(a, 0), argument<std::uint64_t>(a, 2), 1);
  return out.count;
}

// One thread is the whole grid, so all sums but the first are those of blocks without work.
void run_read(void** a) {
  auto* const sums = argument<std::uint64_t*>(a, 2);
  sums[0] = read_body(argument<const unsigned char*>(a, 0), argument<std::uint64_t>(a, 1), 0, 1);
  for (std::uint64_t i = 1; i < argument<std::uint64_t>(a, 3); ++i) sums[i] = 0;
}

int read_accesses(void** a, PeerbenchAccess* rows, int capacity) {
  Rows out{rows, capacity};
  out.add(argument<const unsigned char*>(a, 0), argument<std::uint64_t>(a, 1), 0);
  return out.count;
}

void run_write(void** a) {
  write_body(argument<unsigned char*>(a, 0), argument<std::uint64_t>(a, 1),
             argument<std::uint64_t>(a, 2), 0, 1);
}

void run_triad(void** a) {
  triad_body(argument<double*>(a, 0), argument<const double*>(a, 1), argument<const double*>(a, 2),
             argument<double>(a, 3), argument<std::uint64_t>(a, 4), 0, 1);
}

int triad_accesses(void** a, PeerbenchAccess* rows, int capacity) {
  Rows out{rows, capacity};
  const std::uint64_t bytes = argument<std::uint64_t>(a, 4) * sizeof(double);
  out.add(argument<const double*>(a, 1), bytes, 0);
  out.add(argument<const double*>(a, 2), bytes, 0);
  out.add(argument<double*>(a, 0), bytes, 1);
  return out.count;
}

void run_chase(void** a) {
  chase_body(argument<const std::uint64_t*>(a, 0), argument<std::uint64_t>(a, 1),
             argument<ChaseState*>(a, 2), argument<std::uint64_t>(a, 3));
}

int chase_accesses(void** a, PeerbenchAccess* rows, int capacity) {
  Rows out{rows, capacity};
  out.add(argument<const std::uint64_t*>(a, 0), sizeof(std::uint64_t), 0,
          argument<std::uint64_t>(a, 3));
  out.add(argument<ChaseState*>(a, 2), sizeof(ChaseState), 1);
  return out.count;
}

int gate_ready(void** a) {
  return std::atomic_ref(argument<GateFlag*>(a, 0)->open).load(std::memory_order_acquire) != 0;
}

std::uint64_t gate_timeout(void** a) { return argument<std::uint64_t>(a, 1); }

void gate_timed_out(void** a) {
  std::atomic_ref(argument<GateFlag*>(a, 0)->timed_out).store(1, std::memory_order_release);
}

// Of the two sides the one that answers is taken to work, all round trips at once; the one that
// serves says that it is there and waits for the end. One side waiting without the other waits for
// ever.
struct PingPongArguments {
  explicit PingPongArguments(void** a)
      : mine(*argument<Mailbox*>(a, 0)),
        theirs(*argument<Mailbox*>(a, 1)),
        trips(argument<std::uint64_t>(a, 2)),
        serves(argument<std::uint64_t>(a, 3) != 0) {}
  Mailbox& mine;
  Mailbox& theirs;
  std::uint64_t trips;
  bool serves;
};

int ping_pong_ready(void** a) {
  const PingPongArguments side(a);
  if (!side.serves) return side.mine.flag == side.mine.seen + 1;
  if (side.mine.flag == side.mine.seen) side.theirs.flag = side.mine.seen + 1;
  return side.mine.flag == side.mine.seen + side.trips;
}

std::uint64_t ping_pong_timeout(void** a) { return argument<std::uint64_t>(a, 4); }

void ping_pong_timed_out(void** a) { PingPongArguments(a).mine.timed_out = 1; }

void run_ping_pong(void** a) {
  const PingPongArguments side(a);
  if (side.mine.timed_out != 0) return;
  side.mine.seen += side.trips;
  if (side.serves) return;
  side.mine.flag = side.mine.seen;  // what the other one sent last
  side.theirs.flag = side.mine.seen;
}

int ping_pong_accesses(void** a, PeerbenchAccess* rows, int capacity) {
  Rows out{rows, capacity};
  const bool serves = argument<std::uint64_t>(a, 3) != 0;
  out.add(argument<Mailbox*>(a, 0), sizeof(Mailbox), 0);
  out.add(argument<Mailbox*>(a, 1), sizeof(std::uint64_t), 1,
          serves ? 0 : argument<std::uint64_t>(a, 2));
  return out.count;
}

}  // namespace
}  // namespace peerbench::kernels

using namespace peerbench::kernels;

extern "C" const PeerbenchReferenceKernel peerbench_reference_kernels[] = {
    {.kernel = "peerbench_fill",
     .pointer_arguments = 0b1,
     .argument_bytes = {8, 8, 8, 4},
     .run = run_fill,
     .ready = nullptr,
     .timeout_ns = nullptr,
     .timed_out = nullptr,
     .accesses = fill_accesses,
     .repeatable = 0,
     .content_arguments = 0},
    {.kernel = "peerbench_check",
     .pointer_arguments = 0b1001,
     .argument_bytes = {8, 8, 8, 8, 4},
     .run = run_check,
     .ready = nullptr,
     .timeout_ns = nullptr,
     .timed_out = nullptr,
     .accesses = check_accesses,
     .repeatable = 0,
     .content_arguments = 0},
    {.kernel = "peerbench_pattern_sum",
     .pointer_arguments = 0b100,
     .argument_bytes = {8, 8, 8},
     .run = run_pattern_sum,
     .ready = nullptr,
     .timeout_ns = nullptr,
     .timed_out = nullptr,
     .accesses = pattern_sum_accesses,
     .repeatable = 0,
     .content_arguments = 0},
    {.kernel = "peerbench_fill_numbers",
     .pointer_arguments = 0b1,
     .argument_bytes = {8, 8, 4, 4, 8},
     .run = run_fill_numbers,
     .ready = nullptr,
     .timeout_ns = nullptr,
     .timed_out = nullptr,
     .accesses = fill_numbers_accesses,
     .repeatable = 0,
     .content_arguments = 0},
    {.kernel = "peerbench_check_numbers",
     .pointer_arguments = 0b100001,
     .argument_bytes = {8, 8, 4, 16, 8, 8},
     .run = run_check_numbers,
     .ready = nullptr,
     .timeout_ns = nullptr,
     .timed_out = nullptr,
     .accesses = check_numbers_accesses,
     .repeatable = 0,
     .content_arguments = 0},
    {.kernel = "peerbench_copy",
     .pointer_arguments = 0b11,
     .argument_bytes = {8, 8, 8},
     .run = run_copy,
     .ready = nullptr,
     .timeout_ns = nullptr,
     .timed_out = nullptr,
     .accesses = copy_accesses,
     .repeatable = 1,
     .content_arguments = 0},
    {.kernel = "peerbench_read",
     .pointer_arguments = 0b101,
     .argument_bytes = {8, 8, 8, 8},
     .run = run_read,
     .ready = nullptr,
     .timeout_ns = nullptr,
     .timed_out = nullptr,
     .accesses = read_accesses,
     .repeatable = 1,
     .content_arguments = 0},
    {.kernel = "peerbench_write",
     .pointer_arguments = 0b1,
     .argument_bytes = {8, 8, 8},
     .run = run_write,
     .ready = nullptr,
     .timeout_ns = nullptr,
     .timed_out = nullptr,
     .accesses = fill_accesses,
     .repeatable = 1,
     .content_arguments = 0b100},
    {.kernel = "peerbench_triad",
     .pointer_arguments = 0b111,
     .argument_bytes = {8, 8, 8, 8, 8},
     .run = run_triad,
     .ready = nullptr,
     .timeout_ns = nullptr,
     .timed_out = nullptr,
     .accesses = triad_accesses,
     .repeatable = 1,
     .content_arguments = 0},
    {.kernel = "peerbench_chase",
     .pointer_arguments = 0b101,
     .argument_bytes = {8, 8, 8, 8},
     .run = run_chase,
     .ready = nullptr,
     .timeout_ns = nullptr,
     .timed_out = nullptr,
     .accesses = chase_accesses,
     .repeatable = 0,
     .content_arguments = 0},
    {.kernel = "peerbench_gate",
     .pointer_arguments = 0b1,
     .argument_bytes = {8, 8},
     .run = nullptr,
     .ready = gate_ready,
     .timeout_ns = gate_timeout,
     .timed_out = gate_timed_out,
     .accesses = nullptr,
     .repeatable = 0,
     .content_arguments = 0},
    {.kernel = "peerbench_ping_pong",
     .pointer_arguments = 0b11,
     .argument_bytes = {8, 8, 8, 8, 8},
     .run = run_ping_pong,
     .ready = ping_pong_ready,
     .timeout_ns = ping_pong_timeout,
     .timed_out = ping_pong_timed_out,
     .accesses = ping_pong_accesses,
     .repeatable = 0,
     .content_arguments = 0},
    {},
};
