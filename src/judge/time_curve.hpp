// SPDX-License-Identifier: Apache-2.0
// How long bytes take, read off measured points and never beyond them. Private to this module.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"

namespace peerbench::judge {

class TimeCurve {
 public:
  /// A measured duration; of several of one size the longest counts (the slowest pair).
  void add(Bytes bytes, double seconds, const std::string& cell);

  /// A cell of this size that has no figure, and why.
  void refuse(Bytes bytes, const std::string& why);

  /// Between two measured sizes on the straight line through them; none outside of them, nor from
  /// one point alone unless it is of just that size.
  std::optional<double> seconds(Bytes bytes) const;

  bool empty() const { return points_.empty(); }
  /// "between latency/... and peer/...": the cells beside `bytes`, or why there is no figure.
  std::string source(Bytes bytes) const;

 private:
  struct Point {
    Bytes bytes = 0;
    double seconds = 0;
    std::string cell;
  };
  std::vector<Point> points_;  ///< by size
  std::map<Bytes, std::string> refused_;
};

}  // namespace peerbench::judge
