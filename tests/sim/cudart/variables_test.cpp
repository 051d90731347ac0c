// SPDX-License-Identifier: Apache-2.0
// Variables in device memory: what they hold from the start is not known, so it is never shown.
#include <gmock/gmock.h>

#include "tests/sim/cudart/dropin.hpp"

namespace gpusim {
namespace TEST_FILE {

using testing::HasSubstr;
using testing::Not;

std::string run(const std::string& argument) {
  return output_of(
      "unset CUDA_VISIBLE_DEVICES; PEERBENCH_SIMULATE=" + ideal("dual-rtx3090-nvlink") +
      " LD_LIBRARY_PATH=" DROPIN_DIR " " VARIABLES_PROBE " " + argument + " 2>&1; echo exit $?");
}

TEST(Variables, AreReadOnlyWhereTheProgramHasWrittenThem) {
  const std::string text = run("");
  EXPECT_EQ(count(text, "the initial value of the device variable 'bench::seed' is not known"), 1)
      << text;
  EXPECT_EQ(count(text, "the initial value of the device variable 'weights' is not known"), 1)
      << text;
  EXPECT_THAT(text, HasSubstr("size cudaSuccess\nbytes 16\n"
                              "read cudaErrorNotSupported\naddress cudaErrorNotSupported\n"
                              "write cudaSuccess\nread again cudaSuccess\nvalue 5\n"
                              "address again cudaSuccess\n"
                              "write half cudaSuccess\nread all cudaErrorNotSupported\n"
                              "read half cudaSuccess\nhalf 8 9\n"
                              "past the end cudaErrorInvalidValue\n"
                              "wrong way cudaErrorInvalidMemcpyDirection\n"));
  EXPECT_THAT(text, HasSubstr("exit 0\n")) << "a managed one that nobody touches harms nobody";
}

TEST(Variables, ManagedOnesEndAProgramThatTouchesThem) {
  const std::string text = run("managed");
  EXPECT_THAT(text, HasSubstr("the initial values of the __managed__ variables (shared_count)"));
  EXPECT_THAT(text, HasSubstr("exit 69\n"));
  EXPECT_THAT(text, Not(HasSubstr("managed 0")));
}

}  // namespace TEST_FILE
}  // namespace gpusim
