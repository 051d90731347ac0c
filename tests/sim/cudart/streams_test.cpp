// SPDX-License-Identifier: Apache-2.0
// Order of streams and events, the gate, and the host's clock.
#include "tests/sim/cudart/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

class StreamsTest : public RuntimeTest {
 protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    memory = device_memory(0, 8 * MB);
    ASSERT_CUDA(cudaMallocHost(&host, 8 * MB));
  }
  /// 2 MB to the GPU: 101 us alone.
  void copy(cudaStream_t stream) const {
    ASSERT_CUDA(cudaMemcpyAsync(memory, host, 2 * MB, cudaMemcpyHostToDevice, stream));
  }
  std::byte* memory = nullptr;
  void* host = nullptr;
};

TEST_F(StreamsTest, WorkIsAsynchronousAndTimeMovesWithTheHost) {
  const cudaStream_t stream = stream_on(0);
  copy(stream);
  EXPECT_EQ(cudaStreamQuery(stream), cudaErrorNotReady);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);  // an answer, no error
  const std::uint64_t before = peerbench_sim_now_ns();
  ASSERT_CUDA(cudaStreamSynchronize(stream));
  EXPECT_NEAR(static_cast<double>(peerbench_sim_now_ns() - before), 101e3, 100);
  EXPECT_EQ(cudaStreamQuery(stream), cudaSuccess);
}

TEST_F(StreamsTest, HostCallsCostTime) {
  MachineFile file = small_machine();
  file.host.calls.query_us = 5;
  open(file);
  const std::uint64_t before = peerbench_sim_now_ns();
  for (int i = 0; i < 10; ++i) ASSERT_CUDA(cudaStreamQuery(nullptr));
  EXPECT_NEAR(static_cast<double>(peerbench_sim_now_ns() - before), 50e3, 100);
}

TEST_F(StreamsTest, AStreamWaitsForAnEventOfAnother) {
  const cudaStream_t first = stream_on(0), second = stream_on(0);
  const auto start = record_on(second);
  copy(first);
  ASSERT_CUDA(cudaStreamWaitEvent(second, record_on(first), 0));
  copy(second);
  EXPECT_NEAR(elapsed_us(start, record_on(second)), 202, 0.01);
}

TEST_F(StreamsTest, TheLegacyDefaultStreamOrdersBlockingStreamsOnly) {
  cudaStream_t blocking = nullptr;
  ASSERT_CUDA(cudaStreamCreate(&blocking));
  const cudaStream_t free_one = stream_on(0);
  const auto start = record_on(nullptr);
  copy(nullptr);
  copy(blocking);
  const auto blocking_end = record_on(blocking);
  copy(nullptr);
  const auto legacy_end = record_on(nullptr);
  const auto free_end = record_on(free_one);
  EXPECT_NEAR(elapsed_us(start, blocking_end), 202, 0.01);
  EXPECT_NEAR(elapsed_us(start, legacy_end), 303, 0.01);
  EXPECT_NEAR(elapsed_us(start, free_end), 0, 0.01);
}

TEST_F(StreamsTest, EventsTellWhatTheyCannot) {
  cudaEvent_t never = nullptr, untimed = nullptr;
  ASSERT_CUDA(cudaEventCreate(&never));
  ASSERT_CUDA(cudaEventCreateWithFlags(&untimed, cudaEventDisableTiming));
  ASSERT_CUDA(cudaEventRecord(untimed, nullptr));
  const auto done = record_on(nullptr);
  float ms = 0;
  EXPECT_EQ(cudaEventQuery(never), cudaSuccess);
  EXPECT_EQ(cudaEventElapsedTime(&ms, never, done), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventElapsedTime(&ms, untimed, done), cudaErrorInvalidResourceHandle);
  copy(nullptr);
  EXPECT_EQ(cudaEventElapsedTime(&ms, done, record_on(nullptr)), cudaErrorNotReady);
  const auto elsewhere = record_on(stream_on(1));
  EXPECT_EQ(cudaEventElapsedTime(&ms, done, elsewhere), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventRecord(elsewhere, cudaStreamLegacy), cudaSuccess);  // current GPU is 1
  ASSERT_CUDA(cudaSetDevice(0));
  EXPECT_EQ(cudaEventRecord(elsewhere, nullptr), cudaErrorInvalidResourceHandle);
}

class GateTest : public StreamsTest {
 protected:
  void SetUp() override {
    StreamsTest::SetUp();
    ASSERT_CUDA(cudaHostAlloc(reinterpret_cast<void**>(&flag), sizeof *flag, cudaHostAllocMapped));
    *flag = {};
  }
  kernels::GateFlag* flag = nullptr;
};

TEST_F(GateTest, HoldsTheStreamUntilTheHostOpensIt) {
  const cudaStream_t stream = stream_on(0);
  ASSERT_CUDA(kernels::launch_gate(flag, 1000 * 1000 * 1000, stream));
  const auto start = record_on(stream);
  copy(stream);
  const auto end = record_on(stream);
  for (int i = 0; i < 1000; ++i) peerbench_sim_now_ns();
  EXPECT_EQ(cudaEventQuery(start), cudaErrorNotReady);
  flag->open = 1;
  EXPECT_EQ(cudaEventQuery(start), cudaSuccess);
  EXPECT_NEAR(elapsed_us(start, end), 101, 0.01);
  EXPECT_EQ(flag->timed_out, 0u);
}

