// SPDX-License-Identifier: Apache-2.0
// Hands a run to the exporter that was asked for and prints what comes back.
#pragma once

#include "base/error.hpp"
#include "cli/found_machine.hpp"
#include "cli/options.hpp"
#include "report/terms.hpp"
#include "result/comparison.hpp"
#include "result/run.hpp"

namespace peerbench::cli {

/// A run of this program that has measured nothing yet: tool, time, simulated or not, machine with
/// its findings, settings.
result::Run begin_run(const result::Settings& settings, Found found);

/// A run as its view asks for, to standard output.
Expected<void> show(const PageOptions& options, const result::Run& run);

/// What is in the box alone.
Expected<void> show_machine(const PageOptions& options, const result::Run& run);

/// What was required of it and what that came to.
Expected<void> show_check(const PageOptions& options, const result::Run& run);

/// The estimate of each run, side by side.
Expected<void> show_estimates(const PageOptions& options, const std::vector<result::Run>& runs);

/// One term; null: the list of all.
Expected<void> show_term(const PageOptions& options, const report::Term* term);

/// Several runs side by side.
Expected<void> show_comparison(const PageOptions& options, const result::Comparison& comparison);

}  // namespace peerbench::cli
