// SPDX-License-Identifier: Apache-2.0
// What real drivers and GPUs add to a machine's rates, one switch at a time.
#include "base/side_by_side.hpp"
#include "kernels/move.hpp"
#include "tests/sim/cudart/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

using peerbench::side_by_side;

class BehaviourTest : public RuntimeTest {
 protected:
  /// The small machine with one thing that is not ideal.
  template <typename Change>
  static void open_with(Change change) {
    MachineFile file = small_machine();
    change(file);
    open(file);
  }

  static double host_us() { return static_cast<double>(peerbench_sim_now_ns()) * 1e-3; }

  /// Memory, a stream and a staged copy between the two GPUs.
  struct Way {
    std::byte* from;
    std::byte* to;
    int source;
    cudaStream_t stream;
    cudaError_t copy(std::size_t bytes) const {
      return cudaMemcpyPeerAsync(to, 1 - source, from, source, bytes, stream);
    }
  };
  static Way way(int source) {
    return {device_memory(source, 80 * MB), device_memory(1 - source, 80 * MB), source,
            stream_on(source)};
  }
};

constexpr double staged_us = 10 + 80e6 / 8e3;  // 80 MB alone

TEST_F(BehaviourTest, AStagedCallHoldsTheHostAsTheDriverDoes) {
  const auto called_us = [](const char* blocks) {
    open_with([&](MachineFile& file) { file.driver.staged_call_blocks = blocks; });
    const Way there = way(0);
    std::vector<double> us;
    for (int i = 0; i < 2; ++i) {
      const double before = host_us();
      EXPECT_EQ(there.copy(80 * MB), cudaSuccess);
      us.push_back(host_us() - before);
    }
    return us;
  };
  const auto never = called_us("never"), earlier = called_us("earlier-work"),
             own = called_us("own-end");
  EXPECT_LT(never[0], 1);
  EXPECT_LT(never[1], 1);
  EXPECT_LT(earlier[0], 1);
  EXPECT_NEAR(earlier[1], staged_us, 2);
  EXPECT_NEAR(own[0], staged_us, 2);
  EXPECT_NEAR(own[1], staged_us, 2);
}

TEST_F(BehaviourTest, ADriverThatHoldsTheHostSerialisesOneThreadsCopiesButNotTwoThreads) {
  const auto both_us = [](bool threads) {
    open_with([](MachineFile& file) { file.driver.staged_call_blocks = "own-end"; });
    const std::vector<Way> ways = {way(0), way(1)};
    const double before = host_us();
    std::vector<std::function<void()>> work;
    for (const Way& each : ways) {
      work.emplace_back([&each] {
        cudaSetDevice(each.source);
        EXPECT_EQ(each.copy(80 * MB), cudaSuccess);
      });
    }
    if (threads) side_by_side(work);
    for (const auto& each : work) {
      if (!threads) each();
    }
    return host_us() - before;
  };
  EXPECT_NEAR(both_us(false), 2 * staged_us, 10);
  EXPECT_NEAR(both_us(true), 10 + 80e6 / 6e3, 10) << "6 GB/s each, 12 in sum";
}

// Each thread has its own place in virtual time: their calls come in its order, not in that in
// which the operating system lets them run.
TEST_F(BehaviourTest, ThreadsSideBySideHaveClocksOfTheirOwn) {
  std::vector<double> ended(3);
  const double before = host_us();
  std::vector<std::function<void()>> work;
  for (std::size_t i = 0; i < ended.size(); ++i) {
    work.emplace_back([&ended, i] {
      for (int call = 0; call < 10; ++call) peerbench_sim_spend(1000 * (i + 1));
      ended[i] = host_us();
    });
  }
  side_by_side(work);
  for (std::size_t i = 0; i < ended.size(); ++i) {
    EXPECT_NEAR(ended[i] - before, 10.0 * static_cast<double>(i + 1), 0.5) << i;
  }
  EXPECT_NEAR(host_us() - before, 30, 0.5) << "the last of them";
}

