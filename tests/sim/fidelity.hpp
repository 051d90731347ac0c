// SPDX-License-Identifier: Apache-2.0
// Copies on the built-in machines, timed by events.
#pragma once

#include <string>

#include "sim/machine_file_loader.hpp"
#include "tests/sim/cudart/fixture.hpp"

namespace gpusim {

inline MachineFile builtin(const std::string& name) {
  auto machine = load_machine_file(PEERBENCH_SOURCE_DIR "/src/sim/machines/" + name + ".json");
  EXPECT_TRUE(machine.has_value()) << (machine ? "" : machine.error().message);
  // The spread around a figure is not the figure, and neither is what a driver adds to it.
  if (machine) {
    machine->noise_cv = 0;
    machine->driver = ideal_driver();
  }
  return machine.value_or(MachineFile{});
}

class FidelityTest : public RuntimeTest {
 protected:
  static constexpr std::size_t large = std::size_t{64} << 20;
  static constexpr std::size_t small = 16;
  /// So much that the start of a copy is nothing beside it, even at 4 TB/s.
  static constexpr std::size_t local_bytes = 4 * large;

  static void enable(int gpu, int peer) {
    ASSERT_CUDA(cudaSetDevice(gpu));
    ASSERT_CUDA(cudaDeviceEnablePeerAccess(peer, 0));
  }

  /// An event that does not complete before the host has queued what comes behind it, so that the
  /// host's calls are not measured.
  static cudaEvent_t start_late(int gpu, cudaStream_t stream) {
    constexpr std::size_t bytes = large / 8;
    auto* source = device_memory(gpu, bytes);
    auto* destination = device_memory(gpu, bytes);
    for (int i = 0; i < 16; ++i) {
      EXPECT_EQ(cudaMemcpyAsync(destination, source, bytes, cudaMemcpyDeviceToDevice, stream),
                cudaSuccess);
    }
    return record_on(stream);
  }

  /// One copy from GPU to GPU in a stream of `issuer`.
  static double copy_us(int issuer, int from, int to, std::size_t bytes) {
    auto* source = device_memory(from, bytes);
    auto* destination = device_memory(to, bytes);
    const cudaStream_t stream = stream_on(issuer);
    const auto start = start_late(issuer, stream);
    EXPECT_EQ(cudaMemcpyPeerAsync(destination, to, source, from, bytes, stream), cudaSuccess);
    return elapsed_us(start, record_on(stream));
  }

  /// Both ways at once, each issued by its source, until both have arrived.
  static double both_ways_us(int a, int b, std::size_t bytes) {
    auto* a_source = device_memory(a, bytes);
    auto* a_destination = device_memory(a, bytes);
    auto* b_source = device_memory(b, bytes);
    auto* b_destination = device_memory(b, bytes);
    const cudaStream_t back = stream_on(b), there = stream_on(a);
    const auto start = start_late(a, there);
    EXPECT_EQ(cudaStreamWaitEvent(back, start, 0), cudaSuccess);
    EXPECT_EQ(cudaMemcpyPeerAsync(b_destination, b, a_source, a, bytes, there), cudaSuccess);
    EXPECT_EQ(cudaMemcpyPeerAsync(a_destination, a, b_source, b, bytes, back), cudaSuccess);
    EXPECT_EQ(cudaSetDevice(b), cudaSuccess);
    const auto arrived = record_on(back);
    EXPECT_EQ(cudaStreamWaitEvent(there, arrived, 0), cudaSuccess);
    EXPECT_EQ(cudaSetDevice(a), cudaSuccess);
    return elapsed_us(start, record_on(there));
  }

  static double host_copy_us(int gpu, bool to_gpu) {
    auto* device = device_memory(gpu, large);
    void* host = nullptr;
    EXPECT_EQ(cudaMallocHost(&host, large), cudaSuccess);
    const cudaStream_t stream = stream_on(gpu);
    const auto start = start_late(gpu, stream);
    EXPECT_EQ(to_gpu ? cudaMemcpyAsync(device, host, large, cudaMemcpyHostToDevice, stream)
                     : cudaMemcpyAsync(host, device, large, cudaMemcpyDeviceToHost, stream),
              cudaSuccess);
    return elapsed_us(start, record_on(stream));
  }

  /// A copy to or from the host while one of twice its bytes goes the other way.
  static double busy_host_copy_us(int gpu, bool to_gpu) {
    void *host = nullptr, *other_host = nullptr;
    auto* device = device_memory(gpu, large);
    auto* other_device = device_memory(gpu, 2 * large);
    EXPECT_EQ(cudaMallocHost(&host, large), cudaSuccess);
    EXPECT_EQ(cudaMallocHost(&other_host, 2 * large), cudaSuccess);
    const cudaStream_t stream = stream_on(gpu), other = stream_on(gpu);
    const auto start = start_late(gpu, stream);
    EXPECT_EQ(cudaStreamWaitEvent(other, start, 0), cudaSuccess);
    const auto copy = [&](void* memory, void* at_host, bool in, std::size_t bytes, auto on) {
      EXPECT_EQ(in ? cudaMemcpyAsync(memory, at_host, bytes, cudaMemcpyHostToDevice, on)
                   : cudaMemcpyAsync(at_host, memory, bytes, cudaMemcpyDeviceToHost, on),
                cudaSuccess);
    };
    copy(other_device, other_host, !to_gpu, 2 * large, other);
    copy(device, host, to_gpu, large, stream);
    return elapsed_us(start, record_on(stream));
  }

  static double local_us(int gpu) {
    auto* source = device_memory(gpu, local_bytes);
    auto* destination = device_memory(gpu, local_bytes);
    const cudaStream_t stream = stream_on(gpu);
    const auto start = start_late(gpu, stream);
    EXPECT_EQ(cudaMemcpyAsync(destination, source, local_bytes, cudaMemcpyDeviceToDevice, stream),
              cudaSuccess);
    return elapsed_us(start, record_on(stream));
  }

  static double gbs(double bytes, double us) { return bytes / us * 1e-3; }
};

}  // namespace gpusim
