// SPDX-License-Identifier: Apache-2.0
// How flows share resources: weighted max-min fairness by progressive filling.
#pragma once

#include <span>
#include <vector>

namespace gpusim {

/// A flow takes `weight` bytes of the resource for each byte it moves; a copy inside one memory
/// takes 2 of it (read and written).
struct Use {
  int resource = 0;
  double weight = 1;
};

/// What one flow wants: its resources and the most it can move by itself (bytes per nanosecond).
struct Demand {
  std::span<const Use> uses;
  double cap = 0;
  double share = 1;  ///< how fast its rate rises beside the others'
};

/// Rate of each flow in bytes per nanosecond. All rates rise together, each as fast as its share; a
/// flow stops rising when one of its resources is used up or its own cap is reached, so no flow can
/// gain without one losing that has less for its share (Bertsekas and Gallager, Data Networks,
/// section 6.5.2). A flow without resources and without a cap gets infinity.
std::vector<double> max_min_rates(std::span<const Demand> demands,
                                  std::span<const double> capacities);

}  // namespace gpusim
