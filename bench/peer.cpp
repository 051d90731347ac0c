// Family "peer": copies between two GPUs.
//   peer/ce/{push,pull,staged}/{uni,bi}/gpuA-gpuB/bytes:N   by copy engines
//   peer/sm/{push,pull}/{uni,bi}/gpuA-gpuB/bytes:N          by kernels: peer stores, peer loads
//   peer/ce/push/uni/gpuA-gpuB/by-address/bytes:N           cudaMemcpyAsync on the two addresses,
//   in place of cudaMemcpyPeerAsync; only where --filter asks for by-address
// Bytes leave gpuA and reach gpuB (bi: both ways).
// Counted: one-way bytes over the common window; bi reports the sum of both ways.
#include <fmt/format.h>

#include <algorithm>

#include "bench/spec.hpp"
#include "machine/refusal.hpp"

namespace peerbench::bench {

namespace {

using measure::Transfer;

struct Shape {
  measure::Engine engine;
  const char* kind;
  const char* direction;
  bool peer_access;
  bool by_destination;  ///< a pull is issued by the GPU that receives
};

// Staged copies have no push and pull, and no kernel can run them: the driver does by itself.
constexpr auto ce = measure::Engine::ce;
constexpr auto sm = measure::Engine::sm;
constexpr Shape shapes[] = {
    {ce, "push", "uni", true, false},    {ce, "pull", "uni", true, true},
    {ce, "staged", "uni", false, false}, {ce, "push", "bi", true, false},
    {ce, "staged", "bi", false, false},  {sm, "push", "uni", true, false},
    {sm, "pull", "uni", true, true},     {sm, "push", "bi", true, false},
    {sm, "pull", "bi", true, true},
};

Transfer one_way(const Shape& shape, int from, int to, Bytes bytes) {
  return {.source = measure::gpu(from),
          .destination = measure::gpu(to),
          .issuer = measure::gpu(shape.by_destination ? to : from),
          .engine = shape.engine,
          .bytes = bytes};
}

Spec spec_of(const Shape& shape, int from, int to, Bytes bytes) {
  const bool both = std::string_view(shape.direction) == "bi";
  Spec spec;
  spec.plan.peer_access = shape.peer_access;
  spec.plan.transfers.push_back(one_way(shape, from, to, bytes));
  if (both) spec.plan.transfers.push_back(one_way(shape, to, from, bytes));

  result::Cell& cell = spec.cell;
  cell.name = fmt::format("peer/{}/{}/{}/gpu{}-gpu{}/bytes:{}", measure::name(shape.engine),
                          shape.kind, shape.direction, from, to, bytes);
  cell.family = "peer";
  cell.engine = measure::name(shape.engine);
  cell.op = "copy";
  cell.kind = shape.kind;
  cell.direction = shape.direction;
  cell.src = fmt::format("gpu{}", from);
  cell.dst = fmt::format("gpu{}", to);
  if (!both) cell.issuer = measure::name(spec.plan.transfers.front().issuer);
  cell.peer_access = shape.peer_access;
  cell.memory = "device";
  cell.bytes = bytes;
  cell.counts = result::Counts::one_way;
  cell.counting_rule =
      fmt::format("bytes {}, over the common window{}",
                  both ? "of both ways, each counted once" : "copied, counted once",
                  gate_words(shape.peer_access));
  return spec;
}

}  // namespace

std::string why_refused(const machine::Machine& machine, const machine::Gpu& from,
                        const machine::Gpu& to) {
  const auto link = std::ranges::find_if(machine.links, [&](const machine::PeerLink& one) {
    return one.from == from.ordinal && one.to == to.ordinal;
  });
  if (link == machine.links.end()) return "";
  const std::string& word = link->allowed.read.raw;
  const machine::Refusal refusal = machine::refusal(word);
  if (refusal.why.empty()) return "";
  return fmt::format("{}, {}{}{}", word, refusal.why, refusal.hint.empty() ? "" : "; ",
                     refusal.hint);
}

bool selected(const result::Settings& settings, int from, int to) {
  const auto has_gpu = [&](int gpu) {
    return settings.gpus.empty() || std::ranges::count(settings.gpus, gpu) > 0;
  };
  if (!has_gpu(from) || !has_gpu(to)) return false;
  return settings.pairs.empty() || std::ranges::any_of(settings.pairs, [&](const auto& pair) {
           return pair == std::pair(from, to) || pair == std::pair(to, from);
         });
}

namespace {

/// One pair after the other, each in all its shapes: shape by shape, every one of many cards would
/// rest between its turns and have to be woken again.
void sort_by_pair(std::vector<Spec>& specs) {
  std::ranges::stable_sort(specs, {}, [](const Spec& spec) {
    const Transfer& first = spec.plan.transfers.front();
    const auto [low, high] = std::minmax({first.source.index, first.destination.index});
    return std::pair(low, high);
  });
}

// The driver finds the GPUs by the addresses: another call for the same transfer over the same
// wire.
std::optional<Spec> by_address(const result::Settings& settings, Spec spec) {
  if (settings.filter.find("by-address") == std::string::npos) return std::nullopt;
  if (spec.cell.engine != "ce") return std::nullopt;
  for (measure::Transfer& transfer : spec.plan.transfers) transfer.by_address = true;
  spec.cell.mode = "by-address";
  spec.cell.name.insert(spec.cell.name.rfind("/bytes:"), "/by-address");
  spec.cell.notes.emplace_back("by cudaMemcpyAsync on the two addresses, not cudaMemcpyPeerAsync");
  return spec;
}

}  // namespace

std::vector<Spec> peer_specs(const machine::Machine& machine, const result::Settings& settings) {
  std::vector<Spec> specs;
  for (const Shape& shape : shapes) {
    const bool both = std::string_view(shape.direction) == "bi";
    for (const machine::Gpu& from : machine.gpus) {
      for (const machine::Gpu& to : machine.gpus) {
        if (from.ordinal == to.ordinal || (both && from.ordinal > to.ordinal)) continue;
        if (!selected(settings, from.ordinal, to.ordinal)) continue;
        if (shape.engine == sm && !in_depth(machine, settings, from.ordinal) &&
            !in_depth(machine, settings, to.ordinal)) {
          continue;
        }
        const CopySize by_rule = peer_copy_size(machine, from, to);
        const std::vector<Bytes> sizes =
            settings.sizes.empty() ? std::vector{by_rule.bytes} : settings.sizes;
        for (const Bytes bytes : sizes) {
          specs.push_back(spec_of(shape, from.ordinal, to.ordinal, bytes));
          if (settings.sizes.empty()) specs.back().cell.notes.push_back(by_rule.rule);
          if (shape.peer_access) specs.back().why_refused = why_refused(machine, from, to);
          if (auto other = by_address(settings, specs.back())) specs.push_back(std::move(*other));
        }
      }
    }
  }
  if (machine.gpus.size() > few_cards) sort_by_pair(specs);
  return specs;
}

}  // namespace peerbench::bench
