// SPDX-License-Identifier: Apache-2.0
// Devices, memory and peer access as the CUDA runtime reports them.
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "kernels/move.hpp"
#include "tests/sim/cudart/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

using DevicesTest = RuntimeTest;

TEST_F(DevicesTest, PropertiesAreTheMachineFiles) {
  int count = 0;
  ASSERT_CUDA(cudaGetDeviceCount(&count));
  EXPECT_EQ(count, 2);
  cudaDeviceProp prop;
  ASSERT_CUDA(cudaGetDeviceProperties(&prop, 1));
  EXPECT_STREQ(prop.name, "Test GPU");
  EXPECT_EQ(prop.major * 10 + prop.minor, 86);
  EXPECT_EQ(prop.totalGlobalMem, std::size_t{1} << 30);
  EXPECT_EQ(prop.multiProcessorCount, 82);
  EXPECT_EQ(prop.asyncEngineCount, 2);
  EXPECT_EQ(prop.pciBusID, 2);
  EXPECT_EQ(prop.uuid.bytes[3], 1);
  EXPECT_EQ(prop.warpSize, 32);
  char bus_id[32];
  ASSERT_CUDA(cudaDeviceGetPCIBusId(bus_id, sizeof bus_id, 1));
  EXPECT_STREQ(bus_id, "0000:02:00.0");
  int device = -1;
  ASSERT_CUDA(cudaDeviceGetByPCIBusId(&device, "0000:02:00.0"));
  EXPECT_EQ(device, 1);
  EXPECT_EQ(cudaSetDevice(2), cudaErrorInvalidDevice);
}

TEST_F(DevicesTest, AttributesOfTheFileWinOverDefaults) {
  MachineFile file = small_machine();
  file.gpus[0].attributes = {{"Integrated", 1}, {"ManagedMemory", 0}};
  open(file);
  int value = -1;
  ASSERT_CUDA(cudaDeviceGetAttribute(&value, cudaDevAttrIntegrated, 0));
  EXPECT_EQ(value, 1);
  ASSERT_CUDA(cudaDeviceGetAttribute(&value, cudaDevAttrIntegrated, 1));
  EXPECT_EQ(value, 0);
  void* managed = nullptr;
  ASSERT_CUDA(cudaSetDevice(0));
  EXPECT_EQ(cudaMallocManaged(&managed, 100, cudaMemAttachGlobal), cudaErrorNotSupported);
  EXPECT_EQ(cudaDeviceGetAttribute(&value, static_cast<cudaDeviceAttr>(250), 0),
            cudaErrorInvalidValue);
}

// As deviceQuery prints them for a V100, an A100, a Jetson Orin and a Jetson Thor.
TEST_F(DevicesTest, MultiprocessorsAreThoseOfTheComputeCapability) {
  struct {
    int major, minor, shared_bytes, threads;
  } const printed[] = {
      {7, 0, 98304, 2048}, {8, 0, 167936, 2048}, {8, 7, 167936, 1536}, {11, 0, 233472, 1536}};
  for (const auto& chip : printed) {
    MachineFile file = small_machine();
    file.gpus[0].compute_major = chip.major;
    file.gpus[0].compute_minor = chip.minor;
    open(file);
    int shared_bytes = 0, threads = 0;
    ASSERT_CUDA(
        cudaDeviceGetAttribute(&shared_bytes, cudaDevAttrMaxSharedMemoryPerMultiprocessor, 0));
    ASSERT_CUDA(cudaDeviceGetAttribute(&threads, cudaDevAttrMaxThreadsPerMultiProcessor, 0));
    EXPECT_EQ(shared_bytes, chip.shared_bytes) << chip.major << "." << chip.minor;
    EXPECT_EQ(threads, chip.threads) << chip.major << "." << chip.minor;
  }
}

