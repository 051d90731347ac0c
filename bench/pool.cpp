// Family "pool": copies within one pool of memory.
//   pool/ce/copy/gpuA/device/bytes:N            a GPU's copy engine between two arrays of its own
//   memory pool/cpu/OP/hostA/threads:T/bytes:N         CPU threads on the host's memory, OP read,
//   write, copy or triad
// Counted: traffic, that is bytes read plus bytes written.
#include <fmt/format.h>

#include <algorithm>

#include "bench/spec.hpp"
#include "measure/host_pool.hpp"

namespace peerbench::bench {

std::vector<Spec> gpu_pool_specs(const machine::Machine& machine,
                                 const result::Settings& settings) {
  std::vector<Spec> specs;
  for (const machine::Gpu& gpu : machine.gpus) {
    if (!settings.gpus.empty() && std::ranges::count(settings.gpus, gpu.ordinal) == 0) continue;
    const std::vector<Bytes> sizes =
        settings.sizes.empty() ? std::vector{pool_copy_bytes(gpu)} : settings.sizes;
    for (const Bytes bytes : sizes) {
      Spec spec;
      const auto place = measure::gpu(gpu.ordinal);
      spec.plan.transfers.push_back({place, place, place, measure::Engine::ce, bytes});
      spec.bytes_weight = 2;
      result::Cell& cell = spec.cell;
      cell.name = fmt::format("pool/ce/copy/gpu{}/device/bytes:{}", gpu.ordinal, bytes);
      cell.family = "pool";
      cell.engine = "ce";
      cell.op = "copy";
      cell.kind = "local";
      cell.issuer = cell.src = cell.dst = measure::name(place);
      cell.memory = "device";
      cell.bytes = bytes;
      cell.counts = result::Counts::traffic;
      cell.counting_rule = "bytes read plus bytes written (2 N for a copy of N) over the window";
      specs.push_back(std::move(spec));
    }
  }
  return specs;
}

std::vector<Spec> host_pool_specs(const machine::Machine& machine) {
  using measure::HostOp;
  std::vector<Spec> specs;
  for (const machine::Pool& pool : machine.pools) {
    if (pool.cores == 0) continue;  // a GPU's
    for (const HostOp op : {HostOp::read, HostOp::write, HostOp::copy, HostOp::triad}) {
      const measure::HostShape shape = measure::host_shape(op, pool);
      Spec spec;
      spec.host = HostLoop{op, pool};
      result::Cell& cell = spec.cell;
      cell.op = measure::name(op);
      cell.name = fmt::format("pool/cpu/{}/{}/threads:{}/bytes:{}", cell.op, pool.id, shape.threads,
                              shape.bytes_per_array);
      cell.family = "pool";
      cell.engine = "cpu";
      cell.kind = "local";
      cell.issuer = cell.src = cell.dst = pool.id;
      cell.memory = "plain";
      cell.threads = shape.threads;
      cell.bytes = shape.bytes_per_array;
      cell.counts = result::Counts::traffic;
      cell.counting_rule = measure::counting_rule(op);
      specs.push_back(std::move(spec));
    }
  }
  return specs;
}

}  // namespace peerbench::bench
