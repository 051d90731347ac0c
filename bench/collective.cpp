// SPDX-License-Identifier: Apache-2.0
// Family "collective": what NCCL reaches over several GPUs, in one process.
//   collective/nccl/{all_reduce,all_gather,reduce_scatter,all_to_all,broadcast,send_recv}/
//     gpus:0,1/{float,half}[/graph]/bytes:N
//   collective/nccl/send/gpus:0,1/...   one way, of pairs
// Quick are all GPUs with float, launched by the host, at few sizes; the rest is of the full tier.
// gpus are the ranks in their order; `graph` replays a CUDA graph, without it the host launches
// each operation. What the bytes are, and the formula of busbw, stand in each cell's counting rule.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <map>

#include "base/simulation.hpp"
#include "bench/spec.hpp"

namespace peerbench::bench {

namespace {

using measure::Collective;
using measure::CollectiveRequest;
using Set = std::vector<int>;

/// A message of a decoding step, one of a small and one of a long prefill.
constexpr Bytes few_sizes[] = {8 * KiB, MiB, 256 * MiB};
constexpr Bytes all_sizes[] = {8,       KiB,      8 * KiB,  64 * KiB,  512 * KiB, MiB,
                               2 * MiB, 16 * MiB, 64 * MiB, 256 * MiB, GiB};
/// All data of a simulated machine are really reduced.
constexpr Bytes simulated_most = 16 * MiB;

/// All GPUs, then each pair; the pairs alone where some were named.
std::vector<Set> sets_of(const machine::Machine& machine, const result::Settings& settings) {
  Set all;
  for (const machine::Gpu& gpu : machine.gpus) {
    if (settings.gpus.empty() || std::ranges::count(settings.gpus, gpu.ordinal) > 0) {
      all.push_back(gpu.ordinal);
    }
  }
  std::vector<Set> sets;
  if (settings.pairs.empty() && all.size() >= 2) sets.push_back(all);
  const bool pairs = !settings.pairs.empty() || all.size() > 2;
  for (std::size_t a = 0; pairs && a < all.size(); ++a) {
    for (std::size_t b = a + 1; b < all.size(); ++b) {
      if (selected(settings, all[a], all[b]) || selected(settings, all[b], all[a])) {
        sets.push_back({all[a], all[b]});
      }
    }
  }
  return sets;
}

/// Most bytes of a message, of which each rank has one to give and one to get.
Bytes budget_of(const machine::Machine& machine, const Set& gpus) {
  return buffer_budget(machine, gpus).bytes / 2;
}

/// As many bytes at most as can be divided into whole numbers for each rank, as nccl-tests does it.
Bytes divisible(const CollectiveRequest& request) {
  if (measure::divides(request)) return request.bytes;
  const Bytes unit = kernels::bytes_of(request.real) * request.gpus.size();
  return std::max(request.bytes / unit * unit, unit);
}

struct Size {
  Bytes bytes = 0;
  Tier tier = Tier::quick;
};

/// Chosen by rule, none twice. Of all-reduces few sizes are quick, of the others the largest of
/// these.
std::vector<Size> sizes_of(const machine::Machine& machine, const CollectiveRequest& request) {
  const Bytes most = budget_of(machine, request.gpus);
  const Bytes cap = std::bit_floor(simulated() ? std::min(simulated_most, most) : most);
  const Bytes least_quick =
      request.op == Collective::all_reduce ? std::begin(few_sizes)[0] : std::rbegin(few_sizes)[0];
  std::map<Bytes, Tier> sizes;
  for (const Bytes wanted : all_sizes) {
    CollectiveRequest each = request;
    each.bytes = std::min(wanted, cap);
    const bool few = std::ranges::count(few_sizes, wanted) > 0 && wanted >= least_quick;
    Tier& tier = sizes.emplace(divisible(each), Tier::full).first->second;
    if (few) tier = Tier::quick;
  }
  std::vector<Size> found;
  for (const auto& [bytes, tier] : sizes) found.push_back({bytes, tier});
  return found;
}

Spec spec_of(const CollectiveRequest& request) {
  const measure::CollectiveRow& row = measure::row_of(request.op);
  Spec spec;
  spec.work = request;
  result::Cell& cell = spec.cell;
  spec.set_key({.family = result::Family::collective,
                .engine = result::Engine::nccl,
                .op = key_of(request.op),
                .gpus = request.gpus,
                .launch = key_of(request.launch),
                .dtype = measure::name(request.real),
                .bytes = request.bytes});
  cell.counts = result::Counts::busbw;
  cell.counting_rule = fmt::format(
      "busbw = algbw x {}, algbw = bytes / time, bytes: {} (formulas of NVIDIA's "
      "nccl-tests); {}",
      row.factor, row.size_rule, measure::counted_time(request.launch));
  return spec;
}

/// Why a size that was asked for is not measured; empty if it can be.
std::string why_not(const machine::Machine& machine, const CollectiveRequest& request) {
  if (!measure::divides(request)) {
    return fmt::format("{} bytes cannot be divided into {} for each of {} ranks", request.bytes,
                       measure::name(request.real), request.gpus.size());
  }
  const Bytes most = budget_of(machine, request.gpus);
  if (request.bytes <= most) return "";
  return fmt::format("{} at most, of which each rank has one to give and one to get: {}",
                     format_bytes(most), buffer_budget(machine, request.gpus).rule);
}

/// `tier`: of the usual sizes.
void add(std::vector<Spec>& specs, const machine::Machine& machine,
         const result::Settings& settings, CollectiveRequest request, Tier tier) {
  std::vector<Size> sizes;
  for (const Bytes bytes : settings.sizes) {
    // Sizes that were asked for are meant for copies, too: one collective is enough of a look.
    sizes.push_back({bytes, request.op == Collective::all_reduce ? Tier::quick : Tier::full});
  }
  for (const Size& size : sizes.empty() ? sizes_of(machine, request) : sizes) {
    request.bytes = size.bytes;
    specs.push_back(spec_of(request));
    specs.back().tier = std::max(tier, size.tier);
    if (!settings.sizes.empty()) specs.back().why_not = why_not(machine, request);
  }
}

}  // namespace

std::vector<Spec> collective_specs(const machine::Machine& machine,
                                   const result::Settings& settings) {
  std::vector<Spec> specs;
  const std::vector<Set> sets = sets_of(machine, settings);
  for (const Set& gpus : sets) {
    const bool asked_for = gpus == sets.front() || !settings.pairs.empty();
    for (const measure::CollectiveRow& row : measure::collective_rows()) {
      if (row.op == Collective::send && gpus.size() != 2) continue;
      for (const auto launch : {measure::Launch::eager, measure::Launch::graph}) {
        for (const auto real : {kernels::Real::single, kernels::Real::half}) {
          const bool usual = launch == measure::Launch::eager && real == kernels::Real::single &&
                             row.op != Collective::send;
          add(specs, machine, settings, {row.op, gpus, real, launch, 0},
              asked_for && usual ? Tier::quick : Tier::full);
        }
      }
    }
  }
  return specs;
}

}  // namespace peerbench::bench
