// SPDX-License-Identifier: Apache-2.0
// The simulator's NVML as a foreign program meets it: loaded by name, called by symbol.
#pragma once

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sim/core/state.hpp"
#include "sim/machine_file_loader.hpp"
#include "sim/nvml/nvml_state.hpp"

namespace gpusim {

inline MachineFile builtin(const std::string& name) {
  const auto file = load_machine_file(PEERBENCH_SOURCE_DIR "/src/sim/machines/" + name + ".json");
  EXPECT_TRUE(file.has_value());
  return file.value_or(MachineFile{});
}

#define NVML(function) reinterpret_cast<decltype(&::function)>(find(#function))

class SimulatedNvml : public ::testing::Test {
 protected:
  void TearDown() override {
    if (started_) NVML(nvmlShutdown)();
    if (library_ != nullptr) dlclose(library_);
  }

  void* find(const char* symbol) {
    void* found = dlsym(library_, symbol);
    EXPECT_NE(found, nullptr) << symbol;
    return found;
  }

  nvmlReturn_t start(const MachineFile& machine) {
    open(machine);
    library_ = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    EXPECT_NE(library_, nullptr) << dlerror();
    if (library_ == nullptr) return NVML_ERROR_LIBRARY_NOT_FOUND;
    const nvmlReturn_t code = NVML(nvmlInit_v2)();
    started_ = code == NVML_SUCCESS;
    return code;
  }

  nvmlDevice_t gpu(unsigned index) {
    nvmlDevice_t device = nullptr;
    EXPECT_EQ(NVML(nvmlDeviceGetHandleByIndex_v2)(index, &device), NVML_SUCCESS);
    return device;
  }

  /// A field of one GPU; negative: minus the code.
  long long field(nvmlDevice_t device, unsigned id, unsigned scope = 0) {
    nvmlFieldValue_t value{};
    value.fieldId = id;
    value.scopeId = scope;
    const nvmlReturn_t code = NVML(nvmlDeviceGetFieldValues)(device, 1, &value);
    if (code != NVML_SUCCESS) return -static_cast<long long>(code);
    if (value.nvmlReturn != NVML_SUCCESS) return -static_cast<long long>(value.nvmlReturn);
    return value.valueType == NVML_VALUE_TYPE_UNSIGNED_INT
               ? static_cast<long long>(value.value.uiVal)
               : static_cast<long long>(value.value.ullVal);
  }

  void* library_ = nullptr;
  bool started_ = false;
};

}  // namespace gpusim
