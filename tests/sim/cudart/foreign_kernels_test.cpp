// SPDX-License-Identifier: Apache-2.0
// Kernels of a program that nobody here wrote, under the drop-in libcudart: refused, skipped, or
// done as a file says.
#include <gmock/gmock.h>

#include "tests/sim/cudart/dropin.hpp"

namespace gpusim {
namespace TEST_FILE {

using testing::HasSubstr;
using testing::Not;

const char* const described = R"json({
  "schema": "peerbench.kernels/1",
  "kernels": [
    {"kernel": "_Z4spinPVKiy", "action": "wait", "flag": 0, "timeout": {"argument": 1}},
    {"kernel": "copy<uint4>", "action": "copy", "to": 0, "from": 1, "element_bytes": 16,
     "count": {"argument": 2}},
    {"kernel": "set_words(unsigned int*, unsigned int, int)", "action": "fill", "to": 0,
     "value": {"argument": 1, "bytes": 4}, "count": {"argument": 2, "bytes": 4},
     "element_bytes": 4},
    {"kernel": "count_wrong", "action": "check", "from": 0, "count": {"argument": 1, "bytes": 4},
     "value": {"argument": 2, "bytes": 4}, "errors": 3, "element_bytes": 4}
  ]
})json";

std::string run(const std::string& settings, const std::string& simulate) {
  return output_of(
      "unset PEERBENCH_SIM_KERNELS PEERBENCH_SIM_UNKNOWN_KERNELS CUDA_VISIBLE_DEVICES; "
      "PEERBENCH_SIMULATE=" +
      simulate + " " + settings + " LD_LIBRARY_PATH=" DROPIN_DIR " " KERNELS_PROBE " 2>&1");
}

std::string rules_file(const std::string& text) {
  const std::string path = temporary("foreign-kernels.json");
  std::ofstream(path) << text;
  return "PEERBENCH_SIM_KERNELS=" + path;
}

TEST(ForeignKernels, AreRefusedAndCountedUnlessDescribed) {
  const std::string text = run("", ideal("dual-rtx3090-nvlink"));
  EXPECT_THAT(text, HasSubstr("launch cudaErrorNotSupported\nagain cudaSuccess\n"));
  EXPECT_EQ(count(text,
                  "kernel 'set_words(unsigned int*, unsigned int, int)' "
                  "(_Z9set_wordsPjji) has no CPU reference kernel: its launches fail"),
            1)
      << text;
  EXPECT_EQ(count(text, "'void copy<uint4>(uint4*, uint4 const*, unsigned long)'"), 1)
      << "said once, launched twice: " << text;
  EXPECT_THAT(text, HasSubstr("6 launches of kernels without a CPU reference kernel failed: "));
  EXPECT_THAT(text, HasSubstr(", void copy<uint4>(uint4*, uint4 const*, unsigned long) 2, spin("));
}

TEST(ForeignKernels, AreSkippedOnDemandAndCounted) {
  const std::string text = run("PEERBENCH_SIM_UNKNOWN_KERNELS=skip", ideal("dual-rtx3090-nvlink"));
  EXPECT_THAT(text, HasSubstr("launch cudaSuccess"));
  EXPECT_THAT(text, HasSubstr("\nwrong 0\n"));
  EXPECT_THAT(text,
              HasSubstr("6 launches of kernels without a CPU reference kernel were skipped, so "
                        "this program's results are not to be believed: "));
}

TEST(ForeignKernels, DoWhatAFileSaysInTheTimeThatTakes) {
  const std::string text = run(rules_file(described), ideal("dual-rtx3090-nvlink"));
  EXPECT_THAT(text, Not(HasSubstr("peerbench simulator")));
  EXPECT_THAT(text, HasSubstr("launch cudaSuccess"));
  EXPECT_THAT(text, HasSubstr("\nwrong 3\n"));
  EXPECT_NEAR(figure(text, "spin_ms"), 1e7 / 1.695e6, 0.05) << "10 million clocks of 1695 MHz";
  EXPECT_NEAR(figure(text, "set_ms"), 0, 0.1);
  EXPECT_GT(figure(text, "copy_gbs"), 700);
  EXPECT_LT(figure(text, "copy_gbs"), 936) << "what the GPU's memory has at most";
}

TEST(ForeignKernels, AFileThatIsWrongDescribesNone) {
  const std::string text = run(rules_file(R"({"schema": "peerbench.kernels/1", "kernels": [
    {"kernel": "spin", "action": "sleep"}]})"),
                               ideal("dual-rtx3090-nvlink"));
  EXPECT_THAT(text, HasSubstr("foreign-kernels.json: field kernels[0].action "));
  EXPECT_THAT(text, HasSubstr("launch cudaErrorNotSupported"));
}

TEST(ForeignKernels, AWordThatIsNoSettingIsRefused) {
  const std::string text =
      run("PEERBENCH_SIM_UNKNOWN_KERNELS=ignore", ideal("dual-rtx3090-nvlink"));
  EXPECT_THAT(text, HasSubstr("PEERBENCH_SIM_UNKNOWN_KERNELS is 'ignore'; allowed is"));
  EXPECT_THAT(text, HasSubstr("launch cudaErrorNotSupported"));
}

}  // namespace TEST_FILE
}  // namespace gpusim
