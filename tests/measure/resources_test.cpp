// SPDX-License-Identifier: Apache-2.0
// Memory, streams and events lie on the device that they were meant for, or nowhere.
#include "measure/resources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/content.hpp"
#include "measure/measurement.hpp"
#include "sim/core/state.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using peerbench::support::open_machine;
using ::testing::HasSubstr;

/// GPU 1 is lost in its first work.
void lose_gpu1() {
  open_machine("dual-rtx3090-nvlink", R"({"faults": [{"kind": "gpu-lost", "to": 1}]})");
  auto buffer = Buffer::allocate(gpu(1), MiB);
  ASSERT_TRUE(buffer.has_value());
  (void)fill(*buffer, 1);
  ASSERT_TRUE(gpusim::gpu_lost(1));
}

// To set back device 0, which nobody chose, would make a context there.
TEST(DeviceScope, RestoresTheScopeAroundItAndNothingOutsideOfAll) {
  open_machine("dual-rtx3090-nvlink");
  const auto current = [] {
    int device = -1;
    EXPECT_EQ(cudaGetDevice(&device), cudaSuccess);
    return device;
  };
  {
    const auto outer = DeviceScope::enter(1);
    ASSERT_TRUE(outer.has_value());
    {
      auto scope = DeviceScope::enter(0);
      ASSERT_TRUE(scope.has_value());
      EXPECT_EQ(current(), 0);
      const DeviceScope moved = std::move(*scope);
      EXPECT_EQ(current(), 0);
    }
    EXPECT_EQ(current(), 1);
  }
  EXPECT_EQ(current(), 1) << "the last one stays";
  const auto none = DeviceScope::enter(2);
  ASSERT_FALSE(none.has_value());
  EXPECT_THAT(none.error().message, HasSubstr("cudaSetDevice(2): cudaErrorInvalidDevice"));
  EXPECT_EQ(current(), 1);
}

TEST(Resources, NothingMeantForALostGpuEndsUpOnAnother) {
  lose_gpu1();
  const auto failure = [](const auto& made) {
    EXPECT_FALSE(made.has_value());
    return made ? std::string() : made.error().message;
  };
  for (const MemoryKind memory : {MemoryKind::device, MemoryKind::managed, MemoryKind::pinned}) {
    EXPECT_THAT(failure(Buffer::allocate_for(1, MiB, memory)), HasSubstr("cudaSetDevice(1)"));
  }
  EXPECT_THAT(failure(Stream::create(1)), HasSubstr("cudaErrorUnknown"));
  EXPECT_THAT(failure(Event::create(1)), HasSubstr("cudaErrorUnknown"));
  EXPECT_EQ(gpusim::memory_used(0), 0u);
  EXPECT_TRUE(Buffer::allocate(gpu(0), MiB).has_value());
}

// As a library between this program and the runtime may have it.
TEST(Resources, NothingIsMadeOnAGpuThatIsNotCurrentWhateverCudaSays) {
  open_machine("dual-rtx3090-nvlink", R"({"faults": [
      {"kind": "call-fails", "call": "cudaSetDevice", "code": "cudaSuccess"}]})");
  const auto failure = [](const auto& made) { return made ? "" : made.error().message; };
  const auto says = HasSubstr("gpu0 is current after cudaSetDevice(1)");
  EXPECT_THAT(failure(Buffer::allocate(gpu(1), MiB)), says);
  EXPECT_THAT(failure(Buffer::allocate_for(1, MiB, MemoryKind::pinned)), says);
  EXPECT_THAT(failure(Stream::create(1)), says);
  EXPECT_THAT(failure(Event::create(1)), says);
  EXPECT_EQ(gpusim::memory_used(0), 0u);
  EXPECT_TRUE(Buffer::allocate(gpu(0), MiB).has_value());
}

TEST(DeviceScope, NothingIsQueuedWhereTheScopeAroundCouldNotBeSetBack) {
  open_machine("dual-rtx3090-nvlink", R"({"faults": [
      {"kind": "call-fails", "call": "cudaSetDevice", "after": 2, "times": 1}]})");
  EXPECT_FALSE(DeviceScope::require(0).has_value()) << "outside of all scopes";
  const auto outer = DeviceScope::enter(1);
  ASSERT_TRUE(outer.has_value());
  EXPECT_TRUE(DeviceScope::require(1).has_value());
  EXPECT_FALSE(DeviceScope::require(0).has_value());
  ASSERT_TRUE(DeviceScope::enter(0).has_value());  // left at once: the third call fails
  const auto lost = DeviceScope::require(1);
  ASSERT_FALSE(lost.has_value());
  EXPECT_EQ(lost.error().message,
            "gpu1 could not be made current again (cudaSetDevice: cudaErrorUnknown)");
  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess) << "no launch is blamed for it";
  const auto again = DeviceScope::enter(1);
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(DeviceScope::require(1).has_value());
}

// The GPU has gone, and with it what was allocated there; a leak would be the next cell's.
TEST(Resources, WhatIsGivenBackIsNeitherKeptNorBlamedOnOthers) {
  open_machine("dual-rtx3090-nvlink", R"({"faults": [
      {"kind": "call-fails", "call": "cudaSetDevice", "after": 1, "times": 1},
      {"kind": "call-fails", "call": "cudaEventDestroy"}]})");
  {
    auto event = Event::create(0);
    auto buffer = Buffer::allocate(gpu(0), MiB);
    ASSERT_FALSE(buffer.has_value()) << "the second cudaSetDevice";
    buffer = Buffer::allocate(gpu(0), MiB);
    ASSERT_TRUE(buffer.has_value());
  }
  EXPECT_EQ(gpusim::memory_used(0), 0u);
  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
}

// It would be a figure of another GPU under the name of this one.
TEST(Resources, ACellOfALostGpuIsAnError) {
  lose_gpu1();
  const Plan plan{{{.source = gpu(1),
                    .destination = gpu(1),
                    .issuer = gpu(1),
                    .engine = Engine::sm,
                    .bytes = MiB,
                    .op = Op::read}},
                  false};
  const Measurement measured = measure_plan(plan, {});
  EXPECT_EQ(measured.outcome, Outcome::error);
  EXPECT_TRUE(measured.samples.empty());
  EXPECT_THAT(measured.reason, HasSubstr("cudaSetDevice(1): cudaErrorUnknown"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
