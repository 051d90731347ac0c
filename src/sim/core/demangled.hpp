// SPDX-License-Identifier: Apache-2.0
// Names of kernels and variables as people write them.
#pragma once

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace gpusim {

/// "copy<int4>(int4*, int4 const*, unsigned long)" for the name that a compiler made of it; what is
/// not mangled stays as it is.
inline std::string demangled(const std::string& registered) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(registered.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && text != nullptr ? text.get() : registered;
}

}  // namespace gpusim
