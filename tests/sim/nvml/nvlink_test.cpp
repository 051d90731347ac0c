// SPDX-License-Identifier: Apache-2.0
// NVLinks of GPUs in all positions: to a peer, to switches, not wired, down.
#include "tests/sim/nvml/fixture.hpp"

#include <cuda_runtime_api.h>

#include <climits>

#include "tests/sim/small_machine.hpp"

namespace gpusim {
namespace TEST_FILE {

class NvmlLinks : public SimulatedNvml {
 protected:
  /// GPU 0: two links to GPU 1, three to the switches of which one is down, one port not wired.
  static MachineFile machine() {
    MachineFile file = small_machine();
    file.gpus.push_back(small_gpu(2));
    file.links[0].links = file.links[0].up = 2;
    LinkBundle to_switch = file.links[0];
    to_switch.kind = "nvswitch";
    to_switch.b = -1;
    to_switch.links = 3;
    to_switch.up = 2;
    to_switch.switches = {"0000:c4:00.0", "0000:c5:00.0"};
    LinkBundle other = file.links[0];
    other.a = 2;
    other.b = 1;
    file.links = {other, file.links[0], to_switch};
    file.gpus[0].nvlink_ports = 6;
    return file;
  }

  nvmlReturn_t state(unsigned index, unsigned link, bool& up) {
    nvmlEnableState_t active = NVML_FEATURE_DISABLED;
    const nvmlReturn_t code = NVML(nvmlDeviceGetNvLinkState)(gpu(index), link, &active);
    up = active == NVML_FEATURE_ENABLED;
    return code;
  }

  /// Bus id at the other end of a link; the code where there is none.
  std::string remote(unsigned index, unsigned link) {
    nvmlPciInfo_t pci{};
    const nvmlReturn_t code = NVML(nvmlDeviceGetNvLinkRemotePciInfo_v2)(gpu(index), link, &pci);
    return code == NVML_SUCCESS ? pci.busId : "code " + std::to_string(code);
  }

  int remote_type(unsigned index, unsigned link) {
    nvmlIntNvLinkDeviceType_t type = NVML_NVLINK_DEVICE_TYPE_UNKNOWN;
    const nvmlReturn_t code = NVML(nvmlDeviceGetNvLinkRemoteDeviceType)(gpu(index), link, &type);
    return code == NVML_SUCCESS ? static_cast<int>(type) : -static_cast<int>(code);
  }
};

const std::string not_supported = "code " + std::to_string(NVML_ERROR_NOT_SUPPORTED);

TEST_F(NvmlLinks, ACardsLinksAreItsBundlesOneAfterTheOtherThenWhatIsNotWired) {
  ASSERT_EQ(start(machine()), NVML_SUCCESS);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_LINK_COUNT), 6);
  const bool expected[] = {true, true, true, true, false, false};
  for (unsigned link = 0; link < 6; ++link) {
    bool up = !expected[link];
    EXPECT_EQ(state(0, link, up), NVML_SUCCESS) << link;
    EXPECT_EQ(up, expected[link]) << link;
    EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_GET_STATE, link), expected[link] ? 1 : 0);
  }
  bool up = false;
  EXPECT_EQ(state(0, 6, up), NVML_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(remote(0, 0), "00000000:02:00.0");
  EXPECT_EQ(remote(0, 1), "00000000:02:00.0");
  EXPECT_EQ(remote(0, 2), "00000000:C4:00.0");
  EXPECT_EQ(remote(0, 3), "00000000:C5:00.0");
  EXPECT_EQ(remote(0, 4), not_supported);
  EXPECT_EQ(remote(0, 5), not_supported);
  EXPECT_EQ(remote_type(0, 1), NVML_NVLINK_DEVICE_TYPE_GPU);
  EXPECT_EQ(remote_type(0, 2), NVML_NVLINK_DEVICE_TYPE_SWITCH);
  EXPECT_EQ(remote_type(0, 5), -NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_GET_VERSION, 5), -NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_GET_SPEED, 5), -NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVSWITCH_CONNECTED_LINK_COUNT), 2);
}

