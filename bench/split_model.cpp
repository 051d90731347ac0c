// SPDX-License-Identifier: Apache-2.0
// Family "split": the messages of a model that is split over the GPUs, at exactly its sizes.
//   split/ce/all_reduce/{push,staged}/gpus:0,1/{whole,parts}/bytes:N
//   split/ce/boundary/{push,staged}/gpu0-gpu1/bytes:N
//   split/nccl/{all_reduce,boundary}/gpus:0,1/half[/graph]/bytes:N
// An all-reduce of N bytes by copies is what it moves: each GPU sends all of it to every other at
// once (whole); or each its part, and the sums of the parts back (three GPUs or more: between two
// it can only be slower). A boundary is N bytes to the next GPU.
// Unit: us, of one message. Tensor parallel a step has two all-reduces a layer, pipeline parallel
// one boundary between neighbours; N is two bytes for each element of the step's activations.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "bench/spec.hpp"

namespace peerbench::bench {

namespace {

using measure::Collective;
using measure::Launch;
using Cards = std::vector<int>;
using Way = std::pair<int, int>;

/// Serving engines replay graphs for steps of up to so many tokens (vLLM's largest
/// cudagraph_capture_size by default), and launch longer ones.
constexpr int most_tokens_of_a_graph = 512;

Cards cards_of(const machine::Machine& machine, const result::Settings& settings) {
  Cards cards;
  for (const machine::Gpu& gpu : machine.gpus) {
    if (selected(settings, gpu.ordinal, gpu.ordinal)) cards.push_back(gpu.ordinal);
  }
  const auto most = static_cast<std::size_t>(settings.split->cards);
  if (most > 0 && cards.size() > most) cards.resize(most);
  return cards;
}

/// Why `bytes` of buffers on each of the GPUs are too many; empty if they are not.
std::string too_large(const machine::Machine& machine, const Cards& cards, Bytes bytes) {
  const BufferBudget budget = buffer_budget(machine, cards);
  if (bytes <= budget.bytes) return "";
  return fmt::format("its buffers would take more than {} of a GPU: {}", format_bytes(budget.bytes),
                     budget.rule);
}

/// Of one message of a split model: what its cells count.
void count_time(result::Cell& cell) {
  cell.counts = result::Counts::none;
  cell.unit = "us";
}

Spec copies(const machine::Machine& machine, const Cards& cards, const std::vector<Way>& ways,
            bool peer_access, Bytes each) {
  Spec spec;
  spec.plan()->peer_access = peer_access;
  for (const auto& [from, to] : ways) {
    const auto source = measure::gpu(from);
    spec.plan()->transfers.push_back({source, measure::gpu(to), source, measure::Engine::ce, each});
    if (peer_access && spec.why_refused.empty()) {
      spec.why_refused =
          why_refused(machine, *machine::find_gpu(machine, from), *machine::find_gpu(machine, to));
    }
  }
  spec.why_not = too_large(machine, cards, 2 * each * ways.size() / cards.size());
  count_time(spec.cell);
  return spec;
}

std::string in_a_chain(bool peer_access) {
  return std::string(
             "messages follow one another in one stream of each GPU, and the time between "
             "events around them is divided by their number") +
         describe_gate(peer_access);
}

Spec all_reduce(const machine::Machine& machine, const Cards& cards, bool peer_access, bool parts,
                Bytes bytes) {
  const Bytes count = cards.size();
  Spec spec = copies(machine, cards, all_to_all(cards), peer_access,
                     parts ? (bytes + count - 1) / count : bytes);
  spec.set_key({.family = result::Family::split,
                .engine = result::Engine::ce,
                .op = result::Op::all_reduce,
                .kind = peer_access ? result::Kind::push : result::Kind::staged,
                .gpus = cards,
                .exchange = parts ? result::Exchange::parts : result::Exchange::whole,
                .bytes = bytes});
  spec.rounds = parts ? 2 : 1;
  result::Cell& cell = spec.cell;
  cell.counting_rule = fmt::format(
      "time of the copies of one all-reduce, {}; {}. Adding the numbers up is not in it",
      parts ? "each card's part to the card that adds it up and the sums back: twice the time of "
              "one round, all GPUs at once"
            : "all of it from each GPU to each other at once",
      in_a_chain(peer_access));
  return spec;
}

Spec boundary(const machine::Machine& machine, Way way, bool peer_access, Bytes bytes) {
  Spec spec = copies(machine, {way.first, way.second}, {way}, peer_access, bytes);
  spec.set_key({.family = result::Family::split,
                .engine = result::Engine::ce,
                .op = result::Op::boundary,
                .kind = peer_access ? result::Kind::push : result::Kind::staged,
                .source = gpu_place(way.first),
                .destination = gpu_place(way.second),
                .bytes = bytes});
  result::Cell& cell = spec.cell;
  cell.counting_rule = fmt::format("time of one copy to the next GPU; {}", in_a_chain(peer_access));
  return spec;
}

Spec by_nccl(const machine::Machine& machine, const Cards& cards, Collective op, Launch launch,
             Bytes bytes) {
  const bool sum = op == Collective::all_reduce;
  Spec spec;
  spec.work = measure::CollectiveRequest{op, cards, kernels::Real::half, launch, bytes};
  spec.why_not = too_large(machine, cards, 2 * bytes);
  spec.set_key({.family = result::Family::split,
                .engine = result::Engine::nccl,
                .op = sum ? result::Op::all_reduce : result::Op::boundary,
                .gpus = cards,
                .launch = key_of(launch),
                .dtype = measure::name(kernels::Real::half),
                .bytes = bytes});
  count_time(spec.cell);
  result::Cell& cell = spec.cell;
  cell.counting_rule =
      fmt::format("time of one {}: {}", sum ? "all-reduce" : "send to the next GPU",
                  measure::counted_time(launch));
  return spec;
}

}  // namespace

std::vector<int> split_tokens() { return {1, 2, 4, 8, 16, 32, 64, 2048, 4096, 8192, 16384, 32768}; }

std::vector<Spec> split_copy_specs(const machine::Machine& machine,
                                   const result::Settings& settings) {
  const Cards cards = cards_of(machine, settings);
  std::vector<Spec> specs;
  if (cards.size() < 2) return specs;
  for (const bool peer_access : {true, false}) {
    for (const int tokens : settings.split->tokens) {
      const Bytes bytes = result::message_bytes(settings.split->hidden, tokens);
      specs.push_back(all_reduce(machine, cards, peer_access, false, bytes));
      if (cards.size() > 2) specs.push_back(all_reduce(machine, cards, peer_access, true, bytes));
    }
    for (std::size_t i = 0; i + 1 < cards.size(); ++i) {
      for (const int tokens : settings.split->tokens) {
        const Bytes bytes = result::message_bytes(settings.split->hidden, tokens);
        specs.push_back(boundary(machine, {cards[i], cards[i + 1]}, peer_access, bytes));
      }
    }
  }
  return specs;
}

std::vector<Spec> split_nccl_specs(const machine::Machine& machine,
                                   const result::Settings& settings) {
  const Cards cards = cards_of(machine, settings);
  std::vector<Spec> specs;
  if (cards.size() < 2) return specs;
  const auto add = [&](const Cards& ranks, Collective op) {
    for (const Launch launch : {Launch::eager, Launch::graph}) {
      for (const int tokens : settings.split->tokens) {
        if (launch == Launch::graph && tokens > most_tokens_of_a_graph) continue;
        specs.push_back(by_nccl(machine, ranks, op, launch,
                                result::message_bytes(settings.split->hidden, tokens)));
      }
    }
  };
  add(cards, Collective::all_reduce);
  // One pair after the other: for each of them NCCL connects once.
  for (std::size_t i = 0; i + 1 < cards.size(); ++i) {
    add({cards[i], cards[i + 1]}, Collective::send);
  }
  return specs;
}

}  // namespace peerbench::bench
