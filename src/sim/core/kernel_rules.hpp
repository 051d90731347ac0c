// SPDX-License-Identifier: Apache-2.0
// What a user says that the kernels of somebody else's program do: waiting, copying, filling or
// checking. The format of the file is in src/sim/README.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kernels/reference_kernel.h"
#include "sim/error.hpp"

namespace gpusim {

/// A number that a kernel works with: one of its arguments, or a constant.
struct KernelNumber {
  bool given = false;
  int argument = -1;            ///< its place, from 0; -1: it is the constant
  int bytes = 8;                ///< size of the argument
  std::uint64_t constant = 0;   ///< its value where it is no argument
  std::string unit = "clocks";  ///< of a time: "ns", "us", "ms", or clocks of the multiprocessors
};

/// What one kernel does. Its pointers are given by the places of its arguments, -1: it has none.
struct KernelRule {
  enum class Action { wait, copy, fill, check };
  std::string kernel;  ///< mangled, or demangled with or without its parameters
  Action action = Action::wait;
  int to = -1;            ///< what copy and fill write
  int from = -1;          ///< what copy reads and check looks at
  int against = -1;       ///< what check compares with in place of a value
  int errors = -1;        ///< the counter to which check adds the elements that differ
  int errors_bytes = 4;   ///< its size
  int flag = -1;          ///< what wait looks at
  int flag_bytes = 4;     ///< its size
  int element_bytes = 1;  ///< of what is counted, filled and compared
  KernelNumber count;     ///< elements of copy, fill and check
  KernelNumber value;     ///< of each element
  KernelNumber until;     ///< what the flag must be; not given: anything but 0
  KernelNumber timeout;   ///< after which wait ends in any case
};

/// A launch of such a kernel as a launch of the simulator's own reference_kernel for its action.
struct RuledLaunch {
  const PeerbenchReferenceKernel* reference_kernel = nullptr;
  std::array<std::uint64_t, PEERBENCH_MOST_ARGUMENTS> values{};

  /// As a launch gives them.
  std::array<void*, PEERBENCH_MOST_ARGUMENTS> arguments() {
    std::array<void*, PEERBENCH_MOST_ARGUMENTS> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = &values[i];
    return all;
  }
};

/// Translates the arguments of a launch; `clock_khz` is that of the GPU's multiprocessors.
RuledLaunch apply(const KernelRule& rule, void** arguments, int clock_khz);

/// The rules of one file.
class KernelRules {
 public:
  /// ErrorKind::io: it cannot be read; ErrorKind::usage: the message names the field that is wrong.
  static Expected<KernelRules> load(const std::string& path);
  static Expected<KernelRules> parse(const std::string& text, const std::string& path);

  /// The rule for a kernel of this registered (mangled) name; null when there is none.
  const KernelRule* find(const std::string& registered) const;

 private:
  std::vector<KernelRule> rules_;
};

}  // namespace gpusim
