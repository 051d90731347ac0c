// Family "pool", the CPU side: loops of CPU threads over a host pool.
//   pool/cpu/OP/hostA/threads:T/bytes:N
// OP is read, write, copy or triad.
// Counted: traffic, that is bytes read plus bytes written.
#include "measure/host_pool.hpp"

#include <fmt/format.h>

#include "bench/spec.hpp"

namespace peerbench::bench {

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
