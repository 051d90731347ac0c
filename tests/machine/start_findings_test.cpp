// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hand_made_signals.hpp"
#include "machine/discover.hpp"
#include "machine/nvml.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// A driver that is loaded and shows GPUs to NVML, while CUDA answers `error`.
Signals refused(const std::string& error, int gpus = 4) {
  Signals signals;
  signals.cuda_error = error;
  signals.runtime_version = signals.driver_cuda_version = 13000;
  signals.driver_version = "570.10.01";
  signals.nvml = yes("NVML_SUCCESS");
  signals.nvml_count = gpus;
  signals.wsl = signals.container = no();
  signals.kernel_module = yes("570.10.01");
  return signals;
}

struct StartCase {
  const char* error;
  FindingCode code;
  const char* what;
  const char* advice;
};

class EachStartError : public ::testing::TestWithParam<StartCase> {};

TEST_P(EachStartError, HasACodeAndAnAdviceThatCheckQuotes) {
  const StartCase& one = GetParam();
  const Machine machine = describe(refused(one.error));
  ASSERT_EQ(machine.findings.size(), 1u);
  const Finding& finding = machine.findings[0];
  EXPECT_EQ(finding.code, one.code);
  EXPECT_EQ(finding.severity, Severity::error);
  EXPECT_THAT(finding.what, AllOf(HasSubstr(one.error), HasSubstr(one.what),
                                  HasSubstr("though 4 GPUs are there")));
  EXPECT_THAT(finding.advice, HasSubstr(one.advice));
  EXPECT_THAT(machine.advice, ElementsAre(finding.advice));
}

INSTANTIATE_TEST_SUITE_P(
    Codes, EachStartError,
    ::testing::Values(
        StartCase{"cudaErrorSystemNotReady", FindingCode::cuda_fabric_not_ready, "802",
                  "driver's version, 570.10.01"},
        StartCase{"cudaErrorSystemDriverMismatch", FindingCode::cuda_driver_mismatch,
                  "kernel module 570.10.01", "reboot"},
        StartCase{"cudaErrorCompatNotSupportedOnDevice", FindingCode::cuda_compat_unsupported,
                  "804", "cuda-compat"},
        StartCase{"cudaErrorDevicesUnavailable", FindingCode::cuda_devices_unavailable, "46",
                  "nvidia-smi -c DEFAULT"},
        StartCase{"cudaErrorNoDevice", FindingCode::cuda_no_device, "100", "/dev/nvidia-uvm"},
        StartCase{"cudaErrorInvalidDevice", FindingCode::cuda_invalid_device, "101",
                  "nvidia-smi -L"},
        StartCase{"cudaErrorCallRequiresNewerDriver", FindingCode::cuda_call_too_new, "36",
                  "update the driver"},
        StartCase{"cudaErrorStubLibrary", FindingCode::cuda_stub_library, "34", "lib64/stubs"},
        StartCase{"cudaErrorNotPermitted", FindingCode::cuda_not_permitted, "800",
                  "/dev/nvidiactl"},
        StartCase{"cudaErrorUnknown", FindingCode::cuda_start_failed, "cudaErrorUnknown",
                  "nvidia_uvm"}),
    [](const auto& tested) { return std::string(tested.param.error); });

TEST(StartFindings, AnOldDriverIsToldWhichBuildServesIt) {
  Signals signals = refused("cudaErrorInsufficientDriver");
  signals.driver_cuda_version = 12040;
  const Machine machine = describe(signals);
  ASSERT_EQ(machine.findings.size(), 1u);
  EXPECT_EQ(machine.findings[0].code, FindingCode::cuda_driver_too_old);
  EXPECT_THAT(machine.findings[0].advice, HasSubstr("too old for this build"));
  EXPECT_THAT(machine.advice, ElementsAre(machine.findings[0].advice));
}

TEST(StartFindings, AContainerIsToldOfItsOwnLibraries) {
  Signals signals = refused("cudaErrorSystemDriverMismatch");
  signals.container = yes("/.dockerenv exists");
  EXPECT_THAT(describe(signals).findings[0].advice, HasSubstr("Container Toolkit"));
  signals.cuda_error = "cudaErrorNoDevice";
  EXPECT_THAT(describe(signals).findings[0].advice, HasSubstr("--gpus all"));
}

TEST(StartFindings, AMachineWithoutAGpuIsNoTrouble) {
  Signals signals = refused("cudaErrorNoDevice", 0);
  EXPECT_THAT(describe(signals).findings, IsEmpty());
  // Nor is one whose owner hides all.
  signals = refused("cudaErrorNoDevice", 2);
  signals.cuda_visible_devices = "-1";
  const Machine machine = describe(signals);
  ASSERT_EQ(machine.findings.size(), 1u);
  EXPECT_EQ(machine.findings[0].code, FindingCode::gpus_hidden_by_environment);
}

TEST(StartFindings, NvmlSaysWhyItCannotBeAsked) {
  const auto only = [](const std::string& why) {
    Signals signals = discrete_machine(1, no());
    forget_nvml(signals);
    signals.nvml = unknown(why);
    const auto found = describe(signals).findings;
    EXPECT_EQ(found.size(), 1u) << why;
    return found.empty() ? Finding{} : found[0];
  };
  EXPECT_EQ(only("NVML_ERROR_LIB_RM_VERSION_MISMATCH").code, FindingCode::nvml_version_mismatch);
  EXPECT_THAT(only("NVML_ERROR_LIB_RM_VERSION_MISMATCH").advice, HasSubstr("reboot"));
  EXPECT_EQ(only(nvml_is_a_stub).code, FindingCode::nvml_stub_library);
  EXPECT_EQ(only("NVML_ERROR_NO_PERMISSION").code, FindingCode::nvml_no_permission);
  EXPECT_EQ(only("NVML_ERROR_DRIVER_NOT_LOADED").code, FindingCode::nvml_missing);
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
