// SPDX-License-Identifier: Apache-2.0
#include "measure/work.hpp"

#include <algorithm>
#include <utility>

#include "measure/gpu_load.hpp"

namespace peerbench::measure {

namespace {

void add_gpus(std::set<int>& gpus, const Transfer& transfer) {
  for (const Place& place : {transfer.source, transfer.destination, transfer.issuer}) {
    if (place.kind == Place::Kind::gpu) gpus.insert(place.index);
  }
}

/// Puts in what the load moved beside the samples that were kept, and whether its data are right.
void add_load(Measurement& measurement, GpuLoad& load) {
  if (load.hung()) measurement.outcome = Outcome::hang;
  if (measurement.outcome != Outcome::ok) return;
  const auto wrong = load.find_corruption();
  if (!wrong) {
    measurement = failed(std::move(measurement), wrong.error());
    measurement.verified = false;
    return;
  }
  conclude(measurement, *wrong);
  const std::vector<double>& rates = load.rates();
  const auto kept = std::min(measurement.samples.size(), rates.size());
  measurement.background_rates = {rates.end() - static_cast<std::ptrdiff_t>(kept), rates.end()};
}

/// Measures CPU work by `work`, under its background load where it has one.
template <typename Request>
Measurement measure_host(const Request& request, const MeasureOptions& options,
                         Measurement (*work)(const Request&, const MeasureOptions&,
                                             const Around&)) {
  if (!request.background_load) return work(request, options, {});
  auto load = GpuLoad::create(*request.background_load, options.data_seed);
  Measurement measurement;
  if (load) {
    measurement =
        work(request, options, [&](const TakeSample& sample) { return load->around(sample); });
    add_load(measurement, *load);
  } else {
    measurement = failed({}, load.error());
  }
  measurement.still_running = measurement.outcome == Outcome::hang;  // CPU threads never hang
  return measurement;
}

Measurement measure_one(const Plan& plan, const MeasureOptions& options, NcclSession& /*nccl*/) {
  return measure_plan(plan, options);
}

Measurement measure_one(const HostPoolRequest& loops, const MeasureOptions& options,
                        NcclSession& /*nccl*/) {
  return measure_host(loops, options, measure_host_pool);
}

Measurement measure_one(const HostChaseRequest& chase, const MeasureOptions& options,
                        NcclSession& /*nccl*/) {
  return measure_host(chase, options, measure_host_chase);
}

Measurement measure_one(const CollectiveRequest& collective, const MeasureOptions& options,
                        NcclSession& nccl) {
  return nccl.measure(collective, options);
}

}  // namespace

const Transfer* background_load(const Work& work) {
  const auto of = [](const auto& request) {
    return request.background_load ? &*request.background_load : nullptr;
  };
  if (const auto* loops = std::get_if<HostPoolRequest>(&work)) return of(*loops);
  if (const auto* chase = std::get_if<HostChaseRequest>(&work)) return of(*chase);
  return nullptr;
}

std::set<int> busy_gpus(const Work& work) {
  std::set<int> gpus;
  if (const auto* plan = std::get_if<Plan>(&work)) {
    for (const Transfer& each : plan->transfers) add_gpus(gpus, each);
  }
  if (const auto* collective = std::get_if<CollectiveRequest>(&work)) {
    gpus.insert(collective->gpus.begin(), collective->gpus.end());
  }
  if (const Transfer* load = background_load(work)) add_gpus(gpus, *load);
  return gpus;
}

std::set<int> gpus_of(const Work& work) {
  std::set<int> gpus = busy_gpus(work);
  const auto add_owner = [&](const auto* request) {
    if (request != nullptr && request->driver_memory) gpus.insert(request->gpu);
  };
  add_owner(std::get_if<HostPoolRequest>(&work));
  add_owner(std::get_if<HostChaseRequest>(&work));
  return gpus;
}

Measurement measure(const Work& work, const MeasureOptions& options, NcclSession& nccl) {
  return std::visit([&](const auto& each) { return measure_one(each, options, nccl); }, work);
}

}  // namespace peerbench::measure
