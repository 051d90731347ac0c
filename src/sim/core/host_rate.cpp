#include "sim/core/host_rate.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <sstream>

namespace peerbench::sim {

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

int count_nodes(const std::string& topology) {
  int nodes = 1;
  std::istringstream levels(topology);
  for (std::string level; levels >> level;) {
    if (level.starts_with("[numa")) return nodes;
    if (const auto colon = level.find(':'); colon != std::string::npos) {
      nodes *= std::max(1, std::atoi(level.c_str() + colon + 1));
    }
    if (level.starts_with("numa")) return nodes;
  }
  return 1;
}

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

std::optional<double> host_rate(const HostDescription& host, const std::string& operation,
                                const std::string& cpus) {
  std::optional<double> all = rate_of(host.pool, operation);
  if (all) *all /= count_nodes(host.topology);
  if (!all || cpus.empty()) return all;
  double sum = 0;
  for (const int cpu : parse_cpus(cpus)) {
    const auto core = rate_of_core(host, operation, cpu);
    if (!core) return std::nullopt;
    sum += *core;
  }
  return sum > 0 ? std::optional(std::min(sum, *all)) : std::nullopt;
}

}  // namespace peerbench::sim
