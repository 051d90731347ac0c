// SPDX-License-Identifier: Apache-2.0
// A program's variables in device memory. What they hold from the start is not known (see
// core/device_variable.hpp), so whatever would show it is refused by name.
#include <cstdio>
#include <set>

#include "sim/core/demangled.hpp"
#include "sim/cudart/call.hpp"
#include "sim/cudart/registry.hpp"

using namespace gpusim;

namespace {

struct Found {
  const Variable* registered = nullptr;
  DeviceVariable* on_gpu = nullptr;
};

/// The variable on the current GPU, made there at its first use.
cudaError_t find(Call& c, const void* host, Found& found) {
  found.registered = find_variable(host);
  if (found.registered == nullptr) return cudaErrorInvalidSymbol;
  found.on_gpu = &c.machine.symbols()[{host, c.gpu}];
  if (found.on_gpu->address != nullptr) return cudaSuccess;
  const auto made = c.machine.memory().allocate_device(c.gpu, found.registered->bytes);
  if (made == nullptr) return cudaErrorMemoryAllocation;
  found.on_gpu->address = made->address;
  return cudaSuccess;
}

bool lies_within(const Variable& variable, std::size_t offset, std::size_t bytes) {
  return offset <= variable.bytes && bytes <= variable.bytes - offset;
}

/// Says once of each variable that its value is not known.
cudaError_t unknown_value(const Variable& variable) {
  static std::set<const Variable*> said;
  if (said.insert(&variable).second) {
    std::fprintf(stderr,
                 "peerbench simulator: the initial value of the device variable '%s' is not known; "
                 "write all of it with cudaMemcpyToSymbol before it is read\n",
                 demangled(variable.name).c_str());
  }
  return cudaErrorNotSupported;
}

}  // namespace

extern "C" {

cudaError_t cudaGetSymbolAddress(void** address, const void* symbol) {
  return call(&HostCallCosts::other_us, [&](Call& c) {
    if (address == nullptr) return cudaErrorInvalidValue;
    Found found;
    if (const cudaError_t error = find(c, symbol, found); error != cudaSuccess) return error;
    const Variable& variable = *found.registered;
    if (!found.on_gpu->is_known(0, variable.bytes)) return unknown_value(variable);
    *address = found.on_gpu->address;
    return cudaSuccess;
  });
}

cudaError_t cudaGetSymbolSize(size_t* bytes, const void* symbol) {
  return call(&HostCallCosts::other_us, [&](Call&) {
    const Variable* found = find_variable(symbol);
    if (bytes == nullptr || found == nullptr) return cudaErrorInvalidSymbol;
    *bytes = found->bytes;
    return cudaSuccess;
  });
}

cudaError_t cudaMemcpyToSymbol(const void* symbol, const void* from, size_t bytes, size_t offset,
                               enum cudaMemcpyKind kind) {
  return call(&HostCallCosts::copy_us, [&](Call& c) {
    Found found;
    if (const cudaError_t error = find(c, symbol, found); error != cudaSuccess) return error;
    if (kind == cudaMemcpyHostToHost || kind == cudaMemcpyDeviceToHost) {
      return cudaErrorInvalidMemcpyDirection;
    }
    if (!lies_within(*found.registered, offset, bytes)) return cudaErrorInvalidValue;
    auto* const to = static_cast<char*>(found.on_gpu->address) + offset;
    const cudaError_t error = c.machine.copy(to, from, bytes, kind, *c.stream(nullptr), true);
    if (error == cudaSuccess) found.on_gpu->write(offset, bytes);
    return error;
  });
}

cudaError_t cudaMemcpyFromSymbol(void* to, const void* symbol, size_t bytes, size_t offset,
                                 enum cudaMemcpyKind kind) {
  return call(&HostCallCosts::copy_us, [&](Call& c) {
    Found found;
    if (const cudaError_t error = find(c, symbol, found); error != cudaSuccess) return error;
    if (kind == cudaMemcpyHostToHost || kind == cudaMemcpyHostToDevice) {
      return cudaErrorInvalidMemcpyDirection;
    }
    if (!lies_within(*found.registered, offset, bytes)) return cudaErrorInvalidValue;
    if (!found.on_gpu->is_known(offset, bytes)) return unknown_value(*found.registered);
    const auto* const from = static_cast<const char*>(found.on_gpu->address) + offset;
    return c.machine.copy(to, from, bytes, kind, *c.stream(nullptr), true);
  });
}

}  // extern "C"
