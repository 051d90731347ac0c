// SPDX-License-Identifier: Apache-2.0
// What shells offer while somebody types. bash is asked itself; there is one on every machine that
// builds this.
#include <gmock/gmock.h>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Completions : public Program {
 protected:
  /// What bash offers for the last of these words, and whether it may offer files.
  std::string offered(const std::string& words) {
    const std::string script = path("complete.sh");
    std::ofstream(script) << "eval \"$('" PEERBENCH_PROGRAM "' completions bash)\"\n"
                          << "compopt() { no_files=1; }  # outside of a completion it is an error\n"
                          << "COMP_WORDS=(peerbench " << words << ")\n"
                          << "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                          << "_peerbench\n"
                          << "echo \"${COMPREPLY[*]}${no_files:- or a file}\"\n";
    FILE* pipe = popen(("bash -u '" + script + "' 2>&1").c_str(), "r");
    std::array<char, 4096> line{};
    const std::size_t size = fread(line.data(), 1, line.size(), pipe);
    EXPECT_EQ(pclose(pipe), 0);
    std::string text(line.data(), size);
    for (const char* end : {"\n", "1"}) {
      if (text.ends_with(end)) text.pop_back();
    }
    return text;
  }
};

TEST_F(Completions, BashOffersCommandsAndTheirOptions) {
  EXPECT_THAT(offered("''"), AllOf(HasSubstr("run machine list"), Not(HasSubstr("file"))));
  EXPECT_EQ(offered("mach"), "machine machines");
  EXPECT_EQ(offered("check --re"), "--require");
  EXPECT_EQ(offered("run --prob"), "") << "of machine";
  EXPECT_EQ(offered("--simulate no-gpu list --bud"), "");
  EXPECT_EQ(offered("--bud"), "--budget") << "of run, which is the default";
  EXPECT_EQ(offered("list --conf"), "--config");
  EXPECT_EQ(offered("--vers"), "--version");
  EXPECT_EQ(offered("run --gat"), "") << "not in the help";
}

TEST_F(Completions, BashOffersValues) {
  EXPECT_EQ(offered("run --format ''"), "terminal markdown csv json");
  EXPECT_EQ(offered("run --format = j"), "json") << "bash splits --format=j so";
  EXPECT_EQ(offered("--format ="), "terminal markdown csv json");
  EXPECT_EQ(offered("--simulate dgx-sp"), "dgx-spark or a file");
  EXPECT_EQ(offered("estimate --model llama-3-8"), "llama-3-8b or a file");
  EXPECT_EQ(offered("run --budget ''"), "");
}

TEST_F(Completions, BashOffersFilesWhereOneIsTaken) {
  EXPECT_EQ(offered("report ''"), " or a file");
  EXPECT_EQ(offered("run --output ''"), " or a file");
  EXPECT_EQ(offered("machines ''"), "");
  EXPECT_EQ(offered("--output list mach"), "machine machines") << "list is a file here";
}

TEST_F(Completions, ThereAreScriptsForZshAndFish) {
  const auto zsh = run("completions zsh");
  EXPECT_EQ(zsh.code, 0);
  EXPECT_THAT(zsh.out,
              AllOf(HasSubstr("#compdef peerbench\n"),
                    HasSubstr("'--require':'What a machine must have (see below)'"),
                    HasSubstr("'machine':'Say what is in the box and how that is known'"),
                    HasSubstr("--format) compadd -- terminal markdown csv json; return ;;"),
                    HasSubstr("--output) _files; return ;;")));
  const auto fish = run("completions fish");
  EXPECT_EQ(fish.code, 0);
  EXPECT_THAT(fish.out,
              AllOf(HasSubstr("complete -c peerbench -n '__fish_seen_subcommand_from check' -l "
                              "require -d 'What a machine must have (see below)' -x\n"),
                    HasSubstr("-a report -d 'Show the last run, or recorded ones, again'"),
                    HasSubstr("'__fish_seen_subcommand_from report' -F\n")));
}

TEST_F(Completions, OtherShellsAreRefused) {
  for (const char* arguments : {"completions", "completions tcsh"}) {
    const auto result = run(arguments);
    EXPECT_EQ(result.code, 64);
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, HasSubstr("bash"));
  }
}

}  // namespace TEST_FILE
