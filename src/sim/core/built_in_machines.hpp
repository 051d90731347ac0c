// SPDX-License-Identifier: Apache-2.0
// The descriptions of machines that come with the simulator's libraries.
#pragma once

#include <string>

namespace gpusim {

/// The file of a machine: the built-in one where `name_or_file` has no '/' and there is one of that
/// name, else what was given.
std::string machine_path(const std::string& name_or_file);

}  // namespace gpusim
