// SPDX-License-Identifier: Apache-2.0
#include "measure/collective_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "base/checked.hpp"
#include "base/clock.hpp"
#include "base/interrupt.hpp"
#include "base/left_behind.hpp"
#include "measure/await.hpp"
#include "measure/content.hpp"
#include "measure/sampling.hpp"

namespace peerbench::measure {

namespace {

/// Operations that nccl-tests times together unless told otherwise (-n, src/common.cu).
constexpr int usual_operations = 20;
/// A graph holds more, as the graph of a model's step does: the time in which the host launches it
/// on every GPU, some microseconds each, is a small part of theirs.
constexpr int most_operations_of_a_graph = 200;
/// Operations so long that 20 of them last longer than this need not be so many: beside them the
/// host's launches are nothing.
constexpr double longest_burst_seconds = 0.1;
/// When the last launch of a burst comes so late, GPUs had nothing to do in between.
constexpr double host_bound_from = 0.9;

int operations_of_a_burst(Launch launch, double seconds) {
  const auto fitting = [&](double room, int least, int most) {
    return static_cast<int>(std::clamp(std::ceil(room / seconds), 1.0 * least, 1.0 * most));
  };
  const int wanted = launch == Launch::eager ? usual_operations
                                             : fitting(min_sample_seconds, usual_operations,
                                                       most_operations_of_a_graph);
  return fitting(longest_burst_seconds, 1, wanted);
}

/// Once the ranks have worked together, what NCCL complains about is no matter of set-up.
Error while_running(Error error) {
  if (error.kind == ErrorKind::unsupported) error.kind = ErrorKind::device;
  return error;
}

}  // namespace

CollectiveRunner::CollectiveRunner(NcclRanks& ranks, const CollectiveRequest& request,
                                   const RunnerLimits& limits, std::vector<Rank> all)
    : ranks_(&ranks),
      request_(request),
      limits_(limits),
      all_(std::move(all)),
      operation_(ranks.library().call(), request, [&] {
        std::vector<CollectiveOperation::Rank> calls;
        for (const Rank& each : all_) {
          const nccl::Comm comm = ranks.comm(static_cast<int>(calls.size()));
          calls.push_back({comm, static_cast<const std::byte*>(each.from.data()),
                           static_cast<std::byte*>(each.to.data()), each.stream.get()});
        }
        return calls;
      }()) {}

Expected<CollectiveRunner> CollectiveRunner::create(NcclRanks& ranks,
                                                    const CollectiveRequest& request,
                                                    const RunnerLimits& limits) {
  if (request.op == Collective::send && request.gpus.size() != 2) {
    return fail(ErrorKind::unsupported, "a send is between two ranks");
  }
  if (!divides(request)) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} bytes cannot be divided into {} for each of {} ranks",
                            request.bytes, name(request.real), request.gpus.size()));
  }
  const CollectiveRow& row = row_of(request.op);
  const Bytes part = request.bytes / request.gpus.size();
  std::vector<Rank> all;
  for (int index : request.gpus) {
    auto from = Buffer::allocate(gpu(index), row.parts_from ? part : request.bytes);
    if (!from) return tl::unexpected(from.error());
    auto to = Buffer::allocate(gpu(index), row.parts_to ? part : request.bytes);
    if (!to) return tl::unexpected(to.error());
    auto stream = Stream::create(index);
    if (!stream) return tl::unexpected(stream.error());
    all.push_back({std::move(*from), std::move(*to), std::move(*stream), nullptr});
  }
  return CollectiveRunner(ranks, request, limits, std::move(all));
}

Expected<void> CollectiveRunner::fill(std::uint64_t seed) {
  for (std::size_t rank = 0; rank < all_.size(); ++rank) {
    PEERBENCH_TRY(
        kept(fill_numbers(all_[rank].from, request_.real, static_cast<std::uint32_t>(rank), seed)));
  }
  return {};
}

Expected<void> CollectiveRunner::poison() {
  for (const Rank& each : all_) PEERBENCH_TRY(kept(fill_with_no_numbers(each.to)));
  return {};
}

