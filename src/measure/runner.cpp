#include "measure/runner.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.hpp"
#include "base/clock.hpp"
#include "measure/content.hpp"

namespace peerbench::measure {

namespace {

/// Whether a sample is one copy: a second would find its memory where the first brought it.
bool starts_from_the_host(const Plan& plan) {
  return std::ranges::any_of(plan.transfers, &Transfer::from_host_each_time);
}

bool blocks_the_host(const Plan& plan) {
  return std::ranges::any_of(plan.transfers, [](const Transfer& transfer) {
    return transfer.host_memory == HostMemory::pageable;
  });
}

// Each transfer has data of its own; the two ways of a ping-pong count on from the same number.
std::uint64_t seed_of(const Lane& lane, std::uint64_t seed, std::size_t index) {
  return content_seed(seed, lane.transfer().op == Op::ping_pong ? 0 : index);
}

// The two ways of a ping-pong find each other's memory.
Expected<void> join_ping_pong(std::vector<Lane>& lanes) {
  if (lanes.front().transfer().op != Op::ping_pong) return {};
  const bool there_and_back = lanes.size() == 2 && lanes[1].transfer().op == Op::ping_pong &&
                              lanes[0].transfer().source == lanes[1].transfer().destination &&
                              lanes[1].transfer().source == lanes[0].transfer().destination;
  if (!there_and_back) {
    return fail(ErrorKind::internal, "a ping-pong is two transfers, there and back");
  }
  lanes[0].answer(lanes[1], false);
  lanes[1].answer(lanes[0], true);
  return {};
}

}  // namespace

Runner::Runner(Plan plan, RunnerLimits limits, Gate gate, Event finish)
    : plan_(std::move(plan)), limits_(limits), gate_(std::move(gate)), finish_(std::move(finish)) {}

Runner::~Runner() = default;

Expected<Runner> Runner::create(const Plan& plan, const RunnerLimits& limits) {
  if (plan.transfers.empty()) return fail(ErrorKind::internal, "a plan without transfers");
  if (blocks_the_host(plan) && plan.transfers.size() > 1) {
    return fail(ErrorKind::unsupported,
                "copies of pageable memory wait for each other: only one at a time is measured");
  }
  if (plan.submission && plan.transfers.size() > 1) {
    return fail(ErrorKind::internal, "submissions are timed one transfer at a time");
  }
  std::vector<Lane> lanes;
  for (const Transfer& transfer : plan.transfers) {
    auto lane = Lane::create(transfer, plan.peer_access);
    if (!lane) return tl::unexpected(lane.error());
    lanes.push_back(std::move(*lane));
  }
  PEERBENCH_TRY(join_ping_pong(lanes));
  auto gate = Gate::create();
  if (!gate) return tl::unexpected(gate.error());
  auto finish = Event::create(plan.transfers.front().issuer.index);
  if (!finish) return tl::unexpected(finish.error());

  Runner runner(plan, limits, std::move(*gate), std::move(*finish));
  runner.lanes_ = std::move(lanes);
  return runner;
}

std::vector<std::string> Runner::notes() const {
  std::vector<std::string> notes;
  for (const Lane& lane : lanes_) {
    const std::string& note = lane.memory_note();
    if (!note.empty() && std::ranges::count(notes, note) == 0) notes.push_back(note);
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
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    PEERBENCH_TRY(abandoned_if_hung(lanes_[i].fill_source(seed_of(lanes_[i], seed, i))));
  }
  return {};
}

Expected<void> Runner::poison_destinations() {
  for (const Lane& lane : lanes_) PEERBENCH_TRY(abandoned_if_hung(lane.poison_destination()));
  return {};
}

Expected<std::string> Runner::find_corruption(std::uint64_t seed) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    auto found = abandoned_if_hung(lanes_[i].find_corruption(seed_of(lanes_[i], seed, i)));
    if (!found || !found->empty()) return found;
  }
  return std::string();
}

Expected<Sample> Runner::sample(int copies, const std::function<void()>& while_copying) {
  if (starts_from_the_host(plan_)) copies = 1;
  copies = std::clamp(copies, 1, std::max(1, max_queued_copies / static_cast<int>(lanes_.size())));
  if (plan_.submission) return sample_submissions(copies, while_copying);
  return blocks_the_host(plan_) ? sample_by_host_clock(copies, while_copying)
                                : sample_gated(copies, while_copying);
}

Expected<Sample> Runner::sample_by_host_clock(int copies,
                                              const std::function<void()>& while_copying) {
  Lane& lane = lanes_.front();
  PEERBENCH_ON_DEVICE(lane.stream().device());
  const auto start = HostClock::now();
  for (int copy = 0; copy < copies; ++copy) {
    PEERBENCH_TRY(lane.queue());
    if (copy == 0 && while_copying) while_copying();
  }
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventRecord(finish_.get(), lane.stream().get())));
  PEERBENCH_TRY(await_finish());
  const double seconds = std::chrono::duration<double>(HostClock::now() - start).count();
  return Sample{.copies = copies, .window_seconds = seconds, .transfer_seconds = {seconds}};
}

