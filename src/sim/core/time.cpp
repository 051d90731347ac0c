// SPDX-License-Identifier: Apache-2.0
// The host's clock, and waiting for what the GPUs do.
#include <algorithm>
#include <utility>

#include "sim/core/host_rate.hpp"
#include "sim/core/noise.hpp"
#include "sim/core/simulated_machine.hpp"
#include "sim/core/visible_gpus.hpp"

namespace gpusim {
namespace {

/// How long a host call that can never return holds the host before it is given up: so that the
/// virtual clock shows a hang. A choice of ours.
constexpr double hang_ns = 10e9;

std::vector<int> multiprocessors_of(const std::vector<GpuDescription>& gpus) {
  std::vector<int> found;
  for (const GpuDescription& gpu : gpus) found.push_back(gpu.multiprocessors);
  return found;
}

}  // namespace

SimulatedMachine::SimulatedMachine(MachineFile file)
    : file_(std::move(file)),
      cuda_gpus_(as_cuda_sees(file_)),
      visible_(visible_gpus(file_)),
      topology_(file_),
      engine_(topology_.capacities(), topology_.copy_engines().pools(),
              multiprocessors_of(cuda_gpus_)),
      memory_(memory_sizes(file_.host, cuda_gpus_)),
      host_files_(
          file_, [this](int gpu) { return link_lowered(gpu); },
          [this](int gpu) { return lost(gpu) != cudaSuccess; }),
      moved_(topology_.capacities().size(), 0),
      activity_(file_.gpus.size()) {
  engine_.on_end = [this](const Operation& operation) { account(operation); };
}

void SimulatedMachine::account(const Operation& operation) {
  for (const Use& use : operation.uses) {
    moved_[static_cast<std::size_t>(use.resource)] +=
        static_cast<double>(operation.label.bytes) * use.weight;
  }
  if (operation.label.gpu >= 0) ended(operation);
  if (operation.queue != host_queue_) trace_.write(operation, topology_);
}

void SimulatedMachine::begin_call(double cost_us) {
  take_turn();
  engine_.advance_to(host_ns_);
  engine_.poll();
  call_cost_ns_ = cost_us * 1e3;
}

cudaError_t SimulatedMachine::need_context(int gpu) {
  if (const cudaError_t error = held(gpu); error != cudaSuccess) return error;
  if (contexts_.insert(gpu).second) extend_call(file_.driver.context_ms * 1e6);
  return cudaSuccess;
}

void SimulatedMachine::end_call() {
  host_ns_ += call_cost_ns_;
  call_cost_ns_ = 0;
  engine_.advance_to(host_ns_);
  end_turn();
}

void SimulatedMachine::spend(double ns) {
  if (in_callback_) return;
  begin_call(ns * 1e-3);
  end_call();
}

cudaError_t SimulatedMachine::block_on(const OperationPtr& operation, double share) {
  if (operation == nullptr) {
    host_waited();
    return sticky_;
  }
  if (!run_until_moved(operation, share)) {
    host_ns_ = std::max(host_ns_, engine_.now()) + hang_ns;
    set_sticky(cudaErrorLaunchTimeout);
    return cudaErrorLaunchTimeout;
  }
  host_ns_ = std::max(host_ns_, operation->ended() ? operation->ended_ns : engine_.now());
  host_waited();
  return sticky_;
}

void SimulatedMachine::host_waited() {
  if (!memory_.guards()) return;
  const auto is_kernel = [](const Operation& operation) {
    return operation.label.kind == "kernel";
  };
  if (!engine_.any_left(is_kernel)) memory_.guard(false);
}

// Holds the calling thread until the work is done, while GPUs go on with theirs. Noise of its own,
// apart from that of the GPUs' operations.
OperationPtr SimulatedMachine::run_on_host(Operation operation) {
  begin_call(0);
  if (host_queue_ < 0) host_queue_ = engine_.add_queue();
  operation.queue = host_queue_;
  operation.submitted_ns = host_ns_;
  operation.bytes *= noise_factor(file_.seed + 1, host_work_count_++, file_.noise_cv);
  const OperationPtr work = engine_.submit(std::move(operation));
  engine_.run_until([&] { return work->ended(); });
  host_ns_ = std::max(host_ns_, work->ended_ns);
  end_call();
  return work;
}

cudaError_t SimulatedMachine::block_on_gpu(int gpu) {
  for (const OperationPtr& tail : engine_.tails()) {
    if (gpu >= 0 && tail->label.gpu != gpu) continue;
    const cudaError_t error = block_on(tail);
    if (error != cudaSuccess) return error;
  }
  return sticky_;
}

cudaError_t SimulatedMachine::drain() {
  engine_.run_until_idle();
  host_ns_ = std::max(host_ns_, engine_.now());
  return sticky_;
}

bool SimulatedMachine::is_stuck() const {
  return engine_.any_running([](const Operation& operation) {
    const bool sends = operation.label.kind == "collective";
    return operation.endless || (sends && operation.phase == Operation::Phase::waiting);
  });
}

int SimulatedMachine::host_traffic(const std::string& operation, std::uint64_t bytes,
                                   const std::string& cpus, int node) {
  const std::optional<double> rate = host_rate(file_.host, operation, cpus, node);
  if (!rate) return -1;
  const int by = cpus.empty() ? node : node_of_cpu(file_.host.topology, parse_cpus(cpus).front());
  const Route route = topology_.host_traffic(node, by);
  Operation work;
  work.label.kind = "host-" + operation;
  work.bytes = static_cast<double>(bytes);
  work.uses = route.uses;
  work.share = route.share;
  work.cap = *rate;
  const OperationPtr done = run_on_host(std::move(work));
  trace_.write_host(operation, bytes, done->started_ns, done->ended_ns);
  return 0;
}

int SimulatedMachine::host_chase(std::uint64_t loads, const std::string& cpus, int node) {
  const HostPool& pool = file_.host.pool;
  const std::vector<int> list = parse_cpus(cpus);
  const int by = list.empty() ? node : node_of_cpu(file_.host.topology, list.front());
  const bool remote = node >= 0 && by != node;
  const std::optional<Figure>& latency = remote ? pool.remote_latency_ns : pool.latency_ns;
  if (!latency) return -1;
  Operation work;
  work.label.kind = "host-chase";
  work.bytes = static_cast<double>(loads);
  work.cap = 1 / latency->value;
  if (const auto slowed = topology_.slowed_by_gpus()) {
    work.slowed_at = topology_.host_memory(node < 0 ? by : node);
    work.slowed_by = *slowed;
  }
  run_on_host(std::move(work));
  return 0;
}

std::uint64_t SimulatedMachine::link_bytes(std::size_t bundle, bool forward) const {
  const auto resource = static_cast<std::size_t>(topology_.link_resource(bundle, forward));
  return static_cast<std::uint64_t>(moved_[resource]);
}

std::uint64_t SimulatedMachine::host_link_bytes(int gpu, bool to_gpu) const {
  const auto resource = static_cast<std::size_t>(topology_.host_resource(gpu, to_gpu));
  return static_cast<std::uint64_t>(moved_[resource]);
}

}  // namespace gpusim
