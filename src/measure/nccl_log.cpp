// SPDX-License-Identifier: Apache-2.0
#include "measure/nccl_log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <regex>
#include <set>
#include <sstream>

namespace peerbench::measure {

NcclUse read_nccl_log(const std::string& log) {
  static const std::regex channel(R"(Channel \d+.* : \d+\[\w+\] -> \d+\[\w+\].* via (\w+)(/.*)?$)");
  static const std::regex connected(R"(Connected (?:all )?(rings|trees|NVLS))");
  static const std::regex ring(R"(Pattern 4,.* type (\w+)/)");
  NcclUse use;
  std::set<std::string> transports, algorithms;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_search(line, found, channel)) {
      if (transports.empty()) use.detail = found[1].str() + found[2].str();
      transports.insert(found[1]);
    } else if (std::regex_search(line, found, ring)) {
      use.graph = found[1];
    } else if (std::regex_search(line, found, connected)) {
      algorithms.insert(found[1]);
    }
  }
  use.transport = fmt::format("{}", fmt::join(transports, "+"));
  for (const char* each : {"rings", "trees", "NVLS"}) {
    if (!algorithms.contains(each)) continue;
    use.algorithms += (use.algorithms.empty() ? "" : " and ") + std::string(each);
  }
  return use;
}

std::string describe(const NcclUse& use) {
  if (use.transport.empty()) return "";
  return fmt::format(
      "NCCL says it used {}{}{}",
      use.transport.find('+') == std::string::npos ? use.detail : use.transport,
      use.algorithms.empty() ? "" : fmt::format(", connected as {}", use.algorithms),
      use.graph.empty() ? "" : fmt::format(", its ring's farthest way {}", use.graph));
}

}  // namespace peerbench::measure
