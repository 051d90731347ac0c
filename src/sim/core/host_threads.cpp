// SPDX-License-Identifier: Apache-2.0
// Several threads of the program at the same time. Their calls are put in the order of virtual
// time: the one whose clock is the furthest behind goes on, the others are held in real time. The
// engine runs ahead only when all of them wait for it.
#include <algorithm>
#include <condition_variable>

#include "sim/core/simulated_machine.hpp"
#include "sim/core/state.hpp"

namespace gpusim {
namespace {

thread_local int this_thread_number = -1;

// Whoever may go on is told; there are few of them.
std::condition_variable_any& changed() {
  static std::condition_variable_any* const only = new std::condition_variable_any;
  return *only;
}

}  // namespace

void SimulatedMachine::begin_threads(int count) {
  host_threads_.assign(static_cast<std::size_t>(std::max(0, count)),
                       {.clock_ns = host_ns_, .left = false, .waits_for = {}});
}

void SimulatedMachine::enter_thread(int number) { this_thread_number = number; }

void SimulatedMachine::leave_thread() {
  if (HostThread* self = this_thread()) {
    self->left = true;
    host_ns_ = std::max(host_ns_, self->clock_ns);
  }
  this_thread_number = -1;
  if (std::ranges::all_of(host_threads_, &HostThread::left)) {
    for (const HostThread& each : host_threads_) host_ns_ = std::max(host_ns_, each.clock_ns);
    host_threads_.clear();
  }
  changed().notify_all();
}

HostThread* SimulatedMachine::this_thread() {
  const auto number = static_cast<std::size_t>(this_thread_number);
  return this_thread_number < 0 || number >= host_threads_.size() ? nullptr
                                                                  : &host_threads_[number];
}

bool SimulatedMachine::is_first(const HostThread& thread) const {
  return std::ranges::all_of(host_threads_, [&](const HostThread& other) {
    if (&other == &thread || other.left || other.waiting()) return true;
    return thread.ready_ns() != other.ready_ns() ? thread.ready_ns() < other.ready_ns()
                                                 : &thread < &other;
  });
}

void SimulatedMachine::take_turn() {
  HostThread* const self = this_thread();
  if (self == nullptr) return;
  while (!is_first(*self)) changed().wait(session_mutex());
  self->clock_ns = self->ready_ns();
  self->waits_for = nullptr;
  host_ns_ = self->clock_ns;
}

void SimulatedMachine::end_turn() {
  HostThread* const self = this_thread();
  if (self == nullptr) return;
  self->clock_ns = host_ns_;
  changed().notify_all();
}

// False when it never will. One of several threads waits until the operation has ended. With other
// threads the call's cost is kept, since theirs come between.
bool SimulatedMachine::run_until_moved(const OperationPtr& operation, double share) {
  HostThread* const self = this_thread();
  if (self == nullptr) return engine_.run_until_moved(*operation, share);
  const double cost = call_cost_ns_;
  self->clock_ns = host_ns_;
  self->waits_for = operation;
  bool ends = true;
  while (ends && !operation->ended()) {
    changed().notify_all();
    const auto may_go_on = [](const HostThread& each) { return !each.left && !each.waiting(); };
    if (std::ranges::any_of(host_threads_, may_go_on)) {
      changed().wait(session_mutex());
      continue;
    }
    ends = engine_.run_until([&] { return std::ranges::any_of(host_threads_, may_go_on); });
  }
  if (!ends) self->waits_for = nullptr;
  take_turn();
  call_cost_ns_ = cost;
  return ends;
}

}  // namespace gpusim
