// SPDX-License-Identifier: Apache-2.0
// Dependent loads on the machine the tests run on: small chains, no look at a time.
#include "measure/host_chase.hpp"

#include <gmock/gmock.h>

namespace peerbench::measure {
namespace TEST_FILE {

using testing::Contains;
using testing::Each;
using testing::Gt;
using testing::HasSubstr;
using testing::SizeIs;

HostChaseRequest small_request() {
  HostChaseRequest request;
  request.pool.id = "host0";
  request.pool.available_bytes = GiB;
  request.bytes = 256 * KiB;
  return request;
}

Measurement measure_shortly(const HostChaseRequest& request) {
  MeasureOptions options;
  options.sampling = {.budget = std::chrono::seconds(60), .max_samples = 3, .max_warm_up = 1};
  return measure_host_chase(request, options);
}

TEST(HostChase, IsMeasuredAndVerified) {
  const auto result = measure_shortly(small_request());
  ASSERT_EQ(result.outcome, Outcome::ok) << result.reason;
  EXPECT_TRUE(result.verified);
  EXPECT_THAT(result.samples, SizeIs(3));
  EXPECT_THAT(result.samples, Each(Gt(0.0)));
  EXPECT_EQ(result.host.bytes_per_array, 256 * KiB);
  EXPECT_THAT(result.notes, Contains(HasSubstr("pinned")));
  EXPECT_THAT(result.notes, Contains(HasSubstr("huge pages")));
}

TEST(HostChase, ALineThatLeadsElsewhereIsFound) {
  auto request = small_request();
  request.before_verification = [](std::span<std::uint64_t> words) { words[8] ^= 64; };
  const auto result = measure_shortly(request);
  EXPECT_EQ(result.outcome, Outcome::corrupt);
  EXPECT_FALSE(result.verified);
  EXPECT_THAT(result.reason, HasSubstr("1 of 4096 lines"));
}

TEST(HostChase, AChainThatWentAnotherWayIsFound) {
  auto chase = HostChase::prepare(small_request());
  ASSERT_TRUE(chase) << chase.error().message;
  ASSERT_TRUE(chase->follow(100));
  EXPECT_EQ(chase->find_corruption(), "");
  // Two lines exchange where they lead: the cycle falls apart, and loads run round a part of it.
  std::swap(chase->words()[0], chase->words()[8]);
  ASSERT_TRUE(chase->follow(100'000));
  EXPECT_THAT(chase->find_corruption(), HasSubstr("another line than it must"));
}

TEST(HostChase, BytesMustBeAPowerOfTwo) {
  auto request = small_request();
  request.bytes = 300 * KiB;
  const auto result = measure_shortly(request);
  EXPECT_EQ(result.outcome, Outcome::error);
  EXPECT_THAT(result.reason, HasSubstr("power of two"));
}

TEST(HostChase, AProcessorThatIsNotThereIsUnsupported) {
  auto request = small_request();
  request.cpus = "4000";
  EXPECT_EQ(measure_shortly(request).outcome, Outcome::unsupported);
}

TEST(ChaseBytes, ArePastTheCachesAndWithinTheMemory) {
  machine::Pool pool;
  pool.largest_cache_bytes = 24 * MiB;
  pool.available_bytes = 100 * GiB;
  EXPECT_EQ(*chase_bytes(pool), 256 * MiB);
  pool.largest_cache_bytes = 114 * MiB;
  EXPECT_EQ(*chase_bytes(pool), 512 * MiB);
  pool.largest_cache_bytes = 4 * MiB;
  pool.available_bytes = 300 * MiB;  // a quarter of it: 75 MiB
  EXPECT_EQ(*chase_bytes(pool), 64 * MiB);
  pool.largest_cache_bytes = 32 * MiB;
  const auto none = chase_bytes(pool);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(none.error().message, HasSubstr("needs 128 MiB"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
