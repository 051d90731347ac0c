// SPDX-License-Identifier: Apache-2.0
// Unknown is a value: a signal that could not be asked is never "no".
#pragma once

#include <string>

namespace peerbench {

enum class Tri { unknown, no, yes };

inline Tri tri(bool value) { return value ? Tri::yes : Tri::no; }
inline bool is_yes(Tri value) { return value == Tri::yes; }
inline bool is_no(Tri value) { return value == Tri::no; }

inline const char* name(Tri value) {
  switch (value) {
    case Tri::yes:
      return "yes";
    case Tri::no:
      return "no";
    case Tri::unknown:
      break;
  }
  return "unknown";
}

/// One thing asked of the machine: the answer, and the raw value or return code it rests on.
struct Signal {
  Tri value = Tri::unknown;
  std::string raw;  ///< e.g. "1", "cudaErrorNotSupported", "NVML_ERROR_NOT_SUPPORTED"
};

}  // namespace peerbench
