// SPDX-License-Identifier: Apache-2.0
#include "measure/thread_team.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/clock.hpp"

namespace peerbench::measure {
namespace {

// Ends of different threads lie in different cache lines, so that no thread's stamp slows another.
struct alignas(64) Stamp {
  HostClock::time_point end;
};

// Spins, because a sleeping thread wakes too late; gives way now and then, because with fewer cores
// than threads the awaited one may need this core.
template <typename Condition>
void spin_until(const Condition& condition) {
  for (unsigned turn = 1; !condition(); ++turn) {
    if (turn % 1024 == 0) std::this_thread::yield();
  }
}

}  // namespace

struct ThreadTeam::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t round = 0;  // counts jobs; guarded by the mutex like the next three
  const Work* work = nullptr;
  int busy = 0;
  bool quit = false;

  std::atomic<int> ready = 0;            // threads that stand at the start
  std::atomic<std::uint64_t> begun = 0;  // the round that thread 0 has let go
  HostClock::time_point begin;
  std::vector<Stamp> stamps;
  std::vector<std::thread> threads;

  void serve(int thread);
  void take_part(int thread, std::uint64_t this_round, const Work& job);
};

void ThreadTeam::State::take_part(int thread, std::uint64_t this_round, const Work& job) {
  const int all = static_cast<int>(stamps.size());
  ready.fetch_add(1, std::memory_order_acq_rel);
  if (thread == 0) {
    spin_until([&] { return ready.load(std::memory_order_acquire) == all; });
    ready.store(0, std::memory_order_relaxed);
    begin = HostClock::now();
    begun.store(this_round, std::memory_order_release);
  } else {
    spin_until([&] { return begun.load(std::memory_order_acquire) == this_round; });
  }
  job(thread);
  stamps[static_cast<std::size_t>(thread)].end = HostClock::now();
}

void ThreadTeam::State::serve(int thread) {
  std::uint64_t served = 0;
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return quit || round != served; });
    if (quit) return;
    served = round;
    const Work& job = *work;
    lock.unlock();
    take_part(thread, served, job);
    lock.lock();
    if (--busy == 0) changed.notify_all();
  }
}

ThreadTeam::ThreadTeam(std::unique_ptr<State> state) : state_(std::move(state)) {}
ThreadTeam::ThreadTeam(ThreadTeam&&) noexcept = default;

ThreadTeam::~ThreadTeam() {
  if (!state_) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->quit = true;
  }
  state_->changed.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

Expected<ThreadTeam> ThreadTeam::start(int threads, const Work& prepare) {
  ThreadTeam team(std::make_unique<State>());
  State* state = team.state_.get();
  state->stamps.resize(static_cast<std::size_t>(threads));
  for (int thread = 0; thread < threads; ++thread) {
    try {
      state->threads.emplace_back([state, thread] { state->serve(thread); });
    } catch (const std::system_error& error) {
      return fail(ErrorKind::device,
                  fmt::format("the system refused thread {} of {} ({}); ask for fewer threads",
                              thread + 1, threads, error.code().message()));
    }
  }
  team.run(prepare);
  return team;
}

int ThreadTeam::size() const { return static_cast<int>(state_->stamps.size()); }

std::chrono::nanoseconds ThreadTeam::run(const Work& work) {
  std::unique_lock lock(state_->mutex);
  state_->work = &work;
  state_->busy = size();
  ++state_->round;
  state_->changed.notify_all();
  state_->changed.wait(lock, [&] { return state_->busy == 0; });
  const auto last = std::max_element(state_->stamps.begin(), state_->stamps.end(),
                                     [](const Stamp& a, const Stamp& b) { return a.end < b.end; });
  return last->end - state_->begin;
}

}  // namespace peerbench::measure
