// SPDX-License-Identifier: Apache-2.0
// The kernels' bodies on the CPU, as a grid of several threads one after the other and as the
// simulator runs them: over odd sizes and alignments, with guards on both sides.
#include "kernels/move.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "kernels/reference_kernel.h"

namespace peerbench::kernels {
namespace TEST_FILE {

constexpr std::size_t margin = 64;

/// Bytes at any offset from a 16-byte boundary, between guards.
class Guarded {
 public:
  Guarded(std::size_t bytes, std::size_t offset)
      : guard_(next_guard()), memory_(bytes + 2 * margin + 32, guard_) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.data()) + margin;
    start_ = margin + (16 - address % 16) % 16 + offset;
    bytes_ = bytes;
  }
  unsigned char* data() { return memory_.data() + start_; }
  double* reals() { return reinterpret_cast<double*>(data()); }
  void fill(std::uint64_t seed) { fill_body(data(), bytes_, seed, 0, 1); }
  bool guards_whole() const {
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      if ((i < start_ || i >= start_ + bytes_) && memory_[i] != guard_) return false;
    }
    return true;
  }

 private:
  // Another value each time, so that one array's guard copied over another's shows.
  static unsigned char next_guard() {
    static unsigned char last = 0;
    return last = static_cast<unsigned char>(last + 37);
  }

  unsigned char guard_;
  std::vector<unsigned char> memory_;
  std::size_t start_ = 0;
  std::size_t bytes_ = 0;
};

// Around every width and around whole rounds of the grids below.
std::vector<std::size_t> sizes() {
  std::vector<std::size_t> all;
  for (std::size_t bytes = 0; bytes <= 100; ++bytes) all.push_back(bytes);
  for (const std::size_t bytes :
       {127, 128, 129, 191, 192, 193, 447, 448, 449, 463, 511, 512, 513, 900, 1023}) {
    all.push_back(bytes);
  }
  return all;
}

/// Threads, and how many of them stand side by side, as a block's do: 1 or 4.
struct Grid {
  std::uint64_t threads, lanes;
};
std::ostream& operator<<(std::ostream& out, const Grid& grid) {
  return out << grid.threads << " threads, " << grid.lanes << " side by side";
}

/// Runs a body as each thread of a grid.
template <typename Body>
void as_grid(const Grid& grid, const Body& body) {
  for (std::uint64_t first = 0; first < grid.threads; ++first) {
    if (grid.lanes == 1) body.template operator()<1>(first, grid.threads);
    if (grid.lanes == 4) body.template operator()<4>(first, grid.threads);
  }
}

class Grids : public testing::TestWithParam<Grid> {};

TEST_P(Grids, CopyPutsEveryByteInItsPlaceAndNoOther) {
  for (const std::size_t bytes : sizes()) {
    for (std::size_t offsets = 0; offsets < 256; ++offsets) {
      Guarded from(bytes, offsets % 16), to(bytes, offsets / 16);
      from.fill(3);
      as_grid(GetParam(), [&]<std::uint64_t lanes>(std::uint64_t first, std::uint64_t step) {
        copy_body<lanes>(to.data(), from.data(), bytes, first, step);
      });
      ASSERT_TRUE(std::equal(from.data(), from.data() + bytes, to.data()))
          << bytes << " bytes, +" << offsets % 16 << " to +" << offsets / 16;
      ASSERT_TRUE(from.guards_whole() && to.guards_whole()) << bytes << " bytes, " << offsets;
    }
  }
}

TEST_P(Grids, ReadSumsEveryWordOnce) {
  for (const std::size_t bytes : sizes()) {
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < (bytes + 7) / 8; ++i) {
      const std::size_t length = std::min<std::size_t>(8, bytes - i * 8);
      const std::uint64_t word = pattern_word(i, 3);
      expected += length == 8 ? word : word & ((std::uint64_t{1} << 8 * length) - 1);
    }
    std::uint64_t from_positions = 0;
    for (std::uint64_t first = 0; first < 5; ++first) {
      from_positions += pattern_sum_body(bytes, 3, first, 5);
    }
    ASSERT_EQ(from_positions, expected) << bytes << " bytes";
    for (std::size_t offset = 0; offset < 16; ++offset) {
      Guarded from(bytes, offset);
      from.fill(3);
      std::uint64_t sum = 0;
      as_grid(GetParam(), [&]<std::uint64_t lanes>(std::uint64_t first, std::uint64_t step) {
        sum += read_body<lanes>(from.data(), bytes, first, step);
      });
      ASSERT_EQ(sum, expected) << bytes << " bytes, +" << offset;
    }
  }
}

