// SPDX-License-Identifier: Apache-2.0
#include "result/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "result/text_file.hpp"
#include "sample_runs.hpp"

namespace peerbench::result {
namespace TEST_FILE {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ResultFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "peerbench_file_test_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  static std::string content(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_;
};

TEST_F(ResultFileTest, EachWriteReplacesTheWholeDocument) {
  const auto file = ResultFile::create(path("run.json"));
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ(files(), 0u) << "nothing is left behind before the first write";

  result::Run run = dual_rtx3090_nvlink();
  ASSERT_TRUE(file->write(run).has_value());
  run.cells.resize(1);
  ASSERT_TRUE(file->write(run).has_value());
  EXPECT_EQ(content(path("run.json")), to_text(run));
  EXPECT_EQ(files(), 1u) << "no temporary file is left";

  const auto back = read_result(path("run.json"));
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->cells.size(), 1u);
}

TEST_F(ResultFileTest, AnUnwritablePathIsFoundOutBeforeAnythingIsMeasured) {
  std::ofstream(path("plain")) << "x";
  const auto refusal = [](const std::string& where) {
    const auto file = ResultFile::create(where);
    EXPECT_FALSE(file.has_value()) << where;
    if (file) return std::string();
    EXPECT_EQ(file.error().kind, ErrorKind::io);
    EXPECT_THAT(file.error().message, HasSubstr("'" + where + "'"));
    EXPECT_THAT(file.error().message, HasSubstr("give --output a path"));
    return file.error().message;
  };
  EXPECT_THAT(refusal(path("missing/run.json")), HasSubstr("No such file or directory"));
  EXPECT_THAT(refusal(path("plain/run.json")), HasSubstr("Not a directory"));
  EXPECT_THAT(refusal(folder_.string()), HasSubstr("it is a directory"));
  EXPECT_THAT(refusal("/dev/null"), HasSubstr("not a regular file"));
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
}

TEST_F(ResultFileTest, AFileThatIsThereStaysUntilTheFirstWrite) {
  std::ofstream(path("run.json")) << "precious";
  ASSERT_TRUE(ResultFile::create(path("run.json")).has_value());
  EXPECT_EQ(content(path("run.json")), "precious");
  EXPECT_EQ(files(), 1u);
}

TEST_F(ResultFileTest, ALinkStaysALink) {
  std::ofstream(path("target.json")) << "old";
  fs::create_symlink(path("target.json"), path("link.json"));
  const auto file = ResultFile::create(path("link.json"));
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->write(no_gpu()).has_value());
  EXPECT_TRUE(fs::is_symlink(path("link.json")));
  EXPECT_EQ(content(path("target.json")), to_text(no_gpu()));
}

/// What a child process does and how it ended. A child, because a file size limit stays.
int in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(ResultFileTest, AFullDiskLeavesThePreviousDocument) {
  const auto file = ResultFile::create(path("run.json"));
  ASSERT_TRUE(file.has_value());
  result::Run run = no_gpu();
  run.cells.resize(1);
  ASSERT_TRUE(file->write(run).has_value());
  const int ended = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit few_bytes{512, 512};
    if (::setrlimit(RLIMIT_FSIZE, &few_bytes) != 0) return 2;
    const auto written = file->write(no_gpu());
    return !written && written.error().kind == ErrorKind::io ? 0 : 1;
  });
  EXPECT_EQ(ended, 0) << "writing past the limit must be an io error";
  EXPECT_EQ(content(path("run.json")), to_text(run));
  EXPECT_EQ(files(), 1u) << "the temporary file is gone";
}

TEST_F(ResultFileTest, DyingWhileWritingLeavesThePreviousDocument) {
  const auto file = ResultFile::create(path("run.json"));
  ASSERT_TRUE(file.has_value());
  result::Run run = no_gpu();
  run.cells.resize(1);
  ASSERT_TRUE(file->write(run).has_value());
  const int ended = in_child([&] {
    ::signal(SIGXFSZ, SIG_DFL);  // kills at the first byte past the limit
    const rlimit few_bytes{512, 512};
    if (::setrlimit(RLIMIT_FSIZE, &few_bytes) != 0) return 2;
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    (void)file->write(no_gpu());
    return 0;
  });
  EXPECT_EQ(ended, -1) << "the child was meant to die";
  EXPECT_EQ(content(path("run.json")), to_text(run));
}

/// The name of a process's temporary file beside `file`.
std::string temporary(const std::string& file, pid_t process) {
  return file + "." + std::to_string(process) + ".tmp";
}

TEST_F(ResultFileTest, EndedByASignalWhileWritingLeavesOnlyThePreviousDocument) {
  const auto file = TextFile::create(path("run.json"), {"file", "--output"});
  ASSERT_TRUE(file.has_value());
  ASSERT_TRUE(file->write("before").has_value());
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {  // finds a pipe in the place of its file, and waits there for a reader
      ::mkfifo(temporary(path("run.json"), ::getpid()).c_str(), 0600);
      (void)!::write(ready[1], "x", 1);
      (void)file->write(std::string(1 << 20, 'x'));  // more than a pipe holds
      ::_exit(0);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    const int reader = ::open(temporary(path("run.json"), child).c_str(), O_RDONLY);
    ASSERT_EQ(::read(reader, &byte, 1), 1) << "it is in the middle of writing";
    // To the thread that writes: an emulator has others too, which would not be interrupted for it.
    ASSERT_EQ(::tgkill(child, child, signal), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    for (const int open : {reader, ready[0], ready[1]}) ::close(open);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal) << status;
    EXPECT_EQ(files(), 1u) << "the temporary file is gone after signal " << signal;
    EXPECT_EQ(content(path("run.json")), "before");
  }
}

TEST_F(ResultFileTest, AnIgnoredSignalStaysIgnored) {
  const int ended = in_child([&] {
    ::signal(SIGHUP, SIG_IGN);  // as nohup does
    const auto file = ResultFile::create(path("run.json"));
    ::raise(SIGHUP);
    return file && file->write(no_gpu()) ? 0 : 1;
  });
  EXPECT_EQ(ended, 0);
  EXPECT_EQ(content(path("run.json")), to_text(no_gpu()));
}

TEST_F(ResultFileTest, ReadingSaysWhichFileAndWhy) {
  const auto missing = read_result(path("missing.json"));
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().kind, ErrorKind::io);
  EXPECT_THAT(missing.error().message, HasSubstr("No such file or directory"));
  EXPECT_EQ(read_result(folder_.string()).error().kind, ErrorKind::io);

  std::ofstream(path("other.json")) << R"({"schema": "somebody.else/3"})";
  const auto other = read_result(path("other.json"));
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().kind, ErrorKind::usage);
  EXPECT_THAT(other.error().message, HasSubstr("other.json"));
  EXPECT_THAT(other.error().message, HasSubstr("somebody.else/3"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::result
