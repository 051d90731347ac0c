// SPDX-License-Identifier: Apache-2.0
#include "sim/core/engine.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gpusim {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();
// A picosecond: times closer than this are one event. Hours of virtual time still resolve it.
constexpr double same_time_ns = 1e-3;
// What flows within that time at any rate there is.
constexpr double same_bytes = 1;

/// When something happens to a running operation by itself.
double next_of(const Operation& operation) {
  return std::min(operation.phase_end_ns, operation.started_ns + operation.limit_ns);
}

}  // namespace

Engine::Engine(std::vector<double> capacities, std::vector<int> slots,
               std::vector<int> multiprocessors)
    : capacities_(std::move(capacities)),
      free_slots_(std::move(slots)),
      residency_(std::move(multiprocessors)) {}

int Engine::add_queue() {
  queues_[queue_count_];
  return queue_count_++;
}

void Engine::remove_queue(int queue) {
  if (queues_[queue].empty()) {
    queues_.erase(queue);
  } else {
    closing_.insert(queue);
  }
}

OperationPtr Engine::tail(int queue) const {
  const auto found = queues_.find(queue);
  return found == queues_.end() || found->second.empty() ? nullptr : found->second.back();
}

std::vector<OperationPtr> Engine::tails() const {
  std::vector<OperationPtr> found;
  for (const auto& [queue, operations] : queues_) {
    if (!operations.empty()) found.push_back(operations.back());
  }
  return found;
}

OperationPtr Engine::submit(Operation operation) {
  auto shared = std::make_shared<Operation>(std::move(operation));
  shared->number = submitted_++;
  settled_ = false;
  queues_[shared->queue].push_back(shared);
  return shared;
}

bool Engine::can_start(const Operation& operation) const {
  if (operation.phase != Operation::Phase::queued) return false;
  if (operation.submitted_ns > now_ns_ + same_time_ns) return false;
  const auto ended = [](const OperationPtr& other) { return other->ended(); };
  if (!std::ranges::all_of(operation.after, ended)) return false;
  return residency_.admits(operation.seats) && free_slots_for(operation).has_value();
}

std::optional<std::vector<int>> Engine::free_slots_for(const Operation& operation) const {
  std::vector<int> found;
  for (const std::vector<int>& pools : operation.slots) {
    const auto free = std::ranges::find_if(pools, [&](int pool) {
      return free_slots_[static_cast<std::size_t>(pool)] > std::ranges::count(found, pool);
    });
    if (free == pools.end()) return std::nullopt;
    found.push_back(*free);
  }
  return found;
}

// Heads of the queues in the order of submission, so that who gets a slot is a matter of who came
// first. Instant operations end at once and uncover the next head: repeat until nothing starts.
void Engine::start_ready() {
  std::vector<OperationPtr> heads;
  for (bool started = true; started;) {
    started = false;
    heads.clear();
    for (auto& [queue, operations] : queues_) {
      if (!operations.empty() && operations.front()->phase == Operation::Phase::queued) {
        heads.push_back(operations.front());
      }
    }
    std::ranges::sort(heads, {}, [](const OperationPtr& head) { return head->number; });
    for (const OperationPtr& head : heads) {
      if (!can_start(*head)) continue;
      start(head);
      started = true;
    }
  }
}

void Engine::start(const OperationPtr& operation) {
  operation->held = free_slots_for(*operation).value_or(std::vector<int>());
  for (int pool : operation->held) --free_slots_[static_cast<std::size_t>(pool)];
  residency_.enter(operation->seats);
  operation->after.clear();
  operation->started_ns = now_ns_;
  if (operation->on_start) operation->on_start(*operation);
  operation->phase = Operation::Phase::latency;
  operation->phase_end_ns = operation->endless ? never : now_ns_ + operation->latency_ns;
  running_.push_back(operation);
  if (operation->endless || operation->latency_ns > 0) return;
  if (begin_work(*operation)) end(operation);
}