TEST_F(DevicesTest, PartOfTheL2CanBeSetAside) {
  struct Row {
    int major, minor;
    std::uint64_t l2;
    const char* mig;
    int most;
  };
  for (const Row& row :
       {Row{7, 0, 6 << 20, "", 0}, Row{8, 0, 40 << 20, "", 30 << 20},
        Row{9, 0, 60 << 20, "disabled", 75 << 19}, Row{9, 0, 60 << 20, "enabled", 0}}) {
    MachineFile file = small_machine();
    file.gpus[0].compute_major = row.major;
    file.gpus[0].compute_minor = row.minor;
    file.gpus[0].l2_bytes = row.l2;
    file.gpus[0].mig = row.mig;
    open(file);
    int most = -1;
    std::size_t set = 1;
    ASSERT_CUDA(cudaDeviceGetAttribute(&most, cudaDevAttrMaxPersistingL2CacheSize, 0));
    EXPECT_EQ(most, row.most);
    EXPECT_EQ(cudaDeviceSetLimit(cudaLimitPersistingL2CacheSize, row.l2),
              most == 0 ? cudaErrorUnsupportedLimit : cudaSuccess);
    ASSERT_CUDA(cudaDeviceGetLimit(&set, cudaLimitPersistingL2CacheSize));
    EXPECT_EQ(set, static_cast<std::size_t>(most)) << "no more than there is";
    cudaGetLastError();
  }
}

TEST_F(DevicesTest, HiddenDevicesAreRenumbered) {
  setenv("CUDA_VISIBLE_DEVICES", "1", 1);
  open(small_machine());
  unsetenv("CUDA_VISIBLE_DEVICES");
  int count = 0;
  ASSERT_CUDA(cudaGetDeviceCount(&count));
  EXPECT_EQ(count, 1);
  char bus_id[32];
  ASSERT_CUDA(cudaDeviceGetPCIBusId(bus_id, sizeof bus_id, 0));
  EXPECT_STREQ(bus_id, "0000:02:00.0");
  setenv("CUDA_VISIBLE_DEVICES", "", 1);
  open(small_machine());
  unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorNoDevice);
  EXPECT_EQ(count, 0);
}

TEST_F(DevicesTest, AMachineWithoutDriverOrGpuSaysSo) {
  MachineFile file;
  open(file);
  int count = -1;
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorInsufficientDriver);
  EXPECT_EQ(count, 0);
  int version = -1;
  EXPECT_EQ(cudaDriverGetVersion(&version), cudaSuccess);
  EXPECT_EQ(version, 0);
  file.cuda_version = 13000;
  open(file);
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorNoDevice);
  close();
  EXPECT_EQ(cudaGetDeviceCount(&count), cudaErrorInsufficientDriver);
}

// As a real runtime on a driver that does not start: refused by every call, and told again by
// cudaGetLastError.
void expect_every_call_refused(cudaError_t error) {
  int count = -1;
  EXPECT_EQ(cudaGetDeviceCount(&count), error);
  EXPECT_EQ(count, 0);
  EXPECT_EQ(cudaGetLastError(), error);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, 1), error);
  EXPECT_EQ(cudaPeekAtLastError(), error);
  EXPECT_EQ(cudaSetDevice(0), error);
  EXPECT_EQ(cudaStreamSynchronize(nullptr), error);
  int attribute = 0;
  EXPECT_EQ(cudaDeviceGetAttribute(&attribute, cudaDevAttrIntegrated, 0), error);
  cudaGetLastError();
}

TEST_F(DevicesTest, ADriverOlderThanTheRuntimeRefusesEveryCall) {
  MachineFile file = small_machine();
  file.cuda_version = CUDART_VERSION - 1000;
  open(file);
  expect_every_call_refused(cudaErrorInsufficientDriver);
  int version = 0;
  ASSERT_CUDA(cudaDriverGetVersion(&version));
  EXPECT_EQ(version, CUDART_VERSION - 1000);
  // Within one major version an older driver serves younger runtimes.
  file.cuda_version = CUDART_VERSION / 1000 * 1000;
  open(file);
  int count = 0;
  ASSERT_CUDA(cudaGetDeviceCount(&count));
}

TEST_F(DevicesTest, ADriverThatDoesNotStartSaysWhyToEveryCall) {
  MachineFile file = small_machine();
  for (const int error : {802, 803, 804, 35, 100}) {
    file.driver.start_error = error;
    open(file);
    expect_every_call_refused(static_cast<cudaError_t>(error));
  }
}

