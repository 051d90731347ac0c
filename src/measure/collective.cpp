#include "measure/collective.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "measure/collective_runner.hpp"

namespace peerbench::measure {

namespace {

/// How long connecting may take. Users wait seconds for it on machines of eight GPUs.
constexpr auto connect_limit = std::chrono::seconds(30);

double shared(int ranks) { return (ranks - 1.0) / ranks; }

CollectiveMeasurement failed(CollectiveMeasurement measurement, const Error& error) {
  measurement.outcome = error.kind == ErrorKind::hang          ? Outcome::hang
                        : error.kind == ErrorKind::unsupported ? Outcome::unsupported
                                                               : Outcome::error;
  measurement.reason = error.message;
  return measurement;
}

}  // namespace

const std::vector<CollectiveRow>& collective_rows() {
  static const std::vector<CollectiveRow> rows = {
      {Collective::all_reduce, "all_reduce", false, false, "bytes that each rank gives",
       "2 (n - 1) / n", [](int ranks) { return 2 * shared(ranks); }},
      {Collective::all_gather, "all_gather", true, false, "bytes that each rank gets",
       "(n - 1) / n", shared},
      {Collective::reduce_scatter, "reduce_scatter", false, true, "bytes that each rank gives",
       "(n - 1) / n", shared},
      {Collective::all_to_all, "all_to_all", false, false, "bytes that each rank gives",
       "(n - 1) / n", shared},
      {Collective::broadcast, "broadcast", false, false, "bytes that each rank gets", "1",
       [](int) { return 1.0; }},
      {Collective::send_recv, "send_recv", false, false,
       "bytes that each rank sends to the next while it gets as many from the one before", "1",
       [](int) { return 1.0; }},
      {Collective::send, "send", false, false, "bytes that the first rank sends to the second", "1",
       [](int) { return 1.0; }},
  };
  return rows;
}

const CollectiveRow& row_of(Collective op) {
  return *std::ranges::find(collective_rows(), op, &CollectiveRow::op);
}

const char* name(Launch launch) { return launch == Launch::eager ? "eager" : "graph"; }

const char* name(kernels::Real real) { return real == kernels::Real::half ? "half" : "float"; }

bool divides(const CollectiveRequest& request) {
  const CollectiveRow& row = row_of(request.op);
  const bool parts = row.parts_from || row.parts_to || request.op == Collective::all_to_all;
  const Bytes unit = kernels::bytes_of(request.real) * (parts ? request.gpus.size() : 1);
  return request.bytes >= unit && request.bytes % unit == 0;
}

Expected<NcclRanks*> NcclSession::ranks_of(const std::vector<int>& gpus) {
  if (!library_) library_ = NcclLibrary::load(path_);
  if (!*library_) return tl::unexpected(library_->error());
  if (gpus.size() > kernels::most_ranks) {
    return fail(ErrorKind::unsupported,
                fmt::format("sums over more than {} ranks are not exact in half precision",
                            kernels::most_ranks));
  }
  if (ranks_ && ranks_->gpus() == gpus) return &*ranks_;
  // Connecting takes seconds, and more when it fails: once is enough.
  if (!refused_.empty() && refused_ == gpus) return tl::unexpected(why_refused_);
  ranks_.reset();
  auto connected = NcclRanks::connect(**library_, gpus, connect_limit);
  if (!connected) {
    refused_ = gpus;
    why_refused_ = connected.error();
    return tl::unexpected(connected.error());
  }
  ranks_.emplace(std::move(*connected));
  return &*ranks_;
}

CollectiveMeasurement NcclSession::measure(const CollectiveRequest& request,
                                           const MeasureOptions& options) {
  CollectiveMeasurement measurement;
  const auto ranks = ranks_of(request.gpus);
  if (library_ && *library_) measurement.version = (*library_)->version();
  if (!ranks) return failed(std::move(measurement), ranks.error());
  auto runner = CollectiveRunner::create(**ranks, request, options.limits);
  if (!runner) return failed(std::move(measurement), runner.error());

  // As for copies (measurement.cpp): a first round with other data, which the timed one must
  // replace.
  const std::uint64_t first_seed = options.data_seed * 2;
  const std::uint64_t timed_seed = first_seed + 1;
  const auto prepare = [&]() -> Expected<double> {
    if (auto ok = runner->poison(); !ok) return tl::unexpected(ok.error());
    if (auto ok = runner->fill(first_seed); !ok) return tl::unexpected(ok.error());
    auto first = runner->first();
    if (!first) return first;
    if (auto ok = runner->fill(timed_seed); !ok) return tl::unexpected(ok.error());
    return first;
  };
  // Ranks that had to be given up are connected anew for the next cell.
  const auto failed_with = [&](const Error& error) {
    if ((*ranks)->given_up()) ranks_.reset();
    return failed(std::move(measurement), error);
  };
  const auto first = prepare();
  if (!first) return failed_with(first.error());
  const int times = static_cast<int>(std::ceil(std::clamp(min_sample_seconds / *first, 1.0, 1e6)));
  const double factor = row_of(request.op).busbw_factor(static_cast<int>(request.gpus.size()));
  if (auto ready = runner->prepare(times); !ready) return failed_with(ready.error());
  Sampling sampling = sample_until(
      [&]() -> Expected<double> {
        const auto seconds = runner->sample();
        if (!seconds) return tl::unexpected(seconds.error());
        measurement.seconds.push_back(*seconds);
        return gigabytes_per_second(static_cast<double>(request.bytes), *seconds) * factor;
      },
      options.sampling);
  measurement.samples = std::move(sampling.samples);
  measurement.stop = name(sampling.stop);
  measurement.reason = std::move(sampling.reason);
  measurement.seconds.erase(  // the warm-up's come first
      measurement.seconds.begin(),
      measurement.seconds.end() - static_cast<std::ptrdiff_t>(measurement.samples.size()));
  if (sampling.error) return failed_with(*sampling.error);
  measurement.use = (*ranks)->use();
  const auto corruption = runner->find_corruption(timed_seed);
  if (!corruption) return failed(std::move(measurement), corruption.error());
  measurement.verified = corruption->empty();
  measurement.outcome = measurement.verified ? Outcome::ok : Outcome::corrupt;
  if (!measurement.verified) measurement.reason = *corruption;
  return measurement;
}

}  // namespace peerbench::measure
