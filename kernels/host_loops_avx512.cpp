// SPDX-License-Identifier: Apache-2.0
// 64-byte vectors, one a cache line; compiled with -mavx512f, so nothing here may run before the
// CPU was asked.
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/host_loops.hpp"
#include "kernels/host_loops_body.hpp"
#include "kernels/host_loops_rows.hpp"

namespace peerbench::kernels {
namespace {

struct Avx512 {
  using Words = __m512i;
  using Reals = __m512d;
  static constexpr std::size_t bytes = 64;
  static constexpr std::size_t read_streams = 4;
  static constexpr std::size_t copy_streams = 2;
  static constexpr std::size_t triad_streams = 1;
  static constexpr std::size_t ahead = 0;  // no prefetch: the core's own is better

  static Words all(Word value) { return _mm512_set1_epi64(static_cast<long long>(value)); }
  static Reals all_reals(double value) { return _mm512_set1_pd(value); }
  static Words load(const Word* at) { return _mm512_loadu_si512(at); }
  static Reals load(const double* at) { return _mm512_loadu_pd(at); }
  static void stream(Word* at, Words value) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(at), value);
  }
  static void stream(double* at, Reals value) { _mm512_stream_pd(at, value); }
  static Words add(Words a, Words b) { return _mm512_add_epi64(a, b); }
  static Reals add_product(Reals b, Reals factor, Reals c) {
    return _mm512_add_pd(b, _mm512_mul_pd(factor, c));
  }
  static Word sum(Words value) {
    alignas(64) Word lane[8];
    _mm512_store_si512(lane, value);
    Word total = 0;
    for (const Word word : lane) total += word;
    return total;
  }
  static void prefetch(std::uintptr_t at) {
    _mm_prefetch(reinterpret_cast<const char*>(at), _MM_HINT_NTA);
  }
  static void fence() { _mm_sfence(); }
};

bool usable() { return __builtin_cpu_supports("avx512f") != 0; }

}  // namespace

const HostLoops host_loops_avx512 = {"avx512",
                                     64,
                                     true,
                                     usable,
                                     read_words<Avx512>,
                                     write_words<Avx512>,
                                     copy_words<Avx512>,
                                     triad_words<Avx512>};

}  // namespace peerbench::kernels
#endif
