// SPDX-License-Identifier: Apache-2.0
#include "measure/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <ranges>

#include "base/checked.hpp"
#include "base/clock.hpp"
#include "base/left_behind.hpp"
#include "base/side_by_side.hpp"
#include "kernels/preload.hpp"
#include "measure/await.hpp"
#include "measure/content.hpp"

namespace peerbench::measure {

namespace {

/// Without a gate a full launch queue only makes the host wait, but samples need an end.
constexpr int most_ungated_copies = 1000;

/// Transfers that the busiest GPU issues.
int most_of_one_issuer(const Plan& plan) {
  std::map<int, int> issued;
  for (const Transfer& transfer : plan.transfers) ++issued[transfer.issuer.index];
  return std::ranges::max(issued | std::views::values);
}

bool several_issuers(const Plan& plan) {
  return std::ranges::any_of(plan.transfers, [&](const Transfer& transfer) {
    return transfer.issuer != plan.transfers.front().issuer;
  });
}

/// Whether a sample is one copy: a second would find its memory where the first brought it.
bool starts_from_the_host(const Plan& plan) {
  return std::ranges::any_of(plan.transfers, &Transfer::from_host_each_time);
}

/// Whether the driver copies through the host's memory, which it may do while the caller waits.
bool staged_through_host(const Plan& plan) {
  return !plan.peer_access && std::ranges::any_of(plan.transfers, between_gpus);
}

bool blocks_the_host(const Plan& plan) {
  return std::ranges::any_of(plan.transfers, [](const Transfer& transfer) {
    return transfer.host_memory == MemoryKind::pageable;
  });
}

/// Kernels that the transfer's GPU runs at the same time, the transfer's own among them.
int concurrent_kernels(const Plan& plan, const Transfer& transfer) {
  return static_cast<int>(std::ranges::count_if(plan.transfers, [&](const Transfer& other) {
    const Operation* const operation = operation_for(other.engine, other.op);
    return operation != nullptr && operation->is_kernel() && other.issuer == transfer.issuer;
  }));
}

}  // namespace

Runner::Runner(Plan plan, RunnerLimits limits, Gate gate, Event finish)
    : plan_(std::move(plan)), limits_(limits), gate_(std::move(gate)), finish_(std::move(finish)) {}

Runner::~Runner() = default;

namespace {

// On each GPU that issues something, or fills and checks.
Expected<void> load_kernels(const Plan& plan) {
  for (const Transfer& transfer : plan.transfers) {
    for (const Place& place : {transfer.issuer, transfer.source, transfer.destination}) {
      if (place.kind != Place::Kind::gpu) continue;
      PEERBENCH_ON_DEVICE(place.index);
      PEERBENCH_TRY(PEERBENCH_CUDA(kernels::load_all()));
    }
  }
  return {};
}

}  // namespace

Expected<Runner> Runner::create(const Plan& plan, const RunnerLimits& limits) {
  if (plan.transfers.empty()) return fail(ErrorKind::internal, "a plan without transfers");
  if (blocks_the_host(plan) && plan.transfers.size() > 1) {
    return fail(ErrorKind::unsupported,
                "copies of pageable memory wait for each other: only one at a time is measured");
  }
  if (plan.submission && plan.transfers.size() > 1) {
    return fail(ErrorKind::internal, "submissions are timed one transfer at a time");
  }
  if (limits.kernels) PEERBENCH_TRY(load_kernels(plan));
  std::vector<TransferStream> streams;
  for (const Transfer& transfer : plan.transfers) {
    auto stream = TransferStream::create(transfer, plan.peer_access,
                                         concurrent_kernels(plan, transfer), limits.kernels);
    if (!stream) return tl::unexpected(stream.error());
    streams.push_back(std::move(*stream));
  }
  PEERBENCH_TRY(TransferStream::join(streams));
  auto gate = Gate::create();
  if (!gate) return tl::unexpected(gate.error());
  auto finish = Event::create(plan.transfers.front().issuer.index);
  if (!finish) return tl::unexpected(finish.error());

  Runner runner(plan, limits, std::move(*gate), std::move(*finish));
  runner.streams_ = std::move(streams);
  return runner;
}

std::vector<std::string> Runner::notes() const {
  std::vector<std::string> notes;
  for (const TransferStream& stream : streams_) {
    const std::string& note = stream.memory_note();
    if (!note.empty() && std::ranges::count(notes, note) == 0) notes.push_back(note);
  }
  if (gate_given_up_) {
    notes.push_back(fmt::format(
        "timed without a gate, since none held while the copies were queued ({} tries): the host's "
        "queueing may be part of the window",
        gate_failures_));
  } else if (!limits_.kernels) {
    notes.emplace_back(
        "timed without a gate, since this build has no kernels for the GPU: the host's queueing is "
        "part of the window, and the host filled and checked the data");
  } else if (!limits_.gated) {
    notes.emplace_back("timed without a gate, as asked: the host's queueing is part of the window");
  }
  return notes;
}

// What a fill or a check that never ended works on must not be freed.
template <typename T>
Expected<T> Runner::abandoned_if_hung(Expected<T> done) {
  if (!done && done.error().kind == ErrorKind::hang) abandon();
  return done;
}

Expected<void> Runner::fill_sources(std::uint64_t seed) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    PEERBENCH_TRY(abandoned_if_hung(streams_[i].fill_source(content_seed(seed, i))));
  }
  return {};
}

