// SPDX-License-Identifier: Apache-2.0
// The command line as a value: what was asked, checked as far as it can be without a machine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "judge/estimate.hpp"
#include "judge/limits.hpp"
#include "judge/requirements.hpp"
#include "measure/runner.hpp"
#include "report/render.hpp"
#include "result/run.hpp"

namespace peerbench::cli {

enum class Command { run, list, machine, check, machines, report, compare, estimate };

struct Options {
  Command command = Command::run;
  std::string simulate;      ///< name or file of a simulated machine; empty: this machine
  std::string signals;       ///< file of saved signals to describe instead; empty: none
  std::string save_signals;  ///< file to save the signals to; empty: none
  bool probe = false;        ///< machine: also read memory of every kind, which takes seconds
  report::Format format = report::Format::terminal;
  std::string nccl;    ///< NCCL's file or folder; empty: it is looked for
  std::string output;  ///< result file to write; empty: none
  bool quiet = false;
  bool no_color = false;
  bool identify = false;
  result::Settings settings;
  measure::RunnerLimits runner;  ///< --gate, for tools that watch the program
  /// Result files: of report, compare and estimate; one of check.
  std::vector<std::string> files;
  std::vector<judge::Requirement> requirements;  ///< of check
  std::vector<judge::Limit> limits;              ///< of check with a file
  std::string baseline;                          ///< of check with a file; empty: none
  std::optional<double> max_drop;                ///< since the baseline; none: the default
  std::string model;                             ///< of estimate: a name or a file
  judge::EstimateRequest estimate;               ///< all but the model
  std::vector<std::string> benchmark_arguments;  ///< --benchmark_*, handed on as they are
};

/// What parsing came to: options, or a text to print (help, version) and be done.
struct Parsed {
  Options options;
  std::string text;
  bool done = false;
};

/// Parses the arguments after the program's name. Errors are ErrorKind::usage with one sentence.
Expected<Parsed> parse(std::vector<std::string> arguments);

/// "0.5%", "0.005" -> 0.005; must lie above 0 and below 1.
Expected<double> parse_precision(const std::string& text);

/// "5%", "0.05", "0%" -> 0.05, 0; below 1.
Expected<double> parse_max_drop(const std::string& text);

/// "2s", "500ms", "1.5", "2min" -> seconds, above 0.
Expected<double> parse_budget(const std::string& text);

/// The same with hours, "8h", for --soak.
Expected<double> parse_soak(const std::string& text);

/// "fp16", "fp8", "int4".
Expected<result::Weights> parse_weights(const std::string& text);

/// "8192", "128k" (x 1024) -> a whole number above 0; `option` names it in the message.
Expected<int> parse_count(const char* option, const std::string& text);

/// "off", or the gate's time-out in milliseconds.
Expected<measure::RunnerLimits> parse_gate(const std::string& text);

/// "0,1,3" -> {0, 1, 3}.
Expected<std::vector<int>> parse_gpus(const std::string& text);

/// "0-1,2-3" -> {{0, 1}, {2, 3}}.
Expected<std::vector<std::pair<int, int>>> parse_pairs(const std::string& text);

/// "4KiB,1MiB" or "4KiB..1MiB" (doubling) -> bytes, in the order given.
Expected<std::vector<Bytes>> parse_sizes(const std::string& text);

}  // namespace peerbench::cli
