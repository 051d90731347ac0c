// SPDX-License-Identifier: Apache-2.0
// The four loops, written once over a vector type `V`; each host_loops_*.cpp includes this with its
// own. Everything is in an unnamed namespace and no standard function is called, because the files
// are compiled for different instruction sets and must share no code that a linker could merge.
#pragma once

#include <cstddef>
#include <cstdint>

namespace peerbench::kernels {
namespace {

using Word = std::uint64_t;

constexpr std::size_t line_bytes = 64;
constexpr std::size_t line_words = line_bytes / sizeof(Word);

template <typename V>
constexpr std::size_t vectors = line_bytes / V::bytes;  // in one cache line
template <typename V>
constexpr std::size_t lanes = V::bytes / sizeof(Word);

/// Words before the first cache line boundary of `to`, at most `words`.
inline std::size_t words_to_line(const void* to, std::size_t words) {
  const std::size_t past = reinterpret_cast<std::uintptr_t>(to) % line_bytes;
  const std::size_t head = past == 0 ? 0 : (line_bytes - past) / sizeof(Word);
  return head < words ? head : words;
}

/// Asks for the line `ahead` bytes beyond `at`. May point past the array: a prefetch cannot fault.
template <typename V>
inline void prefetch(const void* at, std::size_t ahead) {
  if (ahead != 0) V::prefetch(reinterpret_cast<std::uintptr_t>(at) + ahead);
}

template <typename V>
Word read_words(const Word* from, std::size_t words) {
  // Several streams a stretch apart: more misses are under way at once, and each stream has the
  // hardware prefetcher's attention in a page of its own.
  constexpr std::size_t streams = V::read_streams;
  const std::size_t stretch = words / streams / line_words * line_words;
  typename V::Words sums[streams][vectors<V>];
  for (auto& stream : sums) {
    for (auto& sum : stream) sum = V::all(0);
  }
  for (std::size_t i = 0; i < stretch; i += line_words) {
#pragma GCC unroll 8
    for (std::size_t stream = 0; stream < streams; ++stream) {
      const Word* line = from + stream * stretch + i;
#pragma GCC unroll 8
      for (std::size_t k = 0; k < vectors<V>; ++k) {
        sums[stream][k] = V::add(sums[stream][k], V::load(line + k * lanes<V>));
      }
    }
  }
  Word sum = 0;
  for (const auto& stream : sums) {
    for (const auto& part : stream) sum += V::sum(part);
  }
  for (std::size_t i = streams * stretch; i < words; ++i) sum += from[i];
  return sum;
}

template <typename V>
void write_words(Word* to, Word value, std::size_t words) {
  std::size_t i = 0;
  for (const std::size_t head = words_to_line(to, words); i < head; ++i) to[i] = value;
  const auto all = V::all(value);
  for (; i + line_words <= words; i += line_words) {
#pragma GCC unroll 8
    for (std::size_t k = 0; k < vectors<V>; ++k) V::stream(to + i + k * lanes<V>, all);
  }
  for (; i < words; ++i) to[i] = value;
  V::fence();
}

template <typename V>
void copy_words(Word* to, const Word* from, std::size_t words) {
  constexpr std::size_t streams = V::copy_streams;
  std::size_t i = 0;
  for (const std::size_t head = words_to_line(to, words); i < head; ++i) to[i] = from[i];
  const std::size_t stretch = (words - i) / streams / line_words * line_words;
  for (const std::size_t end = i + stretch; i < end; i += line_words) {
#pragma GCC unroll 8
    for (std::size_t stream = 0; stream < streams; ++stream) {
      const std::size_t at = stream * stretch + i;
      prefetch<V>(from + at, V::ahead);
      typename V::Words line[vectors<V>];
#pragma GCC unroll 8
      for (std::size_t k = 0; k < vectors<V>; ++k) line[k] = V::load(from + at + k * lanes<V>);
#pragma GCC unroll 8
      for (std::size_t k = 0; k < vectors<V>; ++k) V::stream(to + at + k * lanes<V>, line[k]);
    }
  }
  for (i += (streams - 1) * stretch; i < words; ++i) to[i] = from[i];
  V::fence();
}

template <typename V>
void triad_words(double* to, const double* b, const double* c, double factor, std::size_t words) {
  constexpr std::size_t streams = V::triad_streams;
  std::size_t i = 0;
  for (const std::size_t head = words_to_line(to, words); i < head; ++i) {
    to[i] = b[i] + factor * c[i];
  }
  const auto factors = V::all_reals(factor);
  const std::size_t stretch = (words - i) / streams / line_words * line_words;
  for (const std::size_t end = i + stretch; i < end; i += line_words) {
#pragma GCC unroll 8
    for (std::size_t stream = 0; stream < streams; ++stream) {
      const std::size_t line_start = stream * stretch + i;
      prefetch<V>(b + line_start, V::ahead);
      prefetch<V>(c + line_start, V::ahead);
      typename V::Reals line[vectors<V>];
#pragma GCC unroll 8
      for (std::size_t k = 0; k < vectors<V>; ++k) {
        const std::size_t at = line_start + k * lanes<V>;
        line[k] = V::add_product(V::load(b + at), factors, V::load(c + at));
      }
#pragma GCC unroll 8
      for (std::size_t k = 0; k < vectors<V>; ++k) {
        V::stream(to + line_start + k * lanes<V>, line[k]);
      }
    }
  }
  for (i += (streams - 1) * stretch; i < words; ++i) to[i] = b[i] + factor * c[i];
  V::fence();
}

}  // namespace
}  // namespace peerbench::kernels