// After the fixed part: a waiting operation waits, one with bytes flows; true: it does neither, and
// is done.
bool Engine::begin_work(Operation& operation) {
  if (operation.ready) {
    operation.phase = Operation::Phase::waiting;
    operation.phase_end_ns = operation.started_ns + operation.timeout_ns;
    if (wait_is_over(operation)) return true;
  } else if (operation.bytes > 0) {
    operation.phase = Operation::Phase::flowing;
    flows_changed_ = true;
    operation.remaining = operation.bytes;
    operation.phase_end_ns = never;  // until the shares are known
  } else {
    return true;
  }
  return false;
}

// True: the operation is done. What comes after a wait takes its time first.
bool Engine::wait_is_over(Operation& operation) {
  if (!operation.ready()) return false;
  if (operation.after_wait_ns <= 0) return true;
  operation.phase = Operation::Phase::finishing;
  operation.phase_end_ns = now_ns_ + operation.after_wait_ns;
  return false;
}

void Engine::ask_waiting() {
  const auto waits = [](const OperationPtr& each) {
    return each->phase == Operation::Phase::waiting;
  };
  if (std::ranges::none_of(running_, waits)) return;
  settled_ = false;
  const std::vector<OperationPtr> snapshot = running_;
  for (const OperationPtr& operation : snapshot) {
    if (operation->phase != Operation::Phase::waiting) continue;
    if (wait_is_over(*operation)) end(operation);
  }
}

void Engine::end(const OperationPtr& operation) {
  // Multiprocessors that it leaves may go to a kernel that has too few.
  flows_changed_ |= operation->phase == Operation::Phase::flowing || operation->seats.held > 0;
  std::erase(running_, operation);
  for (int pool : operation->held) ++free_slots_[static_cast<std::size_t>(pool)];
  residency_.leave(operation->seats, running_);
  operation->phase = Operation::Phase::ended;
  operation->ended_ns = now_ns_;
  auto& queue = queues_[operation->queue];
  queue.pop_front();
  const bool repeated =
      !operation->repeats.empty() && !queue.empty() && queue.front()->repeats == operation->repeats;
  if (queue.empty() && closing_.erase(operation->queue) > 0) queues_.erase(operation->queue);
  if (operation->effect && !repeated) operation->effect();
  // Events keep ended operations alive; what they held on to must go now.
  operation->effect = nullptr;
  operation->on_start = nullptr;
  operation->counted_from = nullptr;
  operation->ready = nullptr;
  operation->timed_out = nullptr;
  operation->killed = nullptr;
  if (on_end) on_end(*operation);
}

void Engine::poll() {
  ask_waiting();
  settle();
}

void Engine::settle() {
  if (settled_ && next_ns_ > now_ns_ + same_time_ns) return;
  for (;;) {
    start_ready();
    const auto due = std::ranges::find_if(running_, [&](const OperationPtr& operation) {
      return next_of(*operation) <= now_ns_ + same_time_ns;
    });
    if (due == running_.end()) break;
    const OperationPtr operation = *due;
    if (operation->started_ns + operation->limit_ns <= now_ns_ + same_time_ns) {
      operation->effect = operation->killed;
      end(operation);
      continue;
    }
    if (operation->phase == Operation::Phase::latency) {
      if (!begin_work(*operation)) {
        // One that begins to wait may be what another one waits for.
        if (operation->ready) ask_waiting();
        continue;
      }
    } else if (operation->phase == Operation::Phase::waiting && operation->timed_out) {
      operation->timed_out();
    }
    const bool wrote = static_cast<bool>(operation->effect);
    end(operation);
    if (wrote) ask_waiting();  // what it wrote may be what another one waits for
  }
  share();
  settled_ = true;
  next_ns_ = next_event();
}

