// SPDX-License-Identifier: Apache-2.0
// Collectives and messages in a recorded graph.
#include "tests/sim/nccl/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

class Graph : public SimulatedNccl {
 protected:
  void SetUp() override {
    SimulatedNccl::SetUp();
    MachineFile file = machine_of(2);
    file.driver.graph_upload_us = 5000;
    start(file);
    for (int rank = 0; rank < 2; ++rank) {
      memory.push_back(holds(rank, std::vector<float>(4, static_cast<float>(rank + 1))));
      ASSERT_CUDA(cudaSetDevice(rank));
      events.emplace_back();
      ASSERT_CUDA(cudaEventCreate(&events.back()));
    }
    ASSERT_CUDA(cudaSetDevice(0));
  }

  /// What `work` puts into both streams, as a graph: the second joins by the event it waits for.
  template <typename Work>
  cudaGraphExec_t graph_of(const Work& work) {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t replay = nullptr;
    EXPECT_EQ(cudaStreamBeginCapture(stream(0), cudaStreamCaptureModeThreadLocal), cudaSuccess);
    EXPECT_EQ(cudaEventRecord(events[0], stream(0)), cudaSuccess);
    EXPECT_EQ(cudaStreamWaitEvent(stream(1), events[0], 0), cudaSuccess);
    work();
    EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
    EXPECT_EQ(cudaEventRecord(events[1], stream(1)), cudaSuccess);
    EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
    EXPECT_EQ(cudaStreamWaitEvent(stream(0), events[1], 0), cudaSuccess);
    EXPECT_EQ(cudaStreamEndCapture(stream(0), &graph), cudaSuccess);
    EXPECT_EQ(cudaGraphInstantiate(&replay, graph, 0), cudaSuccess);
    EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
    return replay;
  }

  void all_reduce() {
    EXPECT_EQ(grouped([&](int rank) {
                NCCL(ncclAllReduce)
                (memory[rank], memory[rank], 4, ncclFloat, ncclSum, comm(rank), stream(rank));
              }),
              ncclSuccess);
  }

  std::vector<float*> memory;
  std::vector<cudaEvent_t> events;
};

TEST_F(Graph, DoesItsWorkAtEachLaunchAndNotBefore) {
  const cudaGraphExec_t replay = graph_of([&] { all_reduce(); });
  EXPECT_EQ(read(0, memory[0], 1)[0], 1) << "recorded, not done";
  for (const float sum : {3.f, 6.f}) {
    ASSERT_CUDA(cudaGraphLaunch(replay, stream(0)));
    EXPECT_EQ(read(0, memory[0], 1)[0], sum);
  }
  ASSERT_CUDA(cudaDeviceSynchronize());
  EXPECT_EQ(read(1, memory[1], 1)[0], 6);
  ASSERT_CUDA(cudaGraphExecDestroy(replay));
  EXPECT_EQ(cudaGraphLaunch(replay, stream(0)), cudaErrorInvalidValue);
}

TEST_F(Graph, HoldsMessages) {
  const cudaGraphExec_t replay = graph_of([&] {
    EXPECT_EQ(grouped([&](int rank) {
                NCCL(ncclSend)(memory[rank], 2, ncclFloat, 1 - rank, comm(rank), stream(rank));
                NCCL(ncclRecv)(memory[rank] + 2, 2, ncclFloat, 1 - rank, comm(rank), stream(rank));
              }),
              ncclSuccess);
  });
  ASSERT_CUDA(cudaGraphLaunch(replay, stream(0)));
  EXPECT_EQ(read(0, memory[0], 4), (std::vector<float>{1, 1, 2, 2}));
}

TEST_F(Graph, TakesOneLaunchOfTheHost) {
  MachineFile file = machine_of(2);
  file.host.calls.launch_us = 10;
  for (ncclComm_t each : comms) ASSERT_NCCL(NCCL(ncclCommDestroy)(each));
  comms.clear();
  streams.clear();
  memory.clear();
  start(file);
  for (int rank = 0; rank < 2; ++rank) memory.push_back(holds(rank, std::vector<float>(4, 1)));
  for (int rank = 0; rank < 2; ++rank) {
    ASSERT_CUDA(cudaSetDevice(rank));
    ASSERT_CUDA(cudaEventCreate(&events[static_cast<std::size_t>(rank)]));
  }
  const cudaGraphExec_t replay = graph_of([&] {
    for (int time = 0; time < 10; ++time) all_reduce();
  });
  ASSERT_CUDA(cudaGraphUpload(replay, stream(0)));
  const std::uint64_t before = peerbench_sim_now_ns();
  ASSERT_CUDA(cudaGraphLaunch(replay, stream(0)));
  EXPECT_LT(peerbench_sim_now_ns() - before, 11000u) << "twenty launches would be 200 us";
}

