// SPDX-License-Identifier: Apache-2.0
#include "result/exit_code.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace peerbench::result {
namespace TEST_FILE {

Cell cell(Status status, Verdict verdict = Verdict::good) {
  Cell made;
  made.status = status;
  made.verdict = verdict;
  return made;
}

const Cell good = cell(Status::ok);
const Cell no_ceiling = cell(Status::ok, Verdict::no_ceiling);
const Cell low = cell(Status::ok, Verdict::low);
const Cell corrupt = cell(Status::corrupt);
const Cell hang = cell(Status::hang);
const Cell error = cell(Status::error);
const Cell unsupported = cell(Status::unsupported);
const Cell skipped = cell(Status::skipped);

TEST(ExitCode, OfARunTheMostSeriousWins) {
  struct Row {
    std::vector<Cell> cells;
    int code;
  };
  const std::vector<Row> rows = {
      {{}, 77},
      {{skipped, unsupported}, 77},
      {{good}, 0},
      {{no_ceiling, skipped, unsupported}, 0},
      {{error}, 70},
      {{error, unsupported, skipped}, 70},
      {{good, error}, 5},
      {{low, good, error, skipped}, 5},
      {{low}, 0},
      {{hang, low, error}, 3},
      {{error, hang}, 3},
      {{hang, low, corrupt, error, good}, 2},
      {{unsupported, corrupt}, 2},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    result::Run run;
    run.cells = rows[i].cells;
    EXPECT_EQ(static_cast<int>(exit_code(run)), rows[i].code) << "row " << i;
  }
}

TEST(ExitCode, OfChecksNotMetComesBeforeCannotTell) {
  const auto code = [](std::initializer_list<Outcome> outcomes) {
    std::vector<Check> checks;
    for (const Outcome outcome : outcomes) checks.push_back({"nvlink", outcome, "", {}, ""});
    return exit_code(checks);
  };
  EXPECT_EQ(code({Outcome::met, Outcome::met}), ExitCode::good);
  EXPECT_EQ(code({Outcome::met, Outcome::cannot_tell}), ExitCode::cannot_tell);
  EXPECT_EQ(code({Outcome::cannot_tell, Outcome::met, Outcome::not_met}), ExitCode::check_failed);
}

TEST(ExitCode, CorruptAndHangCellsComeBeforeAllChecks) {
  const auto code = [](std::vector<Cell> cells, Outcome outcome) {
    result::Run run;
    run.cells = std::move(cells);
    run.checks = {{"peer/*>=45GB/s", outcome, "", {}, ""}};
    return exit_code_of_checks(run);
  };
  EXPECT_EQ(code({hang, corrupt, good}, Outcome::not_met), ExitCode::corrupt);
  EXPECT_EQ(code({good, hang}, Outcome::met), ExitCode::hang);
  EXPECT_EQ(code({good, error}, Outcome::cannot_tell), ExitCode::cannot_tell);
  EXPECT_EQ(code({good, error}, Outcome::not_met), ExitCode::check_failed);
  EXPECT_EQ(code({good, error}, Outcome::met), ExitCode::some_failed);
  EXPECT_EQ(code({low}, Outcome::met), ExitCode::good);  // a check judges what was asked alone
  EXPECT_EQ(code({}, Outcome::not_met), ExitCode::check_failed);
}

TEST(ExitCode, OfARunThatWasCheckedCountsItsChecks) {
  const auto code = [](std::vector<Cell> cells, Outcome outcome) {
    result::Run run;
    run.cells = std::move(cells);
    run.checks = {{"peer/*>=45GB/s", outcome, "", {}, ""}};
    return exit_code(run);
  };
  EXPECT_EQ(code({good, corrupt}, Outcome::not_met), ExitCode::corrupt);
  EXPECT_EQ(code({good, error}, Outcome::not_met), ExitCode::check_failed);
  EXPECT_EQ(code({good, error}, Outcome::cannot_tell), ExitCode::cannot_tell);
  EXPECT_EQ(code({good, error}, Outcome::met), ExitCode::some_failed);
  EXPECT_EQ(code({skipped}, Outcome::met), ExitCode::nothing_to_measure);
}

TEST(ExitCode, OfAnInterruptedRunIsThatOfShells) {
  result::Run run;
  run.cells = {good, corrupt};
  run.interrupted = Interruption::sigint;
  EXPECT_EQ(static_cast<int>(exit_code(run)), 130);
  run.interrupted = Interruption::sigterm;
  EXPECT_EQ(static_cast<int>(exit_code(run)), 143);
}

TEST(ExitCode, OfAnErrorIsThatOfItsKind) {
  const auto code = [](ErrorKind kind) { return static_cast<int>(exit_code(Error{kind, ""})); };
  EXPECT_EQ(code(ErrorKind::usage), 64);
  EXPECT_EQ(code(ErrorKind::io), 74);
  EXPECT_EQ(code(ErrorKind::unsupported), 77);
  EXPECT_EQ(code(ErrorKind::hang), 3);
  EXPECT_EQ(code(ErrorKind::device), 70);
  EXPECT_EQ(code(ErrorKind::internal), 70);
}

}  // namespace TEST_FILE
}  // namespace peerbench::result
