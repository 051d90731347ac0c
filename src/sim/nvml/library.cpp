// SPDX-License-Identifier: Apache-2.0
// Starting and stopping the simulated NVML, and what it says about the whole system.
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "sim/core/state.hpp"
#include "sim/nvml/nvml_state.hpp"

namespace {

std::atomic<int> started{0};

/// Some drivers never come back from the first call; a signal must not end it either.
[[noreturn]] void hang() {
  while (true) pause();
}

}  // namespace

namespace gpusim {

const MachineFile* started_machine() { return started > 0 ? open_machine() : nullptr; }

}  // namespace gpusim

using gpusim::copy_text;
using gpusim::open_machine;
using gpusim::started_machine;

extern "C" {

/// By this the simulated build knows the simulator's library from a real one.
extern const int peerbench_simulated_nvml;
const int peerbench_simulated_nvml = 1;

/// What a function says that the simulator does not have (stubs.c).
nvmlReturn_t peerbench_nvml_unsupported();
nvmlReturn_t peerbench_nvml_unsupported() {
  return started > 0 ? NVML_ERROR_NOT_SUPPORTED : NVML_ERROR_UNINITIALIZED;
}

nvmlReturn_t nvmlInitWithFlags(unsigned) {
  const auto* machine = open_machine();
  // Without any driver, and where a machine file says that NVML is not there, a program must go on
  // as it would without the library.
  if (machine == nullptr || machine->driver_version.empty()) return NVML_ERROR_DRIVER_NOT_LOADED;
  if (!machine->nvml) return NVML_ERROR_LIBRARY_NOT_FOUND;
  for (const gpusim::Fault& fault : machine->faults) {
    if (fault.kind == gpusim::FaultKind::nvml_hang) hang();
    if (fault.kind == gpusim::FaultKind::nvml_fails) {
      return static_cast<nvmlReturn_t>(gpusim::error_code(fault));
    }
  }
  ++started;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlInit() { return nvmlInitWithFlags(0); }
nvmlReturn_t nvmlInit_v2() { return nvmlInitWithFlags(0); }

nvmlReturn_t nvmlShutdown() {
  if (started == 0) return NVML_ERROR_UNINITIALIZED;
  --started;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlSystemGetDriverVersion(char* version, unsigned length) {
  const auto* machine = started_machine();
  if (machine == nullptr) return NVML_ERROR_UNINITIALIZED;
  return copy_text(machine->driver_version, version, length);
}

nvmlReturn_t nvmlSystemGetNVMLVersion(char* version, unsigned length) {
  const auto* machine = started_machine();
  if (machine == nullptr) return NVML_ERROR_UNINITIALIZED;
  // The real one is the driver's version behind the number of the interface.
  return copy_text(std::to_string(machine->cuda_version / 1000) + "." + machine->driver_version,
                   version, length);
}

nvmlReturn_t nvmlSystemGetCudaDriverVersion(int* version) {
  const auto* machine = started_machine();
  if (machine == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (version == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *version = machine->cuda_version;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int* version) {
  return nvmlSystemGetCudaDriverVersion(version);
}

nvmlReturn_t nvmlSystemGetProcessName(unsigned, char* name, unsigned length) {
  if (started_machine() == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (name == nullptr || length == 0) return NVML_ERROR_INVALID_ARGUMENT;
  return NVML_ERROR_NOT_FOUND;
}

/// S-class units and excluded devices: there are none.
nvmlReturn_t nvmlUnitGetCount(unsigned* count) {
  if (started_machine() == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (count == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *count = 0;
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlGetExcludedDeviceCount(unsigned* count) {
  if (count == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *count = 0;
  return NVML_SUCCESS;
}

/// Confidential computing is off everywhere. NCCL does not start where this is an error.
nvmlReturn_t nvmlSystemGetConfComputeState(nvmlConfComputeSystemState_t* state) {
  if (started_machine() == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (state == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  *state = {};
  return NVML_SUCCESS;
}

nvmlReturn_t nvmlSystemGetConfComputeSettings(nvmlSystemConfComputeSettings_t* settings) {
  if (started_machine() == nullptr) return NVML_ERROR_UNINITIALIZED;
  if (settings == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  if (settings->version != nvmlSystemConfComputeSettings_v1) {
    return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
  }
  *settings = {};
  settings->version = nvmlSystemConfComputeSettings_v1;
  return NVML_SUCCESS;
}

}  // extern "C"
