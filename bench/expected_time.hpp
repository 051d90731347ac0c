// SPDX-License-Identifier: Apache-2.0
// How long cells take: by rule before any has run, corrected by those that have.
#pragma once

#include "bench/spec.hpp"

namespace peerbench::bench {

/// Seconds of the host's clock that a cell takes, set-up and verification included, with what is
/// asked of its precision and budget. 0: it is not even tried.
double expected_seconds(const Spec& spec, const result::Settings& settings);

/// Of all of them, one after another.
double expected_seconds(const std::vector<Spec>& specs, const result::Settings& settings);

/// Corrects expectations by how long finished cells took.
class Forecast {
 public:
  /// Seconds, both.
  void finished(double expected, double took);
  double corrected(double expected) const;

 private:
  // As if a second had been foretold well, so that the first short cell does not decide all.
  double expected_ = 1;
  double took_ = 1;
};

}  // namespace peerbench::bench
