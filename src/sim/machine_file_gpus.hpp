// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/json_fields.hpp"

namespace gpusim {

/// One entry of "gpus".
void read_gpu(Fields& fields, GpuDescription& gpu, Problem& problem);

}  // namespace gpusim
