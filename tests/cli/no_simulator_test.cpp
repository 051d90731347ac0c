// SPDX-License-Identifier: Apache-2.0
// A program without its simulator: built so, or copied alone.
#include <gmock/gmock.h>

#include "tests/cli/program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;

class NoSimulator : public Program {
 protected:
  // What the program says when it lies in a folder by itself.
  Outcome run_alone(const std::string& arguments) {
    const fs::path alone = folder_ / "peerbench";
    fs::copy_file(PEERBENCH_PROGRAM, alone, fs::copy_options::skip_existing);
    return run("'" + alone.string() + "' " + arguments, "sh -c 'shift; \"$@\"' sh");
  }
};

TEST_F(NoSimulator, SaysSoAndHowToGetOne) {
  const std::string file = PEERBENCH_SOURCE_DIR "/src/sim/machines/dgx-spark.json";
  for (const std::string& arguments : {std::string("machines"), std::string("--simulate dgx-spark"),
                                       "machine --simulate '" + file + "'"}) {
    const Outcome outcome = run_alone(arguments);
    EXPECT_EQ(outcome.code, 74) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_THAT(outcome.err,
                AllOf(HasSubstr("has no simulator"), HasSubstr("PEERBENCH_SIMULATOR=ON")))
        << arguments;
  }
}

}  // namespace TEST_FILE
