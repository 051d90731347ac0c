// SPDX-License-Identifier: Apache-2.0
// What a size sweep adds to a result document.
#include <gmock/gmock.h>

#include "result/json.hpp"

namespace peerbench::result {
namespace TEST_FILE {

using Json = nlohmann::ordered_json;

TEST(FitsJson, ComeBackAsTheyWere) {
  result::Run run;
  run.fits = {{"peer/ce/push/uni/gpu0-gpu1", 2.5, 51.25, 128125, 19, 0.0004}};
  const Json document = to_json(run);
  EXPECT_EQ(document["fits"][0]["name"], "peer/ce/push/uni/gpu0-gpu1");
  EXPECT_EQ(document["fits"][0]["latency_us"], 2.5);
  EXPECT_EQ(document["fits"][0]["half_rate_bytes"], 128125);
  const auto back = from_json(document.dump());
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(to_json(*back), document);
  ASSERT_EQ(back->fits.size(), 1u);
  EXPECT_EQ(back->fits[0].rate_gbs, 51.25);
  EXPECT_EQ(back->fits[0].points, 19);
}

TEST(FitsJson, OtherRunsHaveNone) { EXPECT_FALSE(to_json(result::Run{}).contains("fits")); }

}  // namespace TEST_FILE
}  // namespace peerbench::result