TEST_F(DevicesTest, MemoryIsAccountedFor) {
  std::size_t before = 0, after = 0, total = 0;
  ASSERT_CUDA(cudaMemGetInfo(&before, &total));
  EXPECT_EQ(total, std::size_t{1} << 30);
  auto* memory = device_memory(0, 100 * MB);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % (2 << 20), 0u);
  ASSERT_CUDA(cudaMemGetInfo(&after, &total));
  EXPECT_GE(before - after, 100 * MB);
  EXPECT_EQ(memory_used(0), before - after);
  void* more = nullptr;
  EXPECT_EQ(cudaMalloc(&more, after + 1), cudaErrorMemoryAllocation);
  EXPECT_EQ(more, nullptr);
  EXPECT_EQ(cudaMalloc(&more, SIZE_MAX - 100), cudaErrorMemoryAllocation);
  ASSERT_CUDA(cudaFree(memory));
  EXPECT_EQ(cudaFree(memory), cudaErrorInvalidValue);
  ASSERT_CUDA(cudaMemGetInfo(&after, &total));
  EXPECT_EQ(after, before);
}

TEST_F(DevicesTest, TheHostCannotTouchDeviceMemory) {
  auto* memory = device_memory(0, 4096);
  const pid_t child = fork();
  if (child == 0) {
    *reinterpret_cast<volatile char*>(memory) = 1;
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_F(DevicesTest, PointersKnowWhatTheyAre) {
  void *pinned = nullptr, *managed = nullptr;
  ASSERT_CUDA(cudaMallocHost(&pinned, 100));
  ASSERT_CUDA(cudaMallocManaged(&managed, 100, cudaMemAttachGlobal));
  static_cast<char*>(pinned)[99] = static_cast<char*>(managed)[99] = 1;  // plain memory
  auto* memory = device_memory(1, 100);
  int local = 0;
  const auto type_of = [](const void* pointer) {
    cudaPointerAttributes attributes;
    EXPECT_EQ(cudaPointerGetAttributes(&attributes, pointer), cudaSuccess);
    return attributes;
  };
  EXPECT_EQ(type_of(pinned).type, cudaMemoryTypeHost);
  EXPECT_EQ(type_of(managed).type, cudaMemoryTypeManaged);
  EXPECT_EQ(type_of(memory + 99).type, cudaMemoryTypeDevice);
  EXPECT_EQ(type_of(memory).device, 1);
  EXPECT_EQ(type_of(&local).type, cudaMemoryTypeUnregistered);
  void* mapped = nullptr;
  ASSERT_CUDA(cudaHostGetDevicePointer(&mapped, pinned, 0));
  EXPECT_EQ(mapped, pinned);
  EXPECT_EQ(cudaHostGetDevicePointer(&mapped, &local, 0), cudaErrorInvalidValue);
  ASSERT_CUDA(cudaHostRegister(&local, sizeof local, cudaHostRegisterDefault));
  EXPECT_EQ(cudaHostRegister(&local, sizeof local, 0), cudaErrorHostMemoryAlreadyRegistered);
  EXPECT_EQ(type_of(&local).type, cudaMemoryTypeHost);
  ASSERT_CUDA(cudaHostUnregister(&local));
  EXPECT_EQ(cudaHostUnregister(&local), cudaErrorHostMemoryNotRegistered);
}

TEST_F(DevicesTest, PeerAccessHasTheRuntimesErrors) {
  int can = -1;
  ASSERT_CUDA(cudaDeviceCanAccessPeer(&can, 0, 1));
  EXPECT_EQ(can, 1);
  ASSERT_CUDA(cudaDeviceCanAccessPeer(&can, 0, 0));
  EXPECT_EQ(can, 0);
  EXPECT_EQ(cudaDeviceDisablePeerAccess(1), cudaErrorPeerAccessNotEnabled);
  EXPECT_EQ(cudaDeviceEnablePeerAccess(0, 0), cudaErrorInvalidDevice);
  ASSERT_CUDA(cudaDeviceEnablePeerAccess(1, 0));
  EXPECT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaErrorPeerAccessAlreadyEnabled);
  ASSERT_CUDA(cudaDeviceDisablePeerAccess(1));
  int atomics = -1;
  ASSERT_CUDA(cudaDeviceGetP2PAttribute(&atomics, cudaDevP2PAttrNativeAtomicSupported, 0, 1));
  EXPECT_EQ(atomics, 1);
  MachineFile file = small_machine();
  for (PeerPolicy& policy : file.peers) policy.access = false;
  open(file);
  ASSERT_CUDA(cudaDeviceCanAccessPeer(&can, 0, 1));
  EXPECT_EQ(can, 0);
  EXPECT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaErrorPeerAccessUnsupported);
}

