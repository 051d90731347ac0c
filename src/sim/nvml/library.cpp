// Starting and stopping the simulated NVML, and what it says about the whole system.
#include <atomic>

#include "sim/core/state.hpp"
#include "sim/nvml/nvml_state.hpp"

namespace {

std::atomic<int> started{0};

}  // namespace

namespace peerbench::sim {

const MachineFile* started_machine() { return started > 0 ? open_machine() : nullptr; }

}  // namespace peerbench::sim

using peerbench::sim::copy_text;
using peerbench::sim::open_machine;
using peerbench::sim::started_machine;

extern "C" {

/// By this the simulation twin knows the simulator's library from a real one.
extern const int peerbench_simulated_nvml;
const int peerbench_simulated_nvml = 1;

nvmlReturn_t nvmlInitWithFlags(unsigned) {
  const auto* machine = open_machine();
  // Without any driver, and where a machine file says that NVML is not there, a program must go on
  // as it would without the library.
  if (machine == nullptr || machine->driver_version.empty()) return NVML_ERROR_DRIVER_NOT_LOADED;
  if (!machine->nvml) return NVML_ERROR_LIBRARY_NOT_FOUND;
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

const char* nvmlErrorString(nvmlReturn_t result) {
  switch (result) {
    case NVML_SUCCESS:
      return "Success";
    case NVML_ERROR_UNINITIALIZED:
      return "Uninitialized";
    case NVML_ERROR_INVALID_ARGUMENT:
      return "Invalid Argument";
    case NVML_ERROR_NOT_SUPPORTED:
      return "Not Supported";
    case NVML_ERROR_NO_PERMISSION:
      return "Insufficient Permissions";
    case NVML_ERROR_NOT_FOUND:
      return "Not Found";
    case NVML_ERROR_INSUFFICIENT_SIZE:
      return "Insufficient Size";
    case NVML_ERROR_DRIVER_NOT_LOADED:
      return "Driver Not Loaded";
    case NVML_ERROR_LIBRARY_NOT_FOUND:
      return "NVML Shared Library Not Found";
    case NVML_ERROR_FUNCTION_NOT_FOUND:
      return "Function Not Found";
    case NVML_ERROR_ARGUMENT_VERSION_MISMATCH:
      return "Argument Version Mismatch";
    default:
      return "Unknown Error";
  }
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

}  // extern "C"
