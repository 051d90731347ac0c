// SPDX-License-Identifier: Apache-2.0
#include "machine/context.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Finding only(const GpuContext& context) {
  const auto found = context_findings({context});
  EXPECT_EQ(found.size(), 1u);
  return found.empty() ? Finding{} : found.front();
}

TEST(Context, AFreeCardAndAnUnknownOneGiveNoFinding) {
  GpuContext free;
  free.busy_percent = 10;
  free.other_processes = 0;
  free.clocks_before = 0x1;  // idle
  free.clocks_under_load = 0;
  EXPECT_THAT(context_findings({free, {}}), IsEmpty());
}

TEST(Context, OthersOnTheCard) {
  GpuContext context;
  context.ordinal = 1;
  context.busy_percent = 87;
  EXPECT_THAT(only(context).what, AllOf(HasSubstr("gpu1 was 87 % busy before this run began:"),
                                        Not(HasSubstr("process"))));
  context.other_processes = 1;
  EXPECT_THAT(only(context).what, HasSubstr("and is shared with 1 other compute process:"));
  context.busy_percent = 0;
  context.other_processes = 2;
  EXPECT_THAT(only(context).what, HasSubstr("gpu1 is shared with 2 other compute processes:"));
  EXPECT_THAT(only(context).advice, HasSubstr("nvidia-smi"));
}

TEST(Context, WhoOfTheListedIsNotThisProcess) {
  EXPECT_EQ(others({}, 7, OwnContext::there), 0);
  EXPECT_EQ(others({7}, 7, OwnContext::there), 0);
  EXPECT_EQ(others({1, 7}, 7, OwnContext::there), 1);
  EXPECT_EQ(others({4711}, 7, OwnContext::there), 0)
      << "in a container this process has another number";
  EXPECT_EQ(others({4711, 4712}, 7, OwnContext::there), 1);
  EXPECT_EQ(others({4711}, 7, OwnContext::none), 1) << "who holds a GPU that is exclusive";
}

TEST(Context, ClocksHeldDownWithReasonAndWhen) {
  GpuContext context;
  context.clocks_before = 0x1 | 0x4;
  context.clocks_under_load = 0x4 | 0x40;
  EXPECT_EQ(only(context).what,
            "gpu0: its clocks are held down: power cap, too hot (hardware) under load");
  EXPECT_THAT(only(context).advice, HasSubstr("cooling"));
  context.clocks_before = 0x2;
  context.clocks_under_load.reset();
  EXPECT_THAT(only(context).what, HasSubstr("set by hand (application clocks) before the run"));
  EXPECT_THAT(only(context).advice, HasSubstr("nvidia-smi -rgc"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