Expected<void> Runner::poison_destinations() {
  for (const TransferStream& stream : streams_)
    PEERBENCH_TRY(abandoned_if_hung(stream.poison_destination()));
  return {};
}

Expected<std::string> Runner::find_corruption(std::uint64_t seed) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    auto found = abandoned_if_hung(streams_[i].find_corruption(content_seed(seed, i)));
    if (!found || !found->empty()) return found;
  }
  return std::string();
}

bool Runner::staged() const { return staged_through_host(plan_); }

int Runner::copies_for(double seconds, double each) const {
  // GPUs wait for each other at the beginning and at the end, 5 to 10 us each time, and starting a
  // thread takes some 50 us: up to a quarter of a percent of these.
  constexpr double with_waits = 10e-3;
  constexpr double with_threads = 20e-3;
  // Several streams of one GPU drift apart meanwhile, which costs more the longer the sample is.
  const bool drift = most_of_one_issuer(plan_) > 1;
  if (several_issuers(plan_) && !drift) seconds = std::max(seconds, with_waits);
  if (staged() && streams_.size() > 1) seconds = std::max(seconds, with_threads);
  return static_cast<int>(std::ceil(std::clamp(seconds / each, 1.0, 1e6)));
}

Expected<void> Runner::wake() {
  const auto woken = sample_by_events(1, {});
  if (!woken) return tl::unexpected(woken.error());
  return {};
}

Expected<Sample> Runner::sample(int copies, const std::function<void()>& while_copying) {
  if (starts_from_the_host(plan_)) copies = 1;
  const bool by_events = !limits_.gated || !limits_.kernels || gate_given_up_ || staged();
  const int most = by_events && !plan_.submission ? most_ungated_copies
                   : several_issuers(plan_)       ? max_joined_copies
                                                  : max_queued_copies;
  copies = std::clamp(copies, 1, std::max(1, most / most_of_one_issuer(plan_)));
  if (plan_.submission) return sample_submissions(copies, while_copying);
  if (blocks_the_host(plan_)) return sample_by_host_clock(copies, while_copying);
  return by_events ? sample_by_events(copies, while_copying) : sample_gated(copies, while_copying);
}

