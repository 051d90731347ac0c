// SPDX-License-Identifier: Apache-2.0
// Graphs, made by capturing streams: of events and of what libraries put into streams
// (collectives).
#include "sim/cudart/call.hpp"

using namespace gpusim;

namespace {

constexpr Cost other = &HostCallCosts::other_us;
constexpr Cost launch = &HostCallCosts::launch_us;

}  // namespace

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  return call(other, [&](Call& c) {
    if (mode < cudaStreamCaptureModeGlobal || mode > cudaStreamCaptureModeRelaxed) {
      return cudaErrorInvalidValue;
    }
    Stream* known = c.stream(stream);
    return known == nullptr ? cudaErrorInvalidResourceHandle : c.machine.begin_capture(*known);
  });
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  return call(other, [&](Call& c) {
    Stream* known = c.stream(stream);
    if (known == nullptr) return cudaErrorInvalidResourceHandle;
    if (graph == nullptr) return cudaErrorInvalidValue;
    return c.machine.end_capture(*known, reinterpret_cast<Capture**>(graph));
  });
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  return call(other, [&](Call& c) {
    if (exec == nullptr) return cudaErrorInvalidValue;
    return c.machine.instantiate(reinterpret_cast<Capture*>(graph),
                                 reinterpret_cast<GraphExec**>(exec));
  });
}

cudaError_t cudaGraphUpload(cudaGraphExec_t exec, cudaStream_t stream) {
  return call(launch, [&](Call& c) {
    Stream* known = c.stream(stream);
    if (known == nullptr) return cudaErrorInvalidResourceHandle;
    return c.machine.upload_graph(reinterpret_cast<GraphExec*>(exec), *known);
  });
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  return call(launch, [&](Call& c) {
    Stream* known = c.stream(stream);
    if (known == nullptr) return cudaErrorInvalidResourceHandle;
    return c.machine.launch_graph(reinterpret_cast<GraphExec*>(exec), *known);
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  return call(other,
              [&](Call& c) { return c.machine.destroy_graph(reinterpret_cast<Capture*>(graph)); });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  return call(other,
              [&](Call& c) { return c.machine.destroy_graph(reinterpret_cast<GraphExec*>(exec)); });
}

}  // extern "C"
