// SPDX-License-Identifier: Apache-2.0
// Cards in their slots, sliced, hidden, with memory of the host; and versions of structures.
#include "tests/sim/nvml/fixture.hpp"

#include <cuda_runtime_api.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "tests/sim/small_machine.hpp"

namespace gpusim {
namespace TEST_FILE {

class NvmlCards : public SimulatedNvml {
 protected:
  /// Asks a question with one number for an answer; negative: minus the code.
  template <typename Function>
  static long long number(Function function, nvmlDevice_t device) {
    unsigned value = 0;
    const nvmlReturn_t code = function(device, &value);
    return code == NVML_SUCCESS ? static_cast<long long>(value) : -static_cast<long long>(code);
  }

  std::string name_of(nvmlDevice_t device) {
    char text[64] = "";
    EXPECT_EQ(NVML(nvmlDeviceGetName)(device, text, sizeof text), NVML_SUCCESS);
    return text;
  }

  /// One GPU, which others build on.
  static MachineFile single() {
    MachineFile file = small_machine();
    file.gpus.resize(1);
    file.links.clear();
    file.peers.clear();
    return file;
  }
};

TEST_F(NvmlCards, TheSlotLimitsTheGenerationThatCanBeReached) {
  MachineFile file = single();
  GpuDescription& card = file.gpus[0];
  card.pci_path = {"pci0000:00", "0000:00:01.0"};
  card.pcie_generation = 3;
  card.pcie_width = 4;
  card.pcie_generation_idle = 1;
  card.pcie_max_generation = 5;
  card.pcie_max_width = 16;
  Bridge slot;
  slot.address = "0000:00:01.0";
  slot.generation = 4;
  file.bridges = {slot};
  ASSERT_EQ(start(file), NVML_SUCCESS);
  EXPECT_EQ(number(NVML(nvmlDeviceGetGpuMaxPcieLinkGeneration), gpu(0)), 5);
  EXPECT_EQ(number(NVML(nvmlDeviceGetMaxPcieLinkGeneration), gpu(0)), 4);
  EXPECT_EQ(number(NVML(nvmlDeviceGetMaxPcieLinkWidth), gpu(0)), 16);
  EXPECT_EQ(number(NVML(nvmlDeviceGetCurrPcieLinkWidth), gpu(0)), 4);
  EXPECT_EQ(number(NVML(nvmlDeviceGetPcieLinkMaxSpeed), gpu(0)),
            NVML_PCIE_LINK_MAX_SPEED_32000MBPS);
  EXPECT_EQ(number(NVML(nvmlDeviceGetPcieReplayCounter), gpu(0)), 0);
  // Asleep until it works.
  EXPECT_EQ(number(NVML(nvmlDeviceGetCurrPcieLinkGeneration), gpu(0)), 1);
  EXPECT_EQ(number(NVML(nvmlDeviceGetPcieSpeed), gpu(0)), 2500);
  nvmlPstates_t state = NVML_PSTATE_UNKNOWN;
  ASSERT_EQ(NVML(nvmlDeviceGetPerformanceState)(gpu(0), &state), NVML_SUCCESS);
  EXPECT_EQ(state, NVML_PSTATE_8);
  void* memory = nullptr;
  ASSERT_EQ(cudaMalloc(&memory, 1000), cudaSuccess);
  ASSERT_EQ(cudaMemset(memory, 0, 1000), cudaSuccess);
  ASSERT_EQ(cudaDeviceSynchronize(), cudaSuccess);
  EXPECT_EQ(number(NVML(nvmlDeviceGetCurrPcieLinkGeneration), gpu(0)), 3);
  EXPECT_EQ(number(NVML(nvmlDeviceGetPcieSpeed), gpu(0)), 8000);
  ASSERT_EQ(NVML(nvmlDeviceGetPerformanceState)(gpu(0), &state), NVML_SUCCESS);
  EXPECT_EQ(state, NVML_PSTATE_0);
}

TEST_F(NvmlCards, ThroughputIsWatchedForTwentyMilliseconds) {
  MachineFile file = single();
  file.gpus[0].pcie_generation = 3;
  file.gpus[0].pcie_width = 16;
  ASSERT_EQ(start(file), NVML_SUCCESS);
  constexpr std::size_t bytes = 100 * 1000 * 1000;  // 5 ms at 20 GB/s
  void *host = nullptr, *memory = nullptr;
  ASSERT_EQ(cudaMallocHost(&host, bytes), cudaSuccess);
  ASSERT_EQ(cudaMalloc(&memory, bytes), cudaSuccess);
  ASSERT_EQ(cudaMemcpyAsync(memory, host, bytes, cudaMemcpyHostToDevice, nullptr), cudaSuccess);
  unsigned kilobytes = 0;
  ASSERT_EQ(NVML(nvmlDeviceGetPcieThroughput)(gpu(0), NVML_PCIE_UTIL_RX_BYTES, &kilobytes),
            NVML_SUCCESS);
  EXPECT_EQ(kilobytes, 5'000'000u);
  ASSERT_EQ(NVML(nvmlDeviceGetPcieThroughput)(gpu(0), NVML_PCIE_UTIL_RX_BYTES, &kilobytes),
            NVML_SUCCESS);
  EXPECT_EQ(kilobytes, 0u);
}

TEST_F(NvmlCards, ACardOutsidePciHasNoPciInformation) {
  MachineFile file = single();
  file.gpus[0].in_pci = false;
  ASSERT_EQ(start(file), NVML_SUCCESS);
  nvmlPciInfo_t pci{};
  EXPECT_EQ(NVML(nvmlDeviceGetPciInfo_v3)(gpu(0), &pci), NVML_ERROR_NOT_SUPPORTED);
  nvmlDevice_t device = nullptr;
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByPciBusId_v2)("0000:01:00.0", &device), NVML_ERROR_NOT_FOUND);
  EXPECT_EQ(number(NVML(nvmlDeviceGetCurrPcieLinkGeneration), gpu(0)), -NVML_ERROR_NOT_SUPPORTED);
}

