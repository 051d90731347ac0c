// SPDX-License-Identifier: Apache-2.0
// One exporter a format, each in a file of its own. Private to this module; render.hpp is the way
// in.
#pragma once

#include <string>

#include "report/document.hpp"
#include "result/comparison.hpp"
#include "result/run.hpp"

namespace peerbench::report {

/// Aligned columns without boxes. No line is wider than `width` columns (40 at least): sentences
/// wrap, and a table that is too wide continues below with its first column repeated.
std::string to_terminal(const Document& document, int width, bool color);

std::string to_markdown(const Document& document);

/// RFC 4180: one row a cell, every scalar field in a fixed order, numbers in full.
std::string to_csv(const result::Run& run);

/// The same of several runs, in long form: a row for each figure of each file.
std::string to_csv(const result::Comparison& comparison);

}  // namespace peerbench::report
