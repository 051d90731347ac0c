// SPDX-License-Identifier: Apache-2.0
#include "sim/core/host_rate.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <sstream>

namespace gpusim {

namespace {

/// The figure of `rates` (a pool or a kind of core) for an operation.
template <typename Rates>
std::optional<double> rate_of(const Rates& rates, const std::string& operation) {
  const std::optional<Figure>* figure = nullptr;
  if (operation == "read") figure = &rates.read_gbs;
  if (operation == "write") figure = &rates.write_gbs;
  if (operation == "copy") figure = &rates.copy_gbs;
  if (operation == "triad") figure = &rates.triad_gbs;
  if (figure == nullptr || !*figure) return std::nullopt;
  return (*figure)->value;
}

std::optional<double> rate_of_core(const HostDescription& host, const std::string& operation,
                                   int cpu) {
  for (const CoreKind& kind : host.core_kinds) {
    if (std::ranges::count(parse_cpus(kind.cpus), cpu) > 0) return rate_of(kind, operation);
  }
  return std::nullopt;
}

}  // namespace

namespace {

/// How many of `what` a description has: the product of the levels down to it. Nodes may stand
/// beside a level, in brackets.
int count_down_to(const std::string& topology, const std::string& what) {
  int found = 1;
  std::istringstream levels(topology);
  for (std::string level; levels >> level;) {
    if (level.starts_with("[")) {
      if (level.starts_with("[" + what)) return found;
      continue;
    }
    if (const auto colon = level.find(':'); colon != std::string::npos) {
      found *= std::max(1, std::atoi(level.c_str() + colon + 1));
    }
    if (level.starts_with(what)) return found;
  }
  return what == "numa" ? 1 : found;
}

int count_cores(const std::string& topology) { return count_down_to(topology, "core"); }
int count_threads(const std::string& topology) { return count_down_to(topology, "pu"); }

}  // namespace

int count_nodes(const std::string& topology) { return count_down_to(topology, "numa"); }

std::vector<int> parse_cpus(const std::string& list) {
  std::vector<int> cpus;
  const char* at = list.data();
  const char* const end = at + list.size();
  while (at != end) {
    int first = 0;
    auto read = std::from_chars(at, end, first);
    if (read.ec != std::errc()) return {};
    int last = first;
    if (read.ptr != end && *read.ptr == '-') {
      read = std::from_chars(read.ptr + 1, end, last);
      if (read.ec != std::errc()) return {};
    }
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
    at = read.ptr;
    if (at == end) break;
    if (*at++ != ',') return {};
  }
  return cpus;
}

int node_of_cpu(const std::string& topology, int cpu) {
  const int nodes = count_nodes(topology);
  const int cores = std::max(nodes, count_cores(topology));
  // Siblings are numbered one core after the other, or all first ones and then all second ones.
  const int threads = std::max(cores, count_threads(topology));
  const bool apart = topology.find("indexes=") != std::string::npos;
  return apart ? cpu % cores / (cores / nodes) : std::min(cpu / (threads / nodes), nodes - 1);
}

std::optional<double> host_rate(const HostDescription& host, const std::string& operation,
                                const std::string& cpus, int node) {
  const std::optional<double> all = rate_of(host.pool, operation);
  const int nodes = count_nodes(host.topology);
  if (!all || (cpus.empty() && node < 0)) return all;
  const double of_node = *all / nodes;
  const std::vector<int> list = parse_cpus(cpus);
  const bool remote = node >= 0 && !list.empty() && node_of_cpu(host.topology, list[0]) != node;
  if (remote && !host.pool.remote_gbs) return std::nullopt;
  const double most = remote ? std::min(of_node, host.pool.remote_gbs->value) : of_node;
  const auto cores = static_cast<std::size_t>(count_cores(host.topology) / nodes);
  if (list.empty() || (host.core_kinds.empty() && list.size() == cores)) return most;
  double sum = 0;
  for (const int cpu : list) {
    const auto core = rate_of_core(host, operation, cpu);
    if (!core) return std::nullopt;
    sum += *core;
  }
  return sum > 0 ? std::optional(std::min(sum, most)) : std::nullopt;
}

}  // namespace gpusim
