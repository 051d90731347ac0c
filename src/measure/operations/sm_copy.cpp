// SPDX-License-Identifier: Apache-2.0
// A copy by a kernel of the GPU at one of its ends.
#include "base/checked.hpp"
#include "kernels/move.hpp"
#include "measure/operations/arrays.hpp"
#include "measure/operations/copy.hpp"

namespace peerbench::measure {

namespace {

class SmCopy final : public Copy {
 public:
  Expected<void> check(const Transfer& transfer) const override {
    if (transfer.issuer == transfer.source || transfer.issuer == transfer.destination) return {};
    return fail(ErrorKind::unsupported, not_at_an_end);
  }

  Expected<void> queue(const TransferMemory& memory, cudaStream_t stream) const override {
    return PEERBENCH_CUDA(kernels::launch_copy(memory.destination.data(), memory.source.data(),
                                               memory.transfer.bytes, memory.blocks, stream));
  }
};

}  // namespace

const Operation& sm_copy() {
  static const SmCopy operation;
  return operation;
}

}  // namespace peerbench::measure
