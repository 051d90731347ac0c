// SPDX-License-Identifier: Apache-2.0
// What a machine does not recover from: an error after which the process is through with CUDA, a
// card that falls off the bus, a call that never comes back.
#include <algorithm>

#include "sim/core/simulated_machine.hpp"

namespace gpusim {
namespace {

bool strikes(const Fault& fault, int gpu) { return fault.to < 0 || fault.to == gpu; }

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

bool SimulatedMachine::may_fail() const {
  return std::ranges::any_of(file_.faults, [](const Fault& fault) {
    return fault.kind == "sticky-error" || fault.kind == "gpu-lost";
  });
}

// Asked at the end of all work of a GPU; true: it changes nothing. What else is queued there ends
// in its time, so that nobody waits for it for ever.
bool SimulatedMachine::fails(int gpu) {
  const std::uint64_t before = work_done_[gpu]++;
  for (const Fault& fault : file_.faults) {
    if (!strikes(fault, gpu) || before != fault.after) continue;
    const auto code = static_cast<cudaError_t>(error_code(fault));
    if (fault.kind == "sticky-error") set_sticky(code);
    if (fault.kind == "gpu-lost") lost_[gpu] = code;
  }
  return sticky_ != cudaSuccess || lost(gpu) != cudaSuccess;
}

bool SimulatedMachine::never_returns(const std::string& call) {
  for (const Fault& fault : file_.faults) {
    if (fault.kind != "call-never-returns" || fault.call != plain_name(call)) continue;
    return calls_[fault.call]++ >= fault.after;
  }
  return false;
}

}  // namespace gpusim