Expected<std::string> CollectiveRunner::find_corruption(std::uint64_t seed) {
  for (std::size_t rank = 0; rank < all_.size(); ++rank) {
    const Buffer& to = all_[rank].to;
    const auto blocks = sums_received(request_, rank);
    if (blocks.empty()) continue;
    const std::size_t elements = to.bytes() / blocks.size() / kernels::bytes_of(request_.real);
    for (std::size_t block = 0; block < blocks.size(); ++block) {
      const auto found =
          kept(check_numbers(to, block * elements, elements, request_.real, blocks[block], seed));
      if (!found) return tl::unexpected(found.error());
      if (found->wrong_words == 0) continue;
      return fmt::format(
          "{} of {} elements that rank {} (gpu{}) got are wrong, the first at {} of "
          "block {}: another sum than that of what the ranks gave",
          found->wrong_words, elements, rank, to.place().index, found->first_wrong, block);
    }
  }
  return std::string();
}

Expected<void> CollectiveRunner::warm_up() {
  PEERBENCH_TRY(first());
  const auto cold = burst();
  if (!cold) return tl::unexpected(cold.error());
  operations_ = operations_of_a_burst(Launch::eager, *cold);
  const auto warm = burst();
  if (!warm) return tl::unexpected(warm.error());
  operations_ = operations_of_a_burst(request_.launch, *warm / operations_);
  expected_ = {};
  return {};
}

// NCCL connects some ways only when an operation first needs them, within the host's call: that may
// never come back.
Expected<void> CollectiveRunner::first() {
  const auto start = HostClock::now();
  const auto called = std::make_shared<Expected<nccl::Result>>(nccl::success);
  const bool back = ranks_->library().comes_back_within(
      limits_.hang_after, [operation = operation_, called, gpu = request_.gpus.front()] {
        // Else NCCL would come back to GPU 0, and make a context there.
        const auto scope = DeviceScope::enter(gpu);
        if (scope) {
          *called = operation.queue();
        } else {
          *called = tl::unexpected(scope.error());
        }
      });
  if (!back) {
    abandon();
    return fail(
        ErrorKind::hang,
        fmt::format("NCCL connected, but the host's call of the first {} did not come back within "
                    "{} s; NCCL_DEBUG=INFO says more",
                    row_of(request_.op).name,
                    std::chrono::duration_cast<std::chrono::seconds>(limits_.hang_after).count()));
  }
  if (!*called) return tl::unexpected(called->error());
  if (auto well = ranks_->check(**called); !well) {
    abandon();  // what other ranks were told may wait for those that were not
    return well;
  }
  const auto ended = await(start);
  return ended ? Expected<void>{} : tl::unexpected(ended.error());
}

Expected<double> CollectiveRunner::burst() {
  while (true) {
    const auto start = HostClock::now();
    if (auto launched = launch(); !launched) {
      abandon();
      return tl::unexpected(while_running(launched.error()));
    }
    launching_ = HostClock::now() - start;
    const auto seen = await(start);
    if (!seen) return tl::unexpected(seen.error());
    const auto lasted = HostClock::now() - start;
    expected_ = *seen ? lasted : HostClock::duration{};
    if (*seen) return std::chrono::duration<double>(lasted).count();
  }
}

Expected<void> CollectiveRunner::launch() {
  return all_.front().graph != nullptr ? launch_graphs() : queue(operations_);
}

Expected<void> CollectiveRunner::launch_graphs() {
  for (const Rank& each : all_) {
    PEERBENCH_ON_DEVICE(each.stream.device());
    PEERBENCH_TRY(PEERBENCH_CUDA(cudaGraphLaunch(each.graph.get(), each.stream.get())));
  }
  return {};
}

Expected<void> CollectiveRunner::queue(int operations) {
  for (int time = 0; time < operations; ++time) {
    PEERBENCH_TRY(ranks_->check(operation_.queue()));
  }
  return {};
}

Expected<void> CollectiveRunner::prepare() {
  if (request_.launch == Launch::eager) return {};
  PEERBENCH_TRY(record());
  for (const Rank& each : all_) {
    PEERBENCH_ON_DEVICE(each.stream.device());
    PEERBENCH_TRY(PEERBENCH_CUDA(cudaGraphUpload(each.graph.get(), each.stream.get())));
  }
  if (auto ended = await(HostClock::now()); !ended) return tl::unexpected(ended.error());
  // What is left for the first launches to set up is none of the figures' business.
  for (int launches = 0; launches < 2; ++launches) {
    if (auto woken = burst(); !woken) return tl::unexpected(woken.error());
  }
  return {};
}

Expected<void> CollectiveRunner::begin_capture(const Rank& rank) {
  PEERBENCH_ON_DEVICE(rank.stream.device());
  return PEERBENCH_CUDA(
      cudaStreamBeginCapture(rank.stream.get(), cudaStreamCaptureModeThreadLocal));
}

