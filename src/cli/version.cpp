// SPDX-License-Identifier: Apache-2.0
#include "cli/version.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

#include "peerbench_revision.hpp"

namespace peerbench::cli {

result::Tool tool() { return {.name = "peerbench", .version = PEERBENCH_VERSION, .git = revision}; }

std::string utc_now() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

std::string version_line() {
  const result::Tool self = tool();
  return self.git.empty() ? fmt::format("peerbench {}", self.version)
                          : fmt::format("peerbench {} ({})", self.version, self.git);
}

}  // namespace peerbench::cli
