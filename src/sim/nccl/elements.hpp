// SPDX-License-Identifier: Apache-2.0
// Types of elements, and how they are reduced.
#pragma once

#include <nccl.h>

#include <cstddef>
#include <span>

namespace peerbench::sim {

/// Bytes of one element; 0 for a type that is not simulated.
std::size_t element_bytes(ncclDataType_t type);

/// Whether elements of the type can be reduced so.
bool can_reduce(ncclDataType_t type, ncclRedOp_t operation);

/// `result` = all of `parts` reduced, element by element, in their order; rounded to the type
/// after each, as the real one does hop by hop. `result` must be none of the parts.
void reduce(ncclDataType_t type, ncclRedOp_t operation, std::span<const std::byte* const> parts,
            std::size_t count, std::byte* result);

}  // namespace peerbench::sim
