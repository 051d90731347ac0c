// SPDX-License-Identifier: Apache-2.0
// Kernels of programs that were not written for the simulator: what a rule describes is done by the
// simulator's own reference_kernel; of the others nobody can know what they do, nor how long.
#include <cstdio>

#include "sim/core/demangled.hpp"
#include "sim/core/simulated_machine.hpp"

namespace gpusim {

void SimulatedMachine::set_unknown_kernels(UnknownKernels unknown, KernelRules rules) {
  unknown_kernels_ = unknown;
  kernel_rules_ = std::move(rules);
  rules_found_.clear();
}

cudaError_t SimulatedMachine::launch_unknown(const Launch& launch, Stream& stream) {
  const auto [found, first] = rules_found_.try_emplace(launch.name);
  if (first) found->second = kernel_rules_.find(launch.name);
  if (const KernelRule* rule = found->second; rule != nullptr) {
    RuledLaunch ruled = apply(*rule, launch.arguments, gpu(stream.gpu).sm_clock_khz);
    auto arguments = ruled.arguments();
    Launch known = launch;
    known.reference_kernel = ruled.reference_kernel;
    known.arguments = arguments.data();
    return this->launch(known, stream);
  }

  const bool skipped = unknown_kernels_ == UnknownKernels::skip;
  if (++unknown_launches_[launch.name] == 1) {
    std::fprintf(
        stderr,
        "peerbench simulator: kernel '%s' (%s) has no CPU reference kernel: its launches %s; "
        "PEERBENCH_SIM_KERNELS can name a file that gives it one\n",
        demangled(launch.name).c_str(), launch.name.c_str(),
        skipped ? "change nothing and take their latency only" : "fail");
  }
  if (!skipped) return cudaErrorNotSupported;
  if (const cudaError_t error = load(launch.name, stream.gpu, true); error != cudaSuccess) {
    return error;
  }
  Operation operation;
  operation.seats = seats_for(launch, stream.gpu);
  operation.label.kind = "kernel";
  operation.label.name = launch.name;
  operation.latency_ns = topology_.kernel(stream.gpu, {}, operation.bytes).latency_ns;
  operation.fixed_ns = operation.latency_ns;
  submit(stream, std::move(operation));
  return cudaSuccess;
}

std::string SimulatedMachine::unknown_kernels_report() const {
  std::uint64_t launches = 0;
  std::string kernels;
  for (const auto& [name, count] : unknown_launches_) {
    launches += count;
    kernels += (kernels.empty() ? "" : ", ") + demangled(name) + " " + std::to_string(count);
  }
  if (launches == 0) return "";
  const char* what = unknown_kernels_ == UnknownKernels::skip
                         ? "were skipped, so this program's results are not to be believed"
                         : "failed";
  return std::to_string(launches) + " launches of kernels without a CPU reference kernel " + what +
         ": " + kernels;
}

}  // namespace gpusim
