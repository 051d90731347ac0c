// SPDX-License-Identifier: Apache-2.0
#include "cli/split_model.hpp"

#include <algorithm>

#include "bench/spec.hpp"

namespace peerbench::cli {

result::SplitMessages split_messages(const Options& options, const result::Model& model,
                                     std::vector<int> tokens) {
  std::ranges::sort(tokens);
  const auto same = std::ranges::unique(tokens);
  tokens.erase(same.begin(), same.end());
  return {model.name, model.hidden, std::move(tokens), options.estimate.cards.value_or(0)};
}

Expected<Options> with_messages(const Options& options) {
  if (options.model.empty()) return options;
  const auto model = result::find_model(options.model);
  if (!model) return tl::unexpected(model.error());
  Options with = options;
  with.settings.split = split_messages(options, *model, bench::split_tokens());
  return with;
}

}  // namespace peerbench::cli
