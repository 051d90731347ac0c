// SPDX-License-Identifier: Apache-2.0
// A kernel that loads all of an array. What it read shows in a sum for each of its blocks.
#include <fmt/format.h>

#include <numeric>
#include <vector>

#include "base/checked.hpp"
#include "kernels/move.hpp"
#include "measure/content.hpp"
#include "measure/operations/arrays.hpp"

namespace peerbench::measure {

namespace {

class SmRead final : public Operation {
 public:
  Expected<void> check(const Transfer& transfer) const override { return check_local(transfer); }

  Expected<void> allocate(TransferMemory& memory) const override {
    const Transfer& transfer = memory.transfer;
    PEERBENCH_TRY(allocate_array(memory, memory.source, transfer.source, transfer.bytes));
    return allocate_kernel_state(memory, memory.blocks * sizeof(std::uint64_t));
  }

  Expected<void> fill(const TransferMemory& memory, std::uint64_t seed) const override {
    return measure::fill(memory.source, seed);
  }

  Expected<void> queue(const TransferMemory& memory, cudaStream_t stream) const override {
    return PEERBENCH_CUDA(kernels::launch_read(
        memory.source.data(), memory.transfer.bytes,
        static_cast<std::uint64_t*>(memory.destination.data()), memory.blocks, stream));
  }

  Expected<std::string> verify(const TransferMemory& memory, std::uint64_t seed) const override {
    const Transfer& transfer = memory.transfer;
    std::vector<std::uint64_t> sums(memory.blocks);
    PEERBENCH_TRY(take(memory.destination, sums.data(), sums.size() * sizeof(std::uint64_t)));
    const auto expected = pattern_sum(transfer.issuer.index, transfer.bytes, seed);
    if (!expected) return tl::unexpected(expected.error());
    const std::uint64_t found = std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
    if (found == *expected) return std::string();
    return fmt::format(
        "the sum that {} read of {} of its memory is {:016x}, not {:016x} as of what "
        "was put there",
        name(transfer.issuer), format_bytes(transfer.bytes), found, *expected);
  }
};

}  // namespace

const Operation& sm_read() {
  static const SmRead operation;
  return operation;
}

}  // namespace peerbench::measure
