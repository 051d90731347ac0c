// SPDX-License-Identifier: Apache-2.0
// What a machine does not recover from: an error after which the process is through with CUDA, a
// card that falls off the bus, a call that never comes back.
#include <algorithm>

#include "sim/core/simulated_machine.hpp"

namespace gpusim {
namespace {

cudaError_t code_of(const Fault& fault) { return static_cast<cudaError_t>(error_code(fault)); }

bool is_sticky(const Fault& fault) {
  const auto& errors = sticky_errors();
  return std::ranges::any_of(
      errors, [&](const NamedError& error) { return error.code == error_code(fault); });
}

/// The name of a call without what the header puts on for programs with a default stream per
/// thread.
std::string plain_name(const std::string& call) {
  for (const char* suffix : {"_ptsz", "_ptds"}) {
    if (call.ends_with(suffix)) return call.substr(0, call.rfind('_'));
  }
  return call;
}

}  // namespace

void SimulatedMachine::set_sticky(cudaError_t error) {
  if (sticky_ == cudaSuccess) sticky_ = error;
}

cudaError_t SimulatedMachine::lost(int gpu) const {
  const auto found = lost_.find(gpu);
  return found == lost_.end() ? cudaSuccess : found->second;
}

cudaError_t SimulatedMachine::held(int gpu) const {
  const Fault* holder = find_fault(file_.faults, FaultKind::gpu_held, gpu);
  return holder == nullptr ? cudaSuccess : code_of(*holder);
}

bool SimulatedMachine::may_fail() const {
  return std::ranges::any_of(file_.faults, [](const Fault& fault) {
    return fault.kind == FaultKind::sticky_error || fault.kind == FaultKind::gpu_lost;
  });
}

// Asked at the end of all work of a GPU; true: it changes nothing. What else is queued there ends
// in its time, so that nobody waits for it for ever.
bool SimulatedMachine::fails(int gpu) {
  const std::uint64_t before = work_done_[gpu]++;
  for (const Fault& fault : file_.faults) {
    if (!strikes(fault, gpu) || before != good_before(fault)) continue;
    if (fault.kind == FaultKind::sticky_error) set_sticky(code_of(fault));
    if (fault.kind == FaultKind::gpu_lost) lost_[gpu] = code_of(fault);
  }
  return sticky_ != cudaSuccess || lost(gpu) != cudaSuccess;
}

CallFate SimulatedMachine::fate_of(const char* call) {
  const auto is_about_calls = [](const Fault& fault) {
    return fault.kind == FaultKind::call_never_returns || fault.kind == FaultKind::call_fails;
  };
  if (!counts_calls_ && std::ranges::none_of(file_.faults, is_about_calls)) return {};
  const std::string name = plain_name(call);
  CallCount& count = calls_[name];
  const std::uint64_t before = count.made++;
  for (const Fault& fault : file_.faults) {
    if (!is_about_calls(fault) || fault.call != name || before < good_before(fault)) continue;
    if (fault.kind == FaultKind::call_never_returns) return {.never_returns = true};
    if (before - good_before(fault) >= fault.times) continue;
    ++count.failed;
    if (is_sticky(fault)) set_sticky(code_of(fault));
    return {.does_nothing = true, .answer = code_of(fault)};
  }
  return {};
}

}  // namespace gpusim
