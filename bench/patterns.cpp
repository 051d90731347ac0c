// SPDX-License-Identifier: Apache-2.0
// Family "peer", several pairs at once; only where there are three GPUs or more.
//   peer/ce/{push,staged}/disjoint-pairs/gpus:0,1,2,3/bytes:N   gpu0 to gpu1 while gpu2 to gpu3
//   peer/ce/{push,staged}/one-to-all/gpu0-all/bytes:N           gpu0 to each of the others
//   peer/ce/{push,staged}/all-to-one/all-gpu0/bytes:N           each of the others to gpu0
//   peer/ce/{push,staged}/all-to-all/gpus:0,1,2,3/bytes:N       each GPU to each of the others
// Counted: one-way bytes of all transfers over the common window; each transfer's own rate is in
// the cell's flows.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <map>

#include "base/simulation.hpp"
#include "bench/spec.hpp"

namespace peerbench::bench {

namespace {

using machine::Gpu;
using machine::Machine;
using Cards = std::vector<const Gpu*>;
using Ways = std::vector<std::pair<const Gpu*, const Gpu*>>;  // from, to

/// NVLinks of a pair, then whether it has peer access: what makes two GPUs partners.
std::pair<int, bool> joined(const Machine& machine, const Gpu& from, const Gpu& to) {
  for (const machine::PeerLink& link : machine.links) {
    if (link.from != from.ordinal || link.to != to.ordinal) continue;
    return {link.links_up.value_or(0), is_yes(link.allowed.read.value)};
  }
  return {0, false};
}

/// Each GPU with the partner that it is joined to best; of an odd number the last is left out.
Ways disjoint_pairs(const Machine& machine, const Cards& all) {
  Ways ways;
  Cards cards = all;
  while (cards.size() >= 2) {
    const Gpu* first = cards.front();
    const auto partner =
        std::max_element(cards.begin() + 1, cards.end(), [&](const Gpu* a, const Gpu* b) {
          return joined(machine, *first, *a) < joined(machine, *first, *b);
        });
    ways.emplace_back(first, *partner);
    cards.erase(partner);
    cards.erase(cards.begin());
  }
  return ways;
}

Ways one_to_all(const Machine&, const Cards& cards) {
  Ways ways;
  for (const Gpu* to : cards) {
    if (to != cards.front()) ways.emplace_back(cards.front(), to);
  }
  return ways;
}

Ways all_to_one(const Machine& machine, const Cards& cards) {
  Ways ways = one_to_all(machine, cards);
  for (auto& [from, to] : ways) std::swap(from, to);
  return ways;
}

Ways all_pairs(const Machine&, const Cards& cards) { return all_to_all(cards); }

struct Pattern {
  result::Shape shape;
  Ways (*ways)(const Machine&, const Cards&);
  const char* description;
};

constexpr Pattern patterns[] = {
    {result::Shape::disjoint_pairs, disjoint_pairs, "one way in each pair, all pairs together"},
    {result::Shape::one_to_all, one_to_all, "from one GPU to all others together"},
    {result::Shape::all_to_one, all_to_one, "from all other GPUs to one together"},
    {result::Shape::all_to_all, all_pairs, "from each GPU to each other, all together"},
};

/// Who takes part: one to or from all others, or all of them; of disjoint pairs two by two, source
/// before destination.
void add_gpus(result::CellKey& key, const Ways& ways, const Cards& cards) {
  if (key.shape == result::Shape::one_to_all) {
    key.source = gpu_place(cards.front()->ordinal);
  } else if (key.shape == result::Shape::all_to_one) {
    key.destination = gpu_place(cards.front()->ordinal);
  } else if (key.shape == result::Shape::disjoint_pairs) {
    for (const auto& [from, to] : ways) {
      key.gpus.insert(key.gpus.end(), {from->ordinal, to->ordinal});
    }
  } else {
    for (const Gpu* card : cards) key.gpus.push_back(card->ordinal);
  }
}

/// Most bytes a transfer may have: a quarter of a GPU's free memory for all its buffers, as for
/// pairs; simulated, a GiB for those of all GPUs.
Bytes budget_of(const Ways& ways) {
  if (simulated()) return std::bit_floor(simulated_memory / (2 * ways.size()));
  std::map<const Gpu*, Bytes> buffers;
  for (const auto& [from, to] : ways) {
    ++buffers[from];
    ++buffers[to];
  }
  Bytes most = ~Bytes{0};
  for (const auto& [card, count] : buffers) {
    if (card->free_bytes > 0) most = std::min(most, card->free_bytes / 4 / count);
  }
  return std::max<Bytes>(most / MiB * MiB, MiB);
}

/// Chosen by rule as for pairs, within the budget; sizes that were asked for as they are, but for
/// those past it.
std::vector<Bytes> sizes_of(const Ways& ways, const Machine& machine,
                            const result::Settings& settings) {
  const Bytes most = budget_of(ways);
  if (!settings.sizes.empty()) {
    std::vector<Bytes> sizes = settings.sizes;
    std::erase_if(sizes, [&](Bytes bytes) { return bytes > most; });
    return sizes;
  }
  const auto& [from, to] = ways.front();
  return {std::min(most, peer_copy_size(machine, *from, *to).bytes)};
}

Spec spec_of(const Pattern& pattern, const Ways& ways, const Cards& cards, bool peer_access,
             Bytes bytes) {
  Spec spec;
  spec.plan()->peer_access = peer_access;
  for (const auto& [from, to] : ways) {
    const auto source = measure::gpu(from->ordinal);
    spec.plan()->transfers.push_back(
        {source, measure::gpu(to->ordinal), source, measure::Engine::ce, bytes});
  }
  result::CellKey key{.family = result::Family::peer,
                      .engine = result::Engine::ce,
                      .kind = peer_access ? result::Kind::push : result::Kind::staged,
                      .shape = pattern.shape,
                      .bytes = bytes};
  add_gpus(key, ways, cards);
  spec.set_key(key);
  result::Cell& cell = spec.cell;
  cell.counts = result::Counts::one_way;
  cell.counting_rule =
      fmt::format("bytes of {} transfers, {}, each counted once, over the common window{}",
                  ways.size(), pattern.description, describe_gate(peer_access));
  return spec;
}

/// Why the first pair that is refused is refused.
std::string why_refused(const Machine& machine, const Ways& ways) {
  for (const auto& [from, to] : ways) {
    const std::string why = bench::why_refused(machine, *from, *to);
    if (!why.empty()) return why;
  }
  return "";
}

}  // namespace

std::vector<Spec> pattern_specs(const Machine& machine, const result::Settings& settings) {
  std::vector<Spec> specs;
  if (!settings.pairs.empty()) return specs;  // pairs were asked for, and nothing else
  Cards cards;
  for (const Gpu& gpu : machine.gpus) {
    if (selected(settings, gpu.ordinal, gpu.ordinal)) cards.push_back(&gpu);
  }
  if (cards.size() < 3) return specs;  // both ways of the pair is then all there is
  for (const Pattern& pattern : patterns) {
    const Ways ways = pattern.ways(machine, cards);
    for (const bool peer_access : {true, false}) {
      for (const Bytes bytes : sizes_of(ways, machine, settings)) {
        specs.push_back(spec_of(pattern, ways, cards, peer_access, bytes));
        if (peer_access) specs.back().why_refused = why_refused(machine, ways);
      }
    }
  }
  return specs;
}

}  // namespace peerbench::bench
