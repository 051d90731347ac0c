// SPDX-License-Identifier: Apache-2.0
#include "base/printable.hpp"

#include <gtest/gtest.h>

#include <string>

namespace peerbench {
namespace TEST_FILE {

TEST(Printable, WordsStayAsTheyAre) {
  for (const char* text : {"", "gpu0 <-> gpu1: 56.2 GB/s", "one\ntwo", "µs, é, 語, 🙂"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, ControlCharactersAreEscapes) {
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
  EXPECT_EQ(printable("a\rb\tc\x07\x7f"), "a\\x0db\\x09c\\x07\\x7f");
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m");  // U+009B, which begins a sequence too
}

TEST(Printable, WhatIsNoUtf8IsEscaped) {
  EXPECT_EQ(printable("\x9b"
                      "31m"),
            "\\x9b31m");
  EXPECT_EQ(printable("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(printable("\xe8\xaa"), "\\xe8\\xaa");
  EXPECT_EQ(printable("\xc0\xafx"), "\\xc0\\xafx");
}

}  // namespace TEST_FILE
}  // namespace peerbench