TEST_F(GateTest, ABlockedHostWaitsForItsTimeOut) {
  const cudaStream_t stream = stream_on(0);
  const std::uint64_t before = peerbench_sim_now_ns();
  ASSERT_CUDA(kernels::launch_gate(flag, 5000 * 1000, stream));
  ASSERT_CUDA(cudaStreamSynchronize(stream));
  EXPECT_NEAR(static_cast<double>(peerbench_sim_now_ns() - before), 5e6, 100);
  EXPECT_EQ(flag->timed_out, 1u);
}

// Of pageable memory all but the last 64 KiB hold the host while they are queued, so a gate before
// it cannot be opened in time.
TEST_F(GateTest, APageableCopyBehindItRunsIntoTheTimeOut) {
  const cudaStream_t stream = stream_on(0);
  ASSERT_CUDA(kernels::launch_gate(flag, 1000 * 1000, stream));
  std::vector<char> pageable(MB);
  ASSERT_CUDA(cudaMemcpyAsync(memory, pageable.data(), 1000, cudaMemcpyHostToDevice, stream));
  EXPECT_EQ(flag->timed_out, 0u);
  ASSERT_CUDA(cudaMemcpyAsync(memory, pageable.data(), MB, cudaMemcpyHostToDevice, stream));
  EXPECT_EQ(flag->timed_out, 1u);
}

TEST_F(StreamsTest, HostFunctionsRunInOrder) {
  std::vector<int> order;
  const cudaStream_t stream = stream_on(0);
  const auto push = [](void* data) {
    auto* list = static_cast<std::vector<int>*>(data);
    list->push_back(static_cast<int>(list->size()));
    peerbench_sim_now_ns();  // allowed: time stands still
    EXPECT_EQ(cudaStreamSynchronize(nullptr), cudaErrorNotPermitted);
  };
  copy(stream);
  ASSERT_CUDA(cudaLaunchHostFunc(stream, push, &order));
  EXPECT_TRUE(order.empty());
  ASSERT_CUDA(cudaStreamSynchronize(stream));
  EXPECT_EQ(order, std::vector<int>{0});
}

TEST_F(StreamsTest, NoiseRepeatsWithTheSeed) {
  const auto run = [](std::uint64_t seed) {
    MachineFile file = small_machine();
    file.noise_cv = 0.02;
    file.seed = seed;
    open(file);
    auto* to = device_memory(0, 4 * MB);
    auto* from = device_memory(0, 4 * MB);
    std::vector<double> times;
    for (int i = 0; i < 5; ++i) {
      const auto start = record_on(nullptr);
      EXPECT_EQ(cudaMemcpyAsync(to, from, 4 * MB, cudaMemcpyDeviceToDevice, nullptr), cudaSuccess);
      times.push_back(elapsed_us(start, record_on(nullptr)));
    }
    return times;
  };
  const auto once = run(1);
  EXPECT_EQ(once, run(1));
  EXPECT_NE(once, run(2));
  EXPECT_NE(once[0], once[1]);
}

TEST_F(StreamsTest, HandlesThatAreNoneAreRefused) {
  int none = 0;
  EXPECT_EQ(cudaStreamSynchronize(reinterpret_cast<cudaStream_t>(&none)),
            cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaEventQuery(reinterpret_cast<cudaEvent_t>(&none)), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInvalidResourceHandle);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST_F(StreamsTest, HostTrafficTakesTheTimeOfThePool) {
  EXPECT_EQ(peerbench_sim_host_traffic("copy", 1, 1, "", 0), -1);  // no figure
  MachineFile file = small_machine();
  file.host.pool.copy_gbs = Figure{40, "", true};
  open(file);
  const std::uint64_t before = peerbench_sim_now_ns();
  EXPECT_EQ(peerbench_sim_host_traffic("copy", 20 * MB, 20 * MB, "", 0), 0);
  EXPECT_NEAR(static_cast<double>(peerbench_sim_now_ns() - before), 1e6, 100);
}

TEST_F(StreamsTest, AFewCoresGetWhatTheirKindsMoveAndNeverMoreThanThePool) {
  const auto ns_of = [](const char* cpus) {
    const std::uint64_t before = peerbench_sim_now_ns();
    EXPECT_EQ(peerbench_sim_host_traffic("copy", 20 * MB, 20 * MB, cpus, 0), 0) << cpus;
    return static_cast<double>(peerbench_sim_now_ns() - before);
  };
  MachineFile file = small_machine();
  file.host.pool.copy_gbs = Figure{40, "", true};
  file.host.core_kinds = {{"slow", "0-1,4", {}, {}, Figure{8, "", true}, {}},
                          {"fast", "2-3", {}, {}, Figure{16, "", true}, {}}};
  open(file);
  EXPECT_NEAR(ns_of("4"), 40e6 / 8, 100);
  EXPECT_NEAR(ns_of("0,2-2"), 40e6 / 24, 100);
  EXPECT_NEAR(ns_of("0-4"), 40e6 / 40, 100);
  EXPECT_EQ(peerbench_sim_host_traffic("copy", 1, 1, "5", 0), -1);  // of no kind
  EXPECT_EQ(peerbench_sim_host_traffic("read", 1, 0, "2", 0), -1);  // no figure for it
}

TEST_F(StreamsTest, AChainOfLoadsTakesTheLatencyOfEach) {
  EXPECT_EQ(peerbench_sim_host_chase(10, "", 0), -1);  // no figure
  MachineFile file = small_machine();
  file.host.pool.latency_ns = Figure{113, "", true};
  open(file);
  const std::uint64_t before = peerbench_sim_now_ns();
  EXPECT_EQ(peerbench_sim_host_chase(10000, "", 0), 0);
  EXPECT_NEAR(static_cast<double>(peerbench_sim_now_ns() - before), 1.13e6, 100);
}

}  // namespace TEST_FILE
}  // namespace gpusim
