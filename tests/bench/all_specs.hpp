// Cells of a machine, as many kinds as there are.
#pragma once

#include <algorithm>
#include <iterator>
#include <vector>

#include "bench/spec.hpp"

namespace peerbench::bench {

/// All that can be asked for; of many cards what a run without options measures; and the messages
/// of a split model. No sizes: those chosen by rule.
inline std::vector<Spec> all_specs(const machine::Machine& machine,
                                   const std::vector<Bytes>& sizes) {
  result::Settings settings;
  settings.sizes = sizes;
  if (machine.gpus.size() <= few_cards) settings.filter = ".|by-address";
  std::vector<Spec> specs = catalogue(machine, settings);
  settings.split = result::SplitMessages{"llama-3-8b", 4096, {1, 128}, 2};
  std::ranges::move(catalogue(machine, settings), std::back_inserter(specs));
  return specs;
}

}  // namespace peerbench::bench
