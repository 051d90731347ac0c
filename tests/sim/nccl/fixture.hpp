// SPDX-License-Identifier: Apache-2.0
// The simulator's NCCL as a foreign program meets it: loaded by name, called by symbol.
#pragma once

#include <dlfcn.h>
#include <nccl.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/cudart/fixture.hpp"
#include "tests/sim/switched_machine.hpp"

namespace gpusim {

#define NCCL(function) reinterpret_cast<decltype(&::function)>(SimulatedNccl::find(#function))
#define ASSERT_NCCL(expression) ASSERT_EQ(expression, ncclSuccess)

class SimulatedNccl : public RuntimeTest {
 protected:
  static void* library() {
    static void* const loaded = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
    return loaded;
  }
  static void* find(const char* symbol) {
    void* found = dlsym(library(), symbol);
    EXPECT_NE(found, nullptr) << symbol;
    return found;
  }

  void SetUp() override {
    RuntimeTest::SetUp();
    ASSERT_NE(library(), nullptr) << dlerror();
  }
  void TearDown() override {
    for (ncclComm_t comm : comms) NCCL(ncclCommDestroy)(comm);
    RuntimeTest::TearDown();
  }

  /// One rank on each GPU of `file`, with a stream.
  void start(const MachineFile& file) {
    open(file);
    comms.resize(file.gpus.size());
    ASSERT_NCCL(NCCL(ncclCommInitAll)(comms.data(), ranks(), nullptr));
    for (int rank = 0; rank < ranks(); ++rank) streams.push_back(stream_on(rank));
  }

  int ranks() const { return static_cast<int>(comms.size()); }

  /// Memory of rank's card that holds `values`.
  template <typename T>
  static T* holds(int rank, const std::vector<T>& values) {
    auto* memory = reinterpret_cast<T*>(device_memory(rank, values.size() * sizeof(T)));
    EXPECT_EQ(cudaMemcpy(memory, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice),
              cudaSuccess);
    return memory;
  }
  template <typename T>
  std::vector<T> read(int rank, const T* memory, std::size_t count) {
    EXPECT_EQ(cudaStreamSynchronize(streams[static_cast<std::size_t>(rank)]), cudaSuccess);
    std::vector<T> values(count);
    EXPECT_EQ(cudaMemcpy(values.data(), memory, count * sizeof(T), cudaMemcpyDeviceToHost),
              cudaSuccess);
    return values;
  }

  cudaEvent_t record(int rank) const {
    EXPECT_EQ(cudaSetDevice(rank), cudaSuccess);
    return record_on(stream(rank));
  }

  /// Calls `each(rank)` for all ranks in one group.
  template <typename Each>
  ncclResult_t grouped(const Each& each) {
    EXPECT_EQ(NCCL(ncclGroupStart)(), ncclSuccess);
    for (int rank = 0; rank < ranks(); ++rank) each(rank);
    return NCCL(ncclGroupEnd)();
  }

  ncclComm_t comm(int rank) const { return comms[static_cast<std::size_t>(rank)]; }
  cudaStream_t stream(int rank) const { return streams[static_cast<std::size_t>(rank)]; }

  std::vector<ncclComm_t> comms;
  std::vector<cudaStream_t> streams;
};

}  // namespace gpusim
