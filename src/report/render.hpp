// SPDX-License-Identifier: Apache-2.0
// The room's way in: a run, or the machine alone, in one of the formats of --format. Each exporter
// is a file of its own (terminal, markdown, csv; json is the result document itself).
#pragma once

#include <span>
#include <string>

#include "base/error.hpp"
#include "report/terms.hpp"
#include "report/view.hpp"
#include "result/comparison.hpp"
#include "result/run.hpp"
#include "result/words.hpp"

namespace peerbench::report {

/// An exporter is a file of its own, its format below and its row in render.cpp.
enum class Format { terminal, markdown, csv, json };

}  // namespace peerbench::report

namespace peerbench::result {
using report::Format;
template <>
inline constexpr auto vocabulary<Format> =
    std::to_array<Word<Format>>({{Format::terminal, "terminal"},
                                 {Format::markdown, "markdown"},
                                 {Format::csv, "csv"},
                                 {Format::json, "json"}});
}  // namespace peerbench::result

namespace peerbench::report {

using result::name;

/// "terminal", "markdown" (or "md"), "csv", "json"; anything else is a usage error that lists them.
Expected<Format> parse_format(const std::string& text);

struct RenderOptions {
  int width = 80;         ///< columns, for the terminal only
  bool color = false;     ///< ANSI colours, for the terminal only
  bool identify = false;  ///< with UUIDs of GPUs
  bool share = false;     ///< markdown: the page, and every table folded below it
  RunView view = {};      ///< how much of a run, in terminal and markdown
};

/// True where colours are welcome: `file_descriptor` is a terminal that knows them, and neither
/// --no-color nor the environment's NO_COLOR (any value but empty) says otherwise.
bool wants_color(bool no_color_option, int file_descriptor);

/// The run as text with a final newline.
Expected<std::string> render(Format format, const result::Run& run,
                             const RenderOptions& options = {});

/// That no cell of the machine matches the filter, and how to see those that it has.
std::string nothing_matches(const std::string& filter);

/// What is in the box and why it is of its class: `tool`, `simulated` and `machine` of the run. The
/// json is a result document; csv is a usage error, it holds cells only.
Expected<std::string> render_machine(Format format, const result::Run& run,
                                     const RenderOptions& options = {});

/// What was required and what it came to. The json is a result document with `checks`; csv is a
/// usage error.
Expected<std::string> render_check(Format format, const result::Run& run,
                                   const RenderOptions& options = {});

/// The last estimate of each run, side by side; one run at least. The json is the result document
/// of one run, several and csv are usage errors.
Expected<std::string> render_estimates(Format format, std::span<const result::Run> runs,
                                       const RenderOptions& options = {});

/// What a term means; null: the list of all. Formats without pages are usage errors.
Expected<std::string> render_term(Format format, const Term* term,
                                  const RenderOptions& options = {});

/// Several runs side by side; csv has a row for each figure of each file. json is a usage error:
/// the result files themselves are json.
Expected<std::string> render_comparison(Format format, const result::Comparison& comparison,
                                        const RenderOptions& options = {});

}  // namespace peerbench::report
