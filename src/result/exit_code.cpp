#include "result/exit_code.hpp"

#include <algorithm>
#include <utility>

namespace peerbench::result {

ExitCode exit_code(const Run& run) {
  const auto any_status = [&](Status status) {
    return std::ranges::find(run.cells, status, &Cell::status) != run.cells.end();
  };
  if (any_status(Status::corrupt)) return ExitCode::corrupt;
  if (any_status(Status::hang)) return ExitCode::hang;
  if (any_status(Status::ok)) return ExitCode::good;
  return any_status(Status::error) ? ExitCode::internal : ExitCode::nothing_to_measure;
}

ExitCode exit_code(const std::vector<Check>& checks) {
  const auto any = [&](Outcome outcome) {
    return std::ranges::find(checks, outcome, &Check::outcome) != checks.end();
  };
  if (any(Outcome::not_met)) return ExitCode::check_failed;
  return any(Outcome::cannot_tell) ? ExitCode::cannot_tell : ExitCode::good;
}

ExitCode exit_code_of_checks(const Run& run) {
  for (const auto& [status, code] :
       {std::pair{Status::corrupt, ExitCode::corrupt}, std::pair{Status::hang, ExitCode::hang}}) {
    if (std::ranges::find(run.cells, status, &Cell::status) != run.cells.end()) return code;
  }
  return exit_code(run.checks);
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
    case ErrorKind::device:
    case ErrorKind::internal:
      break;
  }
  return ExitCode::internal;
}

}  // namespace peerbench::result