TEST_F(Graph, IsUploadedByItsFirstLaunch) {
  const cudaGraphExec_t replay = graph_of([&] { all_reduce(); });
  for (const std::uint64_t us : {5000, 0}) {
    const std::uint64_t before = peerbench_sim_now_ns();
    ASSERT_CUDA(cudaGraphLaunch(replay, stream(0)));
    EXPECT_NEAR(static_cast<double>(peerbench_sim_now_ns() - before), 1e3 * us, 1e3);
  }
}

TEST_F(Graph, ItsFirstLaunchWaitsForAllOfItsCards) {
  const cudaGraphExec_t replay = graph_of([&] { all_reduce(); });
  std::byte* large = device_memory(1, 160000000);
  const cudaStream_t other = stream_on(1);
  // A local copy of 80 MB at 800 GB/s of traffic takes 200 us.
  ASSERT_CUDA(cudaMemcpyAsync(large, large + 80000000, 80000000, cudaMemcpyDeviceToDevice, other));
  const std::uint64_t before = peerbench_sim_now_ns();
  ASSERT_CUDA(cudaGraphLaunch(replay, stream(0)));
  EXPECT_NEAR(static_cast<double>(peerbench_sim_now_ns() - before), 5201e3, 2e3);
}

TEST_F(Graph, UploadedBeforeItIsLaunchedAtOnce) {
  const cudaGraphExec_t replay = graph_of([&] { all_reduce(); });
  const std::uint64_t before = peerbench_sim_now_ns();
  ASSERT_CUDA(cudaGraphUpload(replay, stream(0)));
  ASSERT_CUDA(cudaGraphLaunch(replay, stream(0)));
  EXPECT_LT(peerbench_sim_now_ns() - before, 1000u) << "the host waits for neither";
  ASSERT_CUDA(cudaStreamSynchronize(stream(0)));
  EXPECT_GT(peerbench_sim_now_ns() - before, 5000000u) << "the launch comes after the upload";
  EXPECT_EQ(cudaGraphUpload(nullptr, stream(0)), cudaErrorInvalidValue);
}

TEST_F(Graph, DoesNotRunBesideItself) {
  const cudaGraphExec_t replay = graph_of([&] { all_reduce(); });
  ASSERT_CUDA(cudaGraphUpload(replay, stream(0)));
  ASSERT_CUDA(cudaStreamSynchronize(stream(0)));
  const cudaStream_t other = stream_on(0);
  const cudaEvent_t start = record(0);
  ASSERT_CUDA(cudaGraphLaunch(replay, stream(0)));
  ASSERT_CUDA(cudaGraphLaunch(replay, other));
  EXPECT_NEAR(elapsed_us(start, record_on(other)), 2 * (6.6 + 2 * 0.6), 0.1);
}

TEST_F(Graph, AskingARecordedStreamForItsEndLosesTheRecording) {
  for (const auto ask : {cudaStreamQuery, cudaStreamSynchronize}) {
    ASSERT_CUDA(cudaStreamBeginCapture(stream(0), cudaStreamCaptureModeThreadLocal));
    EXPECT_EQ(ask(stream(0)), cudaErrorStreamCaptureUnsupported);
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(stream(0), &graph), cudaErrorStreamCaptureInvalidated);
  }
}

TEST_F(Graph, OfWhatCannotBeRecordedIsRefused) {
  ASSERT_CUDA(cudaStreamBeginCapture(stream(0), cudaStreamCaptureModeThreadLocal));
  ASSERT_CUDA(cudaMemsetAsync(memory[0], 0, 4, stream(0)));
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(stream(0), &graph), cudaErrorStreamCaptureInvalidated);
  EXPECT_EQ(graph, nullptr);
  EXPECT_EQ(cudaStreamEndCapture(stream(0), &graph), cudaErrorIllegalState) << "nothing to end";
}

}  // namespace TEST_FILE
}  // namespace gpusim
