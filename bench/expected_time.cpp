// SPDX-License-Identifier: Apache-2.0
#include "bench/expected_time.hpp"

#include <algorithm>

#include "measure/measurement.hpp"

namespace peerbench::bench {

namespace {

double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// Buffers are made and filled, kernels loaded, data verified; NCCL's ranks find each other.
double around_sampling(const Spec& spec) {
  if (spec.on_cpu()) return 0.5;  // pages are touched at some GB/s
  return spec.collective() != nullptr ? 0.4 : 0.2;
}

/// At the usual precision: warm-up, and samples until they agree.
double sampling(const Spec& spec) {
  if (spec.on_cpu()) return 0.4;
  const measure::SamplingPolicy policy = measure::gpu_sampling(false);
  const double span = in_seconds(policy.min_span) * (spec.cell.unit == "us" ? 0.25 : 1);
  return in_seconds(policy.min_warm_up) + span;
}

}  // namespace

double expected_seconds(const Spec& spec, const result::Settings& settings) {
  if (!spec.why_not.empty()) return 0;
  if (settings.soak_seconds) return *settings.soak_seconds + around_sampling(spec);
  // The interval of a median narrows with the root of the number of samples.
  constexpr double usual_precision = 0.01;
  const double finer = std::max(1.0, usual_precision / settings.precision);
  return std::min(settings.budget_seconds, sampling(spec) * finer * finer) + around_sampling(spec);
}

double expected_seconds(const std::vector<Spec>& specs, const result::Settings& settings) {
  double sum = 0;
  for (const Spec& spec : specs) sum += expected_seconds(spec, settings);
  return sum;
}

void Forecast::finished(double expected, double took) {
  expected_ += expected;
  took_ += took;
}

double Forecast::corrected(double expected) const { return expected * took_ / expected_; }

}  // namespace peerbench::bench
