#include "cli/version.hpp"

#include <fmt/format.h>

#include "peerbench_revision.hpp"

namespace peerbench::cli {

result::Tool tool() { return {.name = "peerbench", .version = PEERBENCH_VERSION, .git = revision}; }

std::string version_line() {
  const result::Tool self = tool();
  return self.git.empty() ? fmt::format("peerbench {}", self.version)
                          : fmt::format("peerbench {} ({})", self.version, self.git);
}

}  // namespace peerbench::cli