TEST_F(DevicesTest, NoMoreThanEightPeers) {
  MachineFile file = small_machine();
  file.peers.clear();
  for (int i = 1; i < 10; ++i) {
    if (i > 1) file.gpus.push_back(small_gpu(i));
    PeerPolicy policy;
    policy.to = i;
    policy.access = true;
    file.peers.push_back(policy);
  }
  open(file);
  for (int i = 1; i <= 8; ++i) ASSERT_CUDA(cudaDeviceEnablePeerAccess(i, 0));
  EXPECT_EQ(cudaDeviceEnablePeerAccess(9, 0), cudaErrorTooManyPeers);
}

class KernelsTest : public RuntimeTest {
 protected:
  static kernels::PatternReport check(const void* array, std::size_t bytes, std::uint64_t seed) {
    int device = 0;
    EXPECT_EQ(cudaGetDevice(&device), cudaSuccess);
    kernels::PatternReport report;
    auto* on_device = device_memory<kernels::PatternReport>(device, sizeof report);
    EXPECT_EQ(cudaMemcpy(on_device, &report, sizeof report, cudaMemcpyHostToDevice), cudaSuccess);
    EXPECT_EQ(kernels::launch_check(array, bytes, seed, on_device, nullptr), cudaSuccess);
    EXPECT_EQ(cudaMemcpy(&report, on_device, sizeof report, cudaMemcpyDeviceToHost), cudaSuccess);
    return report;
  }
};

TEST_F(KernelsTest, FillAndCheckRunTheirBodies) {
  auto* array = device_memory(0, 8001);
  ASSERT_CUDA(kernels::launch_fill(array, 8001, 42, nullptr));
  EXPECT_EQ(check(array, 8001, 42).wrong_words, 0u);
  EXPECT_EQ(check(array, 8001, 43).wrong_words, 1001u);
  fill(array + 4000, 1, 0);
  EXPECT_EQ(check(array, 8001, 42).first_wrong, 500u);
}

TEST_F(KernelsTest, TheirTimeIsThatOfTheTraffic) {
  MachineFile file = small_machine();
  file.gpus[0].write_gbs = Figure{400, "", true};
  open(file);
  auto* array = device_memory(0, 40 * MB);
  const auto start = record_on(nullptr);
  ASSERT_CUDA(kernels::launch_fill(array, 40 * MB, 1, nullptr));
  EXPECT_NEAR(elapsed_us(start, record_on(nullptr)), 2 + 40e6 / 400e3, 0.01);
}

TEST_F(KernelsTest, PeerMemoryNeedsAccess) {
  auto* array = device_memory(1, 10 * MB);
  ASSERT_CUDA(cudaSetDevice(0));
  ASSERT_CUDA(cudaDeviceEnablePeerAccess(1, 0));
  const auto start = record_on(nullptr);
  ASSERT_CUDA(kernels::launch_fill(array, 10 * MB, 1, nullptr));
  EXPECT_NEAR(elapsed_us(start, record_on(nullptr)), 2 + 10e6 / 50e3, 0.01);
  EXPECT_EQ(link_bytes(0, true), 10 * MB);

  ASSERT_CUDA(cudaDeviceDisablePeerAccess(1));
  kernels::launch_fill(array, 8, 1, nullptr);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  void* pointer = nullptr;
  EXPECT_EQ(cudaMalloc(&pointer, 8), cudaErrorIllegalAddress);  // sticky
}

TEST_F(KernelsTest, BeyondTheEndIsIllegal) {
  auto* array = device_memory(0, 1000);
  kernels::launch_fill(array, 1001, 1, nullptr);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
}

