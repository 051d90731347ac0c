// SPDX-License-Identifier: Apache-2.0
// Family "latency": what a copy costs that is too small to have a rate.
//   latency/ce/{push,staged}/gpuA-gpuB/bytes:16   one of many copies of 16 bytes from gpuA to gpuB
//   that follow one another in one stream, by gpuA's copy engine
//   latency/ce/submission/{push,staged}/gpuA-gpuB/bytes:16   the same copy alone, from the host's
//   call to where the host sees its end
//   latency/sm/ping-pong/gpuA-gpuB/bytes:8   a flag from gpuA's kernel to gpuB's, half of the way
//   there and back
// Unit: us. Nothing is counted.
#include <fmt/format.h>

#include <algorithm>

#include "bench/spec.hpp"

namespace peerbench::bench {

namespace {

constexpr Bytes small = 16;

constexpr const char* alone =
    "time of one copy alone by the host's clock, from its call of the driver to where it sees the "
    "copy's end, for which it asks all the while (cudaStreamQuery)";
constexpr const char* in_a_chain =
    "time of one copy in a chain: copies follow one another in one stream, and the time between "
    "events around them is divided by their number; copies with peer access wait behind a gate "
    "until all are queued, staged ones cannot, so that the host's calls may be in their time";

Spec spec_of(int from, int to, bool peer_access, bool submission) {
  Spec spec;
  spec.plan()->submission = submission;
  spec.plan()->peer_access = peer_access;
  const auto source = measure::gpu(from);
  spec.plan()->transfers.push_back({source, measure::gpu(to), source, measure::Engine::ce, small});
  result::Cell& cell = spec.cell;
  spec.set_key({.family = result::Family::latency,
                .engine = result::Engine::ce,
                .op = submission ? result::Op::submission : result::Op::copy,
                .kind = peer_access ? result::Kind::push : result::Kind::staged,
                .source = gpu_place(from),
                .destination = gpu_place(to),
                .bytes = small});
  cell.counts = result::Counts::none;
  cell.unit = "us";
  cell.counting_rule = submission ? alone : in_a_chain;
  return spec;
}

/// The flag is a word.
constexpr Bytes flag = 8;

Spec ping_pong(int from, int to) {
  Spec spec;
  spec.plan()->peer_access = true;
  for (const auto& [source, destination] : {std::pair(from, to), std::pair(to, from)}) {
    spec.plan()->transfers.push_back({.source = measure::gpu(source),
                                      .destination = measure::gpu(destination),
                                      .issuer = measure::gpu(source),
                                      .engine = measure::Engine::sm,
                                      .bytes = flag,
                                      .op = measure::Op::ping_pong,
                                      .steps = measure::ping_pong_steps});
  }
  result::Cell& cell = spec.cell;
  spec.set_key({.family = result::Family::latency,
                .engine = result::Engine::sm,
                .op = result::Op::ping_pong,
                .source = gpu_place(from),
                .destination = gpu_place(to),
                .bytes = flag});
  cell.counts = result::Counts::none;
  cell.unit = "us";
  cell.counting_rule = fmt::format(
      "half of a round trip of a flag between kernels that run on both GPUs at the same time, "
      "each waiting for a word in its own memory that the other stores there; the time between "
      "events around {} round trips is divided by twice their number",
      measure::ping_pong_steps / 2);
  return spec;
}

}  // namespace

std::vector<Spec> latency_specs(const machine::Machine& machine, const result::Settings& settings) {
  std::vector<const machine::Gpu*> cards;
  for (const machine::Gpu& gpu : machine.gpus) {
    if (settings.gpus.empty() || std::ranges::count(settings.gpus, gpu.ordinal) > 0) {
      cards.push_back(&gpu);
    }
  }
  std::vector<Spec> specs;
  const auto add = [&](bool peer_access, bool submission) {
    for (const machine::Gpu* from : cards) {
      for (const machine::Gpu* to : cards) {
        if (from == to || !selected(settings, from->ordinal, to->ordinal)) continue;
        specs.push_back(spec_of(from->ordinal, to->ordinal, peer_access, submission));
        specs.back().tier = tier_of_less_asked(machine, settings, from->ordinal);
        if (peer_access) specs.back().why_refused = why_refused(machine, *from, *to);
      }
    }
  };
  for (const bool submission : {false, true}) {
    for (const bool peer_access : {true, false}) add(peer_access, submission);
  }
  for (const machine::Gpu* from : cards) {
    for (const machine::Gpu* to : cards) {
      if (from->ordinal >= to->ordinal) continue;
      if (!selected(settings, from->ordinal, to->ordinal)) continue;
      specs.push_back(ping_pong(from->ordinal, to->ordinal));
      specs.back().tier = tier_of_less_asked(machine, settings, from->ordinal);
      specs.back().why_refused = why_refused(machine, *from, *to);
    }
  }
  return specs;
}

}  // namespace peerbench::bench
