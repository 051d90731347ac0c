// SPDX-License-Identifier: Apache-2.0
// What lies in the buffers, and what becomes of it on a GPU that never comes to an end with it.
#include "measure/content.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/clock.hpp"
#include "measure/gpu_load.hpp"
#include "measure/measurement.hpp"
#include "sim/core/state.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using peerbench::support::open_machine;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Bytes size = 8 * MiB;
/// Kernels of GPU 0 on its own memory never end, those of GPU 1 do.
constexpr const char* stuck = R"({"faults": [{"kind": "no-progress", "from": 0, "to": 0}]})";

Plan local(int index, Op op = Op::copy) {
  return {{{.source = gpu(index),
            .destination = gpu(index),
            .issuer = gpu(index),
            .engine = Engine::sm,
            .bytes = size,
            .op = op}},
          false};
}

TEST(Content, PutIsThereWhenItReturns) {
  open_machine("dual-rtx3090-nvlink");
  auto buffer = Buffer::allocate(gpu(1), size);
  ASSERT_TRUE(buffer.has_value());
  std::vector<unsigned char> words(size);
  kernels::fill_body<kernels::Content::pattern>(words.data(), size, 5, 0, 1);
  ASSERT_TRUE(put(*buffer, words.data(), size).has_value());
  EXPECT_EQ(check(*buffer, 5).value().wrong_words, 0u);
}

TEST(Content, AFillThatNeverEndsIsAHang) {
  open_machine("dual-rtx3090-nvlink", stuck);
  auto buffer = Buffer::allocate(gpu(0), size);
  ASSERT_TRUE(buffer.has_value());
  const auto start = HostClock::now();
  const auto filled = fill(*buffer, 1);
  ASSERT_FALSE(filled.has_value());
  EXPECT_EQ(filled.error().kind, ErrorKind::hang);
  EXPECT_EQ(filled.error().message, "filling 8 MiB of gpu0's memory did not end within 30 s");
  EXPECT_NEAR(std::chrono::duration<double>(HostClock::now() - start).count(), 30, 0.1);
  buffer->abandon();
}

TEST(Content, ACheckThatNeverEndsIsAHang) {
  open_machine("dual-rtx3090-nvlink", stuck);
  auto buffer = Buffer::allocate(gpu(0), size);
  ASSERT_TRUE(buffer.has_value());
  const auto checked = check(*buffer, 1);
  ASSERT_FALSE(checked.has_value());
  EXPECT_EQ(checked.error().kind, ErrorKind::hang);
  EXPECT_THAT(checked.error().message, StartsWith("checking 8 MiB of gpu0's memory did not end"));
  buffer->abandon();
}

// Freeing would wait for what never ends.
TEST(Content, WhatAHungFillWorksOnIsNotFreed) {
  open_machine("dual-rtx3090-nvlink", stuck);
  const Measurement measured = measure_plan(local(0), {});
  EXPECT_EQ(measured.outcome, Outcome::hang) << measured.reason;
  EXPECT_THAT(measured.reason, HasSubstr("filling 8 MiB"));
  EXPECT_TRUE(measured.still_running);
  EXPECT_GE(gpusim::memory_used(0), 2 * size);
  EXPECT_EQ(measure_plan(local(1), {}).outcome, Outcome::ok);
  EXPECT_EQ(gpusim::memory_used(1), 0u);
}

// A kernel of GPU 0 on its own memory would never end here.
TEST(Content, WithoutKernelsTheHostFillsAndChecks) {
  open_machine("dual-rtx3090-nvlink", stuck);
  MeasureOptions options;
  options.limits.kernels = false;
  const Plan copy{{{gpu(0), gpu(1), gpu(0), Engine::ce, size}}, true};
  const Measurement measured = measure_plan(copy, options);
  EXPECT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  EXPECT_TRUE(measured.verified);
  EXPECT_THAT(measured.notes, ::testing::Contains(HasSubstr("no kernels for the GPU")));
  const Measurement by_kernel = measure_plan(local(0), options);
  EXPECT_EQ(by_kernel.outcome, Outcome::unsupported);
  EXPECT_THAT(by_kernel.reason, HasSubstr("no kernels"));
}

TEST(Content, WithoutKernelsWhatNeverArrivedIsFound) {
  open_machine("dual-rtx3090-nvlink",
               R"({"faults": [{"kind": "nothing-written", "from": 0, "to": 1}]})");
  MeasureOptions options;
  options.limits.kernels = false;
  const Plan copy{{{gpu(0), gpu(1), gpu(0), Engine::ce, size}}, true};
  EXPECT_EQ(measure_plan(copy, options).outcome, Outcome::corrupt);
}

TEST(Content, WhatALoadsHungFillWorksOnIsNotFreed) {
  open_machine("dual-rtx3090-nvlink", stuck);
  const auto load = GpuLoad::create(local(0, Op::read).transfers.front(), 1);
  ASSERT_FALSE(load.has_value());
  EXPECT_EQ(load.error().kind, ErrorKind::hang);
  EXPECT_GE(gpusim::memory_used(0), size);
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
