// SPDX-License-Identifier: Apache-2.0
// Every call that is refused says why with the documented code, and that is the last error.
#include <functional>

#include "tests/sim/cudart/fixture.hpp"

// What nvcc's host code calls and its header declares for nvcc alone.
extern "C" {
void __cudaRegisterFunction(void**, const char*, char*, const char*, int, uint3*, uint3*, dim3*,
                            dim3*, int*);
cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared, void* stream);
}

namespace gpusim {
namespace TEST_FILE {

struct Refusal {
  const char* what;
  std::function<cudaError_t()> call;
  cudaError_t code;
};

class RefusalsTest : public RuntimeTest {
 protected:
  void SetUp() override {
    RuntimeTest::SetUp();
    __cudaRegisterFunction(nullptr, function(), nullptr, "peerbench_fill", -1, nullptr, nullptr,
                           nullptr, nullptr, nullptr);
    memory = device_memory(0, MB);
    ASSERT_CUDA(cudaMallocHost(&host, MB));
  }
  /// Each is refused with its code, and cudaPeekAtLastError and cudaGetLastError tell it.
  static void expect(const std::vector<Refusal>& rows) {
    for (const Refusal& row : rows) {
      EXPECT_EQ(cudaGetLastError(), cudaSuccess) << "before: " << row.what;
      EXPECT_EQ(row.call(), row.code) << row.what;
      EXPECT_EQ(cudaPeekAtLastError(), row.code) << row.what;
      EXPECT_EQ(cudaGetLastError(), row.code) << row.what;
    }
  }
  static const char* function() { return "a kernel's address"; }
  static cudaError_t launch(dim3 grid, dim3 block, std::size_t shared = 0,
                            const void* of = function()) {
    void* to = nullptr;
    std::uint64_t bytes = 0, seed = 0;
    int content = 0;
    void* arguments[] = {&to, &bytes, &seed, &content};
    return cudaLaunchKernel(of, grid, block, arguments, shared, nullptr);
  }
  static cudaError_t set(cudaFuncAttribute attribute, int value) {
    return cudaFuncSetAttribute(function(), attribute, value);
  }
  std::byte* memory = nullptr;
  void* host = nullptr;
  void* pointer = nullptr;
  int number = 0;
  unsigned word = 0;
  std::size_t size = 0;
  cudaStream_t stream = nullptr;
  cudaEvent_t event = nullptr;
};

constexpr auto invalid = cudaErrorInvalidValue;
constexpr auto no_handle = cudaErrorInvalidResourceHandle;
constexpr auto no_device = cudaErrorInvalidDevice;

TEST_F(RefusalsTest, FlagsThatDoNotExist) {
  expect({
      {"stream", [&] { return cudaStreamCreateWithFlags(&stream, 2); }, invalid},
      {"stream with priority", [&] { return cudaStreamCreateWithPriority(&stream, 4, 0); },
       invalid},
      {"event", [&] { return cudaEventCreateWithFlags(&event, 8); }, invalid},
      {"event with time between processes",
       [&] { return cudaEventCreateWithFlags(&event, cudaEventInterprocess); }, invalid},
      {"record", [&] { return cudaEventRecordWithFlags(record_on(nullptr), nullptr, 2); }, invalid},
      {"wait", [&] { return cudaStreamWaitEvent(nullptr, record_on(nullptr), 2); }, invalid},
      {"pinned", [&] { return cudaHostAlloc(&pointer, 8, 8); }, invalid},
      {"register", [&] { return cudaHostRegister(&number, 4, 16); }, invalid},
      {"register read-only", [&] { return cudaHostRegister(&number, 4, cudaHostRegisterReadOnly); },
       cudaErrorNotSupported},
      {"managed", [&] { return cudaMallocManaged(&pointer, 8, 0); }, invalid},
      {"managed for one stream",
       [&] { return cudaMallocManaged(&pointer, 8, cudaMemAttachSingle); }, invalid},
      {"device pointer", [&] { return cudaHostGetDevicePointer(&pointer, host, 1); }, invalid},
      {"device", [&] { return cudaSetDeviceFlags(0x100); }, invalid},
      {"two ways to wait", [&] { return cudaSetDeviceFlags(3); }, invalid},
      {"init", [&] { return cudaInitDevice(0, 0, 2); }, invalid},
      {"init with flags", [&] { return cudaInitDevice(0, 0x100, 1); }, invalid},
      {"peer access", [&] { return cudaDeviceEnablePeerAccess(1, 1); }, invalid},
      {"callback",
       [&] {
         return cudaStreamAddCallback(
             nullptr, [](cudaStream_t, cudaError_t, void*) {}, nullptr, 1);
       },
       invalid},
      {"capture", [&] { return cudaStreamBeginCapture(stream, cudaStreamCaptureMode(3)); },
       invalid},
      {"occupancy",
       [&] {
         return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(&number, function(), 32, 0,
                                                                       2);
       },
       invalid},
      {"limit", [&] { return cudaDeviceSetLimit(cudaLimit(99), 1); }, cudaErrorUnsupportedLimit},
      {"limit to read", [&] { return cudaDeviceGetLimit(&size, cudaLimit(99)); },
       cudaErrorUnsupportedLimit},
  });
}

TEST_F(RefusalsTest, LaunchesThatNoGpuHolds) {
  const int opted = 99 << 10;  // of this generation
  expect({
      {"too many threads", [&] { return launch(1, 1025); }, cudaErrorInvalidConfiguration},
      {"too many threads in all", [&] { return launch(1, dim3(64, 32)); },
       cudaErrorInvalidConfiguration},
      {"too deep a block", [&] { return launch(1, dim3(1, 1, 65)); },
       cudaErrorInvalidConfiguration},
      {"no thread", [&] { return launch(1, 0); }, cudaErrorInvalidConfiguration},
      {"no block", [&] { return launch(0, 32); }, cudaErrorInvalidConfiguration},
      {"too high a grid", [&] { return launch(dim3(1, 65536), 32); },
       cudaErrorInvalidConfiguration},
      {"shared memory that was not asked for", [&] { return launch(1, 32, (48 << 10) + 1); },
       invalid},
      {"more than there is",
       [&] { return set(cudaFuncAttributeMaxDynamicSharedMemorySize, opted + 1); }, invalid},
      {"carveout", [&] { return set(cudaFuncAttributePreferredSharedMemoryCarveout, 101); },
       invalid},
      {"cluster", [&] { return set(cudaFuncAttributeRequiredClusterWidth, 2); },
       cudaErrorNotSupported},
      {"attribute", [&] { return set(cudaFuncAttribute(99), 1); }, invalid},
      {"nobody's function", [&] { return launch(1, 32, 0, &number); },
       cudaErrorInvalidDeviceFunction},
      {"no configuration", [&] { return cudaLaunchKernelExC(nullptr, function(), nullptr); },
       invalid},
      {"nothing pushed",
       [&] { return __cudaPopCallConfiguration(nullptr, nullptr, nullptr, nullptr); },
       cudaErrorMissingConfiguration},
      {"blocks that are not all resident",
       [&] { return cudaLaunchCooperativeKernel(function(), 100000, 32, nullptr, 0, nullptr); },
       cudaErrorCooperativeLaunchTooLarge},
  });
  ASSERT_CUDA(launch(1, 32, 48 << 10));
  ASSERT_CUDA(set(cudaFuncAttributeMaxDynamicSharedMemorySize, opted));
  ASSERT_CUDA(launch(1, 32, opted));
  cudaFuncAttributes attributes;
  ASSERT_CUDA(cudaFuncGetAttributes(&attributes, function()));
  EXPECT_EQ(attributes.maxDynamicSharedSizeBytes, opted);
}

TEST_F(RefusalsTest, HandlesDevicesAndPointersThatAreNone) {
  auto* const no_stream = reinterpret_cast<cudaStream_t>(&number);
  auto* const no_event = reinterpret_cast<cudaEvent_t>(&number);
  float ms = 0;
  expect({
      {"set device", [&] { return cudaSetDevice(2); }, no_device},
      {"properties",
       [&] {
         cudaDeviceProp properties;
         return cudaGetDeviceProperties(&properties, -1);
       },
       no_device},
      {"attribute of no device",
       [&] { return cudaDeviceGetAttribute(&number, cudaDevAttrWarpSize, 2); }, no_device},
      {"no attribute", [&] { return cudaDeviceGetAttribute(&number, cudaDeviceAttr(9999), 0); },
       invalid},
      {"count", [&] { return cudaGetDeviceCount(nullptr); }, invalid},
      {"device", [&] { return cudaGetDevice(nullptr); }, invalid},
      {"device flags", [&] { return cudaGetDeviceFlags(nullptr); }, invalid},
      {"valid devices", [&] { return cudaSetValidDevices(&(number = 7), 1); }, no_device},
      {"cache", [&] { return cudaDeviceGetCacheConfig(nullptr); }, invalid},
      {"can access", [&] { return cudaDeviceCanAccessPeer(&number, 0, 2); }, no_device},
      {"own peer", [&] { return cudaDeviceEnablePeerAccess(0, 0); }, no_device},
      {"peer that is none", [&] { return cudaDeviceDisablePeerAccess(1); },
       cudaErrorPeerAccessNotEnabled},
      {"malloc", [&] { return cudaMalloc(nullptr, 8); }, invalid},
      {"too much", [&] { return cudaMalloc(&pointer, std::size_t{1} << 50); },
       cudaErrorMemoryAllocation},
      {"free", [&] { return cudaFree(&number); }, invalid},
      {"free host", [&] { return cudaFreeHost(memory); }, invalid},
      {"free async", [&] { return cudaFreeAsync(&number, nullptr); }, invalid},
      {"registered twice", [&] { return cudaHostRegister(host, 8, 0); },
       cudaErrorHostMemoryAlreadyRegistered},
      {"unregister", [&] { return cudaHostUnregister(&number); }, cudaErrorHostMemoryNotRegistered},
      {"past the end", [&] { return cudaMemcpy(memory, host, 2 * MB, cudaMemcpyDefault); },
       invalid},
      {"wrong way", [&] { return cudaMemcpy(memory, host, 8, cudaMemcpyDeviceToHost); }, invalid},
      {"no way", [&] { return cudaMemcpy(memory, host, 8, cudaMemcpyKind(9)); },
       cudaErrorInvalidMemcpyDirection},
      {"memset", [&] { return cudaMemset(&number, 0, 4); }, invalid},
      {"copy in no stream",
       [&] { return cudaMemcpyAsync(memory, host, 8, cudaMemcpyDefault, no_stream); }, no_handle},
      {"launch in no stream",
       [&] { return cudaLaunchKernel(function(), 1, 1, nullptr, 0, no_stream); }, no_handle},
      {"stream synchronize", [&] { return cudaStreamSynchronize(no_stream); }, no_handle},
      {"stream destroy", [&] { return cudaStreamDestroy(nullptr); }, no_handle},
      {"stream flags", [&] { return cudaStreamGetFlags(nullptr, nullptr); }, invalid},
      {"stream priority", [&] { return cudaStreamGetPriority(nullptr, nullptr); }, invalid},
      {"event record", [&] { return cudaEventRecord(no_event, nullptr); }, no_handle},
      {"event synchronize", [&] { return cudaEventSynchronize(no_event); }, no_handle},
      {"elapsed", [&] { return cudaEventElapsedTime(&ms, no_event, no_event); }, no_handle},
      {"symbol", [&] { return cudaGetSymbolAddress(&pointer, &number); }, cudaErrorInvalidSymbol},
      {"symbol size", [&] { return cudaGetSymbolSize(&size, &number); }, cudaErrorInvalidSymbol},
      {"to symbol", [&] { return cudaMemcpyToSymbol(&number, host, 4); }, cudaErrorInvalidSymbol},
      {"graph launch", [&] { return cudaGraphLaunch(nullptr, nullptr); }, invalid},
      {"graph destroy", [&] { return cudaGraphDestroy(nullptr); }, invalid},
      {"kernel", [&] { return cudaGetKernel(nullptr, &number); }, cudaErrorInvalidDeviceFunction},
  });
}

TEST_F(RefusalsTest, PrioritiesAreClamped) {
  int least = -1, greatest = 1;
  ASSERT_CUDA(cudaDeviceGetStreamPriorityRange(&least, &greatest));
  EXPECT_EQ(least, 0);
  EXPECT_EQ(greatest, -5);
  for (const auto& [given, kept] : std::vector<std::pair<int, int>>{{3, 0}, {-9, -5}, {-2, -2}}) {
    ASSERT_CUDA(cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking, given));
    ASSERT_CUDA(cudaStreamGetPriority(stream, &number));
    EXPECT_EQ(number, kept);
  }
}

TEST_F(RefusalsTest, DeviceFlagsAreRemembered) {
  ASSERT_CUDA(cudaGetDeviceFlags(&word));
  EXPECT_EQ(word, unsigned{cudaDeviceMapHost});
  ASSERT_CUDA(cudaSetDeviceFlags(cudaDeviceScheduleBlockingSync));
  ASSERT_CUDA(cudaInitDevice(1, cudaDeviceScheduleSpin, cudaInitDeviceFlagsAreValid));
  ASSERT_CUDA(cudaGetDeviceFlags(&word));
  EXPECT_EQ(word, unsigned{cudaDeviceScheduleBlockingSync | cudaDeviceMapHost});
  ASSERT_CUDA(cudaSetDevice(1));
  ASSERT_CUDA(cudaGetDeviceFlags(&word));
  EXPECT_EQ(word, unsigned{cudaDeviceScheduleSpin | cudaDeviceMapHost});
}

TEST_F(RefusalsTest, AStreamSaysWhetherItIsCaptured) {
  ASSERT_CUDA(cudaStreamCreate(&stream));
  cudaStreamCaptureStatus status;
  ASSERT_CUDA(cudaStreamIsCapturing(stream, &status));
  EXPECT_EQ(status, cudaStreamCaptureStatusNone);
  ASSERT_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  ASSERT_CUDA(cudaStreamIsCapturing(stream, &status));
  EXPECT_EQ(status, cudaStreamCaptureStatusActive);
  EXPECT_EQ(cudaStreamSynchronize(stream), cudaErrorStreamCaptureUnsupported);
  ASSERT_CUDA(cudaStreamIsCapturing(stream, &status));
  EXPECT_EQ(status, cudaStreamCaptureStatusInvalidated);
}

}  // namespace TEST_FILE
}  // namespace gpusim
