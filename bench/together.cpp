// CPU and GPU at the same time on the one pool they share.
//   pool/together/read/gpuA+hostB[/cores:SOME]/threads:T/bytes:N   both read, each its own arrays
//   latency/cpu/chase/hostB/beside:gpuA/bytes:N                    loads of one core while gpuA
//   reads
// SOME is one or big, as of the CPU alone (host_pool.cpp). The GPU works from before the CPU begins
// until after it has ended, so the CPU's window is the overlap; by the host's clock.
// Counted: traffic of both in that window; flows say who had how much.
#include <fmt/format.h>

#include <algorithm>

#include "bench/spec.hpp"
#include "measure/host_pool.hpp"

namespace peerbench::bench {

namespace {

struct Workers {
  std::string cores;  ///< as in the name; "": all
  std::string cpus;
  int threads = 1;
};

/// The curve: one core, the big ones, all.
std::vector<Workers> steps(const machine::Pool& pool) {
  std::vector<Workers> found;
  const machine::CoreGroup* big = nullptr;
  for (const machine::CoreGroup& group : pool.groups) {
    if (group.kind) big = &group;
  }
  const std::string& cpus = big != nullptr ? big->cpus : pool.cpus;
  if (!cpus.empty() && pool.cores > 1) {
    found.push_back({"one", cpus.substr(0, cpus.find_first_of(",-")), 1});
  }
  if (big != nullptr && big->cores > 1 && big->cores < pool.cores) {
    found.push_back({"big", big->cpus, big->cores});
  }
  found.push_back({"", "", std::max(pool.cores, 1)});
  return found;
}

/// Reads by kernels of the GPU's own arrays, as its cell alone does them.
const Spec* reads_alone(const std::vector<Spec>& specs, const machine::Gpu& gpu) {
  const auto found = std::ranges::find_if(specs, [&](const Spec& spec) {
    return spec.cell.engine == "sm" && spec.cell.op == "read" && spec.cell.memory == "device" &&
           spec.cell.issuer == measure::name(measure::gpu(gpu.ordinal));
  });
  return found == specs.end() ? nullptr : &*found;
}

Spec together(const Spec& alone, const machine::Pool& pool, const Workers& workers) {
  const auto op = measure::HostOp::read;
  Spec spec;
  spec.host = HostLoop{.op = op, .pool = pool, .cpus = workers.cpus, .driver_memory = {}};
  spec.beside = alone.plan.transfers.front();
  spec.why_not = alone.why_not;
  result::Cell& cell = spec.cell;
  cell.bytes = measure::host_shape(op, pool).bytes_per_array;
  cell.name = fmt::format("pool/together/read/{}+{}{}/threads:{}/bytes:{}", alone.cell.issuer,
                          pool.id, workers.cores.empty() ? "" : "/cores:" + workers.cores,
                          workers.threads, *cell.bytes);
  cell.family = "pool";
  cell.engine = "cpu";
  cell.op = "read";
  cell.kind = "together";
  cell.issuer = cell.src = cell.dst = pool.id;
  cell.memory = "plain";
  cell.cores = workers.cores;
  cell.threads = workers.threads;
  cell.counts = result::Counts::traffic;
  cell.counting_rule =
      "bytes that CPU and GPU read, each its own arrays, over the window in which both worked";
  return spec;
}

}  // namespace

std::vector<Spec> together_specs(const machine::Machine& machine,
                                 const result::Settings& settings) {
  std::vector<Spec> specs;
  const auto host =
      std::ranges::find_if(machine.pools, [](const machine::Pool& pool) { return pool.cores > 0; });
  if (machine.machine_class != machine::Class::unified_pool || host == machine.pools.end()) {
    return specs;
  }
  result::Settings by_rule = settings;
  by_rule.sizes.clear();
  const std::vector<Spec> gpu_specs = gpu_pool_specs(machine, by_rule);
  for (const machine::Gpu& gpu : machine.gpus) {
    const Spec* alone = reads_alone(gpu_specs, gpu);
    if (alone == nullptr) continue;
    for (const Workers& workers : steps(*host)) specs.push_back(together(*alone, *host, workers));
    for (Spec chain : host_chain_specs(machine, {})) {
      if (chain.cell.src != host->id) continue;
      chain.beside = alone->plan.transfers.front();
      chain.why_not = alone->why_not;
      chain.cell.mode = "beside " + alone->cell.issuer;
      chain.cell.name = fmt::format("latency/cpu/chase/{}/beside:{}/bytes:{}", host->id,
                                    alone->cell.issuer, *chain.cell.bytes);
      specs.push_back(std::move(chain));
    }
  }
  return specs;
}

}  // namespace peerbench::bench
