// SPDX-License-Identifier: Apache-2.0
// Rates of copies that follow from the machine's figures, and what they do to memory.
#include "tests/sim/cudart/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

using CopiesTest = RuntimeTest;

constexpr double bytes_of(std::size_t bytes) { return static_cast<double>(bytes); }

TEST_F(CopiesTest, APeerCopyTakesTheLink) {
  enable_peers();
  auto* from = device_memory(0, 100 * MB);
  auto* to = device_memory(1, 100 * MB);
  const cudaStream_t stream = stream_on(0);
  const auto start = record_on(stream);
  ASSERT_CUDA(cudaMemcpyPeerAsync(to, 1, from, 0, 100 * MB, stream));
  const auto end = record_on(stream);
  EXPECT_NEAR(elapsed_us(start, end), 1 + bytes_of(100 * MB) / 50e3, 0.01);
}

TEST_F(CopiesTest, WithoutPeerAccessItIsStaged) {
  auto* from = device_memory(0, 80 * MB);
  auto* to = device_memory(1, 80 * MB);
  const cudaStream_t stream = stream_on(0);
  const auto start = record_on(stream);
  ASSERT_CUDA(cudaMemcpyPeerAsync(to, 1, from, 0, 80 * MB, stream));
  const auto end = record_on(stream);
  EXPECT_NEAR(elapsed_us(start, end), 10 + bytes_of(80 * MB) / 8e3, 0.1);
}

// The access that counts is that of the GPU which issues the copy.
TEST_F(CopiesTest, AccessOfTheIssuerDecides) {
  auto* from = device_memory(0, 50 * MB);
  auto* to = device_memory(1, 50 * MB);
  ASSERT_CUDA(cudaSetDevice(0));
  ASSERT_CUDA(cudaDeviceEnablePeerAccess(1, 0));
  const double direct_us = 1 + bytes_of(50 * MB) / 50e3;
  for (int issuer : {0, 1}) {
    const cudaStream_t stream = stream_on(issuer);
    const auto start = record_on(stream);
    ASSERT_CUDA(cudaMemcpyPeerAsync(to, 1, from, 0, 50 * MB, stream));
    const auto end = record_on(stream);
    const double expected = issuer == 0 ? direct_us : 10 + bytes_of(50 * MB) / 8e3;
    EXPECT_NEAR(elapsed_us(start, end), expected, 0.1) << issuer;
  }
}

TEST_F(CopiesTest, OppositeStagedCopiesReachTheTotal) {
  auto* a = device_memory(0, 60 * MB);
  auto* b = device_memory(0, 60 * MB);
  auto* c = device_memory(1, 60 * MB);
  auto* d = device_memory(1, 60 * MB);
  const cudaStream_t there = stream_on(0), back = stream_on(1);
  ASSERT_CUDA(cudaSetDevice(0));
  const auto start = record_on(there);
  ASSERT_CUDA(cudaMemcpyPeerAsync(c, 1, a, 0, 60 * MB, there));
  ASSERT_CUDA(cudaMemcpyPeerAsync(b, 0, d, 1, 60 * MB, back));
  const auto end = record_on(there);
  // 12 GB/s for both: 6 GB/s each.
  EXPECT_NEAR(elapsed_us(start, end), 10 + bytes_of(60 * MB) / 6e3, 0.1);
}

TEST_F(CopiesTest, BothWaysShareWhatTheLinkGivesForBoth) {
  MachineFile file = small_machine();
  file.links[0].both_ways_efficiency = Figure{0.8, "", true};
  open(file);
  enable_peers();
  auto* a = device_memory(0, 40 * MB);
  auto* b = device_memory(0, 40 * MB);
  auto* c = device_memory(1, 40 * MB);
  auto* d = device_memory(1, 40 * MB);
  const cudaStream_t there = stream_on(0), back = stream_on(1);
  ASSERT_CUDA(cudaSetDevice(0));
  const auto start = record_on(there);
  ASSERT_CUDA(cudaMemcpyPeerAsync(c, 1, a, 0, 40 * MB, there));
  ASSERT_CUDA(cudaMemcpyPeerAsync(b, 0, d, 1, 40 * MB, back));
  const auto end = record_on(there);
  EXPECT_NEAR(elapsed_us(start, end), 1 + bytes_of(40 * MB) / 40e3, 0.01);
}

