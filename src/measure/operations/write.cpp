// SPDX-License-Identifier: Apache-2.0
// A kernel that stores a pattern to all of an array and reads nothing.
#include "base/checked.hpp"
#include "kernels/move.hpp"
#include "measure/operations/arrays.hpp"

namespace peerbench::measure {

namespace {

class SmWrite final : public Operation {
 public:
  Expected<void> check(const Transfer& transfer) const override { return check_local(transfer); }

  Expected<void> allocate(TransferMemory& memory) const override {
    return allocate_array(memory, memory.destination, memory.transfer.destination,
                          memory.transfer.bytes);
  }

  Expected<void> fill(const TransferMemory& /*memory*/, std::uint64_t /*seed*/) const override {
    return {};
  }

  Expected<void> queue(const TransferMemory& memory, cudaStream_t stream) const override {
    return PEERBENCH_CUDA(kernels::launch_write(memory.destination.data(), memory.transfer.bytes,
                                                memory.seed, memory.blocks, stream));
  }

  Expected<std::string> verify(const TransferMemory& memory, std::uint64_t seed) const override {
    return find_wrong_words(memory, seed, kernels::Content::written);
  }
};

}  // namespace

const Operation& sm_write() {
  static const SmWrite operation;
  return operation;
}

}  // namespace peerbench::measure
