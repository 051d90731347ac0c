// SPDX-License-Identifier: Apache-2.0
// The simulator's own reference_kernels of kernels that wait, copy, fill and check. Each has the
// same arguments whichever kernel stands behind it, 8 bytes each: apply() puts them in this order.
#include <algorithm>
#include <cstddef>
#include <cstring>

#include "sim/core/kernel_rules.hpp"

namespace gpusim {
namespace {

std::uint64_t number(void** a, int index) { return *static_cast<std::uint64_t*>(a[index]); }
std::byte* pointer(void** a, int index) { return *static_cast<std::byte**>(a[index]); }

/// Elements at `data` that are not as `expected(i)` points to.
template <typename Expected>
std::uint64_t count_different(const std::byte* data, std::uint64_t bytes, std::uint64_t element,
                              Expected expected) {
  std::uint64_t different = 0;
  for (std::uint64_t at = 0; at + element <= bytes; at += element) {
    if (std::memcmp(data + at, expected(at), element) != 0) ++different;
  }
  return different;
}

// copy: to, from, bytes
void run_copy(void** a) { std::memmove(pointer(a, 0), pointer(a, 1), number(a, 2)); }

int copy_accesses(void** a, PeerbenchAccess* rows, int) {
  rows[0] = {pointer(a, 1), number(a, 2), 0, 0};
  rows[1] = {pointer(a, 0), number(a, 2), 1, 0};
  return 2;
}

// fill: to, bytes, value, bytes of an element
void run_fill(void** a) {
  std::byte* const to = pointer(a, 0);
  const std::uint64_t bytes = number(a, 1);
  const std::uint64_t value = number(a, 2);
  std::uint64_t done = std::min(bytes, number(a, 3));
  std::memcpy(to, &value, done);
  for (; done < bytes; done *= 2) std::memcpy(to + done, to, std::min(done, bytes - done));
}

int fill_accesses(void** a, PeerbenchAccess* rows, int) {
  rows[0] = {pointer(a, 0), number(a, 1), 1, 0};
  return 1;
}

// check: from, against (null: the value), bytes, value, bytes of an element, errors, their bytes
void run_check(void** a) {
  const std::byte* const from = pointer(a, 0);
  const std::byte* const against = pointer(a, 1);
  const std::uint64_t value = number(a, 3);
  const std::uint64_t different =
      count_different(from, number(a, 2), number(a, 4), [&](std::uint64_t at) {
        return against != nullptr ? static_cast<const void*>(against + at) : &value;
      });
  std::uint64_t errors = 0;
  std::memcpy(&errors, pointer(a, 5), number(a, 6));
  errors += different;
  std::memcpy(pointer(a, 5), &errors, number(a, 6));
}

int check_accesses(void** a, PeerbenchAccess* rows, int) {
  rows[0] = {pointer(a, 0), number(a, 2), 0, 0};
  rows[1] = {pointer(a, 1), pointer(a, 1) == nullptr ? 0 : number(a, 2), 0, 0};
  rows[2] = {pointer(a, 5), number(a, 6), 1, 0};
  return 3;
}

// wait: flag (null: none), its bytes, what it must be, whether anything but 0 will do, timeout (ns)
int flag_is_set(void** a) {
  if (pointer(a, 0) == nullptr) return 0;
  std::uint64_t flag = 0;
  std::memcpy(&flag, pointer(a, 0), number(a, 1));
  return number(a, 3) != 0 ? static_cast<int>(flag != 0) : static_cast<int>(flag == number(a, 2));
}

std::uint64_t wait_timeout(void** a) { return number(a, 4); }

constexpr PeerbenchReferenceKernel copy_row = {.kernel = "copy",
                                               .pointer_arguments = 0b11,
                                               .argument_bytes = {8, 8, 8},
                                               .run = run_copy,
                                               .ready = nullptr,
                                               .timeout_ns = nullptr,
                                               .timed_out = nullptr,
                                               .accesses = copy_accesses,
                                               .repeatable = 1,
                                               .content_arguments = 0};
constexpr PeerbenchReferenceKernel fill_row = {.kernel = "fill",
                                               .pointer_arguments = 0b1,
                                               .argument_bytes = {8, 8, 8, 8},
                                               .run = run_fill,
                                               .ready = nullptr,
                                               .timeout_ns = nullptr,
                                               .timed_out = nullptr,
                                               .accesses = fill_accesses,
                                               .repeatable = 1,
                                               .content_arguments = 0b100};
constexpr PeerbenchReferenceKernel check_row = {.kernel = "check",
                                                .pointer_arguments = 0b100011,
                                                .argument_bytes = {8, 8, 8, 8, 8, 8, 8},
                                                .run = run_check,
                                                .ready = nullptr,
                                                .timeout_ns = nullptr,
                                                .timed_out = nullptr,
                                                .accesses = check_accesses,
                                                .repeatable = 0,
                                                .content_arguments = 0};
constexpr PeerbenchReferenceKernel wait_row = {.kernel = "wait",
                                               .pointer_arguments = 0b1,
                                               .argument_bytes = {8, 8, 8, 8, 8},
                                               .run = nullptr,
                                               .ready = flag_is_set,
                                               .timeout_ns = wait_timeout,
                                               .timed_out = nullptr,
                                               .accesses = nullptr,
                                               .repeatable = 0,
                                               .content_arguments = 0};
constexpr PeerbenchReferenceKernel endless_wait_row = [] {
  PeerbenchReferenceKernel row = wait_row;
  row.timeout_ns = nullptr;
  return row;
}();

std::uint64_t argument(void** arguments, int index, int bytes) {
  std::uint64_t value = 0;
  if (index >= 0) std::memcpy(&value, arguments[index], static_cast<std::size_t>(bytes));
  return value;
}

std::uint64_t value_of(const KernelNumber& number, void** arguments) {
  return number.argument < 0 ? number.constant : argument(arguments, number.argument, number.bytes);
}

std::uint64_t nanoseconds(const KernelNumber& number, void** arguments, int clock_khz) {
  const double ns = number.unit == "ns"   ? 1
                    : number.unit == "us" ? 1e3
                    : number.unit == "ms" ? 1e6
                                          : 1e6 / std::max(1, clock_khz);
  const double longest = 1e18;  // thirty years: what is more is "for ever" to a program
  return static_cast<std::uint64_t>(
      std::min(longest, ns * static_cast<double>(value_of(number, arguments))));
}

}  // namespace

RuledLaunch apply(const KernelRule& rule, void** arguments, int clock_khz) {
  RuledLaunch launch;
  const auto at = [&](int index) { return argument(arguments, index, sizeof(void*)); };
  const auto element = static_cast<std::uint64_t>(rule.element_bytes);
  const std::uint64_t value = value_of(rule.value, arguments);
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(value_of(rule.count, arguments), element, &bytes)) bytes = SIZE_MAX;
  switch (rule.action) {
    case KernelRule::Action::copy:
      launch.reference_kernel = &copy_row;
      launch.values = {at(rule.to), at(rule.from), bytes};
      break;
    case KernelRule::Action::fill:
      launch.reference_kernel = &fill_row;
      launch.values = {at(rule.to), bytes, value, element};
      break;
    case KernelRule::Action::check:
      launch.reference_kernel = &check_row;
      launch.values = {at(rule.from),
                       at(rule.against),
                       bytes,
                       value,
                       element,
                       at(rule.errors),
                       static_cast<std::uint64_t>(rule.errors_bytes)};
      break;
    case KernelRule::Action::wait:
      launch.reference_kernel = rule.timeout.given ? &wait_row : &endless_wait_row;
      launch.values = {at(rule.flag), static_cast<std::uint64_t>(rule.flag_bytes),
                       value_of(rule.until, arguments), rule.until.given ? 0u : 1u,
                       nanoseconds(rule.timeout, arguments, clock_khz)};
      break;
  }
  return launch;
}

}  // namespace gpusim
