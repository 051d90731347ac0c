// SPDX-License-Identifier: Apache-2.0
// What is loaded before a gate closes: every kernel that the program's objects register, which the
// calls to the simulated runtime show. The program is linked with all of them.
#include "kernels/preload.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <string>

#include "base/simulation.hpp"
#include "kernels/reference_kernel.h"
#include "tests/sim/small_machine.hpp"

namespace {

// Filled before main() runs, hence made at its first use.
std::map<const void*, std::string>& registered() {
  static std::map<const void*, std::string> all;
  return all;
}

struct Asked {
  std::set<std::string> kernels;
  const char* refused = "";
};
Asked& asked() {
  static Asked all;
  return all;
}

}  // namespace

// The linker leads the calls of these two functions to here (--wrap).
extern "C" {

void __real___cudaRegisterFunction(void**, const char*, char*, const char*, int, uint3*, uint3*,
                                   dim3*, dim3*, int*);
void __wrap___cudaRegisterFunction(void** binary, const char* function, char* device,
                                   const char* name, int limit, uint3* thread, uint3* block,
                                   dim3* block_size, dim3* grid_size, int* warp_size) {
  registered()[function] = name;
  __real___cudaRegisterFunction(binary, function, device, name, limit, thread, block, block_size,
                                grid_size, warp_size);
}

cudaError_t __real_cudaFuncGetAttributes(cudaFuncAttributes*, const void*);
cudaError_t __wrap_cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* function) {
  const std::string& name = registered()[function];
  asked().kernels.insert(name);
  if (name == asked().refused) return cudaErrorNoKernelImageForDevice;
  return __real_cudaFuncGetAttributes(attributes, function);
}
}

namespace peerbench::kernels {
namespace {

class Preload : public ::testing::Test {
 protected:
  void SetUp() override {
    gpusim::open(gpusim::small_machine());
    asked() = {};
    for (const auto& [function, name] : registered()) all_.insert(name);
  }
  void TearDown() override { gpusim::close(); }

  std::set<std::string> all_;
};

TEST_F(Preload, LoadsEveryKernelOfTheProject) {
  EXPECT_GE(all_.size(), 11u);
  EXPECT_EQ(load_all(), cudaSuccess);
  EXPECT_EQ(asked().kernels, all_);
}

TEST_F(Preload, GivesTheFirstErrorAndTriesTheRest) {
  asked().refused = "peerbench_gate";
  EXPECT_EQ(load_all(), cudaErrorNoKernelImageForDevice);
  EXPECT_EQ(asked().kernels, all_);
}

TEST_F(Preload, EveryKernelHasItsCounterpart) {
  std::set<std::string> described;
  for (const auto* row = peerbench_reference_kernels; row->kernel != nullptr; ++row) {
    described.insert(row->kernel);
  }
  EXPECT_EQ(described, all_);
}

}  // namespace
}  // namespace peerbench::kernels
