// SPDX-License-Identifier: Apache-2.0
// The simulator's NVML on the machines that come with it.
#include "tests/sim/nvml/fixture.hpp"

#include <climits>
#include <cstring>

namespace gpusim {
namespace TEST_FILE {

TEST_F(SimulatedNvml, IsTheSimulatorsLibraryAndNoOther) {
  ASSERT_EQ(start(builtin("dual-rtx4090")), NVML_SUCCESS);
  EXPECT_NE(find("peerbench_simulated_nvml"), nullptr);
  Dl_info where{};
  ASSERT_NE(dladdr(find("nvmlInit_v2"), &where), 0);
  EXPECT_THAT(where.dli_fname, ::testing::HasSubstr("peerbench-sim/libnvidia-ml.so.1"));
}

TEST_F(SimulatedNvml, DoesNotStartWithoutDriverOrWhereTheFileSaysSo) {
  EXPECT_EQ(start(builtin("no-gpu")), NVML_ERROR_DRIVER_NOT_LOADED);
  MachineFile without = builtin("dual-rtx4090");
  without.nvml = false;
  open(without);
  EXPECT_EQ(NVML(nvmlInit_v2)(), NVML_ERROR_LIBRARY_NOT_FOUND);
  unsigned count = 0;
  EXPECT_EQ(NVML(nvmlDeviceGetCount_v2)(&count), NVML_ERROR_UNINITIALIZED);
}

TEST_F(SimulatedNvml, CountsItsStarts) {
  ASSERT_EQ(start(builtin("dual-rtx4090")), NVML_SUCCESS);
  ASSERT_EQ(NVML(nvmlInit)(), NVML_SUCCESS);
  unsigned count = 0;
  EXPECT_EQ(NVML(nvmlShutdown)(), NVML_SUCCESS);
  EXPECT_EQ(NVML(nvmlDeviceGetCount_v2)(&count), NVML_SUCCESS);
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(NVML(nvmlShutdown)(), NVML_SUCCESS);
  started_ = false;
  EXPECT_EQ(NVML(nvmlShutdown)(), NVML_ERROR_UNINITIALIZED);
}

TEST_F(SimulatedNvml, FindsAGpuByIndexBusIdAndUuid) {
  ASSERT_EQ(start(builtin("dual-rtx3090-nvlink")), NVML_SUCCESS);
  nvmlDevice_t device = nullptr;
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByPciBusId_v2)("00000000:61:00.0", &device), NVML_SUCCESS);
  EXPECT_EQ(device, gpu(1));
  char uuid[NVML_DEVICE_UUID_V2_BUFFER_SIZE] = "";
  ASSERT_EQ(NVML(nvmlDeviceGetUUID)(gpu(0), uuid, sizeof uuid), NVML_SUCCESS);
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByUUID)(uuid, &device), NVML_SUCCESS);
  EXPECT_EQ(device, gpu(0));
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByIndex_v2)(2, &device), NVML_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByUUID)("GPU-none", &device), NVML_ERROR_NOT_FOUND);
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByPciBusId_v2)("0:1:0", &device), NVML_ERROR_NOT_FOUND);
  int somewhere = 0;
  unsigned index = 0;
  EXPECT_EQ(NVML(nvmlDeviceGetIndex)(reinterpret_cast<nvmlDevice_t>(&somewhere), &index),
            NVML_ERROR_INVALID_ARGUMENT);
}

TEST_F(SimulatedNvml, TextsNeedRoomForTheirEnd) {
  ASSERT_EQ(start(builtin("dual-rtx3090-nvlink")), NVML_SUCCESS);
  const std::string name = "NVIDIA GeForce RTX 3090";
  char text[64] = "";
  EXPECT_EQ(NVML(nvmlDeviceGetName)(gpu(0), text, static_cast<unsigned>(name.size())),
            NVML_ERROR_INSUFFICIENT_SIZE);
  EXPECT_EQ(NVML(nvmlDeviceGetName)(gpu(0), text, static_cast<unsigned>(name.size() + 1)),
            NVML_SUCCESS);
  EXPECT_EQ(text, name);
  EXPECT_EQ(NVML(nvmlSystemGetDriverVersion)(text, sizeof text), NVML_SUCCESS);
  EXPECT_STREQ(text, "580.95.05");
}

TEST_F(SimulatedNvml, PciInformationHasBothBusIdsAndOldCallersKeepTheirRoom) {
  ASSERT_EQ(start(builtin("dgx-spark")), NVML_SUCCESS);
  nvmlPciInfo_t pci{};
  ASSERT_EQ(NVML(nvmlDeviceGetPciInfo_v3)(gpu(0), &pci), NVML_SUCCESS);
  EXPECT_STREQ(pci.busId, "0000000F:01:00.0");
  EXPECT_STREQ(pci.busIdLegacy, "000F:01:00.0");
  EXPECT_EQ(pci.pciDeviceId, 0x2E1210DEu);
  std::memset(pci.busId, 'x', sizeof pci.busId);
  ASSERT_EQ(NVML(nvmlDeviceGetPciInfo_v2)(gpu(0), &pci), NVML_SUCCESS);
  EXPECT_EQ(pci.busId[0], 'x');
}

