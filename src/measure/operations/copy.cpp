// SPDX-License-Identifier: Apache-2.0
#include "measure/operations/copy.hpp"

#include "base/checked.hpp"
#include "measure/content.hpp"
#include "measure/operations/arrays.hpp"

namespace peerbench::measure {

Expected<void> Copy::allocate(TransferMemory& memory) const {
  const Transfer& transfer = memory.transfer;
  PEERBENCH_TRY(allocate_array(memory, memory.source, transfer.source, transfer.bytes));
  return allocate_array(memory, memory.destination, transfer.destination, transfer.bytes);
}

Expected<void> Copy::fill(const TransferMemory& memory, std::uint64_t seed) const {
  return memory.by_host ? fill_by_host(memory.source, seed) : measure::fill(memory.source, seed);
}

Expected<std::string> Copy::verify(const TransferMemory& memory, std::uint64_t seed) const {
  return find_wrong_words(memory, seed, kernels::Content::pattern);
}

}  // namespace peerbench::measure
