// SPDX-License-Identifier: Apache-2.0
// The manual page, from the same definition as the help.
#include <gmock/gmock.h>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(Program, TheManualHasEachCommandWithItsOptions) {
  const auto manual = run("manual");
  ASSERT_EQ(manual.code, 0) << manual.err;
  EXPECT_THAT(manual.out,
              AllOf(StartsWith(".TH PEERBENCH 1 "), HasSubstr(".SS estimate\n"),
                    HasSubstr("\n.TP\n\\fB\\-\\-baseline\\fR \\fIFILE\\fR\n"),
                    HasSubstr("\n.TP\n\\fB\\-\\-full\\fR\n"), HasSubstr("\n.TP\n\\fIRESULT\\fR\n"),
                    HasSubstr(".TP\n\\fBPEERBENCH_BUDGET\\fR\n"),
                    HasSubstr(".TP\n\\fB77\\fR\nnothing to measure here\n"),
                    HasSubstr("\npeerbench check \\-\\-require nvlink,gpus=2\n")));
  // A line that begins with a point or a quote is a request; all others are ours.
  std::istringstream lines(manual.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || (line[0] != '.' && line[0] != '\'')) continue;
    EXPECT_THAT(line.substr(0, 3),
                ::testing::AnyOf(".TH", ".SH", ".SS", ".TP", ".PP", ".B ", ".nf", ".fi"))
        << line;
  }
}

}  // namespace TEST_FILE
