// SPDX-License-Identifier: Apache-2.0
// Lowest, median and highest of figures that stand for one thing.
#pragma once

#include <optional>
#include <span>

#include "result/conclusion.hpp"

namespace peerbench::judge {

/// None of no figures.
std::optional<result::Spread> spread_of(std::span<const double> figures);

}  // namespace peerbench::judge
