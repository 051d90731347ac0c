// SPDX-License-Identifier: Apache-2.0
// How the layers of a model are shared out over GPUs. Private to this module.
#pragma once

#include <vector>

#include "machine/machine.hpp"
#include "result/estimate.hpp"

namespace peerbench::judge {

/// The layers of a model over `gpus`, in proportion to their memory, as llama.cpp splits unless it
/// is told otherwise; what a GPU has no room for goes to those that have. `bytes` are the model's
/// weights and cache, of which each layer counts as an equal part; `usable` is the share of each
/// memory that they may take. What fits nowhere is shared out in proportion as well. Empty where no
/// memory's size is known.
std::vector<result::LayerShare> share_layers(const std::vector<const machine::Gpu*>& gpus,
                                             int layers, double bytes, double usable);

/// Whether each GPU has room for its layers; unknown where a memory's size is.
result::Fits layers_fit(const std::vector<result::LayerShare>& shares, double usable);

}  // namespace peerbench::judge