TEST_P(Grids, WriteFillsTheArrayAndNothingElse) {
  for (const std::size_t bytes : sizes()) {
    for (std::size_t offset = 0; offset < 16; ++offset) {
      Guarded to(bytes, offset);
      as_grid(GetParam(), [&]<std::uint64_t lanes>(std::uint64_t first, std::uint64_t step) {
        write_body<lanes>(to.data(), bytes, 3, first, step);
      });
      const auto found = check_body<Content::written>(to.data(), bytes, 3, 0, 1);
      ASSERT_EQ(found.wrong_words, 0u) << bytes << " bytes, +" << offset;
      ASSERT_TRUE(to.guards_whole()) << bytes << " bytes, +" << offset;
    }
  }
}

TEST_P(Grids, TriadIsExact) {
  for (std::size_t count = 0; count < 70; ++count) {
    for (std::size_t offsets = 0; offsets < 8; ++offsets) {
      const std::size_t bytes = count * 8;
      Guarded to(bytes, offsets & 1 ? 8 : 0), b(bytes, offsets & 2 ? 8 : 0),
          c(bytes, offsets & 4 ? 8 : 0);
      fill_body<Content::real_b>(b.data(), bytes, 3, 0, 1);
      fill_body<Content::real_c>(c.data(), bytes, 3, 0, 1);
      as_grid(GetParam(), [&]<std::uint64_t lanes>(std::uint64_t first, std::uint64_t step) {
        triad_body<lanes>(to.reals(), b.reals(), c.reals(), triad_scale, count, first, step);
      });
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(to.reals()[i], b.reals()[i] + 3 * c.reals()[i]) << count << ", " << offsets;
      }
      const auto found = check_body<Content::triad>(to.data(), bytes, 3, 0, 1);
      ASSERT_EQ(found.wrong_words, 0u) << count << " doubles, " << offsets;
      ASSERT_TRUE(to.guards_whole() && b.guards_whole() && c.guards_whole()) << count;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Move, Grids,
                         testing::Values(Grid{1, 1}, Grid{2, 1}, Grid{7, 1}, Grid{32, 1},
                                         Grid{4, 4}, Grid{8, 4}, Grid{32, 4}));

TEST(Contents, DifferFromEachOtherAndFromAWordElsewhere) {
  std::vector<std::uint64_t> words;
  for (std::uint64_t i = 0; i < 200; ++i) {
    words.push_back(content_word<Content::pattern>(i, 5));
    words.push_back(content_word<Content::written>(i, 5));
    words.push_back(content_word<Content::written>(i, 6));
    words.push_back(content_word<Content::real_b>(i, 5));
    words.push_back(content_word<Content::real_c>(i, 5));
    words.push_back(content_word<Content::triad>(i, 5));
  }
  std::ranges::sort(words);
  EXPECT_EQ(std::ranges::adjacent_find(words), words.end());
}

TEST(CheckBody, FindsAFlippedBitAtItsWordAlsoInTheTail) {
  for (const std::size_t at : {0u, 17u, 43u}) {
    Guarded array(44, 3);
    array.fill(9);
    array.data()[at] ^= 0x10;
    const PatternReport found = check_body(array.data(), 44, 9, 0, 1);
    EXPECT_EQ(found.wrong_words, 1u);
    EXPECT_EQ(found.first_wrong, at / 8);
  }
}

// What the simulator knows of each kernel: memory outside what it names is never charged, and a
// kernel that touches more than it names would pass unseen.
TEST(Counterparts, NameTheMemoryThatTheyTouch) {
  const auto accesses_of = [](const char* kernel, std::vector<void*> arguments) {
    std::vector<PeerbenchAccess> rows(8);
    const PeerbenchReferenceKernel* row = peerbench_reference_kernels;
    while (row->kernel != nullptr && std::string(row->kernel) != kernel) ++row;
    rows.resize(static_cast<std::size_t>(row->accesses(arguments.data(), rows.data(), 8)));
    return rows;
  };
  const void* from = "from";
  const void* more = "more";
  void* to = nullptr;
  std::uint64_t count = 100, blocks = 4;
  double scale = 3;
  const auto copied = accesses_of("peerbench_copy", {&to, &from, &count});
  ASSERT_EQ(copied.size(), 2u);
  EXPECT_TRUE(copied[0].address == from && copied[0].bytes == 100 && copied[0].writes == 0);
  EXPECT_TRUE(copied[1].address == to && copied[1].bytes == 100 && copied[1].writes == 1);
  const auto read = accesses_of("peerbench_read", {&from, &count, &to, &blocks});
  ASSERT_EQ(read.size(), 1u);
  EXPECT_TRUE(read[0].address == from && read[0].bytes == 100 && read[0].writes == 0);
  const auto triad = accesses_of("peerbench_triad", {&to, &from, &more, &scale, &count});
  ASSERT_EQ(triad.size(), 3u);
  EXPECT_TRUE(triad[1].address == more && triad[1].bytes == 800 && triad[1].writes == 0);
  EXPECT_TRUE(triad[2].address == to && triad[2].bytes == 800 && triad[2].writes == 1);
}

}  // namespace TEST_FILE
}  // namespace peerbench::kernels
