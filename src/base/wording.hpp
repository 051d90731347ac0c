// SPDX-License-Identifier: Apache-2.0
// A text of a table of sentences: one that is always the same, or one that is made of figures.
#pragma once

#include <string>
#include <type_traits>

namespace peerbench {

template <typename Subject>
struct Wording {
  using Words = std::string (*)(const Subject&);
  const char* text = nullptr;
  Words words = nullptr;
  constexpr Wording(const char* fixed) : text(fixed) {}
  template <typename F>
  requires std::is_convertible_v<F, Words>
  constexpr Wording(F made) : words(made) {}
  std::string of(const Subject& subject) const { return words != nullptr ? words(subject) : text; }
};

}  // namespace peerbench
