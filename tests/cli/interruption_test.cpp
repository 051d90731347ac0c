// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and SIGTERM as a black box. The program's standard error is a terminal of the test's: it
// says which cell is measured, and stops the program while nobody reads it, so that a signal comes
// long before the last of hundreds of cells.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <tuple>
#include <vector>

#include "program.hpp"

namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Interrupted : public Program {
 protected:
  /// Starts the program, waits until it says `until`, sends `signal`, and returns how it ended: the
  /// code of its exit, or minus the signal that killed it.
  int interrupt(const std::vector<std::string>& arguments, const std::string& until, int signal) {
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    EXPECT_EQ(grantpt(terminal) | unlockpt(terminal), 0);
    const int slave = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    const std::string out = path("stdout"), state = folder_.string();
    const pid_t child = fork();
    if (child == 0) {
      setenv("XDG_STATE_HOME", state.c_str(), 1);
      dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
      dup2(slave, STDERR_FILENO);
      close(slave);
      close(terminal);
      std::vector<char*> argv = {const_cast<char*>(PEERBENCH_PROGRAM)};
      for (const std::string& one : arguments) argv.push_back(const_cast<char*>(one.c_str()));
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(slave);
    std::array<char, 256> part{};
    err_.clear();
    while (err_.find(until) == std::string::npos) {
      const ssize_t got = read(terminal, part.data(), part.size());
      if (got <= 0) break;  // the program has ended
      err_.append(part.data(), static_cast<std::size_t>(got));
    }
    kill(child, signal);
    while (true) {
      const ssize_t got = read(terminal, part.data(), part.size());
      if (got <= 0) break;
      err_.append(part.data(), static_cast<std::size_t>(got));
    }
    int status = 0;
    waitpid(child, &status, 0);
    close(terminal);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::string err_;
};

TEST_F(Interrupted, ShowsAndKeepsWhatThereIs) {
  for (const auto& [signal, code, name] :
       {std::tuple(SIGINT, 130, "SIGINT"), std::tuple(SIGTERM, 143, "SIGTERM")}) {
    const std::string file = path("cut.json");
    EXPECT_EQ(interrupt({"run", "--simulate", "hgx-h100-8", "--output", file}, "3 of ", signal),
              code)
        << err_;
    const auto result = nlohmann::json::parse(contents(file));
    const auto cells = result["cells"].size();
    const auto planned = result["planned"].get<std::size_t>();
    EXPECT_GE(cells, 2u);
    EXPECT_LT(cells, planned);
    EXPECT_EQ(result["interrupted"], name);
    EXPECT_TRUE(result["ended"].is_string());
    const std::string count = fmt::format("after {} of {} measurements", cells, planned);
    EXPECT_THAT(contents(path("stdout")), HasSubstr("INTERRUPTED " + count));
    EXPECT_THAT(err_,
                AllOf(HasSubstr("\r\033[K"), HasSubstr("interrupted after"), HasSubstr(file)));
    const auto checked = run("check " + file + " --require nvlink");
    EXPECT_EQ(checked.code, 4) << checked.out;
    EXPECT_THAT(checked.out, HasSubstr(name + std::string(" ended it")));
    EXPECT_EQ(run("check " + file + " --require no-peer-link").code, 1);
    EXPECT_THAT(run("report").out, HasSubstr("INTERRUPTED " + count));
  }
}

TEST_F(Interrupted, EndsALongSampleToo) {
  EXPECT_EQ(
      interrupt({"run", "--simulate", "dual-rtx3090-nvlink", "--soak", "24h"}, "1 of 1", SIGINT),
      130)
      << err_;
  EXPECT_THAT(err_, HasSubstr("interrupted after 0 of 1 cell"));
}

TEST_F(Interrupted, AFileThatWasLeftUnfinishedIsNoGoodAnswer) {
  const std::string file = path("left.json");
  run("run --simulate dual-rtx3090-nvlink --filter '^peer/ce/push/uni/' --quiet --output " + file);
  EXPECT_EQ(run("check " + file + " --require nvlink").code, 0);
  auto result = nlohmann::json::parse(contents(file));
  result["ended"] = nullptr;
  std::ofstream(file) << result;
  const auto checked = run("check " + file + " --require nvlink");
  EXPECT_EQ(checked.code, 4);
  EXPECT_THAT(checked.out, AllOf(HasSubstr("cannot tell: a finished run; met: nvlink"),
                                 HasSubstr("it was killed, or still goes on")));
  result.erase("ended");
  result.erase("planned");
  std::ofstream(file) << result;
  EXPECT_EQ(run("check " + file + " --require nvlink").code, 0) << "a file of an earlier version";
}

}  // namespace TEST_FILE