// Rates hold until a flow comes or goes, or a kernel gets more blocks.
void Engine::share() {
  if (!std::exchange(flows_changed_, false)) return;
  std::vector<Operation*> flowing;
  std::vector<Demand> demands;
  for (const OperationPtr& operation : running_) {
    if (operation->phase != Operation::Phase::flowing) continue;
    flowing.push_back(operation.get());
    demands.push_back({operation->uses, cap_of(*operation), operation->share});
  }
  const std::vector<double> rates = max_min_rates(demands, capacities_);
  for (std::size_t i = 0; i < flowing.size(); ++i) flowing[i]->rate = rates[i];
  slow_down();
  for (Operation* operation : flowing) {
    const double rate = operation->rate;
    operation->phase_end_ns = std::isinf(rate) ? now_ns_
                              : rate > 0       ? now_ns_ + operation->remaining / rate
                                               : never;
  }
}

// A kernel with too few blocks does not get as far as its memory or link would let it.
double Engine::cap_of(const Operation& operation) const {
  const double pace = operation.seats.pace();
  if (pace >= 1) return operation.cap;
  double alone = operation.cap;
  for (const Use& use : operation.uses) {
    alone = std::min(alone, capacities_[static_cast<std::size_t>(use.resource)] / use.weight);
  }
  return alone * pace;
}

// What waits for each of its bytes, as a chain of loads does, gets slower as the queues fill.
void Engine::slow_down() {
  for (const OperationPtr& slowed : running_) {
    if (slowed->slowed_at < 0 || slowed->phase != Operation::Phase::flowing) continue;
    double used = 0;
    for (const OperationPtr& other : running_) {
      if (other->phase != Operation::Phase::flowing) continue;
      for (const Use& use : other->uses) {
        if (use.resource == slowed->slowed_at) used += other->rate * use.weight;
      }
    }
    const double part = used / capacities_[static_cast<std::size_t>(slowed->slowed_at)];
    slowed->rate /= 1 + slowed->slowed_by * part;
  }
}

double Engine::next_event() const {
  double next = never;
  for (const OperationPtr& operation : running_) {
    next = std::min(next, next_of(*operation));
  }
  for (const auto& [queue, operations] : queues_) {
    if (operations.empty()) continue;
    const Operation& head = *operations.front();
    const bool ahead = head.submitted_ns > now_ns_ + same_time_ns;
    if (head.phase == Operation::Phase::queued && ahead) next = std::min(next, head.submitted_ns);
  }
  return next;
}

void Engine::step_to(double ns) {
  const double elapsed = ns - now_ns_;
  if (elapsed > 0) {
    for (const OperationPtr& operation : running_) {
      if (operation->phase != Operation::Phase::flowing) continue;
      operation->remaining = std::max(0.0, operation->remaining - operation->rate * elapsed);
    }
    now_ns_ = ns;
  }
  settle();
}

void Engine::advance_to(double ns) {
  settle();
  while (next_ns_ <= ns) step_to(next_ns_);
  if (ns > now_ns_) step_to(ns);
}

bool Engine::run_until(const std::function<bool()>& done) {
  settle();
  while (!done()) {
    if (next_ns_ == never) return false;
    step_to(next_ns_);
  }
  return true;
}

bool Engine::run_until_moved(const Operation& operation, double share) {
  const double left = operation.bytes * (1 - share);
  settle();
  while (!operation.ended()) {
    double next = next_ns_;
    if (share < 1 && operation.phase == Operation::Phase::flowing) {
      if (operation.remaining <= left + same_bytes) return true;
      if (operation.rate > 0) {
        next = std::min(next, now_ns_ + (operation.remaining - left) / operation.rate);
      }
    }
    if (next == never) return false;
    step_to(next);
  }
  return true;
}

bool Engine::run_until_idle() {
  settle();
  while (next_ns_ != never) step_to(next_ns_);
  return std::ranges::all_of(queues_, [](const auto& queue) { return queue.second.empty(); });
}

bool Engine::any_left(const std::function<bool(const Operation&)>& wanted) const {
  return std::ranges::any_of(queues_, [&](const auto& queue) {
    return std::ranges::any_of(queue.second,
                               [&](const OperationPtr& each) { return wanted(*each); });
  });
}

bool Engine::any_running(const std::function<bool(const Operation&)>& wanted) const {
  return std::ranges::any_of(running_, [&](const OperationPtr& each) { return wanted(*each); });
}

}  // namespace gpusim
