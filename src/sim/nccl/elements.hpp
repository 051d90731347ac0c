// SPDX-License-Identifier: Apache-2.0
// Types of elements, and how they are reduced.
#pragma once

#include <nccl.h>

#include <cstddef>
#include <span>

namespace gpusim {

/// Bytes of one element; 0 for a type that is not simulated.
std::size_t element_bytes(ncclDataType_t type);

/// Real NCCL reduces those from compute capability 9.0 on.
bool is_float8(ncclDataType_t type);

/// `result` = all of `parts` reduced, element by element, in their order; rounded to the type
/// after each, as the real one does hop by hop. What is no operation of NCCL's own is a sum.
/// `result` must be none of the parts.
void reduce(ncclDataType_t type, ncclRedOp_t operation, std::span<const std::byte* const> parts,
            std::size_t count, std::byte* result);

/// `result` = `values` times the one element `scalar`.
void multiply(ncclDataType_t type, const std::byte* scalar, const std::byte* values,
              std::size_t count, std::byte* result);

}  // namespace gpusim
