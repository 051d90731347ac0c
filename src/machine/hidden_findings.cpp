// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "machine/classify.hpp"
#include "machine/finding_parts.hpp"

namespace peerbench::machine {

namespace {

void hidden(const Signals& signals, const Machine& machine, std::vector<Finding>& found) {
  const auto& modifiers = machine.modifiers;
  if (std::ranges::count(modifiers, Modifier::hidden_gpus) == 0) return;
  const Figures missing = {{"gpus", hidden_gpus(signals)}};
  if (signals.cuda_visible_devices) {
    found.push_back(make_finding(FindingCode::gpus_hidden_by_environment, {}, missing,
                                 {{"variable", *signals.cuda_visible_devices}}));
  } else if (signals.cuda_count == 0) {
    found.push_back(
        make_finding(FindingCode::gpus_without_cuda, {}, missing, {{"cuda", signals.cuda_error}}));
  } else if (signals.nvml_count.value_or(0) > signals.cuda_count) {
    found.push_back(make_finding(FindingCode::gpus_unseen_by_cuda, {}, missing));
  } else {
    found.push_back(make_finding(is_yes(signals.container.value)
                                     ? FindingCode::gpus_not_in_container
                                     : FindingCode::gpus_without_driver,
                                 {}, missing));
  }
}

void without_nvml(const Signals& signals, std::vector<Finding>& found) {
  if (signals.gpus.empty() || is_yes(signals.nvml.value)) return;
  found.push_back(make_finding(is_yes(signals.container.value)
                                   ? FindingCode::nvml_missing_in_container
                                   : FindingCode::nvml_missing,
                               {}, {}, {{"nvml", signals.nvml.raw}}));
}

}  // namespace

void hidden_findings(const Signals& signals, const Machine& machine, std::vector<Finding>& found) {
  hidden(signals, machine, found);
  without_nvml(signals, found);
}

}  // namespace peerbench::machine
