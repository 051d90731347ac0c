// SPDX-License-Identifier: Apache-2.0
// What --model and --cards ask the harness for.
#pragma once

#include <optional>
#include <vector>

#include "base/error.hpp"
#include "cli/options.hpp"
#include "result/model.hpp"

namespace peerbench::cli {

/// The messages of `model` in steps of so many `tokens`, over so many `cards`; none: all.
result::SplitMessages split_messages(const result::Model& model, std::optional<int> cards,
                                     std::vector<int> tokens);

/// Asks for the messages of the model, in steps of every usual length; for nothing without a model.
/// Errors are those of find_model().
Expected<void> add_messages(const SplitOptions& options, result::Settings& settings);

}  // namespace peerbench::cli
