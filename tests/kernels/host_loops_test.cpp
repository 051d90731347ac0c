// SPDX-License-Identifier: Apache-2.0
#include "kernels/host_loops.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "kernels/pattern.hpp"

namespace peerbench::kernels {
namespace TEST_FILE {

constexpr std::uint64_t guard = 0xdeadbeefcafef00d;
constexpr std::size_t margin = 40;  // words on each side; more than any vector is wide

// An array with guards on both sides, at any offset from a cache line.
struct Guarded {
  Guarded(std::size_t words, std::size_t offset)
      : memory(words + 2 * margin + 2 * line, guard), length(words) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data()) / 8;
    start = margin + (line - (address + margin) % line) % line + offset;
  }
  std::uint64_t* words() { return memory.data() + start; }
  double* reals() { return reinterpret_cast<double*>(words()); }
  bool guards_whole() const {
    for (std::size_t i = 0; i < memory.size(); ++i) {
      const bool inside = i >= start && i < start + length;
      if (!inside && memory[i] != guard) return false;
    }
    return true;
  }
  static constexpr std::size_t line = 8;
  std::vector<std::uint64_t> memory;
  std::size_t start = 0;
  std::size_t length = 0;
};

// Exact in both fused and unfused arithmetic: 50 bits plus 3 times 48 bits stays below 2^53.
double real_b(std::size_t i) { return static_cast<double>(pattern_word(i, 1) >> 14); }
double real_c(std::size_t i) { return static_cast<double>(pattern_word(i, 2) >> 16); }

const std::vector<std::size_t> lengths = {0,  1,  2,  3,  4,  5,  7,   8,   9,   15,  16,  17,  23,
                                          31, 32, 33, 63, 64, 65, 127, 128, 129, 257, 511, 1000};

class HostLoopsOf : public testing::TestWithParam<const HostLoops*> {
 protected:
  void SetUp() override {
    if (!GetParam()->usable()) GTEST_SKIP() << "this CPU has no " << GetParam()->name;
  }
};

TEST_P(HostLoopsOf, ReadSumsEveryWordOnce) {
  for (const std::size_t length : lengths) {
    for (std::size_t offset = 0; offset < 8; ++offset) {
      Guarded from(length, offset);
      std::uint64_t expected = 0;
      for (std::size_t i = 0; i < length; ++i) {
        expected += from.words()[i] = pattern_word(i, 7);
      }
      EXPECT_EQ(GetParam()->read(from.words(), length), expected) << length << " +" << offset;
    }
  }
}

TEST_P(HostLoopsOf, WriteFillsTheArrayAndNothingElse) {
  for (const std::size_t length : lengths) {
    for (std::size_t offset = 0; offset < 8; ++offset) {
      Guarded to(length, offset);
      GetParam()->write(to.words(), 0x0123456789abcdef, length);
      for (std::size_t i = 0; i < length; ++i) {
        ASSERT_EQ(to.words()[i], 0x0123456789abcdefu) << length << " +" << offset << " at " << i;
      }
      EXPECT_TRUE(to.guards_whole()) << length << " +" << offset;
    }
  }
}

TEST_P(HostLoopsOf, CopyPutsEveryWordInItsPlace) {
  for (const std::size_t length : lengths) {
    for (std::size_t offset = 0; offset < 64; ++offset) {
      Guarded from(length, offset % 8);
      Guarded to(length, offset / 8);
      for (std::size_t i = 0; i < length; ++i) from.words()[i] = pattern_word(i, 9);
      GetParam()->copy(to.words(), from.words(), length);
      for (std::size_t i = 0; i < length; ++i) {
        ASSERT_EQ(to.words()[i], pattern_word(i, 9)) << length << " +" << offset << " at " << i;
      }
      EXPECT_TRUE(to.guards_whole() && from.guards_whole()) << length << " +" << offset;
    }
  }
}

TEST_P(HostLoopsOf, TriadIsExact) {
  for (const std::size_t length : lengths) {
    for (std::size_t offset = 0; offset < 8; ++offset) {
      Guarded to(length, offset);
      Guarded b(length, (offset * 3) % 8);
      Guarded c(length, (offset * 5 + 1) % 8);
      for (std::size_t i = 0; i < length; ++i) {
        b.reals()[i] = real_b(i);
        c.reals()[i] = real_c(i);
      }
      GetParam()->triad(to.reals(), b.reals(), c.reals(), 3, length);
      for (std::size_t i = 0; i < length; ++i) {
        ASSERT_EQ(to.reals()[i], real_b(i) + 3 * real_c(i)) << length << " +" << offset;
      }
      EXPECT_TRUE(to.guards_whole() && b.guards_whole() && c.guards_whole()) << length;
    }
  }
}

std::string row_name(const testing::TestParamInfo<const HostLoops*>& info) {
  return info.param->name;
}

INSTANTIATE_TEST_SUITE_P(Rows, HostLoopsOf,
                         testing::ValuesIn(host_loops().begin(), host_loops().end()), row_name);

TEST(HostLoops, RowsHaveTheirOwnNamesAndRisingWidths) {
  std::set<std::string> names;
  int width = 0;
  for (const HostLoops* row : host_loops()) {
    EXPECT_TRUE(names.insert(row->name).second) << row->name;
    EXPECT_GT(row->vector_bytes, width) << row->name;
    width = row->vector_bytes;
  }
}

TEST(HostLoops, TheWidestUsableRowIsChosen) {
  const HostLoops& chosen = widest_host_loops();
  EXPECT_TRUE(chosen.usable());
  for (const HostLoops* row : host_loops()) {
    if (!row->usable()) continue;
    EXPECT_LE(row->vector_bytes, chosen.vector_bytes) << row->name;
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::kernels
