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

cudaError_t SimulatedMachine::replay(Replay* replay, Stream& stream) {
  if (!replays_.contains(replay)) return cudaErrorInvalidValue;
  const Recording::Places places = {
      [&](Stream* recorded) {
        return recorded == replay->recording->origin ? &stream : replay->streams.at(recorded);
      },
      [&](Event* recorded) { return replay->events.at(recorded); }};
  for (const auto& step : replay->recording->steps) step(places);
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
