// SPDX-License-Identifier: Apache-2.0
// What an operation takes beside its bytes, because of what came before it: loading at the first
// use, clocks that rise after idleness, and the changes from one engine or GPU to another. The
// switches are those of DriverBehaviour.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "sim/core/simulated_machine.hpp"

namespace gpusim {
namespace {

/// A GPU that has done nothing for this long has lowered its clocks and its PCIe link. A choice of
/// ours.
constexpr double lowered_after_ns = 1e9;

/// The PCIe link comes up when the clocks have come up so far. A choice of ours.
constexpr double link_up_at = 0.9;

/// GB/s of a lane, by generation (PCI Express Base Specification).
double lane_gbs(int generation) {
  constexpr double lanes[] = {0, 0.25, 0.5, 0.985, 1.969, 3.938, 7.563};
  return lanes[std::clamp(generation, 0, 6)];
}

bool loads_eagerly() {
  const char* value = std::getenv("CUDA_MODULE_LOADING");
  return value != nullptr && std::string_view(value) == "EAGER";
}

bool takes_time(const Operation& operation) {
  return operation.latency_ns > 0 || operation.bytes > 0;
}

}  // namespace

double SimulatedMachine::clock_level(int gpu) const {
  const GpuDescription& described = this->gpu(gpu);
  if (!file_.driver.clocks_ramp) return 1;
  const GpuActivity& activity = activity_[static_cast<std::size_t>(gpu)];
  const double now = std::max(engine_.now(), host_ns_);
  const bool idle = activity.running == 0 && now - activity.until_ns >= lowered_after_ns;
  if (activity.until_ns < 0 || idle) return described.clock_idle_share;
  const double passed = (now - activity.woken_ns) / (described.clock_ramp_ms * 1e6);
  return 1 - (1 - described.clock_idle_share) * std::exp(-passed);
}

bool SimulatedMachine::link_lowered(int gpu) const {
  return file_.driver.clocks_ramp ? clock_level(gpu) < link_up_at
                                  : static_cast<double>(idle_ns(gpu)) >= lowered_after_ns;
}

std::uint64_t SimulatedMachine::idle_ns(int gpu) const {
  const GpuActivity& activity = activity_[static_cast<std::size_t>(gpu)];
  if (activity.running > 0) return 0;
  if (activity.until_ns < 0) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(std::max(0.0, host_ns_ - activity.until_ns));
}

// Called when the operation starts.
void SimulatedMachine::begins(Operation& operation) {
  GpuActivity& activity = activity_[static_cast<std::size_t>(operation.label.gpu)];
  const double now = engine_.now();
  const bool rested = activity.running == 0 && now - activity.until_ns >= lowered_after_ns;
  if (activity.until_ns < 0 || rested) activity.woken_ns = activity.until_ns = now;
  ++activity.running;

  if (operation.counted_from != nullptr) {
    const double due = operation.counted_from->ended_ns + operation.latency_ns;
    operation.latency_ns = std::max(0.0, due - now);
  }
  QueueHistory& history = history_[operation.queue];
  const std::string& kind = operation.label.kind;
  const DriverBehaviour& driver = file_.driver;
  const bool kernel = kind == "kernel";
  if (kernel) {
    const bool next = history.kernel_ended_ns == now;
    const double fixed = next ? std::min(operation.fixed_ns, driver.next_kernel_us * 1e3)
                              : std::max(operation.fixed_ns, driver.isolated_kernel_us * 1e3);
    operation.latency_ns += fixed - operation.fixed_ns;
  }
  const bool copy = kind == "copy";
  if (kernel || kind == "gate" || copy) {
    const EngineKind engine = copy ? EngineKind::copy : EngineKind::compute;
    if (history.engine != EngineKind::none && history.engine != engine && kind != "gate") {
      operation.latency_ns += driver.engine_hop_us * 1e3;
    }
    history.engine = engine;
  }
  if (!takes_time(operation) || !driver.clocks_ramp) return;
  const double level = clock_level(operation.label.gpu);
  const GpuDescription& described = gpu(operation.label.gpu);
  operation.latency_ns /= level;
  const bool over_pcie = operation.label.path == "host" || operation.label.path == "staged";
  const double idle_rate = lane_gbs(described.pcie_generation_idle);
  if (over_pcie && level < link_up_at && idle_rate > 0) {
    operation.bytes *= lane_gbs(described.pcie_generation) / idle_rate;
  } else {
    operation.bytes /= level;
  }
}

void SimulatedMachine::ended(const Operation& operation) {
  GpuActivity& activity = activity_[static_cast<std::size_t>(operation.label.gpu)];
  --activity.running;
  activity.until_ns = operation.ended_ns;
  if (operation.label.kind == "kernel") {
    history_[operation.queue].kernel_ended_ns = operation.ended_ns;
  }
}

cudaError_t SimulatedMachine::load(const std::string& what, int gpu, bool kernel) {
  if (!file_.driver.lazy_loading || !loaded_.insert({what, gpu}).second) return cudaSuccess;
  if (kernel && loads_eagerly()) return cudaSuccess;
  const cudaError_t error = block_on_gpu(gpu);
  call_cost_ns_ += file_.driver.load_us * 1e3;
  return error;
}

double SimulatedMachine::first_copy_bytes(const Location& to, const Location& from, double bytes) {
  constexpr double most = 64.0 * (1 << 20);
  if (to.allocation == nullptr || from.allocation == nullptr) return 0;
  if (!copied_.insert({to.allocation->number, from.allocation->number}).second) return 0;
  return (file_.driver.first_copy_factor - 1) * std::min(bytes, most);
}

}  // namespace gpusim
