// Graphs are not simulated: recording a stream is refused, so a graph never comes to be.
#include "sim/cudart/call.hpp"

using namespace peerbench::sim;

namespace {

cudaError_t refuse() {
  return call(&HostCallCosts::other_us, [](Call&) { return cudaErrorNotSupported; });
}

}  // namespace

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) { return refuse(); }
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t*) { return refuse(); }
cudaError_t cudaGraphInstantiate(cudaGraphExec_t*, cudaGraph_t, unsigned long long) {
  return refuse();
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t, cudaStream_t) { return refuse(); }
cudaError_t cudaGraphDestroy(cudaGraph_t) { return refuse(); }
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t) { return refuse(); }

}  // extern "C"
