// SPDX-License-Identifier: Apache-2.0
// What a process or a GPU does not recover from, and which error is the last one.
#include <atomic>
#include <thread>

#include "tests/sim/cudart/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

class ErrorsTest : public RuntimeTest {
 protected:
  void open_with(const Fault& fault) {
    MachineFile file = small_machine();
    file.faults = {fault};
    gpusim::open(file);
    for (int gpu : {0, 1}) array[gpu] = device_memory(gpu, MB);
    ASSERT_CUDA(cudaSetDevice(0));
  }
  /// One kernel on its own memory, and its end.
  cudaError_t work_on(int gpu) {
    if (const cudaError_t error = cudaSetDevice(gpu); error != cudaSuccess) return error;
    if (const auto error = kernels::launch_fill(array[gpu], MB, 1, nullptr); error != cudaSuccess) {
      return error;
    }
    return cudaDeviceSynchronize();
  }
  std::byte* array[2] = {};
};

TEST_F(ErrorsTest, EveryStickyErrorEndsTheUseOfCuda) {
  for (const NamedError& error : sticky_errors()) {
    open_with({.kind = FaultKind::sticky_error, .to = 0, .code = error.word, .after = 2});
    const auto code = static_cast<cudaError_t>(error.code);
    EXPECT_STREQ(cudaGetErrorName(code), error.word);
    const cudaEvent_t event = record_on(nullptr);
    EXPECT_EQ(work_on(0), cudaSuccess);
    EXPECT_EQ(work_on(1), cudaSuccess) << "not counted";
    EXPECT_EQ(work_on(0), cudaSuccess);
    EXPECT_EQ(work_on(0), code) << error.word;
    void* pointer = nullptr;
    std::size_t free = 0, total = 0;
    EXPECT_EQ(cudaMalloc(&pointer, 8), code);
    EXPECT_EQ(cudaFree(array[0]), code);
    EXPECT_EQ(cudaEventQuery(event), code);
    EXPECT_EQ(cudaStreamQuery(nullptr), code);
    EXPECT_EQ(cudaMemGetInfo(&free, &total), code);
    EXPECT_EQ(cudaSetDevice(1), code) << "other GPUs are no better off";
    EXPECT_EQ(cudaGetLastError(), code);
    EXPECT_EQ(cudaGetLastError(), code) << "reading it does not clear it";
  }
}

TEST_F(ErrorsTest, AResetDoesNotHelp) {
  open_with({.kind = FaultKind::sticky_error});
  EXPECT_EQ(work_on(0), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaDeviceReset(), cudaSuccess);
  EXPECT_EQ(cudaStreamQuery(nullptr), cudaErrorIllegalAddress);
  EXPECT_EQ(cudaPeekAtLastError(), cudaErrorIllegalAddress);
}

TEST_F(ErrorsTest, WhatTheDriverKnowsOfItselfItStillTells) {
  open_with({.kind = FaultKind::sticky_error});
  EXPECT_EQ(work_on(0), cudaErrorIllegalAddress);
  int count = 0, device = -1, value = 0;
  cudaDeviceProp properties;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaSuccess);
  EXPECT_EQ(count, 2);
  EXPECT_EQ(cudaGetDevice(&device), cudaSuccess);
  EXPECT_EQ(cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, 1), cudaSuccess);
  EXPECT_EQ(cudaGetDeviceProperties(&properties, 1), cudaSuccess);
  EXPECT_EQ(cudaDeviceCanAccessPeer(&value, 0, 1), cudaSuccess);
}

