// SPDX-License-Identifier: Apache-2.0
#include "cli/last_run.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "result/file.hpp"

namespace peerbench::cli {

namespace {

namespace fs = std::filesystem;

/// The XDG Base Directory Specification ignores what is no absolute path.
fs::path folder_of(const char* variable) {
  const char* value = std::getenv(variable);
  const fs::path folder = value == nullptr ? "" : value;
  return folder.is_absolute() ? folder : fs::path();
}

}  // namespace

std::string last_run_path() {
  fs::path state = folder_of("XDG_STATE_HOME");
  if (state.empty()) {
    const fs::path home = folder_of("HOME");
    if (home.empty()) return "";
    state = home / ".local" / "state";
  }
  return state / "peerbench" / "last.json";
}

Expected<bool> keep_last_run(const result::Run& run) {
  const std::string path = last_run_path();
  if (path.empty()) return false;
  std::error_code problem;
  fs::create_directories(fs::path(path).parent_path(), problem);
  if (problem) {
    return fail(ErrorKind::io,
                fmt::format("{} cannot be made: {}", fs::path(path).parent_path().string(),
                            problem.message()));
  }
  const auto file = result::ResultFile::create(path);
  if (!file) return tl::unexpected(file.error());
  if (auto ok = file->write(run); !ok) return tl::unexpected(ok.error());
  return true;
}

Expected<result::Run> last_run() {
  const std::string path = last_run_path();
  std::error_code ignored;  // what cannot be seen is read below, and refused with the reason
  if (path.empty() || !fs::exists(path, ignored)) {
    return fail(ErrorKind::io,
                "no run was kept yet: measure with `peerbench`, or name result files, peerbench "
                "report FILE...");
  }
  return result::read_result(path);
}

}  // namespace peerbench::cli