TEST_F(CopiesTest, ALocalCopyIsHalfItsTraffic) {
  auto* from = device_memory(0, 80 * MB);
  auto* to = device_memory(0, 80 * MB);
  const cudaStream_t stream = stream_on(0);
  const auto start = record_on(stream);
  ASSERT_CUDA(cudaMemcpyAsync(to, from, 80 * MB, cudaMemcpyDeviceToDevice, stream));
  const auto end = record_on(stream);
  EXPECT_NEAR(elapsed_us(start, end), 1 + bytes_of(80 * MB) / 400e3, 0.01);
}

/// Two copies to the GPU share 20 GB/s. A third, from the GPU, has a way of its own; how long it
/// takes to its end says whether it had an engine.
class CopyEnginesTest : public CopiesTest, public testing::WithParamInterface<int> {};

TEST_P(CopyEnginesTest, ADownloadWaitsForUploadsOnlyWhereOneEngineDoesBoth) {
  MachineFile file = small_machine();
  file.gpus[0].copy_engines = GetParam();
  open(file);
  void* host[3];
  for (void*& each : host) ASSERT_CUDA(cudaMallocHost(&each, MB));
  auto* memory = device_memory(0, 3 * MB);
  cudaStream_t streams[3];
  for (auto& each : streams) each = stream_on(0);
  const auto start = record_on(streams[2]);
  for (int i : {0, 1}) {
    ASSERT_CUDA(cudaMemcpyAsync(memory + i * static_cast<std::ptrdiff_t>(MB), host[i], MB,
                                cudaMemcpyHostToDevice, streams[i]));
  }
  ASSERT_CUDA(cudaMemcpyAsync(host[2], memory + 2 * MB, MB, cudaMemcpyDeviceToHost, streams[2]));
  const auto end = record_on(streams[2]);
  const double behind_us = GetParam() == 1 ? 2 * (1 + 50) : 0;
  EXPECT_NEAR(elapsed_us(start, end), behind_us + (1 + 50), 0.01);
}
INSTANTIATE_TEST_SUITE_P(Engines, CopyEnginesTest, testing::Values(1, 2, 3));

// Of one direction there is one engine, whatever the GPU has for peers.
TEST_P(CopyEnginesTest, UploadsTakeTurns) {
  MachineFile file = small_machine();
  file.gpus[0].copy_engines = GetParam();
  open(file);
  void* host = nullptr;
  ASSERT_CUDA(cudaMallocHost(&host, 2 * MB));
  auto* memory = device_memory(0, 2 * MB);
  const cudaStream_t first = stream_on(0), second = stream_on(0);
  const auto start = record_on(first);
  ASSERT_CUDA(cudaMemcpyAsync(memory, host, MB, cudaMemcpyHostToDevice, first));
  ASSERT_CUDA(cudaMemcpyAsync(memory + MB, static_cast<std::byte*>(host) + MB, MB,
                              cudaMemcpyHostToDevice, second));
  EXPECT_NEAR(elapsed_us(start, record_on(first)), 1 + 50, 0.01);
  EXPECT_NEAR(elapsed_us(start, record_on(second)), 2 * (1 + 50), 0.01);
}

// A peer copy, at 50 GB/s, beside one to the host: a GPU with two engines pushes by the one for
// downloads, one with three has another.
TEST_P(CopyEnginesTest, APushWaitsForADownloadWhereNoEngineServesPeers) {
  MachineFile file = small_machine();
  file.gpus[0].copy_engines = GetParam();
  open(file);
  enable_peers();
  void* host = nullptr;
  ASSERT_CUDA(cudaMallocHost(&host, MB));
  auto* memory = device_memory(0, MB);
  auto* peer = device_memory(1, MB);
  const cudaStream_t down = stream_on(0), push = stream_on(0);
  const auto start = record_on(down);
  ASSERT_CUDA(cudaMemcpyAsync(host, memory, MB, cudaMemcpyDeviceToHost, down));
  ASSERT_CUDA(cudaMemcpyPeerAsync(peer, 1, memory, 0, MB, push));
  const double behind_us = GetParam() < 3 ? 1 + 50 : 0;
  EXPECT_NEAR(elapsed_us(start, record_on(push)), behind_us + (1 + 20), 0.01);
}

