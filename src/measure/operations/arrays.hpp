// SPDX-License-Identifier: Apache-2.0
// What several operations do alike: allocate an array as the transfer asks for it, find wrong words
// in one that was written, and refuse transfers between memories that their kernels cannot reach.
#pragma once

#include "kernels/pattern.hpp"
#include "measure/operations/operation.hpp"

namespace peerbench::measure {

/// Makes `array`, one of `memory`'s, an array at that end of the transfer: in the memory, near the
/// NUMA node and first touched by whom the transfer says.
Expected<void> allocate_array(TransferMemory& memory, Buffer& array, Place place, Bytes bytes);

/// What a kernel keeps of its reads, always in the memory of the GPU at `memory`'s destination.
Expected<void> allocate_kernel_state(TransferMemory& memory, Bytes bytes);

/// Compares the destination with `content` of `seed` on its owner's side. Returns an empty string,
/// or what is wrong.
Expected<std::string> find_wrong_words(const TransferMemory& memory, std::uint64_t seed,
                                       kernels::Content content);

/// Whether the kernel of `transfer` works on memory of its own GPU alone; else
/// ErrorKind::unsupported.
Expected<void> check_local(const Transfer& transfer);

/// What is said where a kernel cannot reach both ends of its transfer.
inline constexpr const char* not_at_an_end =
    "a kernel works on memory of its own GPU, or copies from or to it";

}  // namespace peerbench::measure
