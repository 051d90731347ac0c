// SPDX-License-Identifier: Apache-2.0
// 64-bit Arm: 16-byte NEON vectors, stored in pairs by STNP, Arm's non-temporal store. A full line
// of them keeps the core from reading the line first.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "kernels/host_loops.hpp"
#include "kernels/host_loops_body.hpp"
#include "kernels/host_loops_rows.hpp"

namespace peerbench::kernels {
namespace {

// A pair of NEON registers is the unit, because STNP stores two.
struct Neon {
  using Words = uint64x2x2_t;
  using Reals = float64x2x2_t;
  static constexpr std::size_t bytes = 32;
  static constexpr std::size_t read_streams = 4;
  static constexpr std::size_t copy_streams = 2;
  static constexpr std::size_t triad_streams = 2;
  static constexpr std::size_t ahead = 512;  // bytes, of copy's and triad's prefetch

  static Words all(Word value) { return {{vdupq_n_u64(value), vdupq_n_u64(value)}}; }
  static Reals all_reals(double value) { return {{vdupq_n_f64(value), vdupq_n_f64(value)}}; }
  static Words load(const Word* at) { return {{vld1q_u64(at), vld1q_u64(at + 2)}}; }
  static Reals load(const double* at) { return {{vld1q_f64(at), vld1q_f64(at + 2)}}; }
  // No intrinsic gives STNP with GCC.
  static void stream(Word* at, Words value) {
    asm volatile("stnp %q1, %q2, [%0]"
                 :
                 : "r"(at), "w"(value.val[0]), "w"(value.val[1])
                 : "memory");
  }
  static void stream(double* at, Reals value) {
    asm volatile("stnp %q1, %q2, [%0]"
                 :
                 : "r"(at), "w"(value.val[0]), "w"(value.val[1])
                 : "memory");
  }
  static Words add(Words a, Words b) {
    return {{vaddq_u64(a.val[0], b.val[0]), vaddq_u64(a.val[1], b.val[1])}};
  }
  static Reals add_product(Reals b, Reals factor, Reals c) {
    return {{vfmaq_f64(b.val[0], factor.val[0], c.val[0]),
             vfmaq_f64(b.val[1], factor.val[1], c.val[1])}};
  }
  static Word sum(Words value) { return vaddvq_u64(vaddq_u64(value.val[0], value.val[1])); }
  static void prefetch(std::uintptr_t at) {
    __builtin_prefetch(reinterpret_cast<const void*>(at), 0, 0);
  }
  // Non-temporal stores may pass later ordinary stores of this thread.
  static void fence() { asm volatile("dmb ishst" ::: "memory"); }
};

bool usable() { return true; }

}  // namespace

const HostLoops host_loops_neon = {
    "neon",           16, true, usable, read_words<Neon>, write_words<Neon>, copy_words<Neon>,
    triad_words<Neon>};

}  // namespace peerbench::kernels
#endif
