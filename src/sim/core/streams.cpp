// SPDX-License-Identifier: Apache-2.0
// Streams and events, and the order that CUDA's default stream puts them in.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

#include "sim/core/noise.hpp"
#include "sim/core/simulated_machine.hpp"

namespace gpusim {
namespace {

/// Small number of the calling thread, in the order of their first call.
int thread_number() {
  static std::atomic<int> threads{0};
  thread_local const int number = threads++;
  return number;
}

}  // namespace

Stream* SimulatedMachine::create_stream(int gpu, unsigned flags, int priority) {
  auto stream = std::make_unique<Stream>();
  stream->number = stream_count_++;
  stream->gpu = gpu;
  stream->queue = engine_.add_queue();
  stream->blocking = (flags & cudaStreamNonBlocking) == 0;
  stream->flags = flags;
  stream->priority = std::clamp(priority, greatest_priority, least_priority);
  Stream* made = stream.get();
  streams_[made] = std::move(stream);
  return made;
}

void SimulatedMachine::destroy_stream(Stream* stream) {
  engine_.remove_queue(stream->queue);  // what is queued still runs
  streams_.erase(stream);
}

Stream* SimulatedMachine::default_stream(int gpu, bool per_thread) {
  const std::pair<int, int> key = {gpu, per_thread ? thread_number() : -1};
  const auto found = defaults_.find(key);
  if (found != defaults_.end()) return found->second;
  Stream* made = create_stream(gpu, cudaStreamDefault, 0);
  made->legacy = !per_thread;
  defaults_[key] = made;
  return made;
}

Stream* SimulatedMachine::find_stream(const void* handle, int gpu, bool null_is_per_thread) {
  if (handle == nullptr) return default_stream(gpu, null_is_per_thread);
  if (handle == cudaStreamLegacy) return default_stream(gpu, false);
  if (handle == cudaStreamPerThread) return default_stream(gpu, true);
  const auto found = streams_.find(handle);
  return found == streams_.end() ? nullptr : found->second.get();
}

Event* SimulatedMachine::create_event(int gpu, unsigned flags) {
  auto event = std::make_unique<Event>();
  event->gpu = gpu;
  event->flags = flags;
  Event* made = event.get();
  events_[made] = std::move(event);
  return made;
}

Event* SimulatedMachine::find_event(const void* handle) {
  const auto found = events_.find(handle);
  return found == events_.end() ? nullptr : found->second.get();
}

void SimulatedMachine::destroy_event(Event* event) { events_.erase(event); }

void SimulatedMachine::record(Event& event, Stream& stream) {
  if (captured(stream, [this, from = &event, in = &stream](const Capture::Places& places) {
        record(*places.event(from), *places.stream(in));
      })) {
    event.capture = stream.capture;
    stream.capture->events.push_back(&event);
    return;
  }
  event.capture.reset();
  Operation operation;
  operation.label.kind = "record";
  event.recorded = submit(stream, std::move(operation));
}

void SimulatedMachine::wait_event(Stream& stream, const Event& event) {
  // Waiting for an event of a capture makes a stream part of it.
  if (const auto capture = event.capture.lock();
      capture != nullptr && capture->origin->capture == capture) {
    if (stream.capture == nullptr) capture->streams.emplace_back(&stream, stream.gpu);
    stream.capture = capture;
  }
  if (captured(stream, [this, of = const_cast<Event*>(&event),
                        in = &stream](const Capture::Places& places) {
        wait_event(*places.stream(in), *places.event(of));
      })) {
    return;
  }
  if (event.recorded == nullptr || event.recorded->ended()) return;
  Operation operation;
  operation.label.kind = "wait";
  operation.after.push_back(event.recorded);
  if (event.recorded->label.gpu != stream.gpu) {
    operation.latency_ns = file_.driver.device_wait_us * 1e3;
    operation.counted_from = event.recorded;
  }
  submit(stream, std::move(operation));
}

void SimulatedMachine::host_function(Stream& stream, std::function<void()> call) {
  Operation operation;
  operation.label.kind = "host-function";
  operation.effect = [this, call = std::move(call)] {
    in_callback_ = true;
    call();
    in_callback_ = false;
  };
  submit(stream, std::move(operation));
}

OperationPtr SimulatedMachine::last_of(const Stream& stream) const {
  return engine_.tail(stream.queue);
}

OperationPtr SimulatedMachine::submit(Stream& stream, Operation operation) {
  if (stream.capture != nullptr) stream.capture->invalidated = true;
  operation.queue = stream.queue;
  operation.submitted_ns = host_ns_ + call_cost_ns_;
  operation.label.gpu = stream.gpu;
  operation.label.stream = stream.number;
  if (stream.legacy) {
    for (const auto& [handle, other] : streams_) {
      if (other->gpu != stream.gpu || !other->blocking || other->legacy) continue;
      if (OperationPtr tail = last_of(*other)) operation.after.push_back(std::move(tail));
    }
  } else if (stream.blocking) {
    const auto legacy = defaults_.find({stream.gpu, -1});
    if (legacy != defaults_.end()) {
      if (OperationPtr tail = last_of(*legacy->second)) operation.after.push_back(std::move(tail));
    }
  }
  if (operation.latency_ns > 0 || operation.bytes > 0) {
    const double noise = noise_factor(file_.seed, noisy_count_++, file_.noise_cv);
    operation.latency_ns *= noise;
    operation.after_wait_ns *= noise;
    operation.bytes *= noise;  // more work at the same rate: the others' shares stay fair
    if (may_fail()) {
      operation.effect = [this, gpu = stream.gpu, effect = std::move(operation.effect)] {
        if (!fails(gpu) && effect) effect();
      };
    }
  }
  operation.on_start = [this](Operation& starting) { begins(starting); };
  return engine_.submit(std::move(operation));
}

}  // namespace gpusim