TEST_F(SimulatedNvml, MemoryIsToldOnlyWhereThereIsAFramebuffer) {
  ASSERT_EQ(start(builtin("dual-rtx3090-nvlink")), NVML_SUCCESS);
  nvmlMemory_t memory{};
  ASSERT_EQ(NVML(nvmlDeviceGetMemoryInfo)(gpu(0), &memory), NVML_SUCCESS);
  EXPECT_EQ(memory.total, std::uint64_t{24576} << 20) << "as nvidia-smi shows";
  EXPECT_EQ(memory.free, 25327697920u) << "as the CUDA runtime reports it";
  EXPECT_EQ(memory.free + memory.used, memory.total);
  nvmlMemory_v2_t second{};
  EXPECT_EQ(NVML(nvmlDeviceGetMemoryInfo_v2)(gpu(0), &second),
            NVML_ERROR_ARGUMENT_VERSION_MISMATCH);
  second.version = nvmlMemory_v2;
  EXPECT_EQ(NVML(nvmlDeviceGetMemoryInfo_v2)(gpu(0), &second), NVML_SUCCESS);
  EXPECT_EQ(second.total, memory.total);
  EXPECT_EQ(second.free, memory.free);
  EXPECT_EQ(second.used, 0u) << "apart from what is reserved";
  EXPECT_EQ(second.reserved, memory.used);

  open(builtin("dgx-spark"));
  EXPECT_EQ(NVML(nvmlDeviceGetMemoryInfo)(gpu(0), &memory), NVML_ERROR_NOT_SUPPORTED);
}

TEST_F(SimulatedNvml, BridgeHasFourLinksToTheOtherCard) {
  ASSERT_EQ(start(builtin("dual-rtx3090-nvlink")), NVML_SUCCESS);
  for (unsigned link = 0; link < 4; ++link) {
    nvmlEnableState_t up = NVML_FEATURE_DISABLED;
    ASSERT_EQ(NVML(nvmlDeviceGetNvLinkState)(gpu(0), link, &up), NVML_SUCCESS);
    EXPECT_EQ(up, NVML_FEATURE_ENABLED);
    unsigned version = 0;
    ASSERT_EQ(NVML(nvmlDeviceGetNvLinkVersion)(gpu(0), link, &version), NVML_SUCCESS);
    EXPECT_EQ(version, 5U);
    unsigned capable = 0;
    ASSERT_EQ(
        NVML(nvmlDeviceGetNvLinkCapability)(gpu(0), link, NVML_NVLINK_CAP_P2P_SUPPORTED, &capable),
        NVML_SUCCESS);
    EXPECT_EQ(capable, 1u);
    nvmlPciInfo_t remote{};
    ASSERT_EQ(NVML(nvmlDeviceGetNvLinkRemotePciInfo_v2)(gpu(0), link, &remote), NVML_SUCCESS);
    EXPECT_STREQ(remote.busId, "00000000:61:00.0");
    nvmlIntNvLinkDeviceType_t type = NVML_NVLINK_DEVICE_TYPE_UNKNOWN;
    ASSERT_EQ(NVML(nvmlDeviceGetNvLinkRemoteDeviceType)(gpu(0), link, &type), NVML_SUCCESS);
    EXPECT_EQ(type, NVML_NVLINK_DEVICE_TYPE_GPU);
    EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_GET_SPEED, link), 14062);
    EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_GET_STATE, link), 1);
  }
  nvmlEnableState_t up = NVML_FEATURE_DISABLED;
  EXPECT_EQ(NVML(nvmlDeviceGetNvLinkState)(gpu(0), 4, &up), NVML_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_LINK_COUNT), 4);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_SPEED_MBPS_COMMON), 14062);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_SPEED_MBPS_L3), 14062);
}

