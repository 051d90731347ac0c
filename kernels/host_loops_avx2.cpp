// SPDX-License-Identifier: Apache-2.0
// 32-byte vectors; compiled with -mavx2, so nothing here may run before the CPU was asked.
#if defined(__x86_64__)
#include <immintrin.h>

#include "kernels/host_loops.hpp"
#include "kernels/host_loops_body.hpp"
#include "kernels/host_loops_rows.hpp"

namespace peerbench::kernels {
namespace {

struct Avx2 {
  using Words = __m256i;
  using Reals = __m256d;
  static constexpr std::size_t bytes = 32;
  static constexpr std::size_t read_streams = 4;
  static constexpr std::size_t copy_streams = 2;
  static constexpr std::size_t triad_streams = 2;
  static constexpr std::size_t ahead = 512;  // bytes, of copy's and triad's prefetch

  static Words all(Word value) { return _mm256_set1_epi64x(static_cast<long long>(value)); }
  static Reals all_reals(double value) { return _mm256_set1_pd(value); }
  static Words load(const Word* at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
  }
  static Reals load(const double* at) { return _mm256_loadu_pd(at); }
  static void stream(Word* at, Words value) {
    _mm256_stream_si256(reinterpret_cast<__m256i*>(at), value);
  }
  static void stream(double* at, Reals value) { _mm256_stream_pd(at, value); }
  static Words add(Words a, Words b) { return _mm256_add_epi64(a, b); }
  static Reals add_product(Reals b, Reals factor, Reals c) {
    return _mm256_add_pd(b, _mm256_mul_pd(factor, c));
  }
  static Word sum(Words value) {
    alignas(32) Word lane[4];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lane), value);
    return lane[0] + lane[1] + lane[2] + lane[3];
  }
  static void prefetch(std::uintptr_t at) {
    _mm_prefetch(reinterpret_cast<const char*>(at), _MM_HINT_NTA);
  }
  static void fence() { _mm_sfence(); }
};

bool usable() { return __builtin_cpu_supports("avx2") != 0; }

}  // namespace

const HostLoops host_loops_avx2 = {
    "avx2",           32, true, usable, read_words<Avx2>, write_words<Avx2>, copy_words<Avx2>,
    triad_words<Avx2>};

}  // namespace peerbench::kernels
#endif
