// SPDX-License-Identifier: Apache-2.0
// The host's pool as measured on the machine the tests run on: small arrays, a tiny budget; no test
// looks at a rate, only at what is done, checked and said.
#include "measure/host_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <string>

namespace peerbench::measure {
namespace TEST_FILE {

using testing::Contains;
using testing::Each;
using testing::Gt;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

HostPoolRequest small_request(HostOp op) {
  HostPoolRequest request;
  request.op = op;
  request.pool.id = "host0";
  request.pool.available_bytes = GiB;
  request.pool.total_bytes = 2 * GiB;
  request.bytes_per_array = 512 * KiB + 8;  // odd on purpose: slices and tails differ
  return request;
}

Measurement measure_shortly(const HostPoolRequest& request) {
  MeasureOptions options;
  options.sampling = {.budget = std::chrono::seconds(60), .max_samples = 3, .max_warm_up = 2};
  return measure_host_pool(request, options);
}

class HostPoolOf : public testing::TestWithParam<HostOp> {};

TEST_P(HostPoolOf, IsMeasuredAndVerified) {
  const auto result = measure_shortly(small_request(GetParam()));
  ASSERT_EQ(result.outcome, Outcome::ok) << result.reason;
  EXPECT_TRUE(result.verified);
  EXPECT_THAT(result.samples, SizeIs(3));
  EXPECT_THAT(result.samples, Each(Gt(0.0)));
  EXPECT_EQ(result.stop, "max_samples");
  EXPECT_GE(result.host.threads, 1);
  EXPECT_EQ(result.host.arrays, array_count(GetParam()));
  EXPECT_EQ(result.host.bytes_per_array, 512 * KiB + 8);
  EXPECT_GE(result.host.passes_per_sample, 1);
  EXPECT_THAT(result.host.counting_rule, HasSubstr("traffic: bytes"));
  EXPECT_THAT(result.host.size_rule, HasSubstr("the size asked for"));
  EXPECT_EQ(result.host.loops, kernels::widest_host_loops().name);
  EXPECT_THAT(result.notes, Contains(HasSubstr("huge pages")));
  EXPECT_THAT(result.notes, Contains(HasSubstr("pinned")));
}

TEST_P(HostPoolOf, IsVerifiedWithEveryRowOfLoops) {
  for (const kernels::HostLoops* loops : kernels::host_loops()) {
    if (!loops->usable()) continue;
    auto request = small_request(GetParam());
    request.loops = loops;
    request.threads = 1;
    const auto result = measure_shortly(request);
    EXPECT_EQ(result.outcome, Outcome::ok) << loops->name << ": " << result.reason;
    EXPECT_EQ(result.host.loops, loops->name);
  }
}

TEST_P(HostPoolOf, PlantedCorruptionIsFound) {
  auto request = small_request(GetParam());
  request.before_verification = [](std::span<const HostArray> arrays) {
    arrays[0].words()[4321] ^= 1ull << 40;
  };
  const auto result = measure_shortly(request);
  EXPECT_EQ(result.outcome, Outcome::corrupt);
  EXPECT_FALSE(result.verified);
  EXPECT_THAT(result.reason, HasSubstr("1 of 65537 words"));
  EXPECT_THAT(result.reason, HasSubstr("the first at byte 34568"));
}

INSTANTIATE_TEST_SUITE_P(Operations, HostPoolOf,
                         testing::Values(HostOp::read, HostOp::write, HostOp::copy, HostOp::triad),
                         [](const auto& row) { return std::string(name(row.param)); });

// Loops that leave something out, as a broken row would.
std::uint64_t lazy_read(const std::uint64_t* from, std::size_t words) {
  std::uint64_t sum = 0;
  for (std::size_t i = 1; i < words; ++i) sum += from[i];
  return sum;
}
void lazy_copy(std::uint64_t* to, const std::uint64_t* from, std::size_t words) {
  for (std::size_t i = 0; i + 1 < words; ++i) to[i] = from[i];
}

TEST(HostPool, ALoopThatLeavesAWordOutIsFound) {
  kernels::HostLoops lazy = *kernels::host_loops().front();
  lazy.read = lazy_read;
  lazy.copy = lazy_copy;
  auto request = small_request(HostOp::read);
  request.loops = &lazy;
  const auto read = measure_shortly(request);
  EXPECT_EQ(read.outcome, Outcome::corrupt);
  EXPECT_THAT(read.reason, HasSubstr("sums"));
  request.op = HostOp::copy;
  request.threads = 1;
  const auto copy = measure_shortly(request);
  EXPECT_EQ(copy.outcome, Outcome::corrupt);
  EXPECT_THAT(copy.reason, HasSubstr("1 of 65537 words"));
}

TEST(HostPool, MoreThreadsThanCoresAreRefused) {
  auto request = small_request(HostOp::copy);
  request.threads = 100000;
  const auto result = measure_shortly(request);
  EXPECT_EQ(result.outcome, Outcome::unsupported);
  EXPECT_THAT(result.reason, HasSubstr("100000 threads asked for"));
  EXPECT_THAT(result.samples, IsEmpty());
}

/// The last processor that this process may use.
std::string some_cpu() {
  cpu_set_t allowed;
  EXPECT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  int last = CPU_SETSIZE - 1;
  while (last > 0 && !CPU_ISSET(last, &allowed)) --last;
  return std::to_string(last);
}

// A topology of two nodes for hwloc to believe in; that memory cannot be bound to the second one
// is what a container may come to as well.
TEST(HostPool, ACoreOfOneNodeWorksOnTheMemoryOfAnother) {
  ASSERT_EQ(setenv("HWLOC_SYNTHETIC", "numa:2 core:1024 pu:1", 1), 0);
  ASSERT_EQ(setenv("HWLOC_THISSYSTEM", "1", 1), 0);
  auto request = small_request(HostOp::copy);
  request.pool.numa_node = 1;
  request.cpus = some_cpu();
  const auto result = measure_shortly(request);
  unsetenv("HWLOC_SYNTHETIC");
  unsetenv("HWLOC_THISSYSTEM");
  ASSERT_EQ(result.outcome, Outcome::ok) << result.reason;
  EXPECT_TRUE(result.verified);
  EXPECT_THAT(result.notes, Contains(HasSubstr("processors " + request.cpus)));
  EXPECT_THAT(result.notes, Contains(testing::AnyOf("memory bound to NUMA node 1",
                                                    HasSubstr("memory placed by first touch"))));
}

TEST(HostPool, WorksOnTheProcessorsAskedFor) {
  auto request = small_request(HostOp::copy);
  request.cpus = some_cpu();
  const auto result = measure_shortly(request);
  ASSERT_EQ(result.outcome, Outcome::ok) << result.reason;
  EXPECT_EQ(result.host.threads, 1);
  EXPECT_THAT(result.notes, Contains(HasSubstr("processors " + request.cpus)));
}

TEST(HostPool, AProcessorThatIsNotThereIsUnsupported) {
  auto request = small_request(HostOp::copy);
  request.cpus = "0,4000";
  const auto result = measure_shortly(request);
  EXPECT_EQ(result.outcome, Outcome::unsupported);
  EXPECT_THAT(result.reason, HasSubstr("processor 4000 of \"0,4000\""));
}

TEST(HostPool, AMissingNodeIsUnsupported) {
  auto request = small_request(HostOp::copy);
  request.pool.numa_node = 4095;
  const auto result = measure_shortly(request);
  EXPECT_EQ(result.outcome, Outcome::unsupported);
  EXPECT_THAT(result.reason, HasSubstr("no NUMA node 4095"));
}

TEST(HostPool, TooLittleMemoryIsUnsupportedWithTheReason) {
  auto request = small_request(HostOp::triad);
  request.bytes_per_array = 0;
  request.pool.available_bytes = 100 * MiB;
  request.pool.largest_cache_bytes = 32 * MiB;
  const auto result = measure_shortly(request);
  EXPECT_EQ(result.outcome, Outcome::unsupported);
  EXPECT_THAT(result.reason, HasSubstr("3 arrays of 128 MiB"));
  EXPECT_THAT(result.host.counting_rule, Not(IsEmpty()));
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