TEST_F(NvmlCards, HiddenCardsAreNotCounted) {
  MachineFile file = small_machine();
  file.gpus[0].nvml_hidden = true;
  file.gpus[1].cuda_hidden = true;
  ASSERT_EQ(start(file), NVML_SUCCESS);
  unsigned count = 0;
  ASSERT_EQ(NVML(nvmlDeviceGetCount_v2)(&count), NVML_SUCCESS);
  EXPECT_EQ(count, 1u);
  unsigned index = 9;
  ASSERT_EQ(NVML(nvmlDeviceGetIndex)(gpu(0), &index), NVML_SUCCESS);
  EXPECT_EQ(index, 0u);
  nvmlPciInfo_t pci{};
  ASSERT_EQ(NVML(nvmlDeviceGetPciInfo_v3)(gpu(0), &pci), NVML_SUCCESS);
  EXPECT_STREQ(pci.busId, "00000000:02:00.0");
  nvmlDevice_t device = nullptr;
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByPciBusId_v2)("0000:01:00.0", &device), NVML_ERROR_NOT_FOUND);
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByUUID)(file.gpus[0].uuid.c_str(), &device),
            NVML_ERROR_NOT_FOUND);
}

TEST_F(NvmlCards, ASliceIsADeviceOfItsOwn) {
  MachineFile file = small_machine();
  file.gpus[0].mig = "disabled";
  file.gpus[1].mig = "enabled";
  file.gpus[1].bar1_bytes = 64 << 20;
  file.gpus[1].mig_slices = {{"Test GPU MIG 2g.10gb", "MIG-00000042-0000-0000-0000-000000000000",
                              16, std::uint64_t{100} << 20}};
  ASSERT_EQ(start(file), NVML_SUCCESS);
  unsigned current = 9, pending = 9;
  ASSERT_EQ(NVML(nvmlDeviceGetMigMode)(gpu(0), &current, &pending), NVML_SUCCESS);
  EXPECT_EQ(current, unsigned{NVML_DEVICE_MIG_DISABLE});
  ASSERT_EQ(NVML(nvmlDeviceGetMigMode)(gpu(1), &current, &pending), NVML_SUCCESS);
  EXPECT_EQ(current, unsigned{NVML_DEVICE_MIG_ENABLE});
  EXPECT_EQ(pending, current);
  EXPECT_EQ(number(NVML(nvmlDeviceGetMaxMigDeviceCount), gpu(0)), 0);
  EXPECT_EQ(number(NVML(nvmlDeviceGetMaxMigDeviceCount), gpu(1)), 7);
  nvmlDevice_t slice = nullptr, parent = nullptr, none = nullptr;
  EXPECT_EQ(NVML(nvmlDeviceGetMigDeviceHandleByIndex)(gpu(0), 0, &none), NVML_ERROR_NOT_SUPPORTED);
  ASSERT_EQ(NVML(nvmlDeviceGetMigDeviceHandleByIndex)(gpu(1), 0, &slice), NVML_SUCCESS);
  EXPECT_EQ(NVML(nvmlDeviceGetMigDeviceHandleByIndex)(gpu(1), 1, &none), NVML_ERROR_NOT_FOUND);
  EXPECT_EQ(number(NVML(nvmlDeviceIsMigDeviceHandle), slice), 1);
  EXPECT_EQ(number(NVML(nvmlDeviceIsMigDeviceHandle), gpu(1)), 0);
  ASSERT_EQ(NVML(nvmlDeviceGetDeviceHandleFromMigDeviceHandle)(slice, &parent), NVML_SUCCESS);
  EXPECT_EQ(parent, gpu(1));
  EXPECT_EQ(name_of(slice), "Test GPU MIG 2g.10gb");
  EXPECT_EQ(name_of(gpu(1)), "Test GPU");
  nvmlMemory_t memory{};
  ASSERT_EQ(NVML(nvmlDeviceGetMemoryInfo)(slice, &memory), NVML_SUCCESS);
  EXPECT_EQ(memory.total, std::uint64_t{100} << 20);
  nvmlBAR1Memory_t window{};
  ASSERT_EQ(NVML(nvmlDeviceGetBAR1MemoryInfo)(slice, &window), NVML_SUCCESS);
  EXPECT_EQ(window.bar1Total, std::uint64_t{7} << 20) << "an eighth of 64 MiB, less one";
  nvmlDevice_t by_uuid = nullptr;
  ASSERT_EQ(NVML(nvmlDeviceGetHandleByUUID)(file.gpus[1].mig_slices[0].uuid.c_str(), &by_uuid),
            NVML_SUCCESS);
  EXPECT_EQ(by_uuid, slice);
  nvmlDeviceAttributes_t attributes{};
  ASSERT_EQ(NVML(nvmlDeviceGetAttributes_v2)(slice, &attributes), NVML_SUCCESS);
  EXPECT_EQ(attributes.multiprocessorCount, 16u);
  EXPECT_EQ(attributes.memorySizeMB, 100u);
  EXPECT_EQ(attributes.gpuInstanceSliceCount, 2u);
  EXPECT_EQ(NVML(nvmlDeviceGetAttributes_v2)(gpu(1), &attributes), NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(number(NVML(nvmlDeviceGetGpuInstanceId), slice), 1);
  EXPECT_EQ(number(NVML(nvmlDeviceGetGpuInstanceId), gpu(1)), -NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(number(NVML(nvmlDeviceGetCurrPcieLinkWidth), slice), -NVML_ERROR_NOT_SUPPORTED);
  open(single());
  EXPECT_EQ(NVML(nvmlDeviceGetMigMode)(gpu(0), &current, &pending), NVML_ERROR_NOT_SUPPORTED);
}

TEST_F(NvmlCards, WordsOfTheFileBecomeNumbers) {
  MachineFile file = single();
  ASSERT_EQ(start(file), NVML_SUCCESS);
  for (const auto& [word, expected] : {std::pair{"", NVML_GPU_VIRTUALIZATION_MODE_NONE},
                                       {"none", NVML_GPU_VIRTUALIZATION_MODE_NONE},
                                       {"passthrough", NVML_GPU_VIRTUALIZATION_MODE_PASSTHROUGH},
                                       {"vgpu", NVML_GPU_VIRTUALIZATION_MODE_VGPU}}) {
    file.gpus[0].virtualization = word;
    open(file);
    nvmlGpuVirtualizationMode_t mode = NVML_GPU_VIRTUALIZATION_MODE_HOST_VSGA;
    ASSERT_EQ(NVML(nvmlDeviceGetVirtualizationMode)(gpu(0), &mode), NVML_SUCCESS);
    EXPECT_EQ(mode, expected) << word;
  }
#ifdef nvmlDeviceAddressingMode_v1  // from CUDA 13 on
  nvmlDeviceAddressingMode_t mode{};
  mode.version = nvmlDeviceAddressingMode_v1;
  EXPECT_EQ(NVML(nvmlDeviceGetAddressingMode)(gpu(0), &mode), NVML_ERROR_NOT_SUPPORTED);
  for (const auto& [word, expected] : {std::pair{"none", NVML_DEVICE_ADDRESSING_MODE_NONE},
                                       {"hmm", NVML_DEVICE_ADDRESSING_MODE_HMM},
                                       {"ats", NVML_DEVICE_ADDRESSING_MODE_ATS}}) {
    file.gpus[0].addressing_mode = word;
    open(file);
    mode.value = 9;
    ASSERT_EQ(NVML(nvmlDeviceGetAddressingMode)(gpu(0), &mode), NVML_SUCCESS);
    EXPECT_EQ(mode.value, static_cast<unsigned>(expected)) << word;
  }
#endif
}

TEST_F(NvmlCards, ChipToChipModeIsToldFromHopperOn) {
  MachineFile file = single();
  ASSERT_EQ(start(file), NVML_SUCCESS);
  nvmlC2cModeInfo_v1_t mode{9};
  EXPECT_EQ(NVML(nvmlDeviceGetC2cModeInfoV)(gpu(0), &mode), NVML_ERROR_NOT_SUPPORTED);
  file.gpus[0].compute_major = 9;
  open(file);
  ASSERT_EQ(NVML(nvmlDeviceGetC2cModeInfoV)(gpu(0), &mode), NVML_SUCCESS);
  EXPECT_EQ(mode.isC2cEnabled, 0u);
  file.gpus[0].c2c_links = 10;
  file.gpus[0].attributes = {{"NumaConfig", 1}, {"NumaId", 1}};
  open(file);
  ASSERT_EQ(NVML(nvmlDeviceGetC2cModeInfoV)(gpu(0), &mode), NVML_SUCCESS);
  EXPECT_EQ(mode.isC2cEnabled, 1u);
  EXPECT_EQ(number(NVML(nvmlDeviceGetNumaNodeId), gpu(0)), 1);
}

TEST_F(NvmlCards, AGpuOnSwitchesHasRegisteredWithTheFabric) {
  MachineFile file = small_machine();
  ASSERT_EQ(start(file), NVML_SUCCESS);
  nvmlGpuFabricInfoV_t info{};
  info.version = nvmlGpuFabricInfo_v2;
  EXPECT_EQ(NVML(nvmlDeviceGetGpuFabricInfoV)(gpu(0), &info), NVML_ERROR_NOT_SUPPORTED);
  for (GpuDescription& card : file.gpus) card.compute_major = 9;
  file.links[0].kind = "nvswitch";
  file.links[0].b = -1;
  open(file);
  std::memset(&info, 0xee, sizeof info);
  info.version = nvmlGpuFabricInfo_v2;
  ASSERT_EQ(NVML(nvmlDeviceGetGpuFabricInfoV)(gpu(0), &info), NVML_SUCCESS);
  EXPECT_EQ(info.state, NVML_GPU_FABRIC_STATE_COMPLETED);
  EXPECT_EQ(info.status, NVML_SUCCESS);
  EXPECT_EQ(info.version, nvmlGpuFabricInfo_v2);
#ifdef nvmlGpuFabricInfo_v3
  // A caller of the older version has no room for the newer part.
  EXPECT_EQ(info.healthSummary, 0xee);
  info.version = nvmlGpuFabricInfo_v3;
  ASSERT_EQ(NVML(nvmlDeviceGetGpuFabricInfoV)(gpu(0), &info), NVML_SUCCESS);
  EXPECT_EQ(info.healthSummary, NVML_GPU_FABRIC_HEALTH_SUMMARY_NOT_SUPPORTED);
#endif
  ASSERT_EQ(NVML(nvmlDeviceGetGpuFabricInfoV)(gpu(1), &info), NVML_SUCCESS);
  EXPECT_EQ(info.state, NVML_GPU_FABRIC_STATE_NOT_SUPPORTED);
  nvmlGpuFabricInfo_t first{};
  ASSERT_EQ(NVML(nvmlDeviceGetGpuFabricInfo)(gpu(0), &first), NVML_SUCCESS);
  EXPECT_EQ(first.state, NVML_GPU_FABRIC_STATE_COMPLETED);
}

TEST_F(NvmlCards, TheFabricIsAsTheFileHasIt) {
  MachineFile file = single();
  file.gpus[0].fabric = Fabric{.state = "completed",
                               .status = NVML_ERROR_UNKNOWN,
                               .clique = 7,
                               .cluster = "01020304-0506-0708-090a-0b0c0d0e0fff"};
  ASSERT_EQ(start(file), NVML_SUCCESS);
  nvmlGpuFabricInfo_t info{};
  ASSERT_EQ(NVML(nvmlDeviceGetGpuFabricInfo)(gpu(0), &info), NVML_SUCCESS);
  EXPECT_EQ(info.state, NVML_GPU_FABRIC_STATE_COMPLETED);
  EXPECT_EQ(info.status, NVML_ERROR_UNKNOWN);
  EXPECT_EQ(info.cliqueId, 7u);
  EXPECT_EQ(static_cast<unsigned char>(info.clusterUuid[3]), 4);
  EXPECT_EQ(static_cast<unsigned char>(info.clusterUuid[15]), 0xff);
  for (const auto& [word, state] : {std::pair{"not-started", NVML_GPU_FABRIC_STATE_NOT_STARTED},
                                    {"in-progress", NVML_GPU_FABRIC_STATE_IN_PROGRESS},
                                    {"not-supported", NVML_GPU_FABRIC_STATE_NOT_SUPPORTED}}) {
    file.gpus[0].fabric = Fabric{.state = word, .cluster = ""};
    open(file);
    ASSERT_EQ(NVML(nvmlDeviceGetGpuFabricInfo)(gpu(0), &info), NVML_SUCCESS);
    EXPECT_EQ(info.state, state) << word;
    EXPECT_EQ(info.clusterUuid[0], 0);
  }
}

TEST_F(NvmlCards, SeveralSlicesAreListed) {
  MachineFile file = single();
  file.gpus[0].mig = "enabled";
  file.gpus[0].mig_slices = {{"MIG 1g", "MIG-a", 16, 1 << 20}, {"MIG 2g", "MIG-b", 32, 2 << 20}};
  ASSERT_EQ(start(file), NVML_SUCCESS);
  nvmlDevice_t slices[3] = {};
  for (unsigned i : {0u, 1u}) {
    ASSERT_EQ(NVML(nvmlDeviceGetMigDeviceHandleByIndex)(gpu(0), i, &slices[i]), NVML_SUCCESS);
    EXPECT_EQ(name_of(slices[i]), file.gpus[0].mig_slices[i].name);
    EXPECT_EQ(number(NVML(nvmlDeviceGetGpuInstanceId), slices[i]), i + 1);
  }
  EXPECT_EQ(NVML(nvmlDeviceGetMigDeviceHandleByIndex)(gpu(0), 2, &slices[2]), NVML_ERROR_NOT_FOUND);
  nvmlDevice_t found = nullptr;
  ASSERT_EQ(NVML(nvmlDeviceGetHandleByUUID)("MIG-b", &found), NVML_SUCCESS);
  EXPECT_EQ(found, slices[1]);
}

TEST_F(NvmlCards, AHeldGpuNamesItsHolder) {
  MachineFile file = single();
  file.faults = {{.kind = FaultKind::gpu_held}};
  ASSERT_EQ(start(file), NVML_SUCCESS);
  nvmlComputeMode_t mode{};
  ASSERT_EQ(NVML(nvmlDeviceGetComputeMode)(gpu(0), &mode), NVML_SUCCESS);
  EXPECT_EQ(mode, NVML_COMPUTEMODE_EXCLUSIVE_PROCESS);
  nvmlProcessInfo_t processes[4] = {};
  unsigned count = 4;
  ASSERT_EQ(NVML(nvmlDeviceGetComputeRunningProcesses_v3)(gpu(0), &count, processes), NVML_SUCCESS);
  ASSERT_EQ(count, 1u);
  EXPECT_NE(processes[0].pid, static_cast<unsigned>(getpid()));
}

TEST_F(NvmlCards, WhereItDoesNotStartItSaysWhy) {
  MachineFile file = single();
  for (const NamedError& error : row_of(FaultKind::nvml_fails).codes()) {
    file.faults = {{.kind = FaultKind::nvml_fails, .code = error.word}};
    EXPECT_EQ(start(file), static_cast<nvmlReturn_t>(error.code)) << error.word;
  }
}

constexpr auto wrong_version = NVML_ERROR_ARGUMENT_VERSION_MISMATCH;

TEST_F(NvmlCards, AWrongVersionOfAStructureIsRefused) {
  ASSERT_EQ(start(single()), NVML_SUCCESS);
  nvmlMemory_v2_t memory{};
  nvmlPciInfoExt_t pci{};
  nvmlGpuFabricInfoV_t fabric{};
  nvmlSystemConfComputeSettings_t settings{};
  EXPECT_EQ(NVML(nvmlDeviceGetMemoryInfo_v2)(gpu(0), &memory), wrong_version);
  EXPECT_EQ(NVML(nvmlDeviceGetPciInfoExt)(gpu(0), &pci), wrong_version);
  EXPECT_EQ(NVML(nvmlDeviceGetGpuFabricInfoV)(gpu(0), &fabric), wrong_version);
  EXPECT_EQ(NVML(nvmlSystemGetConfComputeSettings)(&settings), wrong_version);
  pci.version = nvmlPciInfoExt_v1;
  ASSERT_EQ(NVML(nvmlDeviceGetPciInfoExt)(gpu(0), &pci), NVML_SUCCESS);
  EXPECT_STREQ(pci.busId, "00000000:01:00.0");
  EXPECT_EQ(pci.baseClass, 3u);
  settings.version = nvmlSystemConfComputeSettings_v1;
  settings.ccFeature = 9;
  EXPECT_EQ(NVML(nvmlSystemGetConfComputeSettings)(&settings), NVML_SUCCESS);
  EXPECT_EQ(settings.ccFeature, unsigned{NVML_CC_SYSTEM_FEATURE_DISABLED});
}

#ifdef nvmlPlatformInfo_v2  // these came with CUDA 13
TEST_F(NvmlCards, AWrongVersionOfANewerStructureIsRefused) {
  ASSERT_EQ(start(single()), NVML_SUCCESS);
  nvmlPlatformInfo_t platform{};
  nvmlDeviceAddressingMode_t mode{};
  nvmlUUID_t uuid{};
  nvmlDevice_t device = nullptr;
  EXPECT_EQ(NVML(nvmlDeviceGetPlatformInfo)(gpu(0), &platform), wrong_version);
  EXPECT_EQ(NVML(nvmlDeviceGetAddressingMode)(gpu(0), &mode), wrong_version);
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByUUIDV)(&uuid, &device), wrong_version);
  platform.version = nvmlPlatformInfo_v2;
  EXPECT_EQ(NVML(nvmlDeviceGetPlatformInfo)(gpu(0), &platform), NVML_ERROR_NOT_SUPPORTED);
  uuid.version = nvmlUUID_v1;
  uuid.type = NVML_UUID_TYPE_ASCII;
  std::strcpy(uuid.value.str, single().gpus[0].uuid.c_str());
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByUUIDV)(&uuid, &device), NVML_SUCCESS);
  EXPECT_EQ(device, gpu(0));
  uuid.type = NVML_UUID_TYPE_BINARY;
  std::memset(uuid.value.bytes, 0, sizeof uuid.value.bytes);
  device = nullptr;
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByUUIDV)(&uuid, &device), NVML_SUCCESS);
  EXPECT_EQ(device, gpu(0));
  uuid.value.bytes[15] = 1;
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByUUIDV)(&uuid, &device), NVML_ERROR_NOT_FOUND);
}
#endif