// The older way, by a switch: three copies of a GPU with two engines take turns.
TEST_F(CopiesTest, UndirectedEnginesDoAnyCopy) {
  MachineFile file = small_machine();
  file.driver.directed_copy_engines = false;
  open(file);
  void* host[3];
  for (void*& each : host) ASSERT_CUDA(cudaMallocHost(&each, MB));
  auto* memory = device_memory(0, 3 * MB);
  cudaStream_t streams[3];
  for (auto& each : streams) each = stream_on(0);
  const auto start = record_on(streams[2]);
  for (int i : {0, 1}) {
    ASSERT_CUDA(cudaMemcpyAsync(memory + i * static_cast<std::ptrdiff_t>(MB), host[i], MB,
                                cudaMemcpyHostToDevice, streams[i]));
  }
  ASSERT_CUDA(cudaMemcpyAsync(host[2], memory + 2 * MB, MB, cudaMemcpyDeviceToHost, streams[2]));
  EXPECT_NEAR(elapsed_us(start, record_on(streams[2])), (1 + 100) + (1 + 50), 0.01);
}

// What a call costs the host goes by its kind.
TEST_F(CopiesTest, ACallCostsTheHostMoreWhereTheCopyIsStaged) {
  MachineFile file = small_machine();
  file.host.calls.copy_us = 1.5;
  file.host.calls.staged_copy_us = 5.5;
  open(file);
  auto* from = device_memory(0, MB);
  auto* to = device_memory(1, MB);
  const cudaStream_t stream = stream_on(0);
  const auto call_us = [&] {
    const std::uint64_t before = peerbench_sim_now_ns();
    EXPECT_EQ(cudaMemcpyPeerAsync(to, 1, from, 0, MB, stream), cudaSuccess);
    return static_cast<double>(peerbench_sim_now_ns() - before) * 1e-3;
  };
  EXPECT_NEAR(call_us(), 5.5, 0.03);  // the clock's reading costs 20 ns
  enable_peers();
  EXPECT_NEAR(call_us(), 1.5, 0.03);
}

TEST_F(CopiesTest, BytesReallyArrive) {
  std::vector<unsigned char> sent(100001);
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<unsigned char>(i * 7);
  auto* first = device_memory(0, sent.size());
  auto* second = device_memory(1, sent.size());
  ASSERT_CUDA(cudaMemcpy(first, sent.data(), sent.size(), cudaMemcpyHostToDevice));
  ASSERT_CUDA(cudaMemcpyPeer(second, 1, first, 0, sent.size()));
  EXPECT_EQ(read_back(second, sent.size()), sent);
}

// A repeated copy may be left out only while nothing was written to either side.
TEST_F(CopiesTest, LeavingOutRepetitionsNeverHidesData) {
  auto* from = device_memory(0, 1000);
  auto* to = device_memory(1, 1000);
  const auto copy = [&] {
    ASSERT_CUDA(cudaMemcpyPeer(to, 1, from, 0, 1000));
    ASSERT_CUDA(cudaDeviceSynchronize());
  };
  ASSERT_CUDA(cudaSetDevice(0));
  fill(from, 1000, 1);
  copy();
  copy();
  fill(from, 1000, 2);  // the source changed
  copy();
  EXPECT_EQ(read_back(to, 1000), std::vector<unsigned char>(1000, 2));
  fill(from + 10, 1, 3);
  copy();
  EXPECT_EQ(read_back(to, 1000)[10], 3);
  ASSERT_CUDA(cudaSetDevice(1));
  fill(to + 500, 1, 9);  // the destination changed
  ASSERT_CUDA(cudaSetDevice(0));
  copy();
  EXPECT_EQ(read_back(to, 1000)[500], 2);
  ASSERT_CUDA(kernels::launch_fill(from, 1000, 5, nullptr));  // a kernel wrote to the source
  ASSERT_CUDA(cudaDeviceSynchronize());
  copy();
  EXPECT_EQ(read_back(to, 1000), read_back(from, 1000));
}

