// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "judge/requirement_checks.hpp"

namespace peerbench::judge {

using machine::Finding;
using machine::FindingCode;
using machine::Machine;

namespace {

/// What is broken comes before what somebody chose.
constexpr std::array codes_that_hide = {
    FindingCode::gpu_off_the_bus,       FindingCode::mig_without_slice,
    FindingCode::visible_devices_wrong, FindingCode::gpus_hidden_by_environment,
    FindingCode::gpus_unseen_by_cuda,   FindingCode::gpus_without_cuda,
    FindingCode::gpus_without_driver,   FindingCode::gpus_not_in_container,
};

constexpr std::array codes_without_nvml = {
    FindingCode::nvml_version_mismatch, FindingCode::nvml_stub_library,
    FindingCode::nvml_no_permission,    FindingCode::nvml_missing_in_container,
    FindingCode::nvml_missing,
};

}  // namespace

bool links_may_be_unseen(const Machine& machine) {
  return has(machine, machine::Modifier::wsl2) ||
         machine.machine_class == machine::Class::discrete_unknown_link;
}

int links_to_visible(const Machine& machine, int ordinal) {
  int links = 0;
  for (const machine::PeerLink& link : machine.links) {
    if (link.from == ordinal) links += link.links_up.value_or(0);
  }
  return links;
}

const Finding* first_finding(const result::Run& run, std::span<const FindingCode> codes) {
  for (const FindingCode code : codes) {
    if (const Finding* found = machine::find_finding(run.findings, code)) return found;
  }
  return nullptr;
}

const Finding* what_hides(const result::Run& run) { return first_finding(run, codes_that_hide); }

std::string show_hidden(const result::Run& run) {
  // Its advice may speak of what its sentence names: "unset it".
  if (const Finding* finding = what_hides(run)) return finding->what + ": " + finding->advice;
  return "`peerbench machine` says what it knows of the GPUs that are hidden";
}

std::string ask_nvml(const result::Run& run) {
  if (has(run.machine, machine::Modifier::wsl2)) return leave_wsl;
  if (const Finding* finding = first_finding(run, codes_without_nvml)) return finding->advice;
  return "see what nvidia-smi nvlink --status says of the links: NVML (libnvidia-ml.so.1), which "
         "comes with the driver, could not tell";
}

}  // namespace peerbench::judge