TEST_F(ErrorsTest, ALostGpuAnswersNothingAndTheOthersDo) {
  for (const NamedError& error : lost_gpu_errors()) {
    open_with({.kind = FaultKind::gpu_lost, .to = 1, .code = error.word, .after = 1});
    const auto code = static_cast<cudaError_t>(error.code);
    EXPECT_STREQ(cudaGetErrorName(code), error.word);
    const cudaEvent_t elsewhere = record_on(nullptr);
    const cudaStream_t stream = stream_on(1);
    const cudaEvent_t event = record_on(stream);
    EXPECT_EQ(work_on(1), cudaSuccess);
    EXPECT_EQ(work_on(1), cudaSuccess) << "in which it is lost: the wait had begun before";
    void* pointer = nullptr;
    std::size_t free = 0, total = 0;
    EXPECT_EQ(cudaMemGetInfo(&free, &total), code);
    EXPECT_EQ(cudaMalloc(&pointer, 8), code);
    EXPECT_EQ(cudaDeviceSynchronize(), code);
    EXPECT_EQ(cudaDeviceReset(), code);
    EXPECT_EQ(cudaEventQuery(event), code);
    EXPECT_EQ(cudaStreamQuery(stream), code);
    EXPECT_EQ(cudaEventQuery(elsewhere), cudaSuccess) << "an event of the other one";
    ASSERT_CUDA(cudaSetDevice(0));
    EXPECT_EQ(cudaEventQuery(event), code) << "whichever GPU is current";
    EXPECT_EQ(cudaStreamQuery(stream), code);
    EXPECT_EQ(cudaMemcpyPeerAsync(array[1], 1, array[0], 0, 8, nullptr), code);
    EXPECT_EQ(cudaMemcpyAsync(array[0], array[1], 8, cudaMemcpyDefault, nullptr), code);
    EXPECT_EQ(cudaDeviceEnablePeerAccess(1, 0), code);
    EXPECT_EQ(cudaFree(array[1]), code);
    EXPECT_EQ(cudaSetDevice(1), code);
    EXPECT_EQ(cudaGetLastError(), code);
    EXPECT_EQ(cudaGetLastError(), cudaSuccess) << "this process still has a working GPU";
    EXPECT_EQ(work_on(0), cudaSuccess);
    EXPECT_EQ(cudaFree(array[0]), cudaSuccess);
  }
}

TEST_F(ErrorsTest, NobodyWaitsForALostGpu) {
  open_with({.kind = FaultKind::gpu_lost, .to = 1});
  const cudaStream_t lost = stream_on(1);
  ASSERT_CUDA(kernels::launch_fill(array[1], MB, 1, lost));
  const cudaEvent_t end = record_on(lost);
  ASSERT_CUDA(cudaSetDevice(0));
  ASSERT_CUDA(cudaStreamWaitEvent(nullptr, end, 0));
  EXPECT_EQ(cudaStreamSynchronize(nullptr), cudaSuccess);
  EXPECT_EQ(cudaEventSynchronize(end), cudaErrorUnknown);
  EXPECT_TRUE(gpu_lost(1));
  EXPECT_FALSE(gpu_lost(0));
}

