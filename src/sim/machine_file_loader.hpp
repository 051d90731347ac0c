// SPDX-License-Identifier: Apache-2.0
// Reads the description of a simulated machine (JSON with comments, "peerbench.machine/1").
// The format, field by field with units: machines/README.md.
#pragma once

#include <string>

#include "sim/error.hpp"
#include "sim/machine_file.hpp"

namespace gpusim {

inline constexpr const char* machine_schema = "peerbench.machine/1";

/// Reads and checks one file. ErrorKind::io: the file cannot be read. ErrorKind::usage: its content
/// is wrong; the message names the file, the field, what is wrong with it and what is allowed.
Expected<MachineFile> load_machine_file(const std::string& path);

/// The same for text that is already in memory; `path` only names it in messages.
Expected<MachineFile> parse_machine_file(const std::string& text, const std::string& path);

}  // namespace gpusim
