// SPDX-License-Identifier: Apache-2.0
// Opens a simulated machine for a test, as it is or with something changed.
#pragma once

#include <string>

namespace peerbench::support {

/// Opens machine `name` of src/sim/machines with `patch` (a JSON merge patch, RFC 7396) applied.
/// Everything simulated before is forgotten. Fails the test when the machine cannot be opened.
void open_machine(const std::string& name, const std::string& patch = "{}");

}  // namespace peerbench::support