TEST_F(NvmlCards, WhatTheFileDoesNotKnowIsNotSupportedRatherThanMissing) {
  ASSERT_EQ(start(single()), NVML_SUCCESS);
  EXPECT_EQ(number(NVML(nvmlDeviceGetPowerUsage), gpu(0)), -NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(number(NVML(nvmlDeviceGetFanSpeed), gpu(0)), -NVML_ERROR_NOT_SUPPORTED);
  char text[64] = "";
  EXPECT_EQ(NVML(nvmlDeviceGetSerial)(gpu(0), text, sizeof text), NVML_ERROR_NOT_SUPPORTED);
  EXPECT_EQ(NVML(nvmlDeviceGetVbiosVersion)(gpu(0), text, sizeof text), NVML_ERROR_NOT_SUPPORTED);
  unsigned count = 3;
  EXPECT_EQ(NVML(nvmlDeviceGetComputeRunningProcesses_v3)(gpu(0), &count, nullptr), NVML_SUCCESS);
  EXPECT_EQ(count, 0u);
  ASSERT_EQ(NVML(nvmlShutdown)(), NVML_SUCCESS);
  started_ = false;
  EXPECT_EQ(number(NVML(nvmlDeviceGetPowerUsage), nullptr), -NVML_ERROR_UNINITIALIZED);
}

TEST_F(NvmlCards, BrandAndArchitectureFollowFromNameAndCapability) {
  struct Case {
    const char* name;
    int major, minor;
    nvmlBrandType_t brand;
    unsigned architecture;
  };
  MachineFile file = single();
  ASSERT_EQ(start(file), NVML_SUCCESS);
  for (const Case& expected :
       {Case{"NVIDIA GeForce RTX 3090", 8, 6, NVML_BRAND_GEFORCE, NVML_DEVICE_ARCH_AMPERE},
        Case{"Tesla V100-SXM2-16GB", 7, 0, NVML_BRAND_TESLA, NVML_DEVICE_ARCH_VOLTA},
        Case{"Quadro RTX 8000", 7, 5, NVML_BRAND_QUADRO_RTX, NVML_DEVICE_ARCH_TURING},
        Case{"NVIDIA RTX 6000 Ada Generation", 8, 9, NVML_BRAND_NVIDIA_RTX, NVML_DEVICE_ARCH_ADA},
        Case{"NVIDIA H100 80GB HBM3", 9, 0, NVML_BRAND_NVIDIA, NVML_DEVICE_ARCH_HOPPER},
        Case{"NVIDIA GB10", 12, 1, NVML_BRAND_NVIDIA, 10}}) {
    file.gpus[0].name = expected.name;
    file.gpus[0].compute_major = expected.major;
    file.gpus[0].compute_minor = expected.minor;
    open(file);
    nvmlBrandType_t brand = NVML_BRAND_UNKNOWN;
    ASSERT_EQ(NVML(nvmlDeviceGetBrand)(gpu(0), &brand), NVML_SUCCESS);
    EXPECT_EQ(brand, expected.brand) << expected.name;
    EXPECT_EQ(number(NVML(nvmlDeviceGetArchitecture), gpu(0)), expected.architecture);
  }
}

// The alarm ends a child that still waits; one that came back ends by itself.
TEST_F(NvmlCards, AFaultyDriverNeverComesBackFromTheFirstCall) {
  MachineFile file = single();
  file.faults = {{FaultKind::nvml_hang, -1, -1}};
  ASSERT_EQ(start(single()), NVML_SUCCESS);
  open(file);
  const pid_t child = fork();
  if (child == 0) {
    alarm(1);
    NVML(nvmlInit_v2)();
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) << status;
}

TEST_F(NvmlCards, AFaultMakesPcieReplaysGrowWithWhatCrossesTheLink) {
  MachineFile file = single();
  file.gpus[0].pcie_generation = 4;
  file.gpus[0].pcie_width = 16;
  file.faults = {{.kind = FaultKind::pcie_replays, .to = 0, .per_gib = 320}};
  ASSERT_EQ(start(file), NVML_SUCCESS);
  EXPECT_EQ(number(NVML(nvmlDeviceGetPcieReplayCounter), gpu(0)), 0);
  constexpr std::size_t bytes = 16 << 20;
  void *device = nullptr, *host = nullptr;
  ASSERT_EQ(cudaMalloc(&device, bytes), cudaSuccess);
  ASSERT_EQ(cudaMallocHost(&host, bytes), cudaSuccess);
  ASSERT_EQ(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice), cudaSuccess);
  ASSERT_EQ(cudaMemcpy(host, device, bytes, cudaMemcpyDeviceToHost), cudaSuccess);
  EXPECT_EQ(number(NVML(nvmlDeviceGetPcieReplayCounter), gpu(0)), 10);
}

