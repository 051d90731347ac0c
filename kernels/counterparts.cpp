// The CPU side of every kernel, for runs on simulated machines; see counterpart.h.
#include <atomic>

#include "kernels/counterpart.h"
#include "kernels/gate.hpp"
#include "kernels/pattern.hpp"

namespace peerbench::kernels {
namespace {

template <typename T>
T& argument(void** arguments, int index) {
  return *static_cast<T*>(arguments[index]);
}

void run_fill(void** a) {
  fill_body(argument<unsigned char*>(a, 0), argument<std::uint64_t>(a, 1),
            argument<std::uint64_t>(a, 2), 0, 1);
}

int fill_accesses(void** a, PeerbenchAccess* rows, int capacity) {
  if (capacity < 1) return 0;
  rows[0] = {argument<unsigned char*>(a, 0), argument<std::uint64_t>(a, 1), 1};
  return 1;
}

void run_check(void** a) {
  const PatternReport found =
      check_body(argument<const unsigned char*>(a, 0), argument<std::uint64_t>(a, 1),
                 argument<std::uint64_t>(a, 2), 0, 1);
  PatternReport& report = *argument<PatternReport*>(a, 3);
  report.wrong_words += found.wrong_words;
  if (found.first_wrong < report.first_wrong) report.first_wrong = found.first_wrong;
}

int check_accesses(void** a, PeerbenchAccess* rows, int capacity) {
  if (capacity < 1) return 0;
  rows[0] = {argument<const unsigned char*>(a, 0), argument<std::uint64_t>(a, 1), 0};
  return 1;
}

int gate_ready(void** a) {
  return std::atomic_ref(argument<GateFlag*>(a, 0)->open).load(std::memory_order_acquire) != 0;
}

std::uint64_t gate_timeout(void** a) { return argument<std::uint64_t>(a, 1); }

void gate_timed_out(void** a) {
  std::atomic_ref(argument<GateFlag*>(a, 0)->timed_out).store(1, std::memory_order_release);
}

}  // namespace
}  // namespace peerbench::kernels

using namespace peerbench::kernels;

extern "C" const PeerbenchCounterpart peerbench_counterparts[] = {
    {.kernel = "peerbench_fill",
     .pointer_arguments = 0b1,
     .argument_bytes = {8, 8, 8},
     .run = run_fill,
     .ready = nullptr,
     .timeout_ns = nullptr,
     .timed_out = nullptr,
     .accesses = fill_accesses},
    {.kernel = "peerbench_check",
     .pointer_arguments = 0b1001,
     .argument_bytes = {8, 8, 8, 8},
     .run = run_check,
     .ready = nullptr,
     .timeout_ns = nullptr,
     .timed_out = nullptr,
     .accesses = check_accesses},
    {.kernel = "peerbench_gate",
     .pointer_arguments = 0b1,
     .argument_bytes = {8, 8},
     .run = nullptr,
     .ready = gate_ready,
     .timeout_ns = gate_timeout,
     .timed_out = gate_timed_out,
     .accesses = nullptr},
    {},
};
