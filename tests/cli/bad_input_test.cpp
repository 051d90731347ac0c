// SPDX-License-Identifier: Apache-2.0
// Wrong options and files: one sentence on what is wrong and what to do, and the code for it.
#include <gmock/gmock.h>

#include <algorithm>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct Refusal {
  const char* arguments;
  int code;
  const char* says;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.arguments; }

#define SAMPLE PEERBENCH_SOURCE_DIR "/tests/golden/dual-rtx3090-nvlink.json"

class BadInput : public Program, public ::testing::WithParamInterface<Refusal> {};

TEST_P(BadInput, GetsOneClearSentence) {
  const auto result = run(GetParam().arguments);
  EXPECT_EQ(result.code, GetParam().code) << result.err;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, AllOf(StartsWith("peerbench: "), HasSubstr(GetParam().says)));
  EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadInput,
    ::testing::Values(
        Refusal{"--simulate dual-rtx3091-nvlink", 64, "did you mean 'dual-rtx3090-nvlink'"},
        Refusal{"--simulate /nowhere/machine.json", 74, "/nowhere/machine.json"},
        Refusal{"--simulate " PEERBENCH_SOURCE_DIR "/README.md", 64, "README.md"},
        Refusal{"--simulate dual-rtx3090", 64, "did you mean 'dual-rtx3090-nvlink' or"},
        Refusal{"run dgx-spark", 64, "peerbench run --simulate dgx-spark"},
        Refusal{"DGX-Spark", 64, "peerbench run --simulate dgx-spark"},
        Refusal{"machine dgx-sprk", 64, "did you mean '--simulate dgx-spark'?"},
        Refusal{"report", 74, "no run was kept yet"},
        Refusal{"--no-such-option", 64, "unknown argument '--no-such-option'"},
        Refusal{"--simulate no-gpu --output /nowhere/result.json", 74, "/nowhere/result.json"},
        Refusal{"--simulate dual-rtx4090 --gpus 2", 64,
                "no GPU 2; there are 0 (0000:41:00.0), 1 ("},
        Refusal{"--simulate no-gpu --pairs 0-1", 64, "no GPU is visible"},
        Refusal{"--simulate no-gpu --filter '('", 64, "not a regular expression"},
        Refusal{"--format yaml", 64, "yaml"}, Refusal{"--color perhaps", 64, "auto (on a terminal"},
        Refusal{"check --simulate dual-rtx4090 --require nvlnk", 64, "did you mean 'nvlink'"},
        Refusal{"check --require ''", 64, "there are nvlink, any-nvlink"},
        Refusal{"check --require gpus=none", 64, "e.g. gpus=2"},
        Refusal{"check --require", 64, "--require"},
        Refusal{"check --simulate dual-rtx4090", 64, "check --require nvlink"},
        Refusal{"check --simulate no-gpu", 77, "no GPU to check"},
        Refusal{"check --simulate no-gpu --require p2p --format csv", 64, "csv holds"},
        Refusal{"check --simulate no-gpu --require p2p --output /nowhere/x", 74, "/nowhere/x"},
        Refusal{"check --simulate dual-rtx4090 --require p2p --pairs 0-7", 64, "no GPU 7"},
        Refusal{"machine --simulate dual-rtx4090 --gpus GPU-", 64, "e.g. 0,1 or GPU-1a2b"},
        Refusal{"list --simulate dual-rtx4090 --gpus GPU-5eed", 64, "is more than one GPU"},
        Refusal{"machine --simulate dual-rtx4090 --gpus ff:00.0", 64, "no GPU ff:00.0"},
        Refusal{"estimate --model llama-3-8b --simulate dual-rtx4090 --gpus 5", 64, "no GPU 5"},
        Refusal{"check " SAMPLE " --min 'peer/*>=1GB/s' --gpus GPU-5eed", 64, "left out"},
        Refusal{"list --require nvlink", 64, "--require belongs to run and check"},
        Refusal{"check " SAMPLE, 64, "say what is asked of it"},
        Refusal{"check " SAMPLE " --min 'peer/*'", 64, "no >= or <="},
        Refusal{"check " SAMPLE " --min 'peer/*>=45'", 64, "no unit"},
        Refusal{"check " SAMPLE " --min 'peer/*<=45GB/s'", 64, "reached with >="},
        Refusal{"check " SAMPLE " --min 'peer/*>=45GB/s' --simulate no-gpu", 64, "file alone"},
        Refusal{"check " SAMPLE " --min 'peer/*>=45GB/s' --format csv", 64, "csv holds"},
        Refusal{"check " SAMPLE " --baseline /nowhere/x.json", 74, "/nowhere/x.json"},
        Refusal{"check " SAMPLE " --baseline " PEERBENCH_SOURCE_DIR "/README.md", 64, "README.md"},
        Refusal{"check " SAMPLE " --baseline " SAMPLE " --max-drop 5", 64, "e.g. 5%"},
        Refusal{"check " SAMPLE " --min '*>=1GB/s' --max-drop 5%", 64, "since a baseline"},
        Refusal{"check --baseline " SAMPLE, 64, "check RESULT --baseline"},
        Refusal{"compare " SAMPLE, 64, "side by side"}, Refusal{"compare", 64, "side by side"},
        Refusal{"compare " SAMPLE " /nowhere/x.json", 74, "/nowhere/x.json"},
        Refusal{"compare " SAMPLE " " PEERBENCH_SOURCE_DIR "/README.md", 64, "README.md"},
        Refusal{"compare " SAMPLE " " SAMPLE " --format json", 64, "no json of its own"},
        Refusal{"compare " SAMPLE " " SAMPLE " --signals x.json", 64, "--signals belongs to"},
        Refusal{"estimate", 64, "estimate needs a model"},
        Refusal{"estimate --model lama-3-8b", 64, "did you mean 'llama-3-8b'"},
        Refusal{"estimate --model /nowhere/x.json", 74, "/nowhere/x.json"},
        Refusal{"estimate --model " SAMPLE, 64, "name is missing"},
        Refusal{"estimate --model llama-3-8b --weights fp4", 64,
                "write one of fp16, fp8, int4, q8_0"},
        Refusal{"estimate --model llama-3-8b --batch 0", 64, "--batch '0'"},
        Refusal{"estimate --model llama-3-8b --from " SAMPLE " --cards 3", 64, "has 2 GPUs"},
        Refusal{"estimate --model llama-3-8b --from /nowhere/x.json", 74, "/nowhere/x.json"},
        Refusal{"estimate --model llama-3-8b --simulate no-gpu", 77, "this machine has no GPU"},
        Refusal{"estimate --model llama-3-8b --simulate dgx-spark --cards 2", 64,
                "this machine has 1 GPU"},
        Refusal{"estimate --model llama-3-8b --from " PEERBENCH_SOURCE_DIR "/README.md", 64,
                "README.md"},
        Refusal{"estimate --model llama-3-8b --from " SAMPLE " --format csv", 64,
                "markdown or json"},
        Refusal{"estimate --model llama-3-8b --from " SAMPLE " " SAMPLE " --format json", 64,
                "one result"},
        Refusal{"estimate --model llama-3-8b --from " SAMPLE " --simulate no-gpu", 64,
                "give one of them"},
        Refusal{"run --model llama-3-8b --context 8k", 64,
                "--context belongs to estimate: peerbench estimate"},
        Refusal{"machine --model llama-3-8b", 64, "--model belongs to run, list and estimate"},
        Refusal{"estimate --model llama-3-8b --gpus 0 --from " SAMPLE, 64, "--cards 2"},
        Refusal{"run --cards 2", 64, "how many GPUs share a --model"},
        Refusal{"run --model lama-3-8b --simulate dual-rtx4090", 64, "'llama-3-8b'"},
        Refusal{"run --model llama-3-8b --sizes 1MiB", 64, "no --sizes"},
        Refusal{"list --model llama-3-8b --soak 1s", 64, "one of them"},
        Refusal{"estimate --model llama-3-8b --pairs 0-1", 64, "--gpus 0,1"},
        Refusal{"list --model llama-3-8b --cards 3 --simulate dual-rtx4090", 64,
                "--cards 3: there are 2 GPUs"},
        Refusal{"check --min 'peer/*>=45GB/s'", 64, "check RESULT --min"},
        Refusal{"list --min 'peer/*>=45GB/s'", 64, "--min belongs to run and check"},
        Refusal{"check /nowhere/x.json --min 'peer/*>=45GB/s'", 74, "/nowhere/x.json"},
        Refusal{"check " PEERBENCH_SOURCE_DIR "/README.md --min '*>=1GB/s'", 64, "README.md"},
        Refusal{"check " PEERBENCH_SOURCE_DIR "/tests/machine/signals/gh200.json --min '*>=1GB/s'",
                64, "peerbench.signals/1"},
        Refusal{"check " SAMPLE " " SAMPLE " --min '*>=1GB/s'", 64, "unknown argument"},
        Refusal{"machine --signals /nowhere/x.json", 74, "cannot read the signals file"},
        Refusal{"machine --signals " PEERBENCH_SOURCE_DIR "/README.md", 64, "README.md"},
        Refusal{"machine --signals " PEERBENCH_SOURCE_DIR "/tests/golden/no-gpu.json", 64,
                "peerbench.result/1"},
        Refusal{"--signals x.json", 64, "cannot be measured"},
        Refusal{"run --signals x.json", 64, "cannot be measured"},
        Refusal{"machine --signals x.json --simulate no-gpu", 64, "give one of them"},
        Refusal{"machine --signals x.json --save-signals y.json", 64, "none is asked"},
        Refusal{"machines --signals x.json", 64, "--signals belongs to machine, list and check"},
        Refusal{"report x.json --save-signals y.json", 64, "--save-signals belongs to"},
        Refusal{"machine --simulate no-gpu --save-signals /nowhere/x.json", 74, "/nowhere/x.json"},
        Refusal{"machine --simulate no-gpu --save-signals /dev/null", 74, "not a regular file"}));

}  // namespace TEST_FILE
