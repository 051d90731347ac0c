// SPDX-License-Identifier: Apache-2.0
// 16-byte vectors: what every 64-bit x86 CPU has.
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/host_loops.hpp"
#include "kernels/host_loops_body.hpp"
#include "kernels/host_loops_rows.hpp"

namespace peerbench::kernels {
namespace {

struct Sse2 {
  using Words = __m128i;
  using Reals = __m128d;
  static constexpr std::size_t bytes = 16;
  static constexpr std::size_t read_streams = 2;
  static constexpr std::size_t copy_streams = 2;
  static constexpr std::size_t triad_streams = 2;
  static constexpr std::size_t ahead = 512;  // bytes, of copy's and triad's prefetch

  static Words all(Word value) { return _mm_set1_epi64x(static_cast<long long>(value)); }
  static Reals all_reals(double value) { return _mm_set1_pd(value); }
  static Words load(const Word* at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  }
  static Reals load(const double* at) { return _mm_loadu_pd(at); }
  static void stream(Word* at, Words value) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(at), value);
  }
  static void stream(double* at, Reals value) { _mm_stream_pd(at, value); }
  static Words add(Words a, Words b) { return _mm_add_epi64(a, b); }
  static Reals add_product(Reals b, Reals factor, Reals c) {
    return _mm_add_pd(b, _mm_mul_pd(factor, c));
  }
  static Word sum(Words value) {
    alignas(16) Word lane[2];
    _mm_store_si128(reinterpret_cast<__m128i*>(lane), value);
    return lane[0] + lane[1];
  }
  static void prefetch(std::uintptr_t at) {
    _mm_prefetch(reinterpret_cast<const char*>(at), _MM_HINT_NTA);
  }
  static void fence() { _mm_sfence(); }
};

bool usable() { return true; }

}  // namespace

const HostLoops host_loops_sse2 = {
    "sse2",           16, true, usable, read_words<Sse2>, write_words<Sse2>, copy_words<Sse2>,
    triad_words<Sse2>};

}  // namespace peerbench::kernels
#endif
