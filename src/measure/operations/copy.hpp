// SPDX-License-Identifier: Apache-2.0
// What copies have in common, whoever issues them: two arrays, the second of which must come to
// hold what the first does.
#pragma once

#include "measure/operations/operation.hpp"

namespace peerbench::measure {

class Copy : public Operation {
 public:
  Expected<void> allocate(TransferMemory& memory) const override;
  Expected<void> fill(const TransferMemory& memory, std::uint64_t seed) const override;
  Expected<std::string> verify(const TransferMemory& memory, std::uint64_t seed) const override;
};

}  // namespace peerbench::measure
