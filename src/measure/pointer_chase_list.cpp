// SPDX-License-Identifier: Apache-2.0
#include "measure/pointer_chase_list.hpp"

#include <bit>
#include <utility>

#include "kernels/pattern.hpp"

namespace peerbench::measure {

// A shuffled order of visits, closed to a ring, is one cycle, and each cycle is as likely as every
// other (Fisher and Yates; Sattolo's algorithm draws the same).
PointerChaseList::PointerChaseList(Bytes bytes, std::uint64_t seed, Bytes stride)
    : bytes_(bytes), order_(bytes / stride) {
  for (std::size_t i = 0; i < order_.size(); ++i) {
    order_[i] = i * (stride / sizeof(std::uint64_t));
  }
  for (std::size_t left = order_.size() - 1; left > 1; --left) {
    std::swap(order_[left], order_[1 + kernels::pattern_word(left, seed) % left]);
  }
}

Bytes PointerChaseList::array_bytes(Bytes bytes) { return std::bit_ceil(bytes); }

std::vector<std::uint64_t> PointerChaseList::words() const {
  // A chase that strays goes round in place, and is found where it does not belong.
  std::vector<std::uint64_t> words(array_bytes(bytes_) / sizeof(std::uint64_t));
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = i;
  for (std::size_t i = 0; i < order_.size(); ++i) words[order_[i]] = after(i + 1);
  return words;
}

}  // namespace peerbench::measure
