// SPDX-License-Identifier: Apache-2.0
// A program's __device__ or __constant__ variable on one GPU. Its initial value lies in machine
// code that the simulator does not read, so what the program itself has written is all that is
// known.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>

namespace gpusim {

class DeviceVariable {
 public:
  void* address = nullptr;  ///< null before its first use

  /// The program writes so many bytes of it from `offset` on.
  void write(std::size_t offset, std::size_t bytes) {
    std::size_t end = offset + bytes;
    auto next = written_.upper_bound(offset);
    if (next != written_.begin() && std::prev(next)->second >= offset) --next;
    while (next != written_.end() && next->first <= end) {
      offset = std::min(offset, next->first);
      end = std::max(end, next->second);
      next = written_.erase(next);
    }
    written_[offset] = end;
  }

  /// Whether all of these bytes have been written.
  bool is_known(std::size_t offset, std::size_t bytes) const {
    const auto next = written_.upper_bound(offset);
    return next != written_.begin() && std::prev(next)->second >= offset + bytes;
  }

 private:
  std::map<std::size_t, std::size_t> written_;  ///< beginnings and ends, apart from each other
};

}  // namespace gpusim
