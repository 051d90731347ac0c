// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/list_some.hpp"
#include "machine/classify.hpp"
#include "machine/finding_parts.hpp"
#include "machine/nvml.hpp"

namespace peerbench::machine {

namespace {

/// Adds a finding about hidden GPUs: how many, and the PCI addresses that are known of them.
void add(std::vector<Finding>& found, FindingCode code, int gpus,
         const std::vector<std::string>& addresses, Quotes quotes = {}) {
  constexpr std::size_t most = 8;
  if (!addresses.empty()) quotes.emplace_back("addresses", list_some(addresses, most));
  found.push_back(make_finding(code, {}, {{"gpus", gpus}}, std::move(quotes)));
}

std::vector<std::string> addresses_of(const Machine& machine, auto wanted) {
  std::vector<std::string> found;
  for (const HiddenGpu& gpu : machine.hidden) {
    if (wanted(gpu) && !gpu.pci_bus_id.empty()) found.push_back(gpu.pci_bus_id);
  }
  return found;
}

int count_of(const Machine& machine, auto wanted) {
  return static_cast<int>(std::ranges::count_if(machine.hidden, wanted));
}

/// GPUs that say themselves why they are not there.
void told(const Machine& machine, std::vector<Finding>& found) {
  const auto fallen = [](const HiddenGpu& gpu) {
    return gpu.why == Hiding::lost || gpu.why == Hiding::off_the_bus;
  };
  const auto unsliced = [](const HiddenGpu& gpu) { return gpu.why == Hiding::mig_without_slice; };
  if (const int gpus = count_of(machine, fallen); gpus > 0) {
    add(found, FindingCode::gpu_off_the_bus, gpus, addresses_of(machine, fallen));
  }
  if (const int gpus = count_of(machine, unsliced); gpus > 0) {
    add(found, FindingCode::mig_without_slice, gpus, addresses_of(machine, unsliced));
  }
}

/// GPUs that the driver shows this process and CUDA does not.
void unseen_by_cuda(const Signals& signals, const Machine& machine, int gpus,
                    std::vector<Finding>& found) {
  const bool no_nvml = !signals.nvml_count;
  const auto addresses = addresses_of(machine, [&](const HiddenGpu& gpu) {
    return (gpu.by_driver || no_nvml) && gpu.why == Hiding::unknown;
  });
  if (signals.cuda_visible_devices) {
    add(found, FindingCode::gpus_hidden_by_environment, gpus, addresses,
        {{"variable", *signals.cuda_visible_devices}});
  } else if (signals.cuda_count == 0) {
    add(found, FindingCode::gpus_without_cuda, gpus, addresses, {{"cuda", signals.cuda_error}});
  } else {
    add(found, FindingCode::gpus_unseen_by_cuda, gpus, addresses);
  }
}

/// GPUs that only the kernel's PCI tree shows.
void unseen_by_driver(const Signals& signals, const Machine& machine, int gpus,
                      std::vector<Finding>& found) {
  const auto addresses = addresses_of(
      machine, [](const HiddenGpu& gpu) { return !gpu.by_driver && gpu.why == Hiding::unknown; });
  if (!is_yes(signals.container.value)) {
    add(found, FindingCode::gpus_without_driver, gpus, addresses);
    return;
  }
  Quotes quotes = {{"container", signals.container.raw}};
  if (signals.nvidia_visible_devices) {
    quotes.emplace_back("variable", *signals.nvidia_visible_devices);
  }
  add(found, FindingCode::gpus_not_in_container, gpus, addresses, std::move(quotes));
}

void hidden(const Signals& signals, const Machine& machine, std::vector<Finding>& found) {
  told(machine, found);
  const auto& modifiers = machine.modifiers;
  if (std::ranges::count(modifiers, Modifier::hidden_gpus) == 0) return;
  const auto tells = [](bool by_driver) {
    return [by_driver](const HiddenGpu& gpu) {
      return gpu.why != Hiding::unknown && gpu.by_driver == by_driver;
    };
  };
  const int all = hidden_gpus(signals);
  const int of_driver = std::max(0, signals.nvml_count.value_or(0) - signals.cuda_count);
  // Without NVML the variable is all that is known to hide any.
  const bool variable_alone = !signals.nvml_count && signals.cuda_visible_devices;
  const int by_cuda =
      variable_alone ? all : std::max(0, of_driver - count_of(machine, tells(true)));
  const int by_driver =
      variable_alone ? 0 : std::max(0, all - of_driver - count_of(machine, tells(false)));
  if (by_cuda > 0) unseen_by_cuda(signals, machine, by_cuda, found);
  if (by_driver > 0) unseen_by_driver(signals, machine, by_driver, found);
}

/// A library that says why it cannot be asked says so on any machine; one that is missing matters
/// where there are GPUs.
void without_nvml(const Signals& signals, std::vector<Finding>& found) {
  if (is_yes(signals.nvml.value)) return;
  const std::string& why = signals.nvml.raw;
  const auto add_nvml = [&](FindingCode code) {
    Quotes quotes = {{"nvml", why}};
    if (!signals.driver_version.empty()) quotes.emplace_back("driver", signals.driver_version);
    found.push_back(make_finding(code, {}, {}, std::move(quotes)));
  };
  if (why == nvml_code_name(NVML_ERROR_LIB_RM_VERSION_MISMATCH)) {
    add_nvml(FindingCode::nvml_version_mismatch);
  } else if (why == nvml_is_a_stub) {
    add_nvml(FindingCode::nvml_stub_library);
  } else if (why == nvml_code_name(NVML_ERROR_NO_PERMISSION)) {
    add_nvml(FindingCode::nvml_no_permission);
  } else if (!signals.gpus.empty()) {
    found.push_back(make_finding(is_yes(signals.container.value)
                                     ? FindingCode::nvml_missing_in_container
                                     : FindingCode::nvml_missing,
                                 {}, {}, {{"nvml", why}}));
  }
}

}  // namespace

void hidden_findings(const Signals& signals, const Machine& machine, std::vector<Finding>& found) {
  if (auto why = start_finding(signals)) {
    found.push_back(std::move(*why));
    told(machine, found);
  } else {
    hidden(signals, machine, found);
  }
  visible_devices_finding(signals, found);
  without_nvml(signals, found);
}

}  // namespace peerbench::machine
