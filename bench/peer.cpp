// SPDX-License-Identifier: Apache-2.0
// Family "peer": copies between two GPUs.
//   peer/ce/{push,pull,staged}/{uni,bi}/gpuA-gpuB/bytes:N   by copy engines
//   peer/sm/{push,pull}/{uni,bi}/gpuA-gpuB/bytes:N          by kernels: peer stores, peer loads
//                                                           (bi: full)
//   peer/ce/push/uni/gpuA-gpuB/by-address/bytes:N           cudaMemcpyAsync on the two addresses,
//   in place of cudaMemcpyPeerAsync; of the full tier
// Bytes leave gpuA and reach gpuB (bi: both ways).
// Counted: one-way bytes over the common window; bi reports the sum of both ways.
#include <fmt/format.h>

#include <algorithm>

#include "bench/spec.hpp"
#include "machine/refusal.hpp"

namespace peerbench::bench {

namespace {

using measure::Transfer;

using result::Kind;

struct Shape {
  measure::Engine engine;
  Kind kind;
  result::Shape direction;

  bool peer_access() const { return kind != Kind::staged; }
  /// A pull is issued by the GPU that receives.
  bool by_destination() const { return kind == Kind::pull; }
};

// Staged copies have no push and pull, and no kernel can run them: the driver does by itself.
constexpr auto ce = measure::Engine::ce;
constexpr auto sm = measure::Engine::sm;
constexpr auto uni = result::Shape::uni;
constexpr auto bi = result::Shape::bi;
constexpr Shape shapes[] = {
    {ce, Kind::push, uni}, {ce, Kind::pull, uni},  {ce, Kind::staged, uni},
    {ce, Kind::push, bi},  {ce, Kind::staged, bi}, {sm, Kind::push, uni},
    {sm, Kind::pull, uni}, {sm, Kind::push, bi},   {sm, Kind::pull, bi},
};

Transfer one_way(const Shape& shape, int from, int to, Bytes bytes) {
  return {.source = measure::gpu(from),
          .destination = measure::gpu(to),
          .issuer = measure::gpu(shape.by_destination() ? to : from),
          .engine = shape.engine,
          .bytes = bytes};
}

Spec spec_of(const Shape& shape, int from, int to, Bytes bytes) {
  const bool both = shape.direction == bi;
  Spec spec;
  spec.plan()->peer_access = shape.peer_access();
  spec.plan()->transfers.push_back(one_way(shape, from, to, bytes));
  if (both) spec.plan()->transfers.push_back(one_way(shape, to, from, bytes));

  spec.set_key({.family = result::Family::peer,
                .engine = key_of(shape.engine),
                .kind = shape.kind,
                .shape = shape.direction,
                .source = gpu_place(from),
                .destination = gpu_place(to),
                .bytes = bytes});
  result::Cell& cell = spec.cell;
  cell.counts = result::Counts::one_way;
  cell.counting_rule =
      fmt::format("bytes {}, over the common window{}",
                  both ? "of both ways, each counted once" : "copied, counted once",
                  describe_gate(shape.peer_access()));
  return spec;
}

}  // namespace

std::string why_refused(const machine::Machine& machine, const machine::Gpu& from,
                        const machine::Gpu& to) {
  const machine::PeerLink* link = machine::find_link(machine, from.ordinal, to.ordinal);
  if (link == nullptr) return "";
  const std::string& word = link->allowed.read.raw;
  const machine::Refusal refusal = machine::refusal(word);
  if (refusal.why.empty()) return "";
  return fmt::format("{}, {}{}{}", word, refusal.why, refusal.hint.empty() ? "" : "; ",
                     refusal.hint);
}

namespace {

/// One pair after the other, each in all its shapes: shape by shape, every one of many GPUs would
/// rest between its turns and have to be woken again.
void sort_by_pair(std::vector<Spec>& specs) {
  std::ranges::stable_sort(specs, {}, [](const Spec& spec) {
    const Transfer& first = spec.plan()->transfers.front();
    const auto [low, high] = std::minmax({first.source.index, first.destination.index});
    return std::pair(low, high);
  });
}

// The driver finds the GPUs by the addresses: another call for the same transfer over the same
// wire.
std::optional<Spec> by_address(Spec spec) {
  if (spec.cell.key.engine != result::Engine::ce) return std::nullopt;
  spec.tier = Tier::full;
  for (measure::Transfer& transfer : spec.plan()->transfers) transfer.by_address = true;
  result::CellKey key = spec.cell.key;
  key.by_address = true;
  spec.set_key(key);
  spec.cell.notes.emplace_back("by cudaMemcpyAsync on the two addresses, not cudaMemcpyPeerAsync");
  return spec;
}

}  // namespace

std::vector<Spec> peer_specs(const machine::Machine& machine, const result::Settings& settings) {
  std::vector<Spec> specs;
  for (const Shape& shape : shapes) {
    const bool both = shape.direction == bi;
    for (const machine::Gpu& from : machine.gpus) {
      for (const machine::Gpu& to : machine.gpus) {
        if (from.ordinal == to.ordinal || (both && from.ordinal > to.ordinal)) continue;
        if (!selected(settings, from.ordinal, to.ordinal)) continue;
        // By kernels, and pulled: of many GPUs the first one's tell how the ways differ.
        const bool less_asked = shape.engine == sm || shape.kind == Kind::pull;
        const Tier tier = shape.engine == sm && both ? Tier::full
                          : less_asked
                              ? std::min(tier_of_less_asked(machine, settings, from.ordinal),
                                         tier_of_less_asked(machine, settings, to.ordinal))
                              : Tier::quick;
        const CopySize by_rule = peer_copy_size(machine, from, to);
        const std::vector<Bytes> sizes =
            settings.sizes.empty() ? std::vector{by_rule.bytes} : settings.sizes;
        for (const Bytes bytes : sizes) {
          specs.push_back(spec_of(shape, from.ordinal, to.ordinal, bytes));
          specs.back().tier = tier;
          if (settings.sizes.empty()) specs.back().cell.notes.push_back(by_rule.rule);
          if (shape.peer_access()) specs.back().why_refused = why_refused(machine, from, to);
          if (auto other = by_address(specs.back())) specs.push_back(std::move(*other));
        }
      }
    }
  }
  if (machine.gpus.size() > few_cards) sort_by_pair(specs);
  return specs;
}

}  // namespace peerbench::bench
