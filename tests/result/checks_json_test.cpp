// SPDX-License-Identifier: Apache-2.0
// What `peerbench check` and --signals add to a result document.
#include <gmock/gmock.h>

#include "result/json.hpp"

namespace peerbench::result {
namespace TEST_FILE {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

result::Run checked() {
  result::Run run;
  run.signals = Replayed{"box.json", "2026-01-31T12:00:00Z"};
  run.checks = {{"nvlink", Outcome::not_met, "0 of 2", {{"NVLink", "0", "none up"}}, "reseat it"},
                {"gpus=2", Outcome::met, "2 GPUs", {{"CUDA", "2", ""}}, ""}};
  return run;
}

TEST(ChecksJson, ComeBackAsTheyWere) {
  const Json document = to_json(checked());
  EXPECT_EQ(document["checks"][0]["outcome"], "not-met");
  EXPECT_EQ(document["checks"][0]["advice"], "reseat it");
  EXPECT_FALSE(document["checks"][1].contains("advice"));
  EXPECT_EQ(document["signals"]["file"], "box.json");
  const auto back = from_json(document.dump());
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(to_json(*back), document);
  ASSERT_EQ(back->checks.size(), 2u);
  EXPECT_EQ(back->checks[0].outcome, Outcome::not_met);
  EXPECT_EQ(back->checks[0].evidence[0].meaning, "none up");
  EXPECT_EQ(back->signals->saved, "2026-01-31T12:00:00Z");
}

TEST(ChecksJson, OtherRunsHaveNeither) {
  const Json document = to_json(result::Run{});
  EXPECT_FALSE(document.contains("checks"));
  EXPECT_FALSE(document.contains("signals"));
}

TEST(ChecksJson, AnUnknownOutcomeIsRefused) {
  Json document = to_json(checked());
  document["checks"][1]["outcome"] = "perhaps";
  const auto read = from_json(document.dump());
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message, HasSubstr("checks[1].outcome is \"perhaps\""));
}

}  // namespace TEST_FILE
}  // namespace peerbench::result