// One graph for each GPU, as nccl-tests records them (-G): nothing in it waits for another GPU but
// the operations themselves. A capture that began is ended, whatever fails.
Expected<void> CollectiveRunner::record() {
  std::size_t begun = 0;
  Expected<void> well;
  while (well && begun < all_.size()) {
    well = begin_capture(all_[begun]);
    if (well) ++begun;
  }
  if (well) well = queue(operations_);
  for (Rank& each : std::span(all_).first(begun)) {
    auto ended = end_capture(each, well.has_value());
    if (well) well = std::move(ended);
  }
  return well;
}

// What ends a capture needs no current device.
Expected<void> CollectiveRunner::end_capture(Rank& rank, bool keeps) {
  cudaGraph_t graph = nullptr;
  auto ended = PEERBENCH_CUDA(cudaStreamEndCapture(rank.stream.get(), &graph));
  if (ended && keeps) ended = instantiate(rank, graph);
  if (graph != nullptr) PEERBENCH_FORGIVE(cudaGraphDestroy(graph));
  return ended;
}

Expected<void> CollectiveRunner::instantiate(Rank& rank, cudaGraph_t graph) {
  PEERBENCH_ON_DEVICE(rank.stream.device());
  cudaGraphExec_t made = nullptr;
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaGraphInstantiate(&made, graph, 0)));
  rank.graph.reset(made);
  return {};
}

Expected<double> CollectiveRunner::sample() {
  double seconds = 0;
  int operations = 0;
  while (seconds < min_sample_seconds) {
    const auto one = burst();
    if (!one) return one;
    seconds += *one;
    operations += operations_;
  }
  return seconds / operations;
}

std::optional<double> CollectiveRunner::host_bound() const {
  const double part = std::chrono::duration<double>(launching_) / expected_;
  if (part < host_bound_from) return std::nullopt;
  return std::chrono::duration<double>(launching_).count() / operations_;
}

/// Whether a rank has not ended all it was told.
Expected<bool> CollectiveRunner::busy() const {
  for (const Rank& each : all_) {
    const cudaError_t code = cudaStreamQuery(each.stream.get());
    if (code == cudaErrorNotReady) {
      cudaGetLastError();
      return true;
    }
    PEERBENCH_TRY(check_cuda(code, "cudaStreamQuery(rank)"));
  }
  return false;
}

Expected<void> CollectiveRunner::no_rank_failed() const {
  for (const Rank& each : all_) PEERBENCH_TRY(none_failed(each.stream));
  return {};
}

// The end is part of the figure, so around the time at which it is expected the host asks for it as
// fast as it can; before and long after it leaves the processor to others.
Expected<bool> CollectiveRunner::await(HostClock::time_point start) {
  constexpr auto shortest_margin = std::chrono::microseconds(100);
  constexpr auto longest_surprise = std::chrono::milliseconds(2);
  constexpr auto between_checks = std::chrono::milliseconds(1);
  constexpr auto pause = std::chrono::microseconds(100);
  const auto margin = std::max<HostClock::duration>(expected_ / 8, shortest_margin);
  const auto early = start + expected_ - margin - HostClock::now();
  if (early > pause) HostClock::sleep_for(early);
  bool seen = early <= pause;
  auto checked = HostClock::now();
  while (true) {
    auto still = busy();
    if (!still) return still;
    if (!*still) return seen;
    seen = true;
    const auto now = HostClock::now();
    if (now - start >= patience(limits_.hang_after)) break;
    if (now - checked >= between_checks) {
      checked = now;
      if (auto well = ranks_->asynchronous_error(); !well) {
        abandon();
        return tl::unexpected(while_running(well.error()));
      }
    }
    if (now - start <= 2 * expected_ + longest_surprise) continue;
    // The others wait for ever for a rank whose GPU has gone.
    if (auto well = no_rank_failed(); !well) {
      abandon();
      return tl::unexpected(well.error());
    }
    HostClock::sleep_for(pause);
  }
  abandon();
  return fail(
      ErrorKind::hang,
      fmt::format("the collective did not end within {} s and was aborted",
                  std::chrono::duration_cast<std::chrono::seconds>(limits_.hang_after).count()));
}

void CollectiveRunner::abandon() {
  leave_behind();
  ranks_->give_up();
  for (Rank& each : all_) {
    each.from.abandon();
    each.to.abandon();
    each.stream.abandon();
    [[maybe_unused]] const auto* const kept = each.graph.release();
  }
}

}  // namespace peerbench::measure
