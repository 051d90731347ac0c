// SPDX-License-Identifier: Apache-2.0
// What the CUDA runtime shows of machines that are not two plain GPUs: switches, slices, hidden
// GPUs, pairs that are joined in different ways.
#include <cstdlib>

#include "tests/sim/cudart/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

class ShapesTest : public RuntimeTest {
 protected:
  void TearDown() override {
    RuntimeTest::TearDown();
    unsetenv("CUDA_VISIBLE_DEVICES");
    unsetenv("PEERBENCH_TEST_VARIABLE");
  }

  static int device_count() {
    int count = -1;
    cudaGetDeviceCount(&count);
    return count;
  }
  static std::string bus_id(int device) {
    char text[32] = "";
    EXPECT_EQ(cudaDeviceGetPCIBusId(text, sizeof text, device), cudaSuccess);
    return text;
  }
  static int pair_attribute(cudaDeviceP2PAttr attribute, int from, int to) {
    int value = -1;
    EXPECT_EQ(cudaDeviceGetP2PAttribute(&value, attribute, from, to), cudaSuccess);
    return value;
  }
  static std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "(not set)" : value;
  }

  /// Three GPUs with access to each other: 0 and 1 joined by four links, 1 and 2 by two, 0 and 2
  /// not.
  static MachineFile mesh() {
    MachineFile file = small_machine();
    file.gpus.push_back(small_gpu(2));
    LinkBundle second = file.links[0];
    second.a = 1;
    second.b = 2;
    second.links = second.up = 2;
    file.links.push_back(second);
    file.peers.clear();
    file.peer_default.emplace();
    file.peer_default->access = true;
    file.peer_default->atomics = "OK";
    return file;
  }
};

TEST_F(ShapesTest, CopiesThroughSwitchesAreCountedAtBothEnds) {
  MachineFile file = small_machine();
  LinkBundle& first = file.links[0];
  first.kind = "nvswitch";
  first.b = -1;
  file.links.push_back(first);
  file.links[1].a = 1;
  open(file);
  enable_peers();
  auto* from = device_memory(0, 100 * MB);
  auto* to = device_memory(1, 100 * MB);
  const cudaStream_t stream = stream_on(0);
  const auto start = record_on(stream);
  ASSERT_CUDA(cudaMemcpyPeerAsync(to, 1, from, 0, 100 * MB, stream));
  EXPECT_NEAR(elapsed_us(start, record_on(stream)), 1 + 100e6 / 50e3, 0.01);
  EXPECT_EQ(link_bytes(0, true), 100 * MB);
  EXPECT_EQ(link_bytes(0, false), 0u);
  EXPECT_EQ(link_bytes(1, true), 0u);
  EXPECT_EQ(link_bytes(1, false), 100 * MB);
  EXPECT_EQ(host_link_bytes(0, false), 0u);
}

TEST_F(ShapesTest, WhatNoPairSaysHoldsForAll) {
  MachineFile file = mesh();
  PeerPolicy refused;
  refused.from = 0;
  refused.to = 2;
  file.peers = {refused};
  open(file);
  int can = -1;
  ASSERT_CUDA(cudaDeviceCanAccessPeer(&can, 2, 0));
  EXPECT_EQ(can, 1);
  ASSERT_CUDA(cudaDeviceCanAccessPeer(&can, 0, 2));
  EXPECT_EQ(can, 0);
  ASSERT_CUDA(cudaDeviceCanAccessPeer(&can, 1, 1));
  EXPECT_EQ(can, 0);
}

TEST_F(ShapesTest, RanksComparePairsOfOneMachine) {
  open(mesh());
  EXPECT_EQ(pair_attribute(cudaDevP2PAttrPerformanceRank, 0, 1), 0);
  EXPECT_EQ(pair_attribute(cudaDevP2PAttrPerformanceRank, 1, 2), 1);
  EXPECT_EQ(pair_attribute(cudaDevP2PAttrPerformanceRank, 0, 2), 2);
  MachineFile file = mesh();
  PeerPolicy refused;
  refused.from = 2;
  refused.to = 0;
  file.peers = {refused};
  open(file);
  EXPECT_EQ(pair_attribute(cudaDevP2PAttrPerformanceRank, 0, 2), 2);
  EXPECT_EQ(pair_attribute(cudaDevP2PAttrPerformanceRank, 2, 0), 3);
  // Where all pairs are alike, all are best.
  file.links.clear();
  file.peers.clear();
  open(file);
  EXPECT_EQ(pair_attribute(cudaDevP2PAttrPerformanceRank, 0, 2), 0);
}

