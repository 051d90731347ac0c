// SPDX-License-Identifier: Apache-2.0
// Cells of a machine, as many kinds as there are.
#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

#include "bench/spec.hpp"

namespace peerbench::bench {

/// Both tiers; of many cards the quick one; and the messages of a split model. No sizes: those
/// chosen by rule.
inline std::vector<Spec> all_specs(const machine::Machine& machine,
                                   const std::vector<Bytes>& sizes) {
  result::Settings settings;
  settings.sizes = sizes;
  settings.full = machine.gpus.size() <= few_cards;
  std::vector<Spec> specs = chosen(catalogue(machine, settings), settings).value();
  settings.split = result::SplitMessages{"llama-3-8b", 4096, {1, 128}, 2};
  std::ranges::move(catalogue(machine, settings), std::back_inserter(specs));
  return specs;
}

}  // namespace peerbench::bench