TEST_F(NvmlLinks, EachEndKnowsTheOthersNumberOfTheLink) {
  ASSERT_EQ(start(machine()), NVML_SUCCESS);
  // GPU 1 has its links to GPU 2 first.
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_REMOTE_NVLINK_ID, 0), 2);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_REMOTE_NVLINK_ID, 1), 3);
  EXPECT_EQ(field(gpu(1), NVML_FI_DEV_NVLINK_REMOTE_NVLINK_ID, 3), 1);
  EXPECT_EQ(field(gpu(1), NVML_FI_DEV_NVLINK_REMOTE_NVLINK_ID, 0), 0);
  EXPECT_EQ(remote(1, 0), "00000000:03:00.0");
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_REMOTE_NVLINK_ID, 2), -NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(field(gpu(1), NVML_FI_DEV_NVSWITCH_CONNECTED_LINK_COUNT), 0);
}

TEST_F(NvmlLinks, SwitchesOfSomebodyElseAreNotShown) {
  MachineFile file = machine();
  file.links[2].switches.clear();
  ASSERT_EQ(start(file), NVML_SUCCESS);
  EXPECT_EQ(remote(0, 2), "FFFFFFFF:FF:FF.0");
  EXPECT_EQ(remote_type(0, 2), NVML_NVLINK_DEVICE_TYPE_SWITCH);
}

TEST_F(NvmlLinks, ACardWithPortsButNoBridgeHasInactiveLinks) {
  MachineFile file = small_machine();
  file.links.clear();
  file.gpus[0].nvlink_ports = 4;
  ASSERT_EQ(start(file), NVML_SUCCESS);
  bool up = true;
  EXPECT_EQ(state(0, 3, up), NVML_SUCCESS);
  EXPECT_FALSE(up);
  EXPECT_EQ(state(0, 4, up), NVML_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(state(1, 0, up), NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_LINK_COUNT), 4);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_SPEED_MBPS_COMMON), -NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX, UINT_MAX), 0);
}

TEST_F(NvmlLinks, SpeedsHaveAFieldForEachOfTwelveLinks) {
  MachineFile file = small_machine();
  file.links[0].links = file.links[0].up = 14;
  ASSERT_EQ(start(file), NVML_SUCCESS);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_SPEED_MBPS_L5), 14000);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_SPEED_MBPS_L6), 14000);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_SPEED_MBPS_L11), 14000);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_GET_SPEED, 13), 14000);
}

TEST_F(NvmlLinks, NothingGoesWrongOnALink) {
  ASSERT_EQ(start(machine()), NVML_SUCCESS);
  unsigned long long errors = 7;
  EXPECT_EQ(NVML(nvmlDeviceGetNvLinkErrorCounter)(gpu(0), 0, NVML_NVLINK_ERROR_DL_REPLAY, &errors),
            NVML_SUCCESS);
  EXPECT_EQ(errors, 0u);
  EXPECT_EQ(NVML(nvmlDeviceGetNvLinkErrorCounter)(gpu(0), 9, NVML_NVLINK_ERROR_DL_REPLAY, &errors),
            NVML_ERROR_INVALID_ARGUMENT);
  for (const unsigned id :
       {NVML_FI_DEV_NVLINK_ERROR_DL_REPLAY, NVML_FI_DEV_NVLINK_ERROR_DL_RECOVERY,
        NVML_FI_DEV_NVLINK_ERROR_DL_CRC, NVML_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L0,
        NVML_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL,
        NVML_FI_DEV_NVLINK_ECC_DATA_ERROR_COUNT_TOTAL,
        NVML_FI_DEV_NVLINK_ECC_DATA_ERROR_COUNT_L3}) {
    EXPECT_EQ(field(gpu(0), id), 0) << id;
  }
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_ECC_DATA_ERROR_COUNT_L11),
            -NVML_ERROR_INVALID_ARGUMENT);
}

