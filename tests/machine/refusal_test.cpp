// SPDX-License-Identifier: Apache-2.0
#include "machine/refusal.hpp"

#include <gtest/gtest.h>

namespace peerbench::machine {
namespace TEST_FILE {

TEST(Refusal, EveryWordOfTheDriverButOkHasAMeaning) {
  for (const char* word : {"CNS", "GNS", "TNS", "DR", "NS", "U"}) {
    EXPECT_FALSE(refusal(word).why.empty()) << word;
  }
  EXPECT_TRUE(refusal("OK").why.empty());
  EXPECT_TRUE(refusal("").why.empty());
  EXPECT_TRUE(refusal("NVML_ERROR_NOT_SUPPORTED").why.empty());
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
