// SPDX-License-Identifier: Apache-2.0
// The host's pool on a machine whose time is modelled. This program defines the simulator's symbols
// itself, so that what is asked of the simulator can be seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "base/simulation.hpp"
#include "measure/host_chase.hpp"
#include "measure/host_pool.hpp"

namespace {

std::atomic<std::uint64_t> virtual_ns = 0;
double model_ns = 113;   // negative likewise
double model_gbs = 200;  // negative: the machine has no figure
std::string last_operation;
std::string last_cpus;

}  // namespace

extern "C" {

int peerbench_sim_open(const char*, char*, std::size_t) { return 0; }
std::uint64_t peerbench_sim_now_ns() { return virtual_ns; }
int peerbench_sim_host_traffic(const char* operation, std::uint64_t bytes_read,
                               std::uint64_t bytes_written, const char* cpus, int) {
  last_operation = operation;
  last_cpus = cpus;
  if (model_gbs < 0) return -1;
  virtual_ns +=
      static_cast<std::uint64_t>(static_cast<double>(bytes_read + bytes_written) / model_gbs);
  return 0;
}
int peerbench_sim_host_chase(std::uint64_t loads, const char*, int) {
  if (model_ns < 0) return -1;
  virtual_ns += static_cast<std::uint64_t>(static_cast<double>(loads) * model_ns);
  return 0;
}
}

namespace peerbench::measure {
namespace {

using testing::DoubleNear;
using testing::Each;
using testing::HasSubstr;

HostPoolRequest request_for(HostOp op) {
  HostPoolRequest request;
  request.op = op;
  request.pool.cores = 20;
  request.pool.numa_node = 7;  // of the simulated machine: must not be looked for on this one
  request.pool.available_bytes = 100 * GiB;
  request.pool.total_bytes = 128 * GiB;
  request.pool.largest_cache_bytes = 24 * MiB;
  return request;
}

/// As CPU threads are sampled: there are no clocks of a GPU to wait for.
MeasureOptions defaults() {
  MeasureOptions options;
  options.sampling = {};
  return options;
}

TEST(HostPoolSimulated, TheRateIsTheModelsForEveryOperation) {
  model_gbs = 200;
  for (const HostOp op : {HostOp::read, HostOp::write, HostOp::copy, HostOp::triad}) {
    const auto result = measure_host_pool(request_for(op), defaults());
    ASSERT_EQ(result.outcome, Outcome::ok) << result.reason;
    EXPECT_THAT(result.samples, Each(DoubleNear(200, 0.001)));
    EXPECT_EQ(last_operation, name(op));
    EXPECT_EQ(last_cpus, "");
    EXPECT_EQ(result.host.threads, 20);
    EXPECT_TRUE(result.verified);
    EXPECT_EQ(result.stop, "precision");
  }
}

TEST(HostPoolSimulated, ArraysAreSmallAndTheSizeIsSaid) {
  model_gbs = 200;
  auto request = request_for(HostOp::copy);
  EXPECT_EQ(measure_host_pool(request, defaults()).host.bytes_per_array, 8 * MiB);
  request.bytes_per_array = 50 * GiB;
  const auto result = measure_host_pool(request, defaults());
  EXPECT_EQ(result.host.bytes_per_array, 8 * MiB);
  EXPECT_THAT(result.host.size_rule, HasSubstr("2 arrays of 8 MiB"));
  EXPECT_THAT(result.host.size_rule, HasSubstr("the simulator's"));
}

TEST(HostPoolSimulated, AMachineWithoutAFigureGivesNone) {
  model_gbs = -1;
  const auto result = measure_host_pool(request_for(HostOp::write), defaults());
  EXPECT_EQ(result.outcome, Outcome::unsupported);
  EXPECT_EQ(result.reason, "the machine file gives no rate for this pool");
  EXPECT_TRUE(result.samples.empty());
}

TEST(HostPoolSimulated, TheModelIsToldWhichCoresWork) {
  model_gbs = 30;
  auto request = request_for(HostOp::read);
  request.cpus = "5-9";
  request.threads = 5;
  const auto result = measure_host_pool(request, defaults());
  EXPECT_EQ(result.outcome, Outcome::ok) << result.reason;
  EXPECT_EQ(last_cpus, "5-9");
  EXPECT_EQ(result.host.threads, 5);
  model_gbs = -1;
  EXPECT_THAT(measure_host_pool(request, defaults()).reason,
              HasSubstr("no rate for processors 5-9"));
}

TEST(HostPoolSimulated, DataAreReallyMovedAndChecked) {
  model_gbs = 200;
  auto request = request_for(HostOp::triad);
  request.before_verification = [](std::span<const HostArray> arrays) {
    arrays[0].words()[5] += 1;
  };
  EXPECT_EQ(measure_host_pool(request, defaults()).outcome, Outcome::corrupt);
}

TEST(HostChaseSimulated, TheLatencyIsTheModels) {
  model_ns = 113;
  HostChaseRequest request;
  request.pool.numa_node = 7;
  request.cpus = "19";
  const auto result = measure_host_chase(request, defaults());
  ASSERT_EQ(result.outcome, Outcome::ok) << result.reason;
  EXPECT_THAT(result.samples, Each(DoubleNear(113, 0.001)));
  EXPECT_TRUE(result.verified);
  EXPECT_EQ(result.host.bytes_per_array, MiB);
}

TEST(HostChaseSimulated, AMachineWithoutAFigureGivesNone) {
  model_ns = -1;
  const auto result = measure_host_chase({}, defaults());
  EXPECT_EQ(result.outcome, Outcome::unsupported);
  EXPECT_EQ(result.reason, "the machine file gives no latency for this pool");
}

}  // namespace
}  // namespace peerbench::measure