TEST_F(NvmlCards, ACardThatFellOffTheBusIsLost) {
  MachineFile file = single();
  file.gpus[0].pcie_generation = 4;
  file.gpus[0].pcie_width = 16;
  file.faults = {{.kind = FaultKind::gpu_lost, .to = 0}};
  ASSERT_EQ(start(file), NVML_SUCCESS);
  const nvmlDevice_t card = gpu(0);
  EXPECT_EQ(number(NVML(nvmlDeviceGetPcieReplayCounter), card), 0);
  void* device = nullptr;
  ASSERT_EQ(cudaMalloc(&device, 8), cudaSuccess);
  cudaMemset(device, 0, 8);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaSuccess) << "the wait had begun before";
  EXPECT_EQ(cudaMemset(device, 0, 8), cudaErrorUnknown);
  unsigned value = 0;
  nvmlDevice_t again = nullptr;
  EXPECT_EQ(NVML(nvmlDeviceGetPcieReplayCounter)(card, &value), NVML_ERROR_GPU_IS_LOST);
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByIndex_v2)(0, &again), NVML_ERROR_GPU_IS_LOST);
  EXPECT_EQ(NVML(nvmlDeviceGetHandleByUUID)(file.gpus[0].uuid.c_str(), &again),
            NVML_ERROR_GPU_IS_LOST);
}

