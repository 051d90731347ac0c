// SPDX-License-Identifier: Apache-2.0
// A pointer chase by one thread of a GPU: loads that wait for each other, through memory of its
// own, of a peer or of the host. Where it stands after so many steps is in the GPU's own memory.
#include <fmt/format.h>

#include <vector>

#include "base/checked.hpp"
#include "kernels/chase.hpp"
#include "measure/content.hpp"
#include "measure/operations/arrays.hpp"
#include "measure/pointer_chase_list.hpp"

namespace peerbench::measure {

namespace {

Bytes stride_of(const Transfer& transfer) {
  return transfer.stride != 0 ? transfer.stride : chase_stride;
}

class SmChase final : public Operation {
 public:
  Expected<void> check(const Transfer& transfer) const override {
    const Bytes stride = stride_of(transfer);
    if (transfer.destination == transfer.issuer && PointerChaseList::fits(transfer.bytes, stride))
      return {};
    return fail(ErrorKind::unsupported,
                fmt::format("a chase is issued by the GPU that reads, over at least {}",
                            format_bytes(2 * stride)));
  }

  Expected<void> allocate(TransferMemory& memory) const override {
    PEERBENCH_TRY(allocate_array(memory, memory.source, memory.transfer.source,
                                 PointerChaseList::array_bytes(memory.transfer.bytes)));
    return allocate_kernel_state(memory, sizeof(kernels::ChaseState));
  }

  // By each memory's owner; the chase begins at word 0.
  Expected<void> fill(const TransferMemory& memory, std::uint64_t seed) const override {
    const Transfer& transfer = memory.transfer;
    const std::vector<std::uint64_t> words =
        PointerChaseList(transfer.bytes, seed, stride_of(transfer)).words();
    const kernels::ChaseState start;
    PEERBENCH_TRY(put(memory.source, words.data(), words.size() * sizeof(std::uint64_t)));
    return put(memory.destination, &start, sizeof start);
  }

  Expected<void> queue(const TransferMemory& memory, cudaStream_t stream) const override {
    return PEERBENCH_CUDA(
        kernels::launch_chase(static_cast<const std::uint64_t*>(memory.source.data()),
                              memory.source.bytes() / sizeof(std::uint64_t) - 1,
                              static_cast<kernels::ChaseState*>(memory.destination.data()),
                              memory.transfer.steps, stream));
  }

  Expected<std::string> verify(const TransferMemory& memory, std::uint64_t seed) const override {
    const Transfer& transfer = memory.transfer;
    kernels::ChaseState end;
    PEERBENCH_TRY(take(memory.destination, &end, sizeof end));
    const std::uint64_t steps = memory.launches * transfer.steps;
    const std::uint64_t expected =
        PointerChaseList(transfer.bytes, seed, stride_of(transfer)).after(steps);
    if (end.steps == steps && end.at == expected) return std::string();
    return fmt::format(
        "after {} steps the chase of {} through memory of {} stands at word {} and counts {} "
        "steps; the list that {} holds leads to word {}",
        steps, name(transfer.issuer), name(transfer.source), end.at, end.steps,
        name(transfer.source), expected);
  }
};

}  // namespace

const Operation& sm_chase() {
  static const SmChase operation;
  return operation;
}

}  // namespace peerbench::measure
