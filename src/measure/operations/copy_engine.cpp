// SPDX-License-Identifier: Apache-2.0
// A copy by a GPU's copy engine, or by what the driver takes in its place.
#include "base/checked.hpp"
#include "measure/operations/copy.hpp"

namespace peerbench::measure {

namespace {

class CopyEngineCopy final : public Copy {
 public:
  bool is_kernel() const override { return false; }

  // The driver finds a way between any two memories.
  Expected<void> check(const Transfer& /*transfer*/) const override { return {}; }

  Expected<void> queue(const TransferMemory& memory, cudaStream_t stream) const override {
    const Transfer& transfer = memory.transfer;
    if (between_gpus(transfer) && !transfer.by_address) {
      return PEERBENCH_CUDA(cudaMemcpyPeerAsync(memory.destination.data(),
                                                transfer.destination.index, memory.source.data(),
                                                transfer.source.index, transfer.bytes, stream));
    }
    return PEERBENCH_CUDA(cudaMemcpyAsync(memory.destination.data(), memory.source.data(),
                                          transfer.bytes, cudaMemcpyDefault, stream));
  }
};

}  // namespace

const Operation& copy_engine_copy() {
  static const CopyEngineCopy operation;
  return operation;
}

}  // namespace peerbench::measure