TEST_F(NvmlLinks, CountersSeeWhatWasCopiedThroughSwitches) {
  MachineFile file = small_machine();
  LinkBundle& first = file.links[0];
  first.kind = "nvswitch";
  first.b = -1;
  first.nvlink_version = 7;
  file.links.push_back(first);
  file.links[1].a = 1;
  ASSERT_EQ(start(file), NVML_SUCCESS);
  constexpr std::size_t bytes = 4 << 20;
  void *from = nullptr, *to = nullptr;
  ASSERT_EQ(cudaMalloc(&from, bytes), cudaSuccess);
  ASSERT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaSuccess);
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  ASSERT_EQ(cudaMalloc(&to, bytes), cudaSuccess);
  ASSERT_EQ(cudaSetDevice(0), cudaSuccess);
  ASSERT_EQ(cudaMemcpyPeerAsync(to, 1, from, 0, bytes, nullptr), cudaSuccess);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX, UINT_MAX), 4096);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX, UINT_MAX), 0);
  EXPECT_EQ(field(gpu(1), NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX, UINT_MAX), 4096);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX, 0), 1024);
  // 50 of 56 GB/s are data.
  EXPECT_NEAR(static_cast<double>(field(gpu(0), NVML_FI_DEV_NVLINK_THROUGHPUT_RAW_TX, UINT_MAX)),
              4096 * 56.0 / 50, 4);
  constexpr unsigned link_bytes_out = 202, link_bytes_in = 204;
  EXPECT_EQ(field(gpu(0), link_bytes_out, 0), 1 << 20);
  EXPECT_EQ(field(gpu(1), link_bytes_in, 3), 1 << 20);
  file.links[0].nvlink_version = file.links[1].nvlink_version = 6;
  open(file);
  EXPECT_EQ(field(gpu(0), link_bytes_out, 0), -NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX, 0), 0);
}

/// Copies 32 MiB in all from GPU 0 to GPU 1 with peer access.
void copy_32_mib() {
  constexpr std::size_t bytes = 4 << 20;
  void *from = nullptr, *to = nullptr;
  ASSERT_EQ(cudaMalloc(&from, bytes), cudaSuccess);
  ASSERT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaSuccess);
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  ASSERT_EQ(cudaMalloc(&to, bytes), cudaSuccess);
  ASSERT_EQ(cudaSetDevice(0), cudaSuccess);
  for (int i = 0; i < 8; ++i) {
    ASSERT_EQ(cudaMemcpyPeerAsync(to, 1, from, 0, bytes, nullptr), cudaSuccess);
  }
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
}

TEST_F(NvmlLinks, AFaultMakesTheFirstLinkOfABundleCountErrors) {
  const auto errors = [&](unsigned index, unsigned link, nvmlNvLinkErrorCounter_t kind) {
    unsigned long long value = 0;
    EXPECT_EQ(NVML(nvmlDeviceGetNvLinkErrorCounter)(gpu(index), link, kind, &value), NVML_SUCCESS);
    return value;
  };
  MachineFile file = small_machine();
  file.faults = {{.kind = FaultKind::link_errors, .from = 0, .to = 1, .per_gib = 480}};
  ASSERT_EQ(start(file), NVML_SUCCESS);
  EXPECT_EQ(errors(1, 0, NVML_NVLINK_ERROR_DL_CRC_DATA), 0u);
  copy_32_mib();
  EXPECT_EQ(errors(1, 0, NVML_NVLINK_ERROR_DL_CRC_DATA), 15u);
  EXPECT_EQ(errors(0, 0, NVML_NVLINK_ERROR_DL_REPLAY), 15u);
  EXPECT_EQ(errors(0, 0, NVML_NVLINK_ERROR_DL_CRC_DATA), 0u);
  EXPECT_EQ(errors(1, 0, NVML_NVLINK_ERROR_DL_REPLAY), 0u);
  EXPECT_EQ(errors(1, 1, NVML_NVLINK_ERROR_DL_CRC_DATA), 0u);
  EXPECT_EQ(errors(1, 0, NVML_NVLINK_ERROR_DL_RECOVERY), 0u);
  EXPECT_EQ(field(gpu(1), NVML_FI_DEV_NVLINK_ERROR_DL_CRC, 0), 15);
  EXPECT_EQ(field(gpu(1), NVML_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L0, 0), 15);
  EXPECT_EQ(field(gpu(1), NVML_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL, 0), 15);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL, 0), 15);
}

TEST_F(NvmlLinks, OtherPairsAndDirectionsCountNoErrors) {
  MachineFile file = small_machine();
  file.faults = {{.kind = FaultKind::link_errors, .from = 1, .to = 0, .per_gib = 100}};
  ASSERT_EQ(start(file), NVML_SUCCESS);
  copy_32_mib();
  EXPECT_EQ(field(gpu(1), NVML_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL, 0), 0);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL, 0), 0);
}

TEST_F(NvmlLinks, AFaultKeepsByteCountersAtZero) {
  MachineFile file = small_machine();
  file.faults = {{.kind = FaultKind::nvlink_bytes_stuck}};
  ASSERT_EQ(start(file), NVML_SUCCESS);
  copy_32_mib();
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX, UINT_MAX), 0);
}

}  // namespace TEST_FILE
}  // namespace gpusim
