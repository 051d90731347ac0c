// SPDX-License-Identifier: Apache-2.0
// Faults of one way and one carrier, of enabling, and GPUs that others hold.
#include "kernels/move.hpp"
#include "tests/sim/cudart/fixture.hpp"
#include "tests/sim/switched_machine.hpp"

namespace gpusim {
namespace TEST_FILE {

class WayFaults : public RuntimeTest {
 protected:
  static void open_with(Carrier carrier, FaultRoute route) {
    MachineFile file = small_machine();
    file.faults = {{.kind = FaultKind::nothing_written, .carrier = carrier, .route = route}};
    open(file);
    to = device_memory(1, 64);
    from = device_memory(0, 64);
    ASSERT_CUDA(cudaSetDevice(1));
    fill(to, 64, 0x11);
    ASSERT_CUDA(cudaSetDevice(0));
    fill(from, 64, 0xAA);
  }
  static bool arrived() { return read_back(to, 64).front() == 0xAA; }
  static bool copy_arrives() {
    EXPECT_EQ(cudaMemcpyPeer(to, 1, from, 0, 64), cudaSuccess);
    EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    return arrived();
  }
  static bool kernel_arrives() {
    EXPECT_EQ(kernels::launch_copy(to, from, 64, 1, nullptr), cudaSuccess);
    EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess);
    return arrived();
  }
  static inline std::byte* to = nullptr;
  static inline std::byte* from = nullptr;
};

TEST_F(WayFaults, ActOnTheirRouteAlone) {
  open_with(Carrier::any, FaultRoute::direct);
  EXPECT_TRUE(copy_arrives()) << "staged";
  open_with(Carrier::any, FaultRoute::direct);
  ASSERT_CUDA(cudaDeviceEnablePeerAccess(1, 0));
  EXPECT_FALSE(copy_arrives()) << "direct";
  open_with(Carrier::any, FaultRoute::staged);
  EXPECT_FALSE(copy_arrives()) << "staged";
  ASSERT_CUDA(cudaDeviceEnablePeerAccess(1, 0));
  EXPECT_TRUE(copy_arrives()) << "direct";
}

TEST_F(WayFaults, ActOnTheirCarrierAlone) {
  for (const auto& [carrier, copy, kernel] : {std::tuple{Carrier::ce, false, true},
                                              {Carrier::sm, true, false},
                                              {Carrier::flags, true, true},
                                              {Carrier::nccl, true, true},
                                              {Carrier::any, false, false}}) {
    for (const bool by_kernel : {false, true}) {
      open_with(carrier, FaultRoute::any);
      ASSERT_CUDA(cudaDeviceEnablePeerAccess(1, 0));
      EXPECT_EQ(by_kernel ? kernel_arrives() : copy_arrives(), by_kernel ? kernel : copy)
          << static_cast<int>(carrier) << by_kernel;
    }
  }
}

class PeerFaults : public RuntimeTest {};

TEST_F(PeerFaults, EnablingIsRefusedThoughOffered) {
  MachineFile file = small_machine();
  file.faults = {{.kind = FaultKind::peer_refused, .from = 0, .to = 1}};
  open(file);
  int can = 0;
  ASSERT_CUDA(cudaDeviceCanAccessPeer(&can, 0, 1));
  EXPECT_EQ(can, 1);
  ASSERT_CUDA(cudaSetDevice(0));
  EXPECT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaErrorMapBufferObjectFailed);
  EXPECT_EQ(cudaGetLastError(), cudaErrorMapBufferObjectFailed);
  ASSERT_CUDA(cudaSetDevice(1));
  EXPECT_EQ(cudaDeviceEnablePeerAccess(0, 0), cudaSuccess) << "the other way is whole";
  file.faults[0].code = "cudaErrorTooManyPeers";
  open(file);
  ASSERT_CUDA(cudaSetDevice(0));
  EXPECT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaErrorTooManyPeers);
}

TEST_F(PeerFaults, OverSwitchesThereIsNoLimitOfEight) {
  open(machine_of(16));
  for (int peer = 1; peer < 16; ++peer) EXPECT_EQ(cudaDeviceEnablePeerAccess(peer, 0), cudaSuccess);
}

TEST_F(PeerFaults, AHeldGpuCanBeAskedAboutAndNotUsed) {
  MachineFile file = small_machine();
  file.faults = {{.kind = FaultKind::gpu_held, .to = 1}};
  open(file);
  int count = 0, mode = 0;
  ASSERT_CUDA(cudaGetDeviceCount(&count));
  EXPECT_EQ(count, 2);
  cudaDeviceProp prop;
  ASSERT_CUDA(cudaGetDeviceProperties(&prop, 1));
  ASSERT_CUDA(cudaDeviceGetAttribute(&mode, cudaDevAttrComputeMode, 1));
  EXPECT_EQ(mode, cudaComputeModeExclusiveProcess);
  EXPECT_EQ(cudaSetDevice(1), cudaErrorDevicesUnavailable);
  int current = -1;
  ASSERT_CUDA(cudaGetDevice(&current));
  EXPECT_EQ(current, 0);
  void* memory = nullptr;
  ASSERT_CUDA(cudaMalloc(&memory, 64)) << "the other one is free";
  EXPECT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaErrorDevicesUnavailable);
  file.faults[0].to = 0;
  open(file);
  EXPECT_EQ(cudaMalloc(&memory, 64), cudaErrorDevicesUnavailable);
  EXPECT_EQ(cudaFree(nullptr), cudaErrorDevicesUnavailable);
}

TEST_F(PeerFaults, EveryErrorOfAStartComesFromTheFirstCall) {
  for (const int code : {34, 35, 36, 46, 100, 101, 802, 803, 804, 999}) {
    MachineFile file = small_machine();
    file.driver.start_error = code;
    open(file);
    int count = 0;
    EXPECT_EQ(cudaGetDeviceCount(&count), static_cast<cudaError_t>(code));
    EXPECT_EQ(start_errors().size(), 10u);
  }
}

}  // namespace TEST_FILE
}  // namespace gpusim