Expected<Sample> Runner::sample_by_host_clock(int copies,
                                              const std::function<void()>& while_copying) {
  TransferStream& stream = streams_.front();
  PEERBENCH_ON_DEVICE(stream.cuda_stream().device());
  const auto start = HostClock::now();
  for (int copy = 0; copy < copies; ++copy) {
    ++copies_;
    PEERBENCH_TRY(stream.queue());
    if (copy == 0 && while_copying) while_copying();
  }
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventRecord(finish_.get(), stream.cuda_stream().get())));
  PEERBENCH_TRY(await_finish());
  const double seconds = std::chrono::duration<double>(HostClock::now() - start).count();
  return Sample{.copies = copies, .window_seconds = seconds, .transfer_seconds = {seconds}};
}

// The host asks for the end as fast as it can: what it is told when it sleeps depends on how the
// driver wakes it.
Expected<Sample> Runner::sample_submissions(int copies,
                                            const std::function<void()>& while_copying) {
  TransferStream& stream = streams_.front();
  PEERBENCH_ON_DEVICE(stream.cuda_stream().device());
  double seconds = 0;
  for (int copy = 0; copy < copies; ++copy) {
    const auto start = HostClock::now();
    PEERBENCH_TRY(stream.queue());
    if (copy == 0 && while_copying) while_copying();
    PEERBENCH_TRY(await_end([&] { return cudaStreamQuery(stream.cuda_stream().get()); }));
    seconds += std::chrono::duration<double>(HostClock::now() - start).count();
    ++copies_;
  }
  return Sample{.copies = copies, .window_seconds = seconds, .transfer_seconds = {seconds}};
}

Expected<Sample> Runner::sample_gated(int copies, const std::function<void()>& while_copying) {
  auto timeout = limits_.gate_timeout;
  for (int attempt = 0; attempt < limits_.gate_attempts; ++attempt) {
    if (attempt > 0) {
      // Either the host queues more slowly than the gate waits, or the driver blocks the host on a
      // full queue until the gate gives up: fewer copies help against the one, more time against
      // the other.
      copies = std::max(1, copies / 2);
      timeout *= 4;
    }
    for (TransferStream& stream : streams_) PEERBENCH_TRY(stream.send_to_host());
    auto gated = queue_gated(copies, timeout);
    if (!gated) return tl::unexpected(gated.error());
    if (while_copying) while_copying();
    PEERBENCH_TRY(await_finish());
    for (const TransferStream& stream : streams_) PEERBENCH_TRY(stream.check_timed_out());
    if (*gated) return read_window(copies);
    ++gate_failures_;
  }
  gate_given_up_ = true;
  return sample_by_events(copies, while_copying);
}

// The host queues while the first copies run already: their time must be long against its own.
Expected<Sample> Runner::sample_by_events(int copies, const std::function<void()>& while_copying) {
  for (TransferStream& stream : streams_) PEERBENCH_TRY(stream.send_to_host());
  PEERBENCH_TRY(queue_all(copies));
  if (while_copying) while_copying();
  PEERBENCH_TRY(await_finish());
  for (const TransferStream& stream : streams_) PEERBENCH_TRY(stream.check_timed_out());
  return read_window(copies);
}

Expected<Sample> Runner::read_window(int copies) const {
  Sample sample{.copies = copies, .window_seconds = 0, .transfer_seconds = {}};
  auto window = seconds_between(streams_.front().begin(), finish_);
  if (!window) return tl::unexpected(window.error());
  sample.window_seconds = *window;
  for (const TransferStream& stream : streams_) {
    auto own = seconds_between(stream.begin(), stream.end());
    if (!own) return tl::unexpected(own.error());
    sample.transfer_seconds.push_back(*own);
  }
  return sample;
}

// Queues gate, window and copies; says whether the gate held until all was queued, and opens it.
Expected<bool> Runner::queue_gated(int copies, std::chrono::nanoseconds gate_timeout) {
  PEERBENCH_TRY(gate_.close(streams_.front().cuda_stream(), gate_timeout));
  auto queued = lead_in(copies);
  if (queued) queued = queue_all(copies);
  auto held = gate_.held(streams_.front().begin());
  gate_.open();  // on every path: a stream behind a closed gate would block all that follows
  if (!queued) return tl::unexpected(queued.error());
  return held;
}