TEST_F(SimulatedNvml, ALinkThatIsDownAnswersNothingButItsState) {
  MachineFile machine = builtin("dual-rtx3090-nvlink");
  machine.links[0].up = 3;
  ASSERT_EQ(start(machine), NVML_SUCCESS);
  nvmlEnableState_t up = NVML_FEATURE_ENABLED;
  ASSERT_EQ(NVML(nvmlDeviceGetNvLinkState)(gpu(1), 3, &up), NVML_SUCCESS);
  EXPECT_EQ(up, NVML_FEATURE_DISABLED);
  unsigned version = 0;
  EXPECT_EQ(NVML(nvmlDeviceGetNvLinkVersion)(gpu(1), 3, &version), NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(field(gpu(1), NVML_FI_DEV_NVLINK_GET_STATE, 3), 0);
  EXPECT_EQ(field(gpu(1), NVML_FI_DEV_NVLINK_GET_SPEED, 3), -NVML_ERROR_NOT_SUPPORTED);
}

TEST_F(SimulatedNvml, ACardWithoutNvlinkSupportsNoneOfIt) {
  ASSERT_EQ(start(builtin("dual-rtx4090")), NVML_SUCCESS);
  nvmlEnableState_t up = NVML_FEATURE_DISABLED;
  EXPECT_EQ(NVML(nvmlDeviceGetNvLinkState)(gpu(0), 0, &up), NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_LINK_COUNT), -NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_C2C_LINK_COUNT), -NVML_ERROR_NOT_SUPPORTED);
}

TEST_F(SimulatedNvml, SparkHasChipToChipLinksAndNoPeerLink) {
  ASSERT_EQ(start(builtin("dgx-spark")), NVML_SUCCESS);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_C2C_LINK_COUNT), 8);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_C2C_LINK_GET_STATUS, 7), 1);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_C2C_LINK_GET_MAX_BW, 7), 43125);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_C2C_LINK_GET_STATUS, 8), -NVML_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(field(gpu(0), NVML_FI_DEV_NVLINK_LINK_COUNT), -NVML_ERROR_NOT_SUPPORTED);
  unsigned generation = 0;
  EXPECT_EQ(NVML(nvmlDeviceGetCurrPcieLinkGeneration)(gpu(0), &generation), NVML_SUCCESS);
  EXPECT_EQ(generation, 1u);
  unsigned node = 0;
  EXPECT_EQ(NVML(nvmlDeviceGetNumaNodeId)(gpu(0), &node), NVML_ERROR_NOT_SUPPORTED);
}

TEST_F(SimulatedNvml, PeerStatusIsThatOfTheFile) {
  ASSERT_EQ(start(builtin("dual-rtx4090")), NVML_SUCCESS);
  nvmlGpuP2PStatus_t status = NVML_P2P_STATUS_OK;
  ASSERT_EQ(NVML(nvmlDeviceGetP2PStatus)(gpu(0), gpu(1), NVML_P2P_CAPS_INDEX_READ, &status),
            NVML_SUCCESS);
  EXPECT_EQ(status, NVML_P2P_STATUS_GPU_NOT_SUPPORTED);
  ASSERT_EQ(NVML(nvmlDeviceGetP2PStatus)(gpu(0), gpu(1), NVML_P2P_CAPS_INDEX_NVLINK, &status),
            NVML_SUCCESS);
  EXPECT_EQ(status, NVML_P2P_STATUS_NOT_SUPPORTED);
  // NCCL asks every GPU about itself too, and stops at an error.
  EXPECT_EQ(NVML(nvmlDeviceGetP2PStatus)(gpu(0), gpu(0), NVML_P2P_CAPS_INDEX_READ, &status),
            NVML_SUCCESS);
  EXPECT_EQ(status, NVML_P2P_STATUS_OK);
  EXPECT_EQ(NVML(nvmlDeviceGetP2PStatus)(gpu(0), gpu(1), NVML_P2P_CAPS_INDEX_UNKNOWN, &status),
            NVML_ERROR_INVALID_ARGUMENT);
  open(builtin("dual-rtx3090-nvlink"));
  ASSERT_EQ(NVML(nvmlDeviceGetP2PStatus)(gpu(1), gpu(0), NVML_P2P_CAPS_INDEX_WRITE, &status),
            NVML_SUCCESS);
  EXPECT_EQ(status, NVML_P2P_STATUS_OK);
}

TEST_F(SimulatedNvml, FieldsAreAnsweredOneByOne) {
  ASSERT_EQ(start(builtin("dual-rtx3090-nvlink")), NVML_SUCCESS);
  nvmlFieldValue_t values[3] = {};
  values[0].fieldId = NVML_FI_DEV_NVLINK_GET_SPEED;
  values[0].scopeId = 9;
  values[1].fieldId = 1;  // something this library does not know
  values[2].fieldId = NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX;
  values[2].scopeId = UINT_MAX;
  ASSERT_EQ(NVML(nvmlDeviceGetFieldValues)(gpu(0), 3, values), NVML_SUCCESS);
  EXPECT_EQ(values[0].nvmlReturn, NVML_ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(values[1].nvmlReturn, NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(values[2].nvmlReturn, NVML_SUCCESS);
  EXPECT_EQ(values[2].value.ullVal, 0u);
  EXPECT_EQ(NVML(nvmlDeviceGetFieldValues)(gpu(0), 0, values), NVML_ERROR_INVALID_ARGUMENT);
}

}  // namespace TEST_FILE
}  // namespace gpusim
