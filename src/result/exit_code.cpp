// SPDX-License-Identifier: Apache-2.0
#include "result/exit_code.hpp"

#include <algorithm>

namespace peerbench::result {

namespace {

bool has(const Run& run, Status status) {
  return std::ranges::find(run.cells, status, &Cell::status) != run.cells.end();
}

}  // namespace

ExitCode exit_code(const Run& run) {
  if (run.interrupted) {
    return run.interrupted == Interruption::sigint ? ExitCode::interrupted : ExitCode::terminated;
  }
  if (has(run, Status::corrupt)) return ExitCode::corrupt;
  if (has(run, Status::hang)) return ExitCode::hang;
  if (const ExitCode checks = exit_code(run.checks); checks != ExitCode::good) return checks;
  if (has(run, Status::error))
    return has(run, Status::ok) ? ExitCode::some_failed : ExitCode::internal;
  return has(run, Status::ok) ? ExitCode::good : ExitCode::nothing_to_measure;
}

ExitCode exit_code(const std::vector<Check>& checks) {
  const auto any = [&](Outcome outcome) {
    return std::ranges::find(checks, outcome, &Check::outcome) != checks.end();
  };
  if (any(Outcome::not_met)) return ExitCode::check_failed;
  return any(Outcome::cannot_tell) ? ExitCode::cannot_tell : ExitCode::good;
}

ExitCode exit_code_of_checks(const Run& run) {
  if (has(run, Status::corrupt)) return ExitCode::corrupt;
  if (has(run, Status::hang)) return ExitCode::hang;
  const ExitCode checks = exit_code(run.checks);
  return checks == ExitCode::good && has(run, Status::error) ? ExitCode::some_failed : checks;
}

ExitCode exit_code(const Error& error) {
  switch (error.kind) {
    case ErrorKind::usage:
      return ExitCode::usage;
    case ErrorKind::io:
      return ExitCode::io;
    case ErrorKind::unsupported:
      return ExitCode::nothing_to_measure;
    case ErrorKind::hang:
      return ExitCode::hang;
    case ErrorKind::interrupted:
      return ExitCode::interrupted;
    case ErrorKind::device:
    case ErrorKind::internal:
      break;
  }
  return ExitCode::internal;
}

}  // namespace peerbench::result