// The host asks for the end as fast as it can: what it is told when it sleeps depends on how the
// driver wakes it.
Expected<Sample> Runner::sample_submissions(int copies,
                                            const std::function<void()>& while_copying) {
  Lane& lane = lanes_.front();
  PEERBENCH_ON_DEVICE(lane.stream().device());
  double seconds = 0;
  for (int copy = 0; copy < copies; ++copy) {
    const auto start = HostClock::now();
    PEERBENCH_TRY(lane.queue());
    if (copy == 0 && while_copying) while_copying();
    PEERBENCH_TRY(await([&] { return cudaStreamQuery(lane.stream().get()); }));
    seconds += std::chrono::duration<double>(HostClock::now() - start).count();
    ++copies_;
  }
  return Sample{.copies = copies, .window_seconds = seconds, .transfer_seconds = {seconds}};
}

Expected<Sample> Runner::sample_gated(int copies, const std::function<void()>& while_copying) {
  auto timeout = limits_.gate_timeout;
  bool held = false;
  for (int attempt = 0; attempt < limits_.gate_attempts && !held; ++attempt) {
    if (attempt > 0) {
      // Either the host queues more slowly than the gate waits, or the driver blocks the host on a
      // full queue until the gate gives up: fewer copies help against the one, more time against
      // the other.
      copies = std::max(1, copies / 2);
      timeout *= 4;
    }
    for (const Lane& lane : lanes_) PEERBENCH_TRY(lane.send_to_host());
    auto gated = queue_gated(copies, timeout);
    if (!gated) return tl::unexpected(gated.error());
    if (while_copying) while_copying();
    PEERBENCH_TRY(await_finish());
    for (const Lane& lane : lanes_) PEERBENCH_TRY(lane.came_to_its_end());
    held = *gated;
  }
  if (!held) {
    return fail(ErrorKind::device,
                fmt::format("the gate did not hold: queueing {} copies took longer than {} ms, {} "
                            "times; no figure is given, since it would contain the host's time",
                            copies, timeout.count() / 1000000, limits_.gate_attempts));
  }

  Sample sample{.copies = copies, .window_seconds = 0, .transfer_seconds = {}};
  auto window = seconds_between(lanes_.front().begin(), finish_);
  if (!window) return tl::unexpected(window.error());
  sample.window_seconds = *window;
  for (const Lane& lane : lanes_) {
    auto own = seconds_between(lane.begin(), lane.end());
    if (!own) return tl::unexpected(own.error());
    sample.transfer_seconds.push_back(*own);
  }
  return sample;
}

// Queues gate, start, copies and join; says whether the gate held until all was queued, and opens
// it.
Expected<bool> Runner::queue_gated(int copies, std::chrono::nanoseconds gate_timeout) {
  PEERBENCH_TRY(gate_.close(lanes_.front().stream(), gate_timeout));
  const auto queued = queue_copies(copies);
  auto held = gate_.held(lanes_.front().begin());
  gate_.open();  // on every path: a stream behind a closed gate would block all that follows
  if (!queued) return tl::unexpected(queued.error());
  return held;
}

Expected<void> Runner::queue_copies(int copies) {
  Lane& lead = lanes_.front();
  PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventRecord(lead.begin().get(), lead.stream().get())));
  for (std::size_t i = 1; i < lanes_.size(); ++i) {
    const Lane& lane = lanes_[i];
    PEERBENCH_ON_DEVICE(lane.stream().device());
    PEERBENCH_TRY(PEERBENCH_CUDA(cudaStreamWaitEvent(lane.stream().get(), lead.begin().get(), 0)));
    PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventRecord(lane.begin().get(), lane.stream().get())));
  }
  for (int copy = 0; copy < copies; ++copy) {
    ++copies_;
    for (Lane& lane : lanes_) {
      PEERBENCH_ON_DEVICE(lane.stream().device());
      PEERBENCH_TRY(lane.queue());
    }
  }
  for (const Lane& lane : lanes_) {
    PEERBENCH_ON_DEVICE(lane.stream().device());
    PEERBENCH_TRY(PEERBENCH_CUDA(cudaEventRecord(lane.end().get(), lane.stream().get())));
  }
  PEERBENCH_ON_DEVICE(lead.stream().device());
  for (std::size_t i = 1; i < lanes_.size(); ++i) {
    PEERBENCH_TRY(
        PEERBENCH_CUDA(cudaStreamWaitEvent(lead.stream().get(), lanes_[i].end().get(), 0)));
  }
  return PEERBENCH_CUDA(cudaEventRecord(finish_.get(), lead.stream().get()));
}

Expected<void> Runner::await_finish() {
  return await([this] { return cudaEventQuery(finish_.get()); });
}

Expected<void> Runner::await(const std::function<cudaError_t()>& ask) {
  // Asks eagerly as long as most samples last, then leaves the processor to others.
  constexpr auto eager = std::chrono::milliseconds(2);
  constexpr auto pause = std::chrono::microseconds(100);
  const auto start = HostClock::now();
  while (true) {
    const cudaError_t code = ask();
    if (code != cudaErrorNotReady) return check_cuda(code, "waiting for the copies");
    cudaGetLastError();
    const auto waited = HostClock::now() - start;
    if (waited < limits_.hang_after) {
      if (waited > eager) HostClock::sleep_for(pause);
      continue;
    }
    abandon();
    return fail(
        ErrorKind::hang,
        fmt::format("the copies did not end within {} s",
                    std::chrono::duration_cast<std::chrono::seconds>(limits_.hang_after).count()));
  }
}

void Runner::abandon() {
  abandoned_ = true;
  gate_.abandon();
  finish_.abandon();
  for (Lane& lane : lanes_) lane.abandon();
}

}  // namespace peerbench::measure
