// SPDX-License-Identifier: Apache-2.0
// Pairs of GPUs, and what lies near one.
#include "tests/sim/nvml/fixture.hpp"
#include "tests/sim/small_machine.hpp"

namespace gpusim {
namespace TEST_FILE {

class NvmlTopology : public SimulatedNvml {
 protected:
  /// 0 and 1 on one switch, 2 a switch deeper, 3 on another port, 4 and 5 on other host bridges, 5
  /// of the other node.
  static MachineFile machine() {
    MachineFile file = small_machine();
    file.links.clear();
    file.peers.clear();
    for (int index = 2; index < 6; ++index) file.gpus.push_back(small_gpu(index));
    const std::string root = "pci0000:00", port = "0000:00:01.0", upper = "0000:0a:00.0";
    file.gpus[0].pci_path = {root, port, upper, "0000:0b:00.0"};
    file.gpus[1].pci_path = {root, port, upper, "0000:0b:01.0"};
    file.gpus[2].pci_path = {root, port, upper, "0000:0b:02.0", "0000:0e:00.0", "0000:0f:00.0"};
    file.gpus[3].pci_path = {root, "0000:00:02.0"};
    file.gpus[4].pci_path = {"pci0000:40", "0000:40:01.0"};
    file.gpus[5].pci_path = {"pci0000:80", "0000:80:01.0"};
    for (GpuDescription& gpu : file.gpus) {
      gpu.numa_node = 0;
      gpu.cpus = "0-3,64-67";
    }
    file.gpus[5].numa_node = 1;
    file.gpus[5].cpus = "4-7,130";
    return file;
  }

  int level(unsigned first, unsigned second) {
    nvmlGpuTopologyLevel_t found = NVML_TOPOLOGY_INTERNAL;
    const nvmlReturn_t code =
        NVML(nvmlDeviceGetTopologyCommonAncestor)(gpu(first), gpu(second), &found);
    return code == NVML_SUCCESS ? static_cast<int>(found) : -static_cast<int>(code);
  }

