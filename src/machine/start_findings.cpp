// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "machine/builds.hpp"
#include "machine/classify.hpp"
#include "machine/finding_parts.hpp"

namespace peerbench::machine {

namespace {

struct StartError {
  const char* name;  ///< of driver_types.h, cudaError
  int number;
  FindingCode code;
};
constexpr StartError start_errors[] = {
    {"cudaErrorInsufficientDriver", 35, FindingCode::cuda_driver_too_old},
    {"cudaErrorCallRequiresNewerDriver", 36, FindingCode::cuda_call_too_new},
    {"cudaErrorDevicesUnavailable", 46, FindingCode::cuda_devices_unavailable},
    {"cudaErrorStubLibrary", 34, FindingCode::cuda_stub_library},
    {"cudaErrorNoDevice", 100, FindingCode::cuda_no_device},
    {"cudaErrorInvalidDevice", 101, FindingCode::cuda_invalid_device},
    {"cudaErrorOperatingSystem", 304, FindingCode::cuda_not_permitted},
    {"cudaErrorNotPermitted", 800, FindingCode::cuda_not_permitted},
    {"cudaErrorSystemNotReady", 802, FindingCode::cuda_fabric_not_ready},
    {"cudaErrorSystemDriverMismatch", 803, FindingCode::cuda_driver_mismatch},
    {"cudaErrorCompatNotSupportedOnDevice", 804, FindingCode::cuda_compat_unsupported},
};

/// Errors that a machine without a GPU, or a process that hides them all, answers as well.
bool explained_otherwise(const Signals& signals, FindingCode code) {
  if (code == FindingCode::cuda_driver_too_old) return !driver_too_old(signals);
  if (code != FindingCode::cuda_no_device) return false;
  const bool any = signals.nvml_count.value_or(0) > 0 ||
                   (!signals.pci_gpus.empty() && is_yes(signals.kernel_module.value));
  const bool told = std::ranges::any_of(
      signals.hidden, [](const HiddenGpu& gpu) { return gpu.why != Hiding::unknown; });
  return !any || told || signals.cuda_visible_devices.has_value();
}

}  // namespace

std::optional<Finding> start_finding(const Signals& signals) {
  if (signals.cuda_error.empty()) return std::nullopt;
  const auto known = std::ranges::find_if(
      start_errors, [&](const StartError& error) { return signals.cuda_error == error.name; });
  FindingCode code = FindingCode::cuda_start_failed;
  Figures figures;
  if (known != std::end(start_errors)) {
    code = known->code;
    figures.emplace_back("error", known->number);
  } else if (!is_yes(signals.kernel_module.value)) {
    return std::nullopt;
  }
  if (explained_otherwise(signals, code)) return std::nullopt;
  if (const int gpus = hidden_gpus(signals); gpus > 0) figures.emplace_back("gpus", gpus);
  Quotes quotes = {{"cuda", signals.cuda_error}};
  if (!signals.driver_version.empty()) quotes.emplace_back("driver", signals.driver_version);
  if (is_yes(signals.container.value)) quotes.emplace_back("container", signals.container.raw);
  if (code == FindingCode::cuda_driver_too_old) {
    quotes.emplace_back("builds", driver_too_old(signals).value_or(""));
  }
  return make_finding(code, {}, std::move(figures), std::move(quotes));
}

}  // namespace peerbench::machine