TEST_F(CopiesTest, HostMemoryIsCopiedEveryTime) {
  unsigned char* pinned = nullptr;
  ASSERT_CUDA(cudaMallocHost(reinterpret_cast<void**>(&pinned), 8));
  auto* to = device_memory(0, 8);
  for (unsigned char value : {1, 2}) {
    std::memset(pinned, value, 8);  // the simulator cannot see this
    ASSERT_CUDA(cudaMemcpy(to, pinned, 8, cudaMemcpyHostToDevice));
    EXPECT_EQ(read_back(to, 8), std::vector<unsigned char>(8, value));
  }
}

TEST_F(CopiesTest, BeyondTheEndIsRefused) {
  auto* from = device_memory(0, 1000);
  auto* to = device_memory(1, 999);
  EXPECT_EQ(cudaMemcpyPeer(to, 1, from, 0, 1000), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpyPeerAsync(to, 1, from + 2, 0, 999, nullptr), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemset(to, 0, 1000), cudaErrorInvalidValue);
  std::vector<char> host(2000);
  EXPECT_EQ(cudaMemcpy(to, host.data(), 1000, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(host.data(), to + 1, 999, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpy(to, from, 999, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(cudaMemcpyPeer(to, 0, from, 0, 10), cudaErrorInvalidValue);  // not memory of GPU 0
}

TEST_F(CopiesTest, LinkCountersCountBytes) {
  enable_peers();
  auto* from = device_memory(0, MB);
  auto* to = device_memory(1, MB);
  ASSERT_CUDA(cudaMemcpyPeer(to, 1, from, 0, MB));
  ASSERT_CUDA(cudaSetDevice(1));
  ASSERT_CUDA(cudaMemcpyPeer(to, 1, from, 0, MB / 2));
  ASSERT_CUDA(cudaDeviceSynchronize());
  ASSERT_CUDA(cudaSetDevice(0));
  ASSERT_CUDA(cudaDeviceSynchronize());
  EXPECT_EQ(link_bytes(0, true), MB + MB / 2);
  EXPECT_EQ(link_bytes(0, false), 0u);
}

class FaultTest : public RuntimeTest {
 protected:
  /// What arrives at GPU 1 from GPU 0 when 0xAA is sent onto 0x11, twice with 0xBB the second time.
  static std::vector<unsigned char> arrives(FaultKind kind, int from_gpu, int to_gpu,
                                            int sends = 1) {
    MachineFile file = small_machine();
    file.faults = {{kind, from_gpu, to_gpu}};
    open(file);
    auto* to = device_memory(1, 64);
    auto* from = device_memory(0, 64);
    fill(from, 64, 0xAA);
    EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
    fill(to, 64, 0x11);
    for (int i = 0; i < sends; ++i) {
      EXPECT_EQ(cudaMemcpyPeer(to, 1, from, 0, 64), cudaSuccess);
      EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
      EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
      fill(from, 64, 0xBB);
      EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
    }
    return read_back(to, 64);
  }
};

TEST_F(FaultTest, NothingWritten) {
  EXPECT_EQ(arrives(FaultKind::nothing_written, 0, 1), std::vector<unsigned char>(64, 0x11));
}

TEST_F(FaultTest, PartWritten) {
  std::vector<unsigned char> expected(64, 0xAA);
  std::fill(expected.begin() + 32, expected.end(), 0x11);
  EXPECT_EQ(arrives(FaultKind::part_written, -1, 1), expected);
}

TEST_F(FaultTest, BitFlip) {
  int wrong_bits = 0;
  for (unsigned char byte : arrives(FaultKind::bit_flip, 0, -1)) {
    wrong_bits += __builtin_popcount(static_cast<unsigned>(byte ^ 0xAA));
  }
  EXPECT_EQ(wrong_bits, 1);
}

TEST_F(FaultTest, StaleKeepsTheFirstThatArrived) {
  EXPECT_EQ(arrives(FaultKind::stale, 0, 1, 1), std::vector<unsigned char>(64, 0xAA));
  EXPECT_EQ(arrives(FaultKind::stale, 0, 1, 2), std::vector<unsigned char>(64, 0xAA));
}

TEST_F(FaultTest, ASwappedPairIsAllThereInTheWrongPlaces) {
  MachineFile file = small_machine();
  file.faults = {{FaultKind::swapped_pair, 0, 1}};
  open(file);
  auto* to = device_memory(1, 64);
  auto* from = device_memory(0, 64);
  EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
  fill(from, 32, 0xAA);
  fill(from + 32, 32, 0xBB);
  EXPECT_EQ(cudaMemcpyPeer(to, 1, from, 0, 64), cudaSuccess);
  std::vector<unsigned char> expected(64, 0xBB);
  std::fill(expected.begin() + 32, expected.end(), 0xAA);
  EXPECT_EQ(read_back(to, 64), expected);
}

TEST_F(FaultTest, APrivateMirrorKeepsWhatGoesThroughTheWindow) {
  MachineFile file = small_machine();
  file.faults = {{FaultKind::private_mirror, 0, 1}};
  open(file);
  auto* own = device_memory(0, 64);
  auto* other = device_memory(1, 64);
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  fill(other, 64, 0x11);
  EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
  EXPECT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaSuccess);
  EXPECT_EQ(cudaMemcpy(own, other, 64, cudaMemcpyDefault), cudaSuccess);
  EXPECT_EQ(read_back(own, 64), std::vector<unsigned char>(64, 0)) << "nothing was written to it";
  fill(own, 64, 0xAA);
  EXPECT_EQ(cudaMemcpy(other, own, 64, cudaMemcpyDefault), cudaSuccess);
  EXPECT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(read_back(other, 64), std::vector<unsigned char>(64, 0x11)) << "as its owner sees it";
  EXPECT_EQ(cudaSetDevice(0), cudaSuccess);
  fill(own, 64, 0x22);
  EXPECT_EQ(cudaMemcpy(own, other, 64, cudaMemcpyDefault), cudaSuccess);
  EXPECT_EQ(read_back(own, 64), std::vector<unsigned char>(64, 0xAA)) << "as its writer sees it";
}

TEST_F(FaultTest, TheOtherWayIsSound) {
  EXPECT_EQ(arrives(FaultKind::nothing_written, 1, 0), std::vector<unsigned char>(64, 0xAA));
}

TEST_F(FaultTest, NoProgressShowsByPollingAndEndsAWait) {
  MachineFile file = small_machine();
  file.faults = {{FaultKind::no_progress, 0, 1}};
  file.host.calls.query_us = 1;
  open(file);
  auto* to = device_memory(1, 64);
  auto* from = device_memory(0, 64);
  ASSERT_CUDA(cudaMemcpyPeerAsync(to, 1, from, 0, 64, nullptr));
  const cudaEvent_t end = record_on(nullptr);
  const std::uint64_t deadline = peerbench_sim_now_ns() + 1000 * 1000;
  int queries = 0;
  while (peerbench_sim_now_ns() < deadline) {
    ASSERT_EQ(cudaEventQuery(end), cudaErrorNotReady);
    ASSERT_LT(++queries, 10000);
  }
  EXPECT_EQ(cudaEventSynchronize(end), cudaErrorLaunchTimeout);
  EXPECT_EQ(cudaSetDevice(0), cudaErrorLaunchTimeout);  // sticky
  EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchTimeout);
  EXPECT_EQ(cudaGetLastError(), cudaErrorLaunchTimeout);
}

}  // namespace TEST_FILE
}  // namespace gpusim