  int p2p(unsigned from, unsigned to, nvmlGpuP2PCapsIndex_t index) {
    nvmlGpuP2PStatus_t status = NVML_P2P_STATUS_UNKNOWN;
    const nvmlReturn_t code = NVML(nvmlDeviceGetP2PStatus)(gpu(from), gpu(to), index, &status);
    return code == NVML_SUCCESS ? static_cast<int>(status) : -static_cast<int>(code);
  }
};

TEST_F(NvmlTopology, TheWayBetweenCardsIsThatOfTheirPciPaths) {
  ASSERT_EQ(start(machine()), NVML_SUCCESS);
  EXPECT_EQ(level(0, 1), NVML_TOPOLOGY_SINGLE);
  EXPECT_EQ(level(0, 2), NVML_TOPOLOGY_MULTIPLE);
  EXPECT_EQ(level(2, 1), NVML_TOPOLOGY_MULTIPLE);
  EXPECT_EQ(level(0, 3), NVML_TOPOLOGY_HOSTBRIDGE);
  EXPECT_EQ(level(0, 4), NVML_TOPOLOGY_NODE);
  EXPECT_EQ(level(4, 5), NVML_TOPOLOGY_SYSTEM);
  EXPECT_EQ(level(0, 0), -NVML_ERROR_INVALID_ARGUMENT);
  int same = 1;
  EXPECT_EQ(NVML(nvmlDeviceOnSameBoard)(gpu(0), gpu(1), &same), NVML_SUCCESS);
  EXPECT_EQ(same, 0);
  MachineFile file = machine();
  file.gpus[0].attributes =
      file.gpus[1].attributes = {{"IsMultiGpuBoard", 1}, {"MultiGpuBoardGroupID", 5}};
  file.gpus[4].in_pci = false;
  file.gpus[4].pci_path.clear();
  open(file);
  EXPECT_EQ(level(0, 1), NVML_TOPOLOGY_INTERNAL);
  EXPECT_EQ(NVML(nvmlDeviceOnSameBoard)(gpu(0), gpu(1), &same), NVML_SUCCESS);
  EXPECT_EQ(same, 1);
  EXPECT_EQ(level(0, 4), -NVML_ERROR_NOT_SUPPORTED);
  unsigned first = 0, second = 1, multi = 0;
  EXPECT_EQ(NVML(nvmlDeviceGetBoardId)(gpu(0), &first), NVML_SUCCESS);
  EXPECT_EQ(NVML(nvmlDeviceGetBoardId)(gpu(1), &second), NVML_SUCCESS);
  EXPECT_EQ(first, second);
  EXPECT_EQ(NVML(nvmlDeviceGetMultiGpuBoard)(gpu(0), &multi), NVML_SUCCESS);
  EXPECT_EQ(multi, 1u);
}

TEST_F(NvmlTopology, ListsAreAskedForTheirLengthFirst) {
  ASSERT_EQ(start(machine()), NVML_SUCCESS);
  unsigned count = 0;
  ASSERT_EQ(
      NVML(nvmlDeviceGetTopologyNearestGpus)(gpu(0), NVML_TOPOLOGY_HOSTBRIDGE, &count, nullptr),
      NVML_SUCCESS);
  EXPECT_EQ(count, 1u);
  nvmlDevice_t near[8] = {};
  ASSERT_EQ(NVML(nvmlDeviceGetTopologyNearestGpus)(gpu(0), NVML_TOPOLOGY_HOSTBRIDGE, &count, near),
            NVML_SUCCESS);
  EXPECT_EQ(near[0], gpu(3));
  EXPECT_EQ(near[1], nullptr);
  EXPECT_EQ(NVML(nvmlDeviceGetTopologyNearestGpus)(gpu(0), NVML_TOPOLOGY_SYSTEM, &count, nullptr),
            NVML_ERROR_INVALID_ARGUMENT);
  count = 0;
  ASSERT_EQ(NVML(nvmlSystemGetTopologyGpuSet)(130, &count, nullptr), NVML_SUCCESS);
  EXPECT_EQ(count, 1u);
  ASSERT_EQ(NVML(nvmlSystemGetTopologyGpuSet)(130, &count, near), NVML_SUCCESS);
  EXPECT_EQ(near[0], gpu(5));
  count = 0;
  ASSERT_EQ(NVML(nvmlSystemGetTopologyGpuSet)(64, &count, nullptr), NVML_SUCCESS);
  EXPECT_EQ(count, 5u);
}

TEST_F(NvmlTopology, NearProcessorsAndMemoryAreBits) {
  ASSERT_EQ(start(machine()), NVML_SUCCESS);
  unsigned long set[3] = {~0ul, ~0ul, ~0ul};
  ASSERT_EQ(NVML(nvmlDeviceGetCpuAffinity)(gpu(0), 3, set), NVML_SUCCESS);
  EXPECT_EQ(set[0], 0xful);
  EXPECT_EQ(set[1], 0xful);
  EXPECT_EQ(set[2], 0ul);
  ASSERT_EQ(NVML(nvmlDeviceGetCpuAffinityWithinScope)(gpu(5), 3, set, NVML_AFFINITY_SCOPE_SOCKET),
            NVML_SUCCESS);
  EXPECT_EQ(set[0], 0xf0ul);
  EXPECT_EQ(set[1], 0ul);
  EXPECT_EQ(set[2], 1ul << 2);
  // What does not fit is left out.
  ASSERT_EQ(NVML(nvmlDeviceGetCpuAffinity)(gpu(5), 1, set), NVML_SUCCESS);
  EXPECT_EQ(set[0], 0xf0ul);
  EXPECT_EQ(NVML(nvmlDeviceGetCpuAffinity)(gpu(0), 0, set), NVML_ERROR_INVALID_ARGUMENT);
  ASSERT_EQ(NVML(nvmlDeviceGetMemoryAffinity)(gpu(5), 1, set, NVML_AFFINITY_SCOPE_NODE),
            NVML_SUCCESS);
  EXPECT_EQ(set[0], 2ul);
  MachineFile file = machine();
  file.gpus[0].cpus = "";
  file.gpus[0].numa_node = -1;
  open(file);
  EXPECT_EQ(NVML(nvmlDeviceGetCpuAffinity)(gpu(0), 3, set), NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(NVML(nvmlDeviceGetMemoryAffinity)(gpu(0), 1, set, NVML_AFFINITY_SCOPE_NODE),
            NVML_ERROR_NOT_SUPPORTED);
}

TEST_F(NvmlTopology, EachCapabilityHasAWordOfItsOwnAndWhatNoPairSaysHoldsForAll) {
  MachineFile file = machine();
  file.peer_default.emplace();
  file.peer_default->read = "OK";
  file.peer_default->write = "CNS";
  file.peer_default->nvlink = "TNS";
  file.peer_default->atomics = "DR";
  file.peer_default->pci = "U";
  PeerPolicy refused;
  refused.from = 1;
  refused.to = 0;
  refused.read = "GNS";
  file.peers = {refused};
  ASSERT_EQ(start(file), NVML_SUCCESS);
  EXPECT_EQ(p2p(0, 1, NVML_P2P_CAPS_INDEX_READ), NVML_P2P_STATUS_OK);
  EXPECT_EQ(p2p(0, 1, NVML_P2P_CAPS_INDEX_WRITE), NVML_P2P_STATUS_CHIPSET_NOT_SUPPORTED);
  EXPECT_EQ(p2p(0, 1, NVML_P2P_CAPS_INDEX_NVLINK), NVML_P2P_STATUS_IOH_TOPOLOGY_NOT_SUPPORTED);
  EXPECT_EQ(p2p(0, 1, NVML_P2P_CAPS_INDEX_ATOMICS), NVML_P2P_STATUS_DISABLED_BY_REGKEY);
  EXPECT_EQ(p2p(0, 1, NVML_P2P_CAPS_INDEX_PCI), NVML_P2P_STATUS_UNKNOWN);
  EXPECT_EQ(p2p(1, 0, NVML_P2P_CAPS_INDEX_READ), NVML_P2P_STATUS_GPU_NOT_SUPPORTED);
  EXPECT_EQ(p2p(1, 0, NVML_P2P_CAPS_INDEX_WRITE), NVML_P2P_STATUS_NOT_SUPPORTED);
}

}  // namespace TEST_FILE
}  // namespace gpusim
