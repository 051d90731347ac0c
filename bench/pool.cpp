// Family "pool", the GPU side: copies within one pool of memory. host_pool.cpp has the CPU's.
//   pool/ce/copy/gpuA/device/bytes:N        a GPU's copy engine between two arrays of its own
//   pool/sm/OP/gpuA/device/bytes:N          its kernels on its own memory
// OP is read, write, copy or triad.
// Counted: traffic, that is bytes read plus bytes written.
#include <fmt/format.h>

#include <algorithm>

#include "bench/spec.hpp"

namespace peerbench::bench {

namespace {

struct PoolShape {
  measure::Engine engine;
  measure::Op op;
  int weight;  ///< arrays read or written, each counted once
  const char* counting_rule;
};

constexpr auto sm = measure::Engine::sm;
constexpr const char* copy_rule =
    "bytes read plus bytes written (2 N for a copy of N) over the window";
constexpr PoolShape pool_shapes[] = {
    {measure::Engine::ce, measure::Op::copy, 2, copy_rule},
    {sm, measure::Op::copy, 2, copy_rule},
    {sm, measure::Op::read, 1, "bytes read over the window"},
    {sm, measure::Op::write, 1, "bytes written over the window"},
    {sm, measure::Op::triad, 3,
     "bytes read plus bytes written (3 N for arrays of N) over the window"},
};

Spec gpu_pool_spec(const PoolShape& shape, int gpu, Bytes bytes) {
  Spec spec;
  const auto place = measure::gpu(gpu);
  spec.plan.transfers.push_back({place, place, place, shape.engine, bytes, shape.op});
  spec.bytes_weight = shape.weight;
  result::Cell& cell = spec.cell;
  cell.engine = measure::name(shape.engine);
  cell.op = measure::name(shape.op);
  cell.name = fmt::format("pool/{}/{}/gpu{}/device/bytes:{}", cell.engine, cell.op, gpu, bytes);
  cell.family = "pool";
  cell.kind = "local";
  cell.issuer = cell.src = cell.dst = measure::name(place);
  cell.memory = "device";
  cell.bytes = bytes;
  cell.counts = result::Counts::traffic;
  cell.counting_rule = shape.counting_rule;
  return spec;
}

}  // namespace

std::vector<Spec> gpu_pool_specs(const machine::Machine& machine,
                                 const result::Settings& settings) {
  std::vector<Spec> specs;
  for (const machine::Gpu& gpu : machine.gpus) {
    if (!settings.gpus.empty() && std::ranges::count(settings.gpus, gpu.ordinal) == 0) continue;
    const std::vector<Bytes> sizes =
        settings.sizes.empty() ? std::vector{pool_copy_bytes(gpu)} : settings.sizes;
    for (const Bytes bytes : sizes) {
      for (const PoolShape& shape : pool_shapes) {
        if (shape.engine == sm && !in_depth(machine, settings, gpu.ordinal)) continue;
        const bool reals = shape.op == measure::Op::triad;
        if (reals && bytes < sizeof(double)) continue;
        specs.push_back(gpu_pool_spec(shape, gpu.ordinal, reals ? bytes / 8 * 8 : bytes));
      }
    }
  }
  return specs;
}

}  // namespace peerbench::bench