// On a GPU that drives a display; what is through in time is left alone.
TEST_F(ErrorsTest, AWatchdogKillsKernelsThatRunTooLong) {
  for (const bool watched : {false, true}) {
    MachineFile file = small_machine();
    if (watched) file.gpus[0].attributes = {{"KernelExecTimeout", 1}};
    open(file);
    kernels::GateFlag* flag = nullptr;
    ASSERT_CUDA(cudaHostAlloc(reinterpret_cast<void**>(&flag), sizeof *flag, cudaHostAllocMapped));
    *flag = {};
    ASSERT_CUDA(kernels::launch_gate(flag, 1'900'000'000, nullptr));
    ASSERT_CUDA(cudaDeviceSynchronize());
    EXPECT_EQ(flag->timed_out, 1u);
    *flag = {};
    const std::uint64_t before = peerbench_sim_now_ns();
    ASSERT_CUDA(kernels::launch_gate(flag, 2'100'000'000, nullptr));
    EXPECT_EQ(cudaDeviceSynchronize(), watched ? cudaErrorLaunchTimeout : cudaSuccess);
    EXPECT_EQ(flag->timed_out, watched ? 0u : 1u);
    EXPECT_NEAR(static_cast<double>(peerbench_sim_now_ns() - before), watched ? 2e9 : 2.1e9, 1e6);
    void* pointer = nullptr;
    EXPECT_EQ(cudaMalloc(&pointer, 8), watched ? cudaErrorLaunchTimeout : cudaSuccess);
  }
}

TEST_F(ErrorsTest, ACallThatNeverReturnsHoldsItsThreadAlone) {
  open_with({.kind = FaultKind::call_never_returns, .after = 3, .call = "cudaMemcpyPeerAsync"});
  static std::atomic<int> returned;  // the thread outlives the test
  static std::atomic<bool> begun;
  returned = 0;
  begun = false;
  std::thread([to = array[1], from = array[0]] {
    for (int i = 0; i < 5; ++i) {
      if (i == 3) begun = true;
      cudaMemcpyPeerAsync(to, 1, from, 0, 8, nullptr);
      ++returned;
    }
  }).detach();
  while (!begun) std::this_thread::yield();
  for (int i = 0; i < 1000; ++i) {
    std::this_thread::yield();
    EXPECT_EQ(work_on(1), cudaSuccess) << "others go on";
  }
  EXPECT_EQ(returned, 3);
}

TEST_F(ErrorsTest, ACallFailsAfterSomeAndSoOftenAsToldAndDoesNothing) {
  open_with({.kind = FaultKind::call_fails,
             .code = "cudaErrorMemoryAllocation",
             .after = 2,  // for the arrays
             .call = "cudaMalloc",
             .times = 2});
  count_calls();
  void* pointer = nullptr;
  EXPECT_EQ(cudaMalloc(&pointer, 8), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMemoryAllocation);
  EXPECT_EQ(cudaMalloc(&pointer, 8), cudaErrorMemoryAllocation);
  EXPECT_EQ(pointer, nullptr);
  EXPECT_EQ(cudaMalloc(&pointer, 8), cudaSuccess);
  EXPECT_EQ(calls().at("cudaMalloc").failed, 2u);
}

TEST_F(ErrorsTest, AStickyErrorOfACallStays) {
  open_with({.kind = FaultKind::call_fails,
             .code = "cudaErrorLaunchFailure",
             .call = "cudaDeviceSynchronize",
             .times = 1});
  void* pointer = nullptr;
  EXPECT_EQ(cudaMalloc(&pointer, 8), cudaSuccess);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorLaunchFailure);
  EXPECT_EQ(cudaMalloc(&pointer, 8), cudaErrorLaunchFailure);
}

TEST_F(ErrorsTest, ACallMayDoNothingAndSaySuccess) {
  open_with({.kind = FaultKind::call_fails, .code = "cudaSuccess", .call = "cudaSetDevice"});
  int device = -1;
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(cudaGetDevice(&device), cudaSuccess);
  EXPECT_EQ(device, 0);
}

TEST_F(ErrorsTest, ARefusedCallIsTheLastError) {
  MachineFile file = small_machine();
  file.gpus.clear();
  file.links.clear();
  file.peers.clear();
  open(file);
  void* pointer = nullptr;
  EXPECT_EQ(cudaMalloc(&pointer, 8), cudaErrorNoDevice);
  EXPECT_EQ(cudaPeekAtLastError(), cudaErrorNoDevice);
  EXPECT_EQ(cudaGetLastError(), cudaErrorNoDevice);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  file.cuda_version = 0;
  open(file);
  EXPECT_EQ(kernels::launch_fill(nullptr, 8, 1, nullptr), cudaErrorInsufficientDriver);
  int count = 0;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorInsufficientDriver);
  EXPECT_EQ(cudaGetLastError(), cudaErrorInsufficientDriver);
}

TEST_F(ErrorsTest, NotReadyIsAnAnswerAndNoError) {
  open_with({});
  ASSERT_CUDA(kernels::launch_fill(array[0], MB, 1, nullptr));
  EXPECT_EQ(cudaStreamQuery(nullptr), cudaErrorNotReady);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

}  // namespace TEST_FILE
}  // namespace gpusim
