// SPDX-License-Identifier: Apache-2.0
// What NCCL says of itself: NCCL_DEBUG, NCCL_DEBUG_FILE, in the words of the real one.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "sim/nccl/clique.hpp"

namespace gpusim {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// NCCL_DEBUG_FILE with %h and %p filled in; stdout without one.
FILE* log_file() {
  static auto* const files = new std::map<std::string, FILE*>;
  std::string path = environment("NCCL_DEBUG_FILE");
  if (path.empty()) return stdout;
  const auto replace = [&](const char* what, const std::string& by) {
    const auto at = path.find(what);
    if (at != std::string::npos) path.replace(at, std::strlen(what), by);
  };
  replace("%h", "simulated");
  replace("%p", std::to_string(getpid()));
  const auto known = files->find(path);
  if (known != files->end()) return known->second;
  FILE* opened = std::fopen(path.c_str(), "w");
  if (opened == nullptr) return stdout;
  std::setvbuf(opened, nullptr, _IOLBF, 0);
  return (*files)[path] = opened;
}

}  // namespace

void inform(const ncclComm& comm, const std::string& text) {
  const std::string level = environment("NCCL_DEBUG");
  if (level != "INFO" && level != "TRACE") return;
  std::fprintf(log_file(), "simulated:%d:%d [%d] NCCL INFO %s\n", getpid(), getpid(), comm.ordinal,
               text.c_str());
}

void warn(const std::string& text) {
  const std::string level = environment("NCCL_DEBUG");
  if (level.empty() || level == "VERSION") return;
  std::fprintf(log_file(), "simulated:%d:%d NCCL WARN %s\n", getpid(), getpid(), text.c_str());
}

}  // namespace gpusim
