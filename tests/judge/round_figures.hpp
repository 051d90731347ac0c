// SPDX-License-Identifier: Apache-2.0
// Round figures that estimates are worked out from by hand.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "../result/sample_cells.hpp"
#include "../result/sample_runs.hpp"
#include "judge/estimate.hpp"

namespace peerbench::judge {

using result::Cell;
using result::LinkWay;
using result::Parallel;
using result::Step;

inline constexpr double nearly = 1e-9;  // rounding of doubles

inline Cell measured(const std::string& name, double median) {
  Cell cell;
  rename(cell, name);
  cell.status = result::Status::ok;
  cell.median = median;
  return cell;
}

inline Cell copy(const std::string& kind, const std::string& direction, int from, int to,
                 double gbs, Bytes bytes) {
  Cell cell = measured(
      fmt::format("peer/ce/{}/{}/gpu{}-gpu{}/bytes:{}", kind, direction, from, to, bytes), gbs);
  cell.wire = kind == "push" ? "nvlink" : "host";
  return cell;
}

inline Cell small(const std::string& kind, int from, int to, double us) {
  Cell cell = copy(kind, "uni", from, to, us, 16);
  rename(cell, fmt::format("latency/ce/{}/gpu{}-gpu{}/bytes:16", kind, from, to));
  cell.unit = "us";
  return cell;
}

inline Cell read(int gpu, double gbs) {
  return measured(fmt::format("pool/sm/read/gpu{}/device/bytes:1073741824", gpu), gbs);
}

/// GPUs of 24e9 bytes; small copies take 2 us there and 4 back, 100 GB/s both ways, 60 one way.
inline result::Run pair_of_cards() {
  result::Run run = result::dual_rtx3090_nvlink();
  for (auto& gpu : run.machine.gpus) gpu.memory_bytes = 24'000'000'000;
  run.cells = {small("push", 0, 1, 2),
               small("push", 1, 0, 4),
               copy("push", "bi", 0, 1, 100, 200'000'000),
               copy("push", "uni", 0, 1, 60, 60'000'000),
               copy("push", "uni", 1, 0, 5, 60'000'000),
               read(0, 800),
               read(1, 400)};
  return run;
}

/// Round figures: 1 GB of weights at 8 bits, 2000 B a token and layer in a message.
inline result::Model round_model() {
  result::Model model;
  model.name = "round";
  model.layers = 10;
  model.hidden = 1000;
  model.heads = 8;
  model.kv_heads = 4;
  model.head_size = 125;
  model.vocabulary = 0;  // no tables: all weights alike
  model.parameters = model.active_parameters = 1e9;
  return model;
}

inline result::Estimate made(const result::Run& run, EstimateRequest request) {
  auto estimate = judge::estimate(run, request, "/folder/a.json");
  EXPECT_TRUE(estimate.has_value()) << estimate.error().message;
  return estimate.value_or(result::Estimate{});
}

inline const result::LinkCost& link(const result::Estimate& estimate, Parallel parallel, Step step,
                                    LinkWay way) {
  for (const auto& one : estimate.links) {
    if (one.parallel == parallel && one.step == step && one.way == way) return one;
  }
  ADD_FAILURE() << "no such link cost";
  return estimate.links.front();
}

inline EstimateRequest request(result::Model model = round_model()) {
  EstimateRequest asked;
  asked.model = std::move(model);
  asked.weights = result::Weights::fp8;
  asked.context = 1000;
  return asked;
}

}  // namespace peerbench::judge