TEST_F(NvmlCards, WhatOthersDoWithACard) {
  MachineFile file = small_machine();
  file.gpus[0].busy_percent = 40;
  file.gpus[0].throttle = {"sw-power-cap", "hw-thermal-slowdown"};
  ASSERT_EQ(start(file), NVML_SUCCESS);
  const auto reasons = [&](unsigned index) {
    unsigned long long bits = 0;
    EXPECT_EQ(NVML(nvmlDeviceGetCurrentClocksEventReasons)(gpu(index), &bits), NVML_SUCCESS);
    return bits;
  };
  nvmlUtilization_t use{};
  ASSERT_EQ(NVML(nvmlDeviceGetUtilizationRates)(gpu(0), &use), NVML_SUCCESS);
  EXPECT_EQ(use.gpu, 40u);
  EXPECT_EQ(reasons(0),
            nvmlClocksEventReasonSwPowerCap | nvmlClocksThrottleReasonHwThermalSlowdown);
  EXPECT_EQ(reasons(1), nvmlClocksEventReasonGpuIdle);
  ASSERT_EQ(cudaSetDevice(0), cudaSuccess);  // makes a context
  void* pointer = nullptr;
  ASSERT_EQ(cudaMalloc(&pointer, 4 << 20), cudaSuccess);
  unsigned count = 0;
  EXPECT_EQ(NVML(nvmlDeviceGetComputeRunningProcesses_v3)(gpu(0), &count, nullptr),
            NVML_ERROR_INSUFFICIENT_SIZE);
  EXPECT_EQ(count, 2u);
  nvmlProcessInfo_t processes[2]{};
  ASSERT_EQ(NVML(nvmlDeviceGetComputeRunningProcesses_v3)(gpu(0), &count, processes), NVML_SUCCESS);
  EXPECT_NE(processes[0].pid, static_cast<unsigned>(getpid()));
  EXPECT_EQ(processes[1].pid, static_cast<unsigned>(getpid()));
  EXPECT_EQ(processes[1].usedGpuMemory, 4u << 20);
  EXPECT_EQ(NVML(nvmlDeviceGetComputeRunningProcesses_v3)(gpu(1), &count, processes), NVML_SUCCESS);
  EXPECT_EQ(count, 0u) << "nobody has a context there";
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  count = 2;
  EXPECT_EQ(NVML(nvmlDeviceGetComputeRunningProcesses_v3)(gpu(1), &count, processes), NVML_SUCCESS);
  ASSERT_EQ(count, 1u);
  EXPECT_EQ(processes[0].pid, static_cast<unsigned>(getpid()));
}

TEST_F(NvmlCards, MemoryOnThePackageCorrectsErrors) {
  nvmlEnableState_t now{}, next{};
  int enabled = -1;
  for (const int bits : {5120, 384}) {
    MachineFile file = single();
    file.gpus[0].memory_bus_bits = bits;
    ASSERT_EQ(start(file), NVML_SUCCESS);
    ASSERT_EQ(cudaDeviceGetAttribute(&enabled, cudaDevAttrEccEnabled, 0), cudaSuccess);
    EXPECT_EQ(enabled, bits == 5120 ? 1 : 0);
    EXPECT_EQ(NVML(nvmlDeviceGetEccMode)(gpu(0), &now, &next),
              bits == 5120 ? NVML_SUCCESS : NVML_ERROR_NOT_SUPPORTED);
    if (bits == 5120) {
      EXPECT_EQ(now, NVML_FEATURE_ENABLED);
    }
    ASSERT_EQ(NVML(nvmlShutdown)(), NVML_SUCCESS);
    started_ = false;
  }
}

}  // namespace TEST_FILE
}  // namespace gpusim
