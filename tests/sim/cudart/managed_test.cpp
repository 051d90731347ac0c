// SPDX-License-Identifier: Apache-2.0
// Managed memory: who may touch it while the other one does.
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/move.hpp"
#include "tests/sim/cudart/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

class ManagedTest : public RuntimeTest {
 protected:
  static void open_with(int concurrent, int integrated = 1) {
    MachineFile file = small_machine();
    file.gpus[0].attributes = {
        {"ManagedMemory", 1}, {"ConcurrentManagedAccess", concurrent}, {"Integrated", integrated}};
    open(file);
    ASSERT_CUDA(cudaSetDevice(0));
  }

  static unsigned char* managed(std::size_t bytes) {
    void* memory = nullptr;
    EXPECT_EQ(cudaMallocManaged(&memory, bytes, cudaMemAttachGlobal), cudaSuccess);
    return static_cast<unsigned char*>(memory);
  }

  /// Whether the host gets away with writing there, tried in a process of its own.
  static bool host_may_touch(void* memory) {
    const pid_t child = fork();
    if (child == 0) {
      *static_cast<volatile unsigned char*>(memory) = 1;
      _exit(0);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
};

TEST_F(ManagedTest, WithoutConcurrentAccessTheHostWaitsForItsKernels) {
  open_with(0);
  constexpr std::size_t bytes = 1 << 20;
  unsigned char* memory = managed(bytes);
  unsigned char* other = managed(bytes);
  EXPECT_TRUE(host_may_touch(memory));
  memory[7] = 7;
  const cudaStream_t stream = stream_on(0);
  ASSERT_CUDA(kernels::launch_copy(other, memory, bytes, 8, stream));
  EXPECT_FALSE(host_may_touch(memory));
  EXPECT_FALSE(host_may_touch(other));
  EXPECT_FALSE(host_may_touch(managed(bytes)));  // allocated meanwhile
  // Time alone does not give it back: the host must have asked.
  peerbench_sim_spend(1'000'000'000);
  EXPECT_FALSE(host_may_touch(memory));
  ASSERT_CUDA(cudaStreamSynchronize(stream));
  EXPECT_TRUE(host_may_touch(memory));
  EXPECT_EQ(other[7], 7);
}

TEST_F(ManagedTest, AnAnsweredQueryGivesItBack) {
  open_with(0);
  unsigned char* memory = managed(4096);
  const cudaStream_t stream = stream_on(0);
  ASSERT_CUDA(kernels::launch_write(memory, 4096, 1, 8, stream));
  const cudaEvent_t done = record_on(stream);
  EXPECT_EQ(cudaEventQuery(done), cudaErrorNotReady);
  EXPECT_FALSE(host_may_touch(memory));
  peerbench_sim_spend(1'000'000);
  ASSERT_CUDA(cudaEventQuery(done));
  EXPECT_TRUE(host_may_touch(memory));
}

TEST_F(ManagedTest, WithConcurrentAccessNobodyIsKeptOut) {
  open_with(1);
  unsigned char* memory = managed(4096);
  ASSERT_CUDA(kernels::launch_write(memory, 4096, 1, 8, stream_on(0)));
  EXPECT_TRUE(host_may_touch(memory));
}

// It moves at the rate of migration the first time, and is the GPU's then; prefetching to the host
// takes it back.
TEST_F(ManagedTest, AKernelFetchesWhatLiesWithTheHost) {
  MachineFile file = small_machine();
  file.gpus[0].attributes = {{"ManagedMemory", 1}, {"ConcurrentManagedAccess", 1}};
  file.gpus[0].managed_migration_gbs = Figure{2, "", true};
  file.gpus[0].kernel_latency_us = {0, "", true};
  open(file);
  unsigned char* memory = managed(2 * MB);
  const cudaStream_t stream = stream_on(0);
  const auto write_us = [&] {
    const auto start = record_on(stream);
    EXPECT_EQ(kernels::launch_write(memory, 2 * MB, 1, 492, stream), cudaSuccess);
    return elapsed_us(start, record_on(stream));
  };
  EXPECT_NEAR(write_us(), 1000, 1);
  EXPECT_LT(write_us(), 100);
#if CUDART_VERSION >= 13000
  ASSERT_CUDA(cudaMemPrefetchAsync(memory, 2 * MB, {cudaMemLocationTypeHost, 0}, 0, stream));
#else
  ASSERT_CUDA(cudaMemPrefetchAsync(memory, 2 * MB, cudaCpuDeviceId, stream));
#endif
  EXPECT_NEAR(write_us(), 1000, 1);
}

// A repeated read of memory that the host may touch is left out only right behind the one before.
TEST_F(ManagedTest, ARepeatedReadSeesWhatTheHostWroteInBetween) {
  void* pointer = nullptr;
  ASSERT_CUDA(cudaHostAlloc(&pointer, 8 * MB, cudaHostAllocMapped));
  std::memset(pointer, 0, 8 * MB);
  auto* memory = static_cast<std::uint64_t*>(pointer);
  ASSERT_CUDA(cudaHostAlloc(&pointer, sizeof(kernels::GateFlag), cudaHostAllocMapped));
  auto* flag = new (pointer) kernels::GateFlag();
  auto* sum = device_memory<std::uint64_t>(0, sizeof(std::uint64_t));
  const cudaStream_t stream = stream_on(0);
  const auto read = [&] { ASSERT_CUDA(kernels::launch_read(memory, 8 * MB, sum, 1, stream)); };
  const auto found = [&] {
    std::uint64_t value = 0;
    EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    EXPECT_EQ(cudaMemcpy(&value, sum, sizeof value, cudaMemcpyDeviceToHost), cudaSuccess);
    return value;
  };
  memory[0] = 5;
  read();
  read();
  EXPECT_EQ(found(), 5u);
  memory[0] = 7;
  read();
  EXPECT_EQ(found(), 7u);
  // Launched before the first has ended, and run after what the host writes then.
  read();
  const auto first = record_on(stream);
  ASSERT_CUDA(kernels::launch_gate(flag, 1'000'000'000, stream));
  read();
  ASSERT_CUDA(cudaEventSynchronize(first));
  memory[0] = 9;
  flag->open = 1;
  EXPECT_EQ(found(), 9u);
}

}  // namespace TEST_FILE
}  // namespace gpusim
