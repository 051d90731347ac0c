// SPDX-License-Identifier: Apache-2.0
// Graphs: what streams are told between the begin and the end of a capture, done again at each
// launch. Events and collectives can be captured; whatever else is queued meanwhile is done at once
// and invalidates the capture.
#include <algorithm>
#include <utility>

#include "sim/core/simulated_machine.hpp"

namespace gpusim {

bool SimulatedMachine::captured(Stream& stream, std::function<void(const Capture::Places&)> step) {
  if (stream.capture == nullptr) return false;
  stream.capture->steps.push_back(std::move(step));
  return true;
}

cudaError_t SimulatedMachine::begin_capture(Stream& stream) {
  if (stream.legacy) return cudaErrorStreamCaptureUnsupported;
  if (stream.capture != nullptr) return cudaErrorIllegalState;
  stream.capture = std::make_shared<Capture>();
  stream.capture->origin = &stream;
  stream.capture->streams.emplace_back(&stream, stream.gpu);
  return cudaSuccess;
}

cudaError_t SimulatedMachine::end_capture(Stream& stream, Capture** graph) {
  const std::shared_ptr<Capture> ended = stream.capture;
  if (ended == nullptr || ended->origin != &stream) return cudaErrorIllegalState;
  for (const auto& [each, gpu] : ended->streams) {
    if (streams_.contains(each)) each->capture = nullptr;
  }
  *graph = nullptr;
  if (ended->invalidated) return cudaErrorStreamCaptureInvalidated;
  graphs_[ended.get()] = ended;
  *graph = ended.get();
  return cudaSuccess;
}

cudaError_t SimulatedMachine::instantiate(Capture* graph, GraphExec** exec) {
  const auto known = graphs_.find(graph);
  if (known == graphs_.end()) return cudaErrorInvalidValue;
  auto made = std::make_unique<GraphExec>();
  made->capture = known->second;
  for (const auto& [stream, gpu] : graph->streams) {
    if (stream == graph->origin) continue;
    made->streams[stream] = create_stream(gpu, cudaStreamNonBlocking, 0);
  }
  for (Event* event : graph->events) {
    if (!made->events.contains(event)) made->events[event] = create_event(0, cudaEventDefault);
  }
  *exec = made.get();
  graph_execs_[made.get()] = std::move(made);
  return cudaSuccess;
}

cudaError_t SimulatedMachine::upload_graph(GraphExec* exec, Stream& stream) {
  if (!graph_execs_.contains(exec)) return cudaErrorInvalidValue;
  if (std::exchange(exec->uploaded, true)) return cudaSuccess;
  Operation operation;
  operation.label.kind = "graph-upload";
  operation.latency_ns = 1e3 * file_.driver.graph_upload_us;
  submit(stream, std::move(operation));
  return cudaSuccess;
}

cudaError_t SimulatedMachine::upload_now(GraphExec& exec) {
  if (std::exchange(exec.uploaded, true) || file_.driver.graph_upload_us <= 0) return sticky_;
  for (const auto& [stream, gpu] : exec.capture->streams) {
    if (const cudaError_t error = block_on_gpu(gpu); error != cudaSuccess) return error;
  }
  host_ns_ += 1e3 * file_.driver.graph_upload_us;
  engine_.advance_to(host_ns_);
  return cudaSuccess;
}

cudaError_t SimulatedMachine::launch_graph(GraphExec* exec, Stream& stream) {
  if (!graph_execs_.contains(exec)) return cudaErrorInvalidValue;
  if (const cudaError_t error = upload_now(*exec); error != cudaSuccess) return error;
  if (exec->last != nullptr && !exec->last->ended()) {
    Operation turn;
    turn.label.kind = "wait";
    turn.after.push_back(exec->last);
    submit(stream, std::move(turn));
  }
  const Capture::Places places = {
      [&](Stream* captured) {
        return captured == exec->capture->origin ? &stream : exec->streams.at(captured);
      },
      [&](Event* captured) { return exec->events.at(captured); }};
  for (const auto& step : exec->capture->steps) step(places);
  exec->last = last_of(stream);
  return cudaSuccess;
}

cudaError_t SimulatedMachine::destroy_graph(const Capture* graph) {
  return graphs_.erase(graph) > 0 ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t SimulatedMachine::destroy_graph(const GraphExec* exec) {
  const auto known = graph_execs_.find(exec);
  if (known == graph_execs_.end()) return cudaErrorInvalidValue;
  for (const auto& [captured, own] : known->second->streams) destroy_stream(own);
  for (const auto& [captured, own] : known->second->events) destroy_event(own);
  graph_execs_.erase(known);
  return cudaSuccess;
}

}  // namespace gpusim
