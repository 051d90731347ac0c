// SPDX-License-Identifier: Apache-2.0
// Graphs: what streams are told between the begin and the end of a recording, done again at each
// launch. Events and collectives can be recorded; whatever else is queued meanwhile is done at once
// and spoils the recording.
#include <algorithm>
#include <utility>

#include "sim/core/simulated_machine.hpp"

namespace peerbench::sim {

bool SimulatedMachine::recorded(Stream& stream,
                                std::function<void(const Recording::Places&)> step) {
  if (stream.recording == nullptr) return false;
  stream.recording->steps.push_back(std::move(step));
  return true;
}

cudaError_t SimulatedMachine::begin_recording(Stream& stream) {
  if (stream.legacy) return cudaErrorStreamCaptureUnsupported;
  if (stream.recording != nullptr) return cudaErrorIllegalState;
  stream.recording = std::make_shared<Recording>();
  stream.recording->origin = &stream;
  stream.recording->streams.emplace_back(&stream, stream.gpu);
  return cudaSuccess;
}

cudaError_t SimulatedMachine::end_recording(Stream& stream, Recording** graph) {
  const std::shared_ptr<Recording> ended = stream.recording;
  if (ended == nullptr || ended->origin != &stream) return cudaErrorIllegalState;
  for (const auto& [each, gpu] : ended->streams) {
    if (streams_.contains(each)) each->recording = nullptr;
  }
  *graph = nullptr;
  if (ended->spoilt) return cudaErrorStreamCaptureInvalidated;
  graphs_[ended.get()] = ended;
  *graph = ended.get();
  return cudaSuccess;
}

cudaError_t SimulatedMachine::instantiate(Recording* graph, Replay** replay) {
  const auto known = graphs_.find(graph);
  if (known == graphs_.end()) return cudaErrorInvalidValue;
  auto made = std::make_unique<Replay>();
  made->recording = known->second;
  for (const auto& [stream, gpu] : graph->streams) {
    if (stream == graph->origin) continue;
    made->streams[stream] = create_stream(gpu, cudaStreamNonBlocking, 0);
  }
  for (Event* event : graph->events) {
    if (!made->events.contains(event)) made->events[event] = create_event(0, cudaEventDefault);
  }
  *replay = made.get();
  replays_[made.get()] = std::move(made);
  return cudaSuccess;
}

cudaError_t SimulatedMachine::upload(Replay* replay, Stream& stream) {
  if (!replays_.contains(replay)) return cudaErrorInvalidValue;
  if (std::exchange(replay->uploaded, true)) return cudaSuccess;
  Operation operation;
  operation.label.kind = "graph-upload";
  operation.latency_ns = 1e3 * file_.driver.graph_upload_us;
  submit(stream, std::move(operation));
  return cudaSuccess;
}

cudaError_t SimulatedMachine::upload_now(Replay& replay) {
  if (std::exchange(replay.uploaded, true) || file_.driver.graph_upload_us <= 0) return sticky_;
  for (const auto& [stream, gpu] : replay.recording->streams) {
    if (const cudaError_t error = block_on_gpu(gpu); error != cudaSuccess) return error;
  }
  host_ns_ += 1e3 * file_.driver.graph_upload_us;
  engine_.advance_to(host_ns_);
  return cudaSuccess;
}

cudaError_t SimulatedMachine::replay(Replay* replay, Stream& stream) {
  if (!replays_.contains(replay)) return cudaErrorInvalidValue;
  if (const cudaError_t error = upload_now(*replay); error != cudaSuccess) return error;
  if (replay->last != nullptr && !replay->last->ended()) {
    Operation turn;
    turn.label.kind = "wait";
    turn.after.push_back(replay->last);
    submit(stream, std::move(turn));
  }
  const Recording::Places places = {
      [&](Stream* recorded) {
        return recorded == replay->recording->origin ? &stream : replay->streams.at(recorded);
      },
      [&](Event* recorded) { return replay->events.at(recorded); }};
  for (const auto& step : replay->recording->steps) step(places);
  replay->last = last_of(stream);
  return cudaSuccess;
}

cudaError_t SimulatedMachine::forget(const Recording* graph) {
  return graphs_.erase(graph) > 0 ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t SimulatedMachine::forget(const Replay* replay) {
  const auto known = replays_.find(replay);
  if (known == replays_.end()) return cudaErrorInvalidValue;
  for (const auto& [recorded, own] : known->second->streams) destroy_stream(own);
  for (const auto& [recorded, own] : known->second->events) destroy_event(own);
  replays_.erase(known);
  return cudaSuccess;
}

}  // namespace peerbench::sim
