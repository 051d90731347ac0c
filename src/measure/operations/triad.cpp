// SPDX-License-Identifier: Apache-2.0
// STREAM's triad by a kernel: two arrays of doubles are read, a third is written. It leaves alone
// what is no whole double; sizes are multiples of 8 wherever it is asked for.
#include "base/checked.hpp"
#include "kernels/move.hpp"
#include "measure/content.hpp"
#include "measure/operations/arrays.hpp"

namespace peerbench::measure {

namespace {

class SmTriad final : public Operation {
 public:
  Expected<void> check(const Transfer& transfer) const override { return check_local(transfer); }

  Expected<void> allocate(TransferMemory& memory) const override {
    const Transfer& transfer = memory.transfer;
    PEERBENCH_TRY(allocate_array(memory, memory.source, transfer.source, transfer.bytes));
    PEERBENCH_TRY(allocate_array(memory, memory.second, transfer.source, transfer.bytes));
    return allocate_array(memory, memory.destination, transfer.destination, transfer.bytes);
  }

  Expected<void> fill(const TransferMemory& memory, std::uint64_t seed) const override {
    PEERBENCH_TRY(measure::fill(memory.source, seed, kernels::Content::real_b));
    return measure::fill(memory.second, seed, kernels::Content::real_c);
  }

  Expected<void> queue(const TransferMemory& memory, cudaStream_t stream) const override {
    return PEERBENCH_CUDA(kernels::launch_triad(static_cast<double*>(memory.destination.data()),
                                                static_cast<const double*>(memory.source.data()),
                                                static_cast<const double*>(memory.second.data()),
                                                memory.transfer.bytes / sizeof(double),
                                                memory.blocks, stream));
  }

  Expected<std::string> verify(const TransferMemory& memory, std::uint64_t seed) const override {
    return find_wrong_words(memory, seed, kernels::Content::triad);
  }
};

}  // namespace

const Operation& sm_triad() {
  static const SmTriad operation;
  return operation;
}

}  // namespace peerbench::measure
