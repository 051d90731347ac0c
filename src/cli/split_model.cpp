// SPDX-License-Identifier: Apache-2.0
#include "cli/split_model.hpp"

#include <algorithm>

#include "bench/spec.hpp"

namespace peerbench::cli {

result::SplitMessages split_messages(const result::Model& model, std::optional<int> cards,
                                     std::vector<int> tokens) {
  std::ranges::sort(tokens);
  const auto same = std::ranges::unique(tokens);
  tokens.erase(same.begin(), same.end());
  return {model.name, model.hidden, std::move(tokens), cards.value_or(0)};
}

Expected<void> add_messages(const SplitOptions& options, result::Settings& settings) {
  if (options.model.empty()) return {};
  const auto model = result::find_model(options.model);
  if (!model) return tl::unexpected(model.error());
  settings.split = split_messages(*model, options.cards, bench::split_tokens());
  return {};
}

}  // namespace peerbench::cli
