// SPDX-License-Identifier: Apache-2.0
// What --model and --cards ask the harness for.
#pragma once

#include <vector>

#include "base/error.hpp"
#include "cli/options.hpp"
#include "result/model.hpp"

namespace peerbench::cli {

/// The messages of `model` in steps of so many `tokens`, over as many cards as `options` say.
result::SplitMessages split_messages(const Options& options, const result::Model& model,
                                     std::vector<int> tokens);

/// `options` with the messages of its model, in steps of every usual length, in the settings;
/// unchanged without a model. Errors are those of find_model().
Expected<Options> with_messages(const Options& options);

}  // namespace peerbench::cli