TEST_F(BehaviourTest, AFirstLaunchWaitsUntilTheGpuIsIdle) {
  const auto launch_us = [](bool lazy, bool asked_before, bool eager = false) {
    open_with([&](MachineFile& file) { file.driver.lazy_loading = lazy; });
    if (eager) setenv("CUDA_MODULE_LOADING", "EAGER", 1);
    auto* memory = device_memory(0, 80 * MB);
    auto* other = device_memory(0, 80 * MB);
    const cudaStream_t busy = stream_on(0), stream = stream_on(0);
    if (asked_before) {
      EXPECT_EQ(kernels::launch_copy(memory, other, 8, 1, stream), cudaSuccess);
      EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    }
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(cudaMemcpyAsync(memory, other, 80 * MB, cudaMemcpyDeviceToDevice, busy),
                cudaSuccess);
    }
    const double before = host_us();
    EXPECT_EQ(kernels::launch_copy(memory, other, 8, 1, stream), cudaSuccess);
    unsetenv("CUDA_MODULE_LOADING");
    return host_us() - before;
  };
  EXPECT_GT(launch_us(true, false), 1900) << "ten copies of 200 us";
  EXPECT_LT(launch_us(true, true), 1);
  EXPECT_LT(launch_us(false, false), 1);
  EXPECT_LT(launch_us(true, false, true), 1) << "CUDA_MODULE_LOADING=EAGER";
}

TEST_F(BehaviourTest, TheDriversCopyPathsLoadAtTheirFirstUse) {
  open_with([](MachineFile& file) { file.driver.lazy_loading = true; });
  enable_peers();
  auto* from = device_memory(0, 50 * MB);
  auto* to = device_memory(1, 50 * MB);
  const cudaStream_t busy = stream_on(0), stream = stream_on(0);
  ASSERT_CUDA(cudaMemcpyPeerAsync(to, 1, from, 0, 50 * MB, busy));
  ASSERT_CUDA(cudaMemcpyPeerAsync(to, 1, from, 0, 50 * MB, busy));
  const double before = host_us();
  ASSERT_CUDA(cudaMemcpyAsync(from, from + 25 * MB, MB, cudaMemcpyDeviceToDevice, stream));
  EXPECT_GT(host_us() - before, 1500) << "another path: it waits for both copies";
  const double again = host_us();
  ASSERT_CUDA(cudaMemcpyAsync(from, from + 25 * MB, MB, cudaMemcpyDeviceToDevice, stream));
  EXPECT_LT(host_us() - again, 1);
}

TEST_F(BehaviourTest, TheFirstCopyBetweenTwoAllocationsIsSlower) {
  open_with([](MachineFile& file) { file.driver.first_copy_factor = 5; });
  enable_peers();
  auto* from = device_memory(0, 50 * MB);
  auto* to = device_memory(1, 50 * MB);
  const cudaStream_t stream = stream_on(0);
  const auto timed_us = [&] {
    const auto start = record_on(stream);
    EXPECT_EQ(cudaMemcpyPeerAsync(to, 1, from, 0, 50 * MB, stream), cudaSuccess);
    return elapsed_us(start, record_on(stream));
  };
  EXPECT_NEAR(timed_us(), 1 + 5 * 1000, 1);
  EXPECT_NEAR(timed_us(), 1 + 1000, 1);
}

