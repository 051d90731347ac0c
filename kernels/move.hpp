// SPDX-License-Identifier: Apache-2.0
// Kernels that saturate a memory or a link: read, write, copy and triad with 16-byte accesses,
// several in flight for each thread, over a grid that just fills the GPU. Each shares its body with
// the CPU; a body does the share of the thread `first` of `step` threads, `lanes` of which stand
// side by side (a block on a GPU), `each` pieces at a time.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstring>

#include "kernels/pattern.hpp"

namespace peerbench::kernels {

/// What a kernel does to arrays of N bytes, and the traffic that is counted for it: read N,
/// write N, copy 2 N (N over a link), triad 3 N. A chase (chase.hpp)
/// and a ping-pong (pingpong.hpp) saturate nothing.
enum class Move { read, write, copy, triad, chase, ping_pong };

/// As it is called in the names of cells.
constexpr const char* name(Move move) {
  switch (move) {
    case Move::read:
      return "read";
    case Move::write:
      return "write";
    case Move::triad:
      return "triad";
    case Move::chase:
      return "chase";
    case Move::ping_pong:
      return "ping-pong";
    case Move::copy:
      break;
  }
  return "copy";
}

// One access of the widest kind, and narrower ones for arrays that are not aligned alike.
struct alignas(16) Piece16 {
  std::uint64_t low, high;
};

/// Loads of a thread in flight before the first of them must have arrived.
inline constexpr std::uint64_t in_flight = 4;

template <typename Piece>
PEERBENCH_BODY Piece load(const unsigned char* array, std::uint64_t index) {
#ifdef __CUDA_ARCH__
  return reinterpret_cast<const Piece*>(array)[index];
#else
  Piece piece;
  memcpy(&piece, array + index * sizeof(Piece), sizeof piece);
  return piece;
#endif
}

template <typename Piece>
PEERBENCH_BODY void store(unsigned char* array, std::uint64_t index, Piece piece) {
#ifdef __CUDA_ARCH__
  reinterpret_cast<Piece*>(array)[index] = piece;
#else
  memcpy(array + index * sizeof(Piece), &piece, sizeof piece);
#endif
}

#ifdef __CUDA_ARCH__
template <>
PEERBENCH_BODY Piece16 load<Piece16>(const unsigned char* array, std::uint64_t index) {
  const ulonglong2 both = reinterpret_cast<const ulonglong2*>(array)[index];
  return {both.x, both.y};
}
template <>
PEERBENCH_BODY void store<Piece16>(unsigned char* array, std::uint64_t index, Piece16 piece) {
  reinterpret_cast<ulonglong2*>(array)[index] = make_ulonglong2(piece.low, piece.high);
}
#endif

PEERBENCH_BODY std::uint64_t address_of(const void* array) {
  return reinterpret_cast<std::uintptr_t>(array);
}

/// Bytes before the first multiple of `width` (a power of two), at most `bytes`.
PEERBENCH_BODY std::uint64_t bytes_before(const void* array, std::uint64_t width,
                                          std::uint64_t bytes) {
  const std::uint64_t head = (0 - address_of(array)) & (width - 1);
  return head < bytes ? head : bytes;
}

/// Works through `pieces` in rounds, `each` pieces of a thread in every one: `take(i)` loads or
/// makes a piece, `put(i, piece)` uses it, and all of a round are taken before the first is used.
/// Threads come in groups of `lanes` that stand side by side, `step` is a multiple of that: a group
/// works on `each` x `lanes` pieces that lie together, so that a thread's are a known way apart and
/// one register addresses them all.
template <std::uint64_t lanes, std::uint64_t each, typename Take, typename Put>
PEERBENCH_BODY void in_rounds(std::uint64_t pieces, std::uint64_t first, std::uint64_t step,
                              const Take& take, const Put& put) {
  std::uint64_t i = first / lanes * (lanes * each) + first % lanes;
  PEERBENCH_ROLLED
  for (; i + (each - 1) * lanes < pieces; i += each * step) {
    decltype(take(i)) taken[each];
    PEERBENCH_UNROLLED
    for (std::uint64_t k = 0; k < each; ++k) taken[k] = take(i + k * lanes);
    PEERBENCH_UNROLLED
    for (std::uint64_t k = 0; k < each; ++k) put(i + k * lanes, taken[k]);
  }
  PEERBENCH_ROLLED
  for (; i < pieces; i += lanes) put(i, take(i));  // what is left of the last round
}

template <std::uint64_t lanes, std::uint64_t each, typename Piece>
PEERBENCH_BODY void copy_pieces(unsigned char* to, const unsigned char* from, std::uint64_t bytes,
                                std::uint64_t first, std::uint64_t step) {
  const std::uint64_t head = bytes_before(to, sizeof(Piece), bytes);
  const std::uint64_t pieces = (bytes - head) / sizeof(Piece);
  in_rounds<lanes, each>(
      pieces, first, step, [&](std::uint64_t i) { return load<Piece>(from + head, i); },
      [&](std::uint64_t i, Piece piece) { store(to + head, i, piece); });
  for (std::uint64_t i = first; i < head; i += step) to[i] = from[i];
  for (std::uint64_t i = head + pieces * sizeof(Piece) + first; i < bytes; i += step) {
    to[i] = from[i];
  }
}

/// Copies the thread's share of `bytes`. Any size, any alignment of either side: as wide as the
/// two are aligned alike, which is 16 bytes unless somebody asks for odd offsets.
template <std::uint64_t lanes = 1, std::uint64_t each = in_flight>
PEERBENCH_BODY void copy_body(unsigned char* to, const unsigned char* from, std::uint64_t bytes,
                              std::uint64_t first, std::uint64_t step) {
  const std::uint64_t apart = address_of(to) ^ address_of(from);
  if (apart % 16 == 0) return copy_pieces<lanes, each, Piece16>(to, from, bytes, first, step);
  if (apart % 8 == 0) return copy_pieces<lanes, each, std::uint64_t>(to, from, bytes, first, step);
  if (apart % 4 == 0) return copy_pieces<lanes, each, std::uint32_t>(to, from, bytes, first, step);
  copy_pieces<lanes, each, unsigned char>(to, from, bytes, first, step);
}

/// Word `index` of an array that need not be aligned; bytes beyond its end count as 0.
PEERBENCH_BODY std::uint64_t odd_word(const unsigned char* array, std::uint64_t bytes,
                                      std::uint64_t index) {
  const std::uint64_t left = bytes - index * 8;
  return load_part(array + index * 8, left < 8 ? left : 8);
}

/// Sum (modulo 2^64) of the thread's share of the array's 8-byte words; the last word is filled up
/// with 0. Any size and alignment; 16-byte accesses when the array is aligned to 8 bytes.
template <std::uint64_t lanes = 1, std::uint64_t each = in_flight>
PEERBENCH_BODY std::uint64_t read_body(const unsigned char* from, std::uint64_t bytes,
                                       std::uint64_t first, std::uint64_t step) {
  std::uint64_t sum = 0;
  const std::uint64_t words = (bytes + 7) / 8;
  if (address_of(from) % 8 != 0) {
    for (std::uint64_t i = first; i < words; i += step) sum += odd_word(from, bytes, i);
    return sum;
  }
  const std::uint64_t head = bytes_before(from, 16, bytes / 8 * 8) / 8;
  const std::uint64_t pieces = (bytes / 8 - head) / 2;
  in_rounds<lanes, each>(
      pieces, first, step, [&](std::uint64_t i) { return load<Piece16>(from + head * 8, i); },
      [&](std::uint64_t, Piece16 piece) { sum += piece.low + piece.high; });
  if (first == 0) {
    if (head == 1) sum += odd_word(from, bytes, 0);
    for (std::uint64_t i = head + pieces * 2; i < words; ++i) sum += odd_word(from, bytes, i);
  }
  return sum;
}

/// Fills the thread's share with Content::written made from `seed`. Any size and alignment; 16-byte
/// accesses when the array is aligned to 8 bytes.
template <std::uint64_t lanes = 1, std::uint64_t each = in_flight>
PEERBENCH_BODY void write_body(unsigned char* to, std::uint64_t bytes, std::uint64_t seed,
                               std::uint64_t first, std::uint64_t step) {
  if (address_of(to) % 8 != 0) return fill_body<Content::written>(to, bytes, seed, first, step);
  const std::uint64_t head = bytes_before(to, 16, bytes / 8 * 8) / 8;
  const std::uint64_t pieces = (bytes / 8 - head) / 2;
  const std::uint64_t start = content_word<Content::written>(head, seed);
  in_rounds<lanes, each>(
      pieces, first, step,
      [&](std::uint64_t i) {
        const std::uint64_t low = start + i * (2 * written_step);
        return Piece16{low, low + written_step};
      },
      [&](std::uint64_t i, Piece16 piece) { store(to + head * 8, i, piece); });
  if (first == 0) {
    if (head == 1) fill_body<Content::written>(to, 8, seed, 0, 1);
    fill_body<Content::written>(to, bytes, seed, head + pieces * 2, 1);
  }
}

PEERBENCH_BODY double as_real(std::uint64_t word) {
  double real = 0;
  memcpy(&real, &word, sizeof real);
  return real;
}
PEERBENCH_BODY std::uint64_t as_word(double real) {
  std::uint64_t word = 0;
  memcpy(&word, &real, sizeof word);
  return word;
}

/// The thread's share of to[i] = b[i] + scale x c[i] over `count` doubles. Arrays are aligned to 8
/// bytes; 16-byte accesses when all three are aligned alike to 16.
template <std::uint64_t lanes = 1, std::uint64_t each = in_flight / 2>
PEERBENCH_BODY void triad_body(double* to, const double* b, const double* c, double scale,
                               std::uint64_t count, std::uint64_t first, std::uint64_t step) {
  const std::uint64_t apart = (address_of(to) ^ address_of(b)) | (address_of(to) ^ address_of(c));
  if (apart % 16 != 0) {
    for (std::uint64_t i = first; i < count; i += step) to[i] = b[i] + scale * c[i];
    return;
  }
  struct Both {
    Piece16 b, c;
  };
  const std::uint64_t head = bytes_before(to, 16, count * 8) / 8;
  const std::uint64_t pieces = (count - head) / 2;
  auto* out = reinterpret_cast<unsigned char*>(to + head);
  const auto* in_b = reinterpret_cast<const unsigned char*>(b + head);
  const auto* in_c = reinterpret_cast<const unsigned char*>(c + head);
  in_rounds<lanes, each>(
      pieces, first, step,
      [&](std::uint64_t i) {
        return Both{load<Piece16>(in_b, i), load<Piece16>(in_c, i)};
      },
      [&](std::uint64_t i, const Both& in) {
        store(out, i,
              Piece16{as_word(as_real(in.b.low) + scale * as_real(in.c.low)),
                      as_word(as_real(in.b.high) + scale * as_real(in.c.high))});
      });
  if (first == 0) {
    if (head == 1) to[0] = b[0] + scale * c[0];
    const std::uint64_t last = head + pieces * 2;
    if (last < count) to[last] = b[last] + scale * c[last];
  }
}

/// Threads of each block of the kernels below.
inline constexpr unsigned move_threads = 256;

/// Blocks of the kernel for `move` that run on the current device at the same time: what its
/// occupancy allows, times its multiprocessors; 1 for those that saturate nothing. Asks the
/// runtime, so not inside a timed window.
cudaError_t saturating_blocks(Move move, unsigned& blocks);

/// Copies `bytes` from `from` to `to`, which do not overlap: memory of the current device, of a
/// peer with access enabled, or host memory mapped to it. Any size and alignment. As all launches
/// here it uses at most `blocks` blocks (fewer when there is no work for them), runs on `stream` of
/// the current device, and returns the launch's error.
cudaError_t launch_copy(void* to, const void* from, std::uint64_t bytes, unsigned blocks,
                        cudaStream_t stream);

/// Reads `bytes` and stores the sum of each block's share of their 8-byte words in `sums` (room for
/// `blocks` of them; 0 for blocks without work); their sum modulo 2^64 is the array's. Any size
/// and alignment.
cudaError_t launch_read(const void* from, std::uint64_t bytes, std::uint64_t* sums, unsigned blocks,
                        cudaStream_t stream);

/// Writes `bytes` of Content::written made from `seed`. Any size and alignment.
cudaError_t launch_write(void* to, std::uint64_t bytes, std::uint64_t seed, unsigned blocks,
                         cudaStream_t stream);

/// to[i] = b[i] + triad_scale x c[i] over `count` doubles, aligned to 8 bytes.
cudaError_t launch_triad(double* to, const double* b, const double* c, std::uint64_t count,
                         unsigned blocks, cudaStream_t stream);

}  // namespace peerbench::kernels
