// SPDX-License-Identifier: Apache-2.0
#include "result/text_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace peerbench::result {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> cannot_write(const std::string& path, TextFile::Words words,
                                   std::string_view why) {
  return fail(ErrorKind::io,
              fmt::format("cannot write the {} '{}': {}; give {} a path in a directory that "
                          "exists, is writable and has room",
                          words.what, path, why, words.option));
}

/// The temporary file of this moment; files are written one after another.
std::atomic<const char*> unfinished = nullptr;
static_assert(std::atomic<const char*>::is_always_lock_free, "a signal handler reads it");

/// Nothing but calls that POSIX allows in a signal handler.
void end_without_leftover(int signal) {
  if (const char* name = unfinished.load(); name != nullptr) ::unlink(name);
  std::raise(signal);  // as before: the handler is gone by now (SA_RESETHAND)
}

/// For the signals by which people and job managers end a program, where they would end it.
void leave_nothing_when_ended() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now = {};
    if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
    now.sa_handler = end_without_leftover;
    now.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(signal, &now, nullptr);
  }
}

/// A new file beside `path` that vanishes again unless it is renamed onto `path`, also when a
/// signal ends the program.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& path)
      : name_(fmt::format("{}.{}.tmp", path, ::getpid())) {
    leave_nothing_when_ended();
    unfinished = name_.c_str();
    descriptor_ = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor_ < 0) error_ = errno;
    there_ = descriptor_ >= 0;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (there_) ::unlink(name_.c_str());
    unfinished = nullptr;
  }

  int error() const { return error_; }

  /// Each step is skipped once one has failed; error() says why.
  void write(std::string_view text) {
    while (error_ == 0 && !text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written >= 0) {
        text.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        error_ = errno;
      }
    }
  }
  void sync() {
    // Some file systems cannot; the rename is still atomic for every reader.
    if (error_ == 0 && ::fsync(descriptor_) != 0 && errno != EINVAL && errno != ENOTSUP) {
      error_ = errno;
    }
  }
  void rename_to(const std::string& path) {
    if (error_ == 0 && ::close(std::exchange(descriptor_, -1)) != 0) error_ = errno;
    if (error_ == 0 && ::rename(name_.c_str(), path.c_str()) != 0) error_ = errno;
    if (error_ == 0) there_ = false;
  }

 private:
  std::string name_;
  int descriptor_ = -1;
  int error_ = 0;
  bool there_ = false;
};

}  // namespace

Expected<TextFile> TextFile::create(const std::string& path, Words words) {
  if (path.empty()) return cannot_write(path, words, "the path is empty");
  std::error_code code;
  const fs::path target = fs::weakly_canonical(path, code);
  if (code) return cannot_write(path, words, code.message());
  // A rename would put a regular file in the place of a device or a pipe.
  if (fs::exists(target, code) && !fs::is_regular_file(target, code)) {
    return cannot_write(
        path, words,
        fs::is_directory(target, code) ? "it is a directory" : "it is not a regular file");
  }
  if (const TemporaryFile probe(target.string()); probe.error() != 0) {
    return cannot_write(path, words, std::strerror(probe.error()));
  }
  return TextFile(target.string(), words);
}

Expected<void> TextFile::write(std::string_view text) const {
  TemporaryFile file(path_);
  file.write(text);
  file.sync();
  file.rename_to(path_);
  if (file.error() != 0) return cannot_write(path_, words_, std::strerror(file.error()));
  return {};
}

Expected<std::string> read_text_file(const std::string& path, const char* what, const char* next) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();  // a read error throws inside, is caught there and leaves errno
  if (!file.is_open() || (!text && errno != 0)) {
    return fail(ErrorKind::io,
                fmt::format("cannot read the {} '{}': {}; {}", what, path,
                            errno != 0 ? std::strerror(errno) : "reading failed", next));
  }
  return text.str();
}

}  // namespace peerbench::result