// The gate is a kernel: what follows by a copy engine waits for the change from one to the other.
// A copy between gate and start takes that out of the window. Worth it where the copies are short.
Expected<void> Runner::lead_in(int copies) {
  constexpr int many = 8;
  TransferStream& lead = streams_.front();
  if (streams_.size() > 1 || copies < many || lead.transfer().engine != Engine::ce) return {};
  PEERBENCH_ON_DEVICE(lead.cuda_stream().device());
  ++copies_;
  return lead.queue();
}

Expected<void> Runner::queue_all(int copies) {
  PEERBENCH_TRY(open_window());
  PEERBENCH_TRY(staged() && streams_.size() > 1 ? queue_by_threads(copies) : queue_copies(copies));
  return close_window();
}

// The start that all streams share.
Expected<void> Runner::open_window() {
  TransferStream& lead = streams_.front();
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventRecord(lead.begin().get(), lead.cuda_stream().get())));
  for (std::size_t i = 1; i < streams_.size(); ++i) {
    const TransferStream& stream = streams_[i];
    PEERBENCH_ON_DEVICE(stream.cuda_stream().device());
    PEERBENCH_TRY(
        PEERBENCH_CUDA(cudaStreamWaitEvent(stream.cuda_stream().get(), lead.begin().get(), 0)));
    PEERBENCH_TRY(
        PEERBENCH_CUDA(cudaEventRecord(stream.begin().get(), stream.cuda_stream().get())));
  }
  return {};
}

Expected<void> Runner::queue_copies(int copies) {
  for (int copy = 0; copy < copies; ++copy) {
    ++copies_;
    for (TransferStream& stream : streams_) {
      PEERBENCH_ON_DEVICE(stream.cuda_stream().device());
      PEERBENCH_TRY(stream.queue());
    }
  }
  for (const TransferStream& stream : streams_) PEERBENCH_TRY(stream.record_end());
  return {};
}

namespace {

Expected<void> queue_on_one_thread(TransferStream& stream, int copies) {
  PEERBENCH_ON_DEVICE(stream.cuda_stream().device());
  for (int copy = 0; copy < copies; ++copy) PEERBENCH_TRY(stream.queue());
  return stream.record_end();
}

}  // namespace

// A call that holds its caller must not hold the other transfers.
Expected<void> Runner::queue_by_threads(int copies) {
  std::vector<Expected<void>> queued(streams_.size());
  std::vector<std::function<void()>> work;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    work.emplace_back([&stream = streams_[i], &outcome = queued[i], copies] {
      outcome = queue_on_one_thread(stream, copies);
    });
  }
  side_by_side(work);
  copies_ += static_cast<std::uint64_t>(copies);
  for (const Expected<void>& each : queued) PEERBENCH_TRY(each);
  return {};
}

// The join of all streams on the leading one.
Expected<void> Runner::close_window() {
  TransferStream& lead = streams_.front();
  PEERBENCH_ON_DEVICE(lead.cuda_stream().device());
  for (std::size_t i = 1; i < streams_.size(); ++i) {
    PEERBENCH_TRY(
        PEERBENCH_CUDA(cudaStreamWaitEvent(lead.cuda_stream().get(), streams_[i].end().get(), 0)));
  }
  return PEERBENCH_CUDA(cudaEventRecord(finish_.get(), lead.cuda_stream().get()));
}

Expected<void> Runner::await_finish() {
  return await_end([this] { return cudaEventQuery(finish_.get()); });
}

Expected<void> Runner::await_end(const std::function<cudaError_t()>& ask) {
  return await(ask, {.limit = limits_.hang_after, .abandon = [this] { abandon(); }});
}

void Runner::abandon() {
  abandoned_ = true;
  leave_behind();
  gate_.abandon();
  finish_.abandon();
  for (TransferStream& stream : streams_) stream.abandon();
}

}  // namespace peerbench::measure