TEST_F(BehaviourTest, FixedCostsDependOnWhatCameBefore) {
  open_with([](MachineFile& file) {
    file.driver.isolated_kernel_us = 5;
    file.driver.next_kernel_us = 1;
    file.driver.engine_hop_us = 3;
    file.driver.device_wait_us = 8;
  });
  enable_peers();
  auto* memory = device_memory(0, 8 * MB);
  auto* other = device_memory(0, 8 * MB);
  const cudaStream_t stream = stream_on(0);
  const auto kernel = [&] {
    EXPECT_EQ(kernels::launch_copy(memory, other, 8, 1, stream), cudaSuccess);
  };
  const auto copy = [&] {
    EXPECT_EQ(cudaMemcpyAsync(memory, other, 8, cudaMemcpyDeviceToDevice, stream), cudaSuccess);
  };
  const auto start = record_on(stream);
  kernel();
  const auto one = record_on(stream);
  EXPECT_NEAR(elapsed_us(start, one), 5, 0.1);

  peerbench_sim_spend(100'000);  // or it would be right behind the one before
  const auto before = record_on(stream);
  for (int i = 0; i < 10; ++i) kernel();
  EXPECT_NEAR(elapsed_us(before, record_on(stream)), 5 + 9 * 1, 0.1);

  const auto hop = record_on(stream);
  copy();
  const auto next = record_on(stream);
  copy();
  const auto end = record_on(stream);
  EXPECT_NEAR(elapsed_us(hop, next), 1 + 3, 0.1) << "behind a kernel";
  EXPECT_NEAR(elapsed_us(next, end), 1, 0.1) << "behind a copy";

  const cudaStream_t far = stream_on(1);
  ASSERT_CUDA(cudaSetDevice(0));
  ASSERT_CUDA(cudaMemcpyAsync(memory, other, 8 * MB, cudaMemcpyDeviceToDevice, stream));
  const auto here = record_on(stream);
  ASSERT_CUDA(cudaSetDevice(1));
  ASSERT_CUDA(cudaStreamWaitEvent(far, here, 0));
  const auto there = record_on(far);
  ASSERT_CUDA(cudaSetDevice(0));
  ASSERT_CUDA(cudaStreamWaitEvent(stream, there, 0));
  EXPECT_NEAR(elapsed_us(here, record_on(stream)), 2 * 8, 0.1) << "there and back";

  // Waits for several that are long over cost nothing more: the news has come.
  std::vector<cudaEvent_t> joined;
  ASSERT_CUDA(cudaMemcpyAsync(memory, other, 8 * MB, cudaMemcpyDeviceToDevice, stream));
  const auto begun = record_on(stream);
  for (int i = 0; i < 5; ++i) {
    const cudaStream_t each = stream_on(1);
    ASSERT_CUDA(cudaStreamWaitEvent(each, begun, 0));
    joined.push_back(record_on(each));
  }
  ASSERT_CUDA(cudaSetDevice(0));
  for (const cudaEvent_t each : joined) ASSERT_CUDA(cudaStreamWaitEvent(stream, each, 0));
  EXPECT_NEAR(elapsed_us(begun, record_on(stream)), 2 * 8, 0.1) << "five there and back together";
}

TEST_F(BehaviourTest, ClocksAndThePcieLinkComeUpAfterIdleness) {
  open_with([](MachineFile& file) {
    file.driver.clocks_ramp = true;
    for (GpuDescription& gpu : file.gpus) {
      gpu.pcie_generation_idle = 1;
      gpu.pcie_generation = 4;
      gpu.clock_ramp_ms = 50;
    }
  });
  auto* memory = device_memory(0, 80 * MB);
  auto* other = device_memory(0, 80 * MB);
  void* host = nullptr;
  ASSERT_CUDA(cudaMallocHost(&host, MB));
  const cudaStream_t stream = stream_on(0);
  const auto timed_us = [&](void* to, const void* from, std::size_t bytes) {
    const auto start = record_on(stream);
    EXPECT_EQ(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream), cudaSuccess);
    return elapsed_us(start, record_on(stream));
  };
  EXPECT_TRUE(link_lowered(0));
  EXPECT_NEAR(timed_us(memory, other, 80 * MB), 4 * 201, 4) << "a quarter of the clocks";
  EXPECT_NEAR(timed_us(memory, host, MB), 50 * 1.969 / 0.25, 10) << "PCIe 1.0 instead of 4.0";
  for (int i = 0; i < 1000; ++i) {
    ASSERT_CUDA(cudaMemcpyAsync(memory, other, 80 * MB, cudaMemcpyDefault, stream));
  }
  ASSERT_CUDA(cudaStreamSynchronize(stream));
  EXPECT_FALSE(link_lowered(0));
  EXPECT_NEAR(clock_level(0), 1, 0.02) << "four time constants later";
  EXPECT_NEAR(timed_us(memory, other, 80 * MB), 201, 4);
  peerbench_sim_spend(2'000'000'000);
  EXPECT_NEAR(clock_level(0), 0.25, 0.01) << "after two idle seconds";
  EXPECT_NEAR(timed_us(memory, other, 80 * MB), 4 * 201, 4);
}

// Of copies of the host's memory that follow one another only the last is really done, and that is
// enough.
TEST_F(BehaviourTest, RepeatedCopiesLeaveWhatTheLastOneBrings) {
  auto* memory = device_memory(0, MB);
  unsigned char* host = nullptr;
  ASSERT_CUDA(cudaMallocHost(reinterpret_cast<void**>(&host), MB));
  std::memset(host, 7, MB);
  const cudaStream_t stream = stream_on(0);
  for (int i = 0; i < 5; ++i) {
    ASSERT_CUDA(cudaMemcpyAsync(memory, host, MB, cudaMemcpyHostToDevice, stream));
  }
  ASSERT_CUDA(cudaStreamSynchronize(stream));
  EXPECT_THAT(read_back(memory, MB), testing::Each(7));
}

}  // namespace TEST_FILE
}  // namespace gpusim
