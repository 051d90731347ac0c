// SPDX-License-Identifier: Apache-2.0
// How memory was had: the one list of kinds that transfers, cells, names and files share.
#pragma once

#include <optional>
#include <string_view>

namespace peerbench {

/// cudaMalloc, cudaMallocManaged, cudaHostAlloc (page-locked, mapped), or the process's own
/// allocator (malloc, mmap), whose pages the system may move.
enum class MemoryKind { device, managed, pinned, pageable };

/// "device", "managed", "pinned", "pageable".
const char* to_string(MemoryKind kind);

/// The kind of that name. "plain" is what earlier files call pageable memory.
std::optional<MemoryKind> memory_named(std::string_view word);

}  // namespace peerbench
