// SPDX-License-Identifier: Apache-2.0
/* An ordinary program of the driver API alone: two GPUs, a peer copy timed with events, fills, what
 * pointers are, and something the simulator does not have. */
#include <cuda.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* name_of(CUresult result) {
  const char* name = "?";
  cuGetErrorName(result, &name);
  return name;
}

static void say(const char* what, CUresult result) { printf("%s %s\n", what, name_of(result)); }

static void check(const char* what, CUresult result) {
  const char* text = "?";
  if (result == CUDA_SUCCESS) return;
  cuGetErrorString(result, &text);
  printf("error %s: %s (%s)\n", what, name_of(result), text);
  exit(1);
}
#define CHECK(call) check(#call, call)

enum { bytes = 64 << 20 };

static double peer_gbs(CUdeviceptr to, CUcontext to_context, CUdeviceptr from,
                       CUcontext from_context) {
  CUstream stream;
  CUevent start, end;
  float ms = 0;
  CHECK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  CHECK(cuEventCreate(&start, CU_EVENT_DEFAULT));
  CHECK(cuEventCreate(&end, CU_EVENT_DEFAULT));
  CHECK(cuEventRecord(start, stream));
  for (int i = 0; i < 10; ++i) {
    CHECK(cuMemcpyPeerAsync(to, to_context, from, from_context, bytes, stream));
  }
  CHECK(cuEventRecord(end, stream));
  say("pending", cuEventQuery(end));
  CHECK(cuStreamSynchronize(stream));
  CHECK(cuEventElapsedTime(&ms, start, end));
  CHECK(cuEventDestroy(start));
  CHECK(cuEventDestroy(end));
  CHECK(cuStreamDestroy(stream));
  return 10e-6 * bytes / ms;
}

static void describe(CUdevice device) {
  char name[256], bus[32];
  size_t total = 0;
  int major = 0, processors = 0;
  CUuuid uuid;
  CHECK(cuDeviceGetName(name, sizeof name, device));
  CHECK(cuDeviceGetPCIBusId(bus, sizeof bus, device));
  CHECK(cuDeviceTotalMem(&total, device));
  CHECK(cuDeviceGetUuid(&uuid, device));
  CHECK(cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device));
  CHECK(cuDeviceGetAttribute(&processors, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device));
  printf("device %s, %s, %zu bytes, %d, %d\n", name, bus, total, major, processors);
}

static void fill_and_read(CUdeviceptr memory) {
  unsigned char small[8];
  unsigned words[2];
  CHECK(cuMemsetD32(memory, 0x01020304, 4));
  CHECK(cuMemsetD8Async(memory + 4, 0xab, 2, NULL));
  CHECK(cuCtxSynchronize());
  CHECK(cuMemcpyDtoH(words, memory, sizeof words));
  printf("words %x %x\n", words[0], words[1]);
  memcpy(small, "abcdefgh", sizeof small);
  CHECK(cuMemcpyHtoD(memory, small, sizeof small));
  CHECK(cuMemcpyDtoD(memory + 512, memory, sizeof small));
  memset(small, 0, sizeof small);
  CHECK(cuMemcpyDtoH(small, memory + 512, sizeof small));
  printf("text %.8s\n", (const char*)small);
}

static void point(CUdeviceptr memory, CUcontext context) {
  CUcontext owner = NULL;
  CUmemorytype type = 0;
  int ordinal = -1;
  CUdeviceptr begin = 0;
  size_t size = 0;
  CUpointer_attribute asked[] = {
      CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL,
      CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, CU_POINTER_ATTRIBUTE_RANGE_SIZE};
  void* answers[] = {&type, &ordinal, &begin, &size};
  CHECK(cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, memory));
  CHECK(cuPointerGetAttributes(4, asked, answers, memory + 100));
  printf("pointer %d %d %d %zu, %s\n", type == CU_MEMORYTYPE_DEVICE, ordinal, begin == memory, size,
         owner == context ? "own" : "other");
  say("pointer of nobody",
      cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, (CUdeviceptr)(size_t)&type));
}

static void ask_by_name(void) {
  CUresult (*get_count)(int*) = NULL;
  void* nothing = NULL;
  CUdriverProcAddressQueryResult status;
  int count = -1;
  CHECK(cuGetProcAddress("cuDeviceGetCount", (void**)&get_count, CUDA_VERSION, 0, &status));
  CHECK(get_count(&count));
  printf("by name %d\n", count);
  say("no name", cuGetProcAddress("cuNoSuchCall", &nothing, CUDA_VERSION, 0, &status));
}

int main(void) {
  CUdevice devices[2];
  CUcontext contexts[2], current;
  CUdeviceptr memory[2];
  CUmodule module;
  int count = 0, can = 0, version = 0;
  say("before", cuDeviceGetCount(&count));
  CHECK(cuInit(0));
  CHECK(cuDriverGetVersion(&version));
  CHECK(cuDeviceGetCount(&count));
  printf("devices %d\n", count);
  say("no device", cuDeviceGet(&devices[0], count));
  say("no context", cuMemAlloc(&memory[0], bytes));
  for (int i = 0; i < 2; ++i) {
    CHECK(cuDeviceGet(&devices[i], i));
    describe(devices[i]);
    CHECK(cuDevicePrimaryCtxRetain(&contexts[i], devices[i]));
    CHECK(cuCtxSetCurrent(contexts[i]));
    CHECK(cuMemAlloc(&memory[i], bytes));
  }
  CHECK(cuCtxPushCurrent(contexts[0]));
  printf("staged %.3f\n", peer_gbs(memory[1], contexts[1], memory[0], contexts[0]));
  CHECK(cuDeviceCanAccessPeer(&can, devices[0], devices[1]));
  if (can) {
    CHECK(cuCtxEnablePeerAccess(contexts[1], 0));
    say("again", cuCtxEnablePeerAccess(contexts[1], 0));
    printf("peer %.3f\n", peer_gbs(memory[1], contexts[1], memory[0], contexts[0]));
  }
  fill_and_read(memory[0]);
  point(memory[0], contexts[0]);
  ask_by_name();
  say("module", cuModuleLoad(&module, "kernels.cubin"));
  say("module", cuModuleLoad(&module, "kernels.cubin"));
  CHECK(cuCtxPopCurrent(&current));
  CHECK(cuCtxGetCurrent(&current));
  printf("current %d\n", current == contexts[1]);
  CHECK(cuMemFree(memory[1]));
  say("twice", cuMemFree(memory[1]));
  CHECK(cuDevicePrimaryCtxRelease(devices[0]));
  say("released", cuDevicePrimaryCtxRelease(devices[0]));
  return 0;
}
