// SPDX-License-Identifier: Apache-2.0
// CPU loops on memory of the CUDA driver, on simulated machines.
#include <gmock/gmock.h>

#include "measure/host_chase.hpp"
#include "measure/host_pool.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using peerbench::support::open_machine;
using ::testing::Contains;
using ::testing::HasSubstr;

MeasureOptions shortly() {
  MeasureOptions options;
  options.sampling = {.max_samples = 2, .max_warm_up = 1};
  return options;
}

Measurement measure_on(MemoryKind memory) {
  HostPoolRequest request;
  request.op = HostOp::copy;
  request.pool.id = "host0";
  request.pool.cores = 2;
  request.pool.available_bytes = GiB;
  request.bytes_per_array = MiB;
  request.driver_memory = memory;
  return measure_host_pool(request, shortly());
}

TEST(DriverMemory, PinnedAndManagedAreMeasuredAndVerified) {
  open_machine("dgx-spark", R"({"noise_cv": 0})");
  for (const MemoryKind memory : {MemoryKind::pinned, MemoryKind::managed}) {
    const auto result = measure_on(memory);
    ASSERT_EQ(result.outcome, Outcome::ok) << result.reason;
    EXPECT_TRUE(result.verified);
    EXPECT_NEAR(result.samples.front(), 190, 0.1);
    EXPECT_EQ(result.host.first_touch, memory == MemoryKind::pinned ? "driver" : "same thread");
    EXPECT_THAT(result.notes, Contains(HasSubstr("the driver's choice")));
  }
}

TEST(DriverMemory, LoadsFromItAreTimedAndVerified) {
  open_machine("dgx-spark", R"({"noise_cv": 0})");
  for (const MemoryKind memory : {MemoryKind::pinned, MemoryKind::managed}) {
    HostChaseRequest request;
    request.pool.id = "host0";
    request.pool.cores = 2;
    request.driver_memory = memory;
    bool spoil = false;
    request.before_verification = [&](std::span<std::uint64_t> words) {
      if (spoil) words[0] = words[8];
    };
    auto result = measure_host_chase(request, shortly());
    ASSERT_EQ(result.outcome, Outcome::ok) << result.reason;
    EXPECT_NEAR(result.samples.front(), 113, 6);
    spoil = true;
    EXPECT_EQ(measure_host_chase(request, shortly()).outcome, Outcome::corrupt);
  }
}

TEST(DriverMemory, WithoutACardThereIsNone) {
  open_machine("no-gpu");
  const auto result = measure_on(MemoryKind::pinned);
  EXPECT_EQ(result.outcome, Outcome::error);
  EXPECT_THAT(result.reason, HasSubstr("could not be allocated on host0"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
