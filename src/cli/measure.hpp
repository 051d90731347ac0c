// SPDX-License-Identifier: Apache-2.0
// What run and estimate share: measuring this machine's cells, with progress and the result file.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "cli/options.hpp"
#include "result/file.hpp"
#include "result/run.hpp"

namespace peerbench::cli {

struct Measured {
  result::Run run;
  std::optional<Error> lost;  ///< the first failure to write `file`; measuring went on
  bool listed = false;        ///< --benchmark_list_tests: nothing was measured
};

/// The file of --output, if that is given: made before anything is measured, since a run whose
/// result is lost is wasted.
Expected<std::optional<result::ResultFile>> output_file(const std::string& output, bool identify);

/// Rewrites `file`, if there is one that can be written.
void write(const std::optional<result::ResultFile>& file, Measured& measured);

/// Measures the cells that `options` leave in, judged, with findings; rewrites `file` after each.
/// SIGINT and SIGTERM end it after the running sample: the run then holds what there is, and says
/// so.
Expected<Measured> measure(const MeasureOptions& options,
                           const std::optional<result::ResultFile>& file);

/// On standard error: after how many cells a signal ended the run, and where these are kept.
void say_interrupted(const result::Run& run, const report::Kept& kept);

}  // namespace peerbench::cli
