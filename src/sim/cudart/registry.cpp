// SPDX-License-Identifier: Apache-2.0
#include "sim/cudart/registry.hpp"

#include <vector_types.h>

#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "sim/core/demangled.hpp"
#include "sim/cudart/call.hpp"

// Weak: a program of which nobody described the kernels has no table.
extern "C" {
extern const PeerbenchReferenceKernel peerbench_reference_kernels[] __attribute__((weak));
}

namespace gpusim {
namespace {

struct Configuration {
  dim3 grid, block;
  std::size_t shared = 0;
  cudaStream_t stream = nullptr;
};

struct Registry {
  std::mutex mutex;
  std::map<const void*, std::unique_ptr<Kernel>> kernels;
  std::map<const void*, Variable> variables;
  std::map<void**, std::string> managed;  ///< names of the __managed__ variables of each module
};

// Never destroyed: objects unregister while the process ends.
Registry& registry() {
  static Registry* const only = new Registry;
  return *only;
}

const PeerbenchReferenceKernel* reference_kernel_of(const char* name) {
  const PeerbenchReferenceKernel* row = peerbench_reference_kernels;
  if (row == nullptr) return nullptr;
  for (; row->kernel != nullptr; ++row) {
    if (std::strcmp(row->kernel, name) == 0) return row;
  }
  return nullptr;
}

std::vector<Configuration>& configurations() {
  thread_local std::vector<Configuration> pushed;
  return pushed;
}

}  // namespace

const Kernel* find_kernel(const void* handle) {
  Registry& in = registry();
  const std::scoped_lock lock(in.mutex);
  const auto found = in.kernels.find(handle);
  if (found != in.kernels.end()) return found->second.get();
  for (const auto& [function, kernel] : in.kernels) {
    if (kernel.get() == handle) return kernel.get();
  }
  return nullptr;
}

const Variable* find_variable(const void* host) {
  Registry& in = registry();
  const std::scoped_lock lock(in.mutex);
  const auto found = in.variables.find(host);
  return found == in.variables.end() ? nullptr : &found->second;
}

}  // namespace gpusim

using namespace gpusim;

// What nvcc's host objects call; declared in the toolkit's crt/host_runtime.h, for nvcc only.
extern "C" {

void** __cudaRegisterFatBinary(void* binary) { return new void*(binary); }

void __cudaRegisterFatBinaryEnd(void**) {}

void __cudaUnregisterFatBinary(void** handle) { delete handle; }

// Called before the host's first access to a __managed__ variable of the module. That access cannot
// be refused by a code, and must not find a value that the variable does not have.
char __cudaInitModule(void** module) {
  constexpr int unavailable = 69;  // EX_UNAVAILABLE
  Registry& in = registry();
  const std::scoped_lock lock(in.mutex);
  const auto found = in.managed.find(module);
  if (found == in.managed.end()) return 1;
  end_program("the initial values of the __managed__ variables (" + found->second +
                  ") are not known, and the program is about to use one",
              unavailable);
}

void __cudaRegisterFunction(void**, const char* function, char*, const char* name, int, uint3*,
                            uint3*, dim3*, dim3*, int*) {
  Registry& in = registry();
  const std::scoped_lock lock(in.mutex);
  in.kernels[function] = std::make_unique<Kernel>(Kernel{name, reference_kernel_of(name)});
}

void __cudaRegisterVar(void**, char* variable, char*, const char* name, int, size_t bytes, int,
                       int) {
  Registry& in = registry();
  const std::scoped_lock lock(in.mutex);
  in.variables[variable] = {name, bytes};
}

void __cudaRegisterManagedVar(void** module, void**, char*, const char* name, int, size_t, int,
                              int) {
  Registry& in = registry();
  const std::scoped_lock lock(in.mutex);
  std::string& names = in.managed[module];
  names += (names.empty() ? "" : ", ") + demangled(name);
}

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared, cudaStream_t stream) {
  configurations().push_back({grid, block, shared, stream});
  return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* shared, void* stream) {
  auto& pushed = configurations();
  if (pushed.empty()) return remember(cudaErrorMissingConfiguration);
  const Configuration& top = pushed.back();
  *grid = top.grid;
  *block = top.block;
  *shared = top.shared;
  *static_cast<cudaStream_t*>(stream) = top.stream;
  pushed.pop_back();
  return cudaSuccess;
}

cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* function) {
  const Kernel* found = find_kernel(function);
  if (found == nullptr) return remember(cudaErrorInvalidDeviceFunction);
  if (kernel == nullptr) return remember(cudaErrorInvalidValue);
  *kernel = reinterpret_cast<cudaKernel_t>(const_cast<Kernel*>(found));
  return cudaSuccess;
}

cudaError_t cudaGetKernel(cudaKernel_t* kernel, const void* function) {
  return __cudaGetKernel(kernel, function);
}

}  // extern "C"
