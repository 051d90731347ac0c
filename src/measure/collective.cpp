// SPDX-License-Identifier: Apache-2.0
#include "measure/collective.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/checked.hpp"
#include "measure/collective_runner.hpp"

namespace peerbench::measure {

namespace {

/// How long connecting may take. Users wait seconds for it on machines of eight GPUs.
constexpr auto connect_limit = std::chrono::seconds(30);

double shared(int ranks) { return (ranks - 1.0) / ranks; }

/// How an all-to-all was done; empty for what can be done in one way only.
std::string way_of(Collective op, const nccl::Functions& call) {
  if (op != Collective::all_to_all) return "";
  return call.all_to_all != nullptr
             ? "by ncclAlltoAll"
             : "by ncclSend and ncclRecv of each pair: this NCCL has no ncclAlltoAll";
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

const char* counted_time(Launch launch) {
  return launch == Launch::eager
             ? "time: 20 operations (fewer where that is longer than 0.1 s) that one host thread "
               "launches one after another on all GPUs, by the host's clock from before the first "
               "launch until the last rank has ended, over their number, as nccl-tests counts it"
             : "time: up to 200 operations in one CUDA graph for each GPU, by the host's clock "
               "from "
               "before the launch until the last rank has ended, over their number, as nccl-tests "
               "counts it with -G";
}

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

Measurement NcclSession::measure(const CollectiveRequest& request, const MeasureOptions& options) {
  Measurement measurement;
  std::vector<double>& times = measurement.collective.seconds;
  const auto ranks = ranks_of(request.gpus);
  if (library_ && *library_) measurement.collective.version = (*library_)->version();
  // Ranks that had to be given up are connected anew for the next cell.
  const auto failed_with = [&](const Error& error) {
    if (library_ && *library_) measurement.still_running = (*library_)->stuck();
    if (ranks && (*ranks)->given_up()) ranks_.reset();
    return failed(std::move(measurement), error);
  };
  if (!ranks) return failed_with(ranks.error());
  auto runner = CollectiveRunner::create(**ranks, request, options.limits);
  if (!runner) return failed_with(runner.error());
  if (std::string way = way_of(request.op, (*library_)->call()); !way.empty()) {
    measurement.notes.push_back(std::move(way));
  }

  // As for copies (measurement.cpp): a first round with other data, which the timed one must
  // replace.
  const std::uint64_t first_seed = options.data_seed * 2;
  const std::uint64_t timed_seed = first_seed + 1;
  const auto prepare = [&]() -> Expected<void> {
    PEERBENCH_TRY(runner->poison());
    PEERBENCH_TRY(runner->fill(first_seed));
    PEERBENCH_TRY(runner->warm_up());
    PEERBENCH_TRY(runner->fill(timed_seed));
    return runner->prepare();
  };
  if (auto ready = prepare(); !ready) return failed_with(ready.error());
  const double factor = row_of(request.op).busbw_factor(static_cast<int>(request.gpus.size()));
  Sampling sampling = sample_until(
      [&]() -> Expected<double> {
        const auto seconds = runner->sample();
        if (!seconds) return tl::unexpected(seconds.error());
        times.push_back(*seconds);
        return gigabytes_per_second(static_cast<double>(request.bytes), *seconds) * factor;
      },
      options.sampling, watch_clocks(options));
  const std::optional<Error> error = std::move(sampling.error);
  add_sampling(measurement, std::move(sampling));
  // The warm-up's come first.
  times.erase(times.begin(), times.end() - static_cast<std::ptrdiff_t>(measurement.samples.size()));
  if (error) return failed_with(*error);
  measurement.collective.use = (*ranks)->use();
  if (const auto host = runner->host_bound()) {
    measurement.notes.push_back(
        fmt::format("the GPUs wait for the host, which takes {:.1f} us to launch one on all of "
                    "them; graphs (--filter '/graph/') show what the GPUs take",
                    *host * 1e6));
  }
  const auto corruption = runner->find_corruption(timed_seed);
  if (!corruption) return failed_with(corruption.error());
  conclude(measurement, *corruption);
  return measurement;
}

}  // namespace peerbench::measure