TEST_F(KernelsTest, PlainHostMemoryOnlyWhereTheMachineAllowsIt) {
  std::vector<unsigned char> plain(800);
  kernels::launch_fill(plain.data(), plain.size(), 3, nullptr);
  EXPECT_EQ(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  MachineFile file = small_machine();
  file.gpus[0].attributes = {{"PageableMemoryAccess", 1}};
  open(file);
  ASSERT_CUDA(kernels::launch_fill(plain.data(), plain.size(), 3, nullptr));
  ASSERT_CUDA(cudaDeviceSynchronize());
  EXPECT_EQ(kernels::check_body(plain.data(), plain.size(), 3, 0, 1).wrong_words, 0u);
}

// A push kernel's writes meet the fault of the way they take.
TEST_F(KernelsTest, FaultsMeetKernelsToo) {
  MachineFile file = small_machine();
  file.faults = {{FaultKind::nothing_written, 0, 1}};
  open(file);
  enable_peers();
  auto* array = device_memory(1, 800);
  ASSERT_CUDA(cudaSetDevice(0));
  ASSERT_CUDA(kernels::launch_fill(array, 800, 4, nullptr));
  ASSERT_CUDA(cudaDeviceSynchronize());
  EXPECT_EQ(read_back(array, 800), std::vector<unsigned char>(800, 0));
}

// A repetition that changes nothing may be left out, any other may not.
TEST_F(KernelsTest, AKernelRunsAgainOnceItsMemoryWasWrittenTo) {
  auto* from = device_memory(0, 800);
  auto* to = device_memory(0, 800);
  const auto copy = [&] {
    ASSERT_CUDA(kernels::launch_copy(to, from, 800, 4, nullptr));
    ASSERT_CUDA(cudaDeviceSynchronize());
  };
  const auto holds = [&](std::uint64_t seed) {
    return kernels::check_body(read_back(to, 800).data(), 800, seed, 0, 1).wrong_words == 0;
  };
  ASSERT_CUDA(kernels::launch_fill(from, 800, 1, nullptr));
  copy();
  copy();
  EXPECT_TRUE(holds(1));
  ASSERT_CUDA(kernels::launch_fill(from, 800, 2, nullptr));
  copy();
  EXPECT_TRUE(holds(2)) << "its source was filled anew";
  ASSERT_CUDA(kernels::launch_fill(to, 800, 3, nullptr));
  copy();
  EXPECT_TRUE(holds(2)) << "its destination was overwritten";
  ASSERT_CUDA(cudaMemcpy(to, read_back(from, 8).data(), 8, cudaMemcpyHostToDevice));
  ASSERT_CUDA(cudaMemset(to, 0, 8));
  copy();
  EXPECT_TRUE(holds(2)) << "a copy and a memset wrote to it";
}

TEST_F(KernelsTest, HostMemoryMayChangeUnseenSoItIsAlwaysReadAgain) {
  void* host = nullptr;
  ASSERT_CUDA(cudaMallocHost(&host, 800));
  auto* to = device_memory(0, 800);
  for (const std::uint64_t seed : {1, 2}) {
    kernels::fill_body(static_cast<unsigned char*>(host), 800, seed, 0, 1);
    ASSERT_CUDA(kernels::launch_copy(to, host, 800, 4, nullptr));
    ASSERT_CUDA(cudaDeviceSynchronize());
    EXPECT_EQ(kernels::check_body(read_back(to, 800).data(), 800, seed, 0, 1).wrong_words, 0u);
  }
}

TEST_F(KernelsTest, TheTraceTellsWhoDidWhatOverWhichLinks) {
  const std::string path = testing::TempDir() + "peerbench_trace.jsonl";
  ASSERT_TRUE(set_trace(path));
  enable_peers();
  auto* from = device_memory(0, MB);
  auto* to = device_memory(1, MB);
  ASSERT_CUDA(cudaMemcpyPeerAsync(to, 1, from, 0, MB, stream_on(1)));
  ASSERT_CUDA(cudaDeviceSynchronize());
  ASSERT_TRUE(set_trace(""));
  std::ifstream file(path);
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  const auto entry = nlohmann::json::parse(line);
  EXPECT_EQ(entry["op"], "copy");
  EXPECT_EQ(entry["gpu"], 1);
  EXPECT_EQ(entry["source"], "gpu0");
  EXPECT_EQ(entry["destination"], "gpu1");
  EXPECT_EQ(entry["path"], "peer");
  EXPECT_EQ(entry["bytes"], MB);
  EXPECT_EQ(entry["resources"][0], "nvlink:gpu0-gpu1");
  EXPECT_NEAR(entry["end_ns"].get<double>() - entry["start_ns"].get<double>(), 21e3, 1);
  EXPECT_FALSE(std::getline(file, line));
}

TEST_F(DevicesTest, ErrorsHaveNamesAndTexts) {
  EXPECT_STREQ(cudaGetErrorName(cudaErrorPeerAccessAlreadyEnabled),
               "cudaErrorPeerAccessAlreadyEnabled");
  EXPECT_STREQ(cudaGetErrorString(cudaErrorInvalidValue), "invalid argument");
  EXPECT_STREQ(cudaGetErrorName(static_cast<cudaError_t>(12345)), "unrecognized error code");
}

}  // namespace TEST_FILE
}  // namespace gpusim
