// SPDX-License-Identifier: Apache-2.0
// peerbench explain as a black box.
#include <gmock/gmock.h>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using Explain = Program;

TEST_F(Explain, ATermInAnyCaseAndWithoutQuotes) {
  for (const char* term : {"NO-DIRECT-LINK", "no direct link", "'No Direct Link'"}) {
    const auto done = run(std::string("explain ") + term);
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_THAT(done.out, AllOf(StartsWith("NO DIRECT LINK\n"), HasSubstr("Nothing is broken"),
                                HasSubstr("docs/answers.md")));
  }
  EXPECT_THAT(run("explain bidirectional").out, StartsWith("both ways\n"));
}

TEST_F(Explain, AloneItListsThem) {
  const auto done = run("explain");
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.out, AllOf(HasSubstr("two-sparks"), HasSubstr("DEGRADED"), HasSubstr("busbw"),
                              HasSubstr("unsupported")));
}

TEST_F(Explain, AnUnknownTermIsRefusedWithTheNearest) {
  const auto done = run("explain stagd");
  EXPECT_EQ(done.code, 64);
  EXPECT_THAT(done.out, IsEmpty());
  EXPECT_THAT(done.err, AllOf(HasSubstr("'stagd' is no term"), HasSubstr("did you mean 'staged'")));
}

TEST_F(Explain, TwoSparksSayHowTheyAreMeasured) {
  EXPECT_THAT(run("explain two-sparks").out,
              AllOf(HasSubstr("network cable and not by NVLink"), HasSubstr("ib_write_bw")));
  EXPECT_THAT(run("--simulate dgx-spark --filter '^pool/sm/read'").out,
              HasSubstr("peerbench explain two-sparks"));
}

}  // namespace TEST_FILE