TEST_F(ShapesTest, OnlySomeAtomicsPassOverPcie) {
  constexpr auto partial = static_cast<cudaDeviceP2PAttr>(5);  // only CUDA 13 has a name for it
  open(mesh());
  EXPECT_EQ(pair_attribute(cudaDevP2PAttrNativeAtomicSupported, 0, 1), 1);
  EXPECT_EQ(pair_attribute(partial, 0, 1), 0);
  EXPECT_EQ(pair_attribute(cudaDevP2PAttrNativeAtomicSupported, 0, 2), 0);
  EXPECT_EQ(pair_attribute(partial, 0, 2), 1);
  MachineFile file = mesh();
  file.peer_default->atomics = "NS";
  open(file);
  EXPECT_EQ(pair_attribute(partial, 0, 2), 0);
}

TEST_F(ShapesTest, ACardThatCudaDoesNotShowIsNotCounted) {
  MachineFile file = mesh();
  file.gpus[1].cuda_hidden = true;
  open(file);
  ASSERT_EQ(device_count(), 2);
  EXPECT_EQ(bus_id(0), "0000:01:00.0");
  EXPECT_EQ(bus_id(1), "0000:03:00.0");
  // Indexes are those of the GPUs that CUDA has.
  setenv("CUDA_VISIBLE_DEVICES", "1", 1);
  open(file);
  ASSERT_EQ(device_count(), 1);
  EXPECT_EQ(bus_id(0), "0000:03:00.0");
}

TEST_F(ShapesTest, TheMachinesVariablesAreSetAndTakenBack) {
  MachineFile file = mesh();
  file.environment = {{"CUDA_VISIBLE_DEVICES", "2"}, {"PEERBENCH_TEST_VARIABLE", "machine"}};
  open(file);
  EXPECT_EQ(device_count(), 1);
  EXPECT_EQ(bus_id(0), "0000:03:00.0");
  EXPECT_EQ(variable("CUDA_VISIBLE_DEVICES"), "2");
  open(mesh());
  EXPECT_EQ(device_count(), 3);
  EXPECT_EQ(variable("CUDA_VISIBLE_DEVICES"), "(not set)");
  EXPECT_EQ(variable("PEERBENCH_TEST_VARIABLE"), "(not set)");
  open(file);
  close();
  EXPECT_EQ(variable("PEERBENCH_TEST_VARIABLE"), "(not set)");
  // The program's own ones stay, those it had before and those it has set since.
  setenv("CUDA_VISIBLE_DEVICES", "0,1", 1);
  open(file);
  EXPECT_EQ(device_count(), 2);
  setenv("PEERBENCH_TEST_VARIABLE", "program", 1);
  close();
  EXPECT_EQ(variable("CUDA_VISIBLE_DEVICES"), "0,1");
  EXPECT_EQ(variable("PEERBENCH_TEST_VARIABLE"), "program");
}

TEST_F(ShapesTest, OfASlicedCardCudaShowsTheSlice) {
  MachineFile file = mesh();
  file.gpus[1].mig = "enabled";
  file.gpus[1].mig_slices = {{"Test GPU MIG 1g", "MIG-00000042-0000-0000-0000-000000000000", 16,
                              std::uint64_t{100} << 20}};
  open(file);
  ASSERT_EQ(device_count(), 3);
  cudaDeviceProp prop;
  ASSERT_CUDA(cudaGetDeviceProperties(&prop, 1));
  EXPECT_STREQ(prop.name, "Test GPU MIG 1g");
  EXPECT_EQ(prop.multiProcessorCount, 16);
  EXPECT_EQ(prop.totalGlobalMem, std::size_t{100} << 20);
  EXPECT_EQ(prop.uuid.bytes[3], 0x42);
  EXPECT_EQ(prop.pciBusID, 2);
  ASSERT_CUDA(cudaSetDevice(1));
  std::size_t free = 0, total = 0;
  ASSERT_CUDA(cudaMemGetInfo(&free, &total));
  EXPECT_EQ(total, std::size_t{100} << 20);
  int value = 0;
  ASSERT_CUDA(cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, 1));
  EXPECT_EQ(value, 16);
  // No slice reaches a peer, whatever the pair's entry says.
  ASSERT_CUDA(cudaDeviceCanAccessPeer(&value, 0, 1));
  EXPECT_EQ(value, 0);
  ASSERT_CUDA(cudaDeviceCanAccessPeer(&value, 1, 0));
  EXPECT_EQ(value, 0);
  setenv("CUDA_VISIBLE_DEVICES", "MIG-00000042", 1);
  open(file);
  ASSERT_EQ(device_count(), 1);
  EXPECT_EQ(bus_id(0), "0000:02:00.0");
}

}  // namespace TEST_FILE
}  // namespace gpusim
