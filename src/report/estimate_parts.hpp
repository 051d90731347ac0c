// SPDX-License-Identifier: Apache-2.0
// What the tables of estimates have in common: a column a machine. Private to this module.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "report/document.hpp"
#include "result/estimate.hpp"

namespace peerbench::report {

using Estimates = std::vector<const result::Estimate*>;
using OfEstimate = std::function<Text(const result::Estimate&)>;

/// GB of 1e9 bytes.
std::string billions(double bytes);

/// Without rows, a column for each estimate.
Table table_for(const std::string& title, const std::string& note, const Estimates& all);
void add_row(Table& table, const Estimates& all, const std::string& label, const OfEstimate& of);

/// Whether it fits: on one GPU, split by tensors and by layers.
Table fit_table(const Estimates& all);

/// " (30 + 10 layers)" of GPUs with unlike memories; empty where all are alike.
std::string uneven_layers(const result::Estimate& estimate);

/// Whether it fits the one pool by size, and not in what of that is free now.
bool short_of_free(const result::Estimate& estimate);

}  // namespace peerbench::report
