// SPDX-License-Identifier: Apache-2.0
#include "base/memory_kind.hpp"

#include <gtest/gtest.h>

namespace peerbench {
namespace TEST_FILE {

TEST(MemoryKinds, AreReadAsTheyAreWritten) {
  for (const auto kind :
       {MemoryKind::device, MemoryKind::managed, MemoryKind::pinned, MemoryKind::pageable}) {
    EXPECT_EQ(memory_named(to_string(kind)), kind) << to_string(kind);
  }
  EXPECT_EQ(memory_named("plain"), MemoryKind::pageable);
  for (const char* other : {"", "Pinned", "page", "plain "}) EXPECT_FALSE(memory_named(other));
}

}  // namespace TEST_FILE
}  // namespace peerbench
