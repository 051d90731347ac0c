// SPDX-License-Identifier: Apache-2.0
// What the first calls of a program cost: contexts, and memory that is mapped.
#include "tests/sim/cudart/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

class ContextsTest : public RuntimeTest {
 protected:
  static constexpr double context_ms = 150;

  void SetUp() override {
    RuntimeTest::SetUp();
    MachineFile file = small_machine();
    file.driver.context_ms = context_ms;
    open(file);
  }

  /// Milliseconds of virtual time that a call took, but for the clock's own 20 ns.
  template <typename Call>
  static double ms(Call&& call) {
    const std::uint64_t before = peerbench_sim_now_ns();
    EXPECT_EQ(call(), cudaSuccess);
    return static_cast<double>(peerbench_sim_now_ns() - before - 20) * 1e-6;
  }
};

TEST_F(ContextsTest, CallsThatDescribeGpusDoWithoutOne) {
  int value = 0;
  char id[32];
  cudaDeviceProp properties;
  EXPECT_EQ(ms([&] { return cudaGetDeviceCount(&value); }), 0);
  EXPECT_EQ(ms([&] { return cudaGetDevice(&value); }), 0);
  EXPECT_EQ(ms([&] { return cudaDeviceGetAttribute(&value, cudaDevAttrIntegrated, 1); }), 0);
  EXPECT_EQ(ms([&] { return cudaGetDeviceProperties(&properties, 1); }), 0);
  EXPECT_EQ(ms([&] { return cudaDeviceGetPCIBusId(id, sizeof id, 1); }), 0);
  EXPECT_EQ(ms([&] { return cudaDeviceCanAccessPeer(&value, 0, 1); }), 0);
}

TEST_F(ContextsTest, TheFirstCallThatNeedsOneTakesItsTimeOnce) {
  void* memory = nullptr;
  EXPECT_NEAR(ms([&] { return cudaMalloc(&memory, 16); }), context_ms, 1e-3);
  EXPECT_EQ(ms([&] { return cudaMalloc(&memory, 16); }), 0);
  EXPECT_EQ(ms([] { return cudaSetDevice(0); }), 0);
  EXPECT_EQ(ms([] { return cudaDeviceSynchronize(); }), 0);
}

TEST_F(ContextsTest, EachGpuHasItsOwn) {
  EXPECT_NEAR(ms([] { return cudaSetDevice(1); }), context_ms, 1e-3) << "since CUDA 12";
  EXPECT_EQ(ms([] { return cudaFree(nullptr); }), 0);
  EXPECT_NEAR(ms([] { return cudaDeviceEnablePeerAccess(0, 0); }), context_ms, 1e-3) << "gpu0's";
  EXPECT_EQ(ms([] { return cudaSetDevice(0); }), 0);
}

TEST_F(ContextsTest, AResetTakesItAway) {
  EXPECT_NEAR(ms([] { return cudaSetDevice(0); }), context_ms, 1e-3);
  EXPECT_EQ(ms([] { return cudaDeviceReset(); }), 0);
  EXPECT_NEAR(ms([] { return cudaFree(nullptr); }), context_ms, 1e-3);
}

TEST_F(ContextsTest, MappingMemoryTakesTimeByItsSize) {
  MachineFile file = small_machine();
  file.driver.map_us_per_gib = 1000;
  open(file);
  void* memory = nullptr;
  EXPECT_NEAR(ms([&] { return cudaMalloc(&memory, std::size_t{1} << 29); }), 0.5, 1e-3);
  EXPECT_NEAR(ms([&] { return cudaMalloc(&memory, std::size_t{1} << 27); }), 0.125, 1e-3);
}

}  // namespace TEST_FILE
}  // namespace gpusim
