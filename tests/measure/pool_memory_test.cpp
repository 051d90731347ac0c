// SPDX-License-Identifier: Apache-2.0
// Kernels on memory had in other ways than cudaMalloc, on simulated machines.
#include "measure/pool_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "measure/measurement.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using peerbench::support::open_machine;
using ::testing::HasSubstr;

constexpr MemoryKind memories[] = {MemoryKind::device, MemoryKind::managed, MemoryKind::pinned,
                                   MemoryKind::pageable};

Measurement measure_local(Op op, MemoryKind memory, Bytes bytes, FirstTouch touch = FirstTouch::gpu,
                          bool from_host = false) {
  const Plan plan{{{.source = gpu(0),
                    .destination = gpu(0),
                    .issuer = gpu(0),
                    .engine = Engine::sm,
                    .bytes = bytes,
                    .op = op,
                    .memory = memory,
                    .first_touch = touch,
                    .from_host_each_time = from_host}}};
  MeasureOptions options;
  options.sampling.budget = std::chrono::milliseconds(20);
  return measure_plan(plan, options);
}

double median(Measurement measured) {
  EXPECT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  EXPECT_TRUE(measured.verified);
  if (measured.samples.empty()) return 0;
  std::ranges::sort(measured.samples);
  return measured.samples[measured.samples.size() / 2];
}

TEST(PoolMemory, EveryOperationIsVerifiedOnEveryMemory) {
  open_machine("dgx-spark");
  for (const MemoryKind memory : memories) {
    for (const Op op : {Op::read, Op::write, Op::copy, Op::triad}) {
      EXPECT_GT(median(measure_local(op, memory, 64 * KiB)), 0) << to_string(memory) << name(op);
    }
  }
}

TEST(PoolMemory, PagesThatACpuTouchedFirstHoldTheDataAllTheSame) {
  // Also where the CPU must keep away from managed memory while kernels run.
  for (const char* board : {"dgx-spark", "jetson-agx-orin"}) {
    open_machine(board);
    for (int i = 0; i < 2; ++i) {
      EXPECT_GT(median(measure_local(Op::read, MemoryKind::managed, 64 * KiB, FirstTouch::cpu)), 0);
    }
  }
}

TEST(PoolMemory, WhatTheDeviceDoesNotAllowIsRefusedByItsAttribute) {
  open_machine("jetson-agx-orin");
  const Measurement plain = measure_local(Op::read, MemoryKind::pageable, 64 * KiB);
  EXPECT_EQ(plain.outcome, Outcome::unsupported);
  EXPECT_THAT(plain.reason, HasSubstr("cudaDevAttrPageableMemoryAccess is 0"));
  const Measurement moved =
      measure_local(Op::read, MemoryKind::managed, 64 * KiB, FirstTouch::gpu, true);
  EXPECT_EQ(moved.outcome, Outcome::unsupported);
  EXPECT_THAT(moved.reason, HasSubstr("cudaDevAttrConcurrentManagedAccess is 0"));
}

// 23.5 GB/s from the host, in each sample and not in the first alone; where it came to it is read
// as the GPU's own.
TEST(PoolMemory, ManagedMemoryIsBroughtBackBeforeEachSample) {
  open_machine("gh200");
  const double moved =
      median(measure_local(Op::read, MemoryKind::managed, 8 * MiB, FirstTouch::gpu, true));
  EXPECT_NEAR(moved, 23.5, 0.05 * 23.5);
  EXPECT_GT(median(measure_local(Op::read, MemoryKind::managed, 8 * MiB)), 100);
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
