// SPDX-License-Identifier: Apache-2.0
// What can fail in the simulator says so as the product does: by value, with a sentence.
#pragma once

#include "base/error.hpp"

namespace gpusim {

using peerbench::Error;
using peerbench::ErrorKind;
using peerbench::Expected;
using peerbench::fail;

}  // namespace gpusim
