// SPDX-License-Identifier: Apache-2.0
#include "base/memory_kind.hpp"

#include <initializer_list>

namespace peerbench {

const char* to_string(MemoryKind kind) {
  switch (kind) {
    case MemoryKind::device:
      return "device";
    case MemoryKind::managed:
      return "managed";
    case MemoryKind::pinned:
      return "pinned";
    case MemoryKind::pageable:
      break;
  }
  return "pageable";
}

std::optional<MemoryKind> memory_named(std::string_view word) {
  for (const MemoryKind kind :
       {MemoryKind::device, MemoryKind::managed, MemoryKind::pinned, MemoryKind::pageable}) {
    if (word == to_string(kind)) return kind;
  }
  return word == "plain" ? std::optional(MemoryKind::pageable) : std::nullopt;
}

}  // namespace peerbench
