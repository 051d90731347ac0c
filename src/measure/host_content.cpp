// SPDX-License-Identifier: Apache-2.0
#include "measure/host_content.hpp"

#include <algorithm>
#include <bit>

namespace peerbench::measure {
namespace {

using kernels::pattern_word;

constexpr std::uint64_t source_seed = 1;
constexpr std::uint64_t host_poison = ~0ull;

template <typename Expected>
kernels::PatternReport compare(const std::uint64_t* words, HostSlice slice,
                               const Expected& expected) {
  kernels::PatternReport report;
  for (std::size_t i = slice.first; i < slice.last; ++i) {
    if (words[i] == expected(i)) continue;
    if (report.wrong_words++ == 0) report.first_wrong = i;
  }
  return report;
}

}  // namespace

const char* name(HostOp op) {
  switch (op) {
    case HostOp::read:
      return "read";
    case HostOp::write:
      return "write";
    case HostOp::copy:
      return "copy";
    case HostOp::triad:
      break;
  }
  return "triad";
}

int array_count(HostOp op) {
  switch (op) {
    case HostOp::read:
    case HostOp::write:
      return 1;
    case HostOp::copy:
      return 2;
    case HostOp::triad:
      break;
  }
  return 3;
}

Bytes bytes_read(HostOp op, Bytes bytes) {
  const int written = op == HostOp::read ? 0 : 1;
  return bytes * static_cast<Bytes>(array_count(op) - written);
}

Bytes bytes_written(HostOp op, Bytes bytes) { return op == HostOp::read ? 0 : bytes; }

const char* counting_rule(HostOp op) {
  switch (op) {
    case HostOp::read:
      return "traffic: bytes read (N) over the common window of all threads";
    case HostOp::write:
      return "traffic: bytes written (N, no reads of lines about to be written) over the common "
             "window of all threads";
    case HostOp::copy:
      return "traffic: bytes read and written (2N, no reads of lines about to be written) over the "
             "common window of all threads";
    case HostOp::triad:
      break;
  }
  return "traffic: bytes of two arrays read and one written (3N, no reads of lines about to be "
         "written) over the common window of all threads";
}

std::vector<HostSlice> cut_slices(std::size_t words, int threads, std::size_t granule) {
  const auto count = static_cast<std::size_t>(threads);
  const std::size_t granules = (words + granule - 1) / granule;
  std::vector<HostSlice> slices;
  for (std::size_t i = 0; i < count; ++i) {
    slices.push_back({std::min(words, granules * i / count * granule),
                      std::min(words, granules * (i + 1) / count * granule)});
  }
  return slices;
}

void fill_slice(HostOp op, std::span<const HostArray> arrays, HostSlice slice) {
  std::uint64_t* first = arrays[0].words();
  const std::uint64_t first_seed = op == HostOp::read ? source_seed : host_poison;
  for (std::size_t i = slice.first; i < slice.last; ++i) first[i] = pattern_word(i, first_seed);
  if (op == HostOp::copy) {
    std::uint64_t* source = arrays[1].words();
    for (std::size_t i = slice.first; i < slice.last; ++i) source[i] = pattern_word(i, source_seed);
  }
  if (op == HostOp::triad) {
    double* b = arrays[1].reals();
    double* c = arrays[2].reals();
    for (std::size_t i = slice.first; i < slice.last; ++i) b[i] = triad_b(i);
    for (std::size_t i = slice.first; i < slice.last; ++i) c[i] = triad_c(i);
  }
}

std::uint64_t expected_sum(HostSlice slice) {
  std::uint64_t sum = 0;
  for (std::size_t i = slice.first; i < slice.last; ++i) sum += pattern_word(i, source_seed);
  return sum;
}

kernels::PatternReport check_slice(HostOp op, std::span<const HostArray> arrays, HostSlice slice,
                                   std::uint64_t written) {
  const std::uint64_t* words = arrays[0].words();
  switch (op) {
    case HostOp::read:
    case HostOp::copy:
      return compare(words, slice, [](std::size_t i) { return pattern_word(i, source_seed); });
    case HostOp::write:
      return compare(words, slice, [written](std::size_t) { return written; });
    case HostOp::triad:
      break;
  }
  return compare(words, slice, [](std::size_t i) {
    return std::bit_cast<std::uint64_t>(triad_b(i) + triad_factor * triad_c(i));
  });
}

}  // namespace peerbench::measure
