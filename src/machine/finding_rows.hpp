// SPDX-License-Identifier: Apache-2.0
// The table of findings: name, severity and wording of each code. Private to this room.
#pragma once

#include <span>
#include <string>
#include <type_traits>

#include "machine/finding.hpp"

namespace peerbench::machine {

/// A text that is always the same, or one that is made of the finding.
struct Wording {
  using Words = std::string (*)(const Finding&);
  const char* text = nullptr;
  Words words = nullptr;
  constexpr Wording(const char* fixed) : text(fixed) {}
  template <typename F>
  requires std::is_convertible_v<F, Words>
  constexpr Wording(F made) : words(made) {}
  std::string of(const Finding& finding) const { return words != nullptr ? words(finding) : text; }
};

struct FindingRow {
  FindingCode code;
  const char* name;
  Severity severity;  ///< info: healthy machines are like that too
  Wording what;
  Wording advice;
};

/// One row a code, in the order of the enumeration.
std::span<const FindingRow> finding_rows();

}  // namespace peerbench::machine
