// SPDX-License-Identifier: Apache-2.0
#include "measure/host_chase.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>

#include "base/clock.hpp"
#include "base/simulation.hpp"
#include "measure/host_pool.hpp"

namespace peerbench::measure {
namespace {

constexpr Bytes least = 256 * MiB;
constexpr Bytes simulated_bytes = MiB;
constexpr std::uint64_t few_loads = 10'000;  // to learn how many fill a sample
// Where the model makes the time, the loads that are really done only serve the check.
constexpr std::uint64_t simulated_loads = 4'096;

Expected<Bytes> bytes_for(const HostChaseRequest& request) {
  if (request.bytes == 0) return chase_bytes(request.pool);
  if (!std::has_single_bit(request.bytes) || request.bytes < 2 * kernels::chase_line_bytes) {
    return fail(ErrorKind::usage,
                fmt::format("a chain of loads needs a power of two of bytes, not {}",
                            format_bytes(request.bytes)));
  }
  return request.bytes;
}

Expected<std::optional<HostPlacement>> place(const HostChaseRequest& request) {
  if (simulated()) return std::optional<HostPlacement>();
  const int node = request.pool.numa_node;
  auto placement = request.cpus.empty() ? HostPlacement::of_node(node)
                                        : HostPlacement::of_cpus(request.cpus, node);
  if (!placement) return tl::unexpected(placement.error());
  return std::optional<HostPlacement>(std::move(*placement));
}

}  // namespace

Expected<Bytes> chase_bytes(const machine::Pool& pool) {
  if (simulated()) return simulated_bytes;
  const Bytes floor = std::bit_ceil(std::max<Bytes>(4 * pool.largest_cache_bytes, MiB));
  const Bytes most = std::bit_floor(pool.available_bytes / 4);
  if (most < floor) {
    return fail(ErrorKind::unsupported,
                fmt::format("a chain of loads well past the caches needs {}, but a quarter of the "
                            "available {} is all a measurement may take; free memory and try again",
                            format_bytes(floor), format_bytes(pool.available_bytes)));
  }
  return std::min(std::max(floor, least), most);
}

HostChase::HostChase(HostArray array, ThreadTeam team, std::optional<HostPlacement> placement,
                     kernels::ChaseOrder order)
    : array_(std::move(array)),
      placement_(std::move(placement)),
      team_(std::move(team)),
      order_(order),
      at_(kernels::chase_address(array_.words(), order, 0)) {}

Expected<HostChase> HostChase::prepare(const HostChaseRequest& request) {
  const auto bytes = bytes_for(request);
  if (!bytes) return tl::unexpected(bytes.error());
  auto placement = place(request);
  if (!placement) return tl::unexpected(placement.error());
  auto array = request.driver_memory
                   ? HostArray::allocate(*bytes, *request.driver_memory, request.gpu)
                   : HostArray::map(*bytes, request.pages);
  if (!array) return tl::unexpected(array.error());
  std::string unbound, unpinned;
  if (*placement && !request.driver_memory) {
    unbound = (*placement)->bind(array->mapping(), array->mapped_bytes());
  }
  auto team = ThreadTeam::start(1, [&](int) {
    if (*placement) unpinned = (*placement)->pin(0);
  });
  if (!team) return tl::unexpected(team.error());

  const kernels::ChaseOrder order{std::countr_zero(*bytes / kernels::chase_line_bytes)};
  HostChase chase(std::move(*array), std::move(*team), std::move(*placement), order);
  chase.cpus_ = request.cpus;
  chase.node_ = request.pool.numa_node;
  chase.team_.run(
      [&](int) { kernels::write_chase(chase.array_.words(), order, 1, order.lines() + 1); });
  if (!chase.placement_) {
    chase.notes_.push_back("thread and memory are placed by the simulated machine");
    return chase;
  }
  chase.notes_.push_back(unpinned.empty()
                             ? fmt::format("one thread, pinned{}",
                                           request.cpus.empty() ? " to the pool's first core"
                                                                : " to processor " + request.cpus)
                             : fmt::format("the thread could not be pinned ({})", unpinned));
  if (request.driver_memory) {
    chase.notes_.push_back("memory and its pages are the driver's choice");
    return chase;
  }
  chase.notes_.push_back(unbound.empty()
                             ? fmt::format("memory bound to NUMA node {}", request.pool.numa_node)
                             : fmt::format("memory placed by first touch ({})", unbound));
  chase.notes_.push_back(fmt::format(
      "{:.0f} % of the array in huge pages{}",
      100 * static_cast<double>(chase.array_.huge_bytes()) / static_cast<double>(*bytes),
      request.pages == Pages::huge ? "" : " (not asked for)"));
  return chase;
}

Expected<double> HostChase::follow(std::uint64_t loads) {
  const std::uint64_t really = simulated() ? std::min(loads, simulated_loads) : loads;
  const auto start = HostClock::now();
  const auto window = team_.run([&](int) { at_ = kernels::chase(at_, really); });
  done_ += really;
  if (peerbench_sim_host_chase == nullptr) {
    return std::chrono::duration<double, std::nano>(window).count() / static_cast<double>(loads);
  }
  if (peerbench_sim_host_chase(loads, cpus_.c_str(), node_) != 0) {
    return fail(ErrorKind::unsupported, "the machine file gives no latency for this pool");
  }
  return std::chrono::duration<double, std::nano>(HostClock::now() - start).count() /
         static_cast<double>(loads);
}

Expected<std::uint64_t> HostChase::loads_in(double seconds) {
  const auto ns = follow(few_loads);
  if (!ns) return tl::unexpected(ns.error());
  return std::max(few_loads, static_cast<std::uint64_t>(seconds * 1e9 / std::max(*ns, 0.1)));
}

std::string HostChase::find_corruption() {
  if (at_ != kernels::chase_address(array_.words(), order_, done_)) {
    return fmt::format("after {} loads the chain stands at another line than it must", done_);
  }
  std::uint64_t wrong = 0;
  team_.run([&](int) {
    for (std::uint64_t step = 0; step < order_.lines(); ++step) {
      const auto* line = kernels::chase_address(array_.words(), order_, step);
      wrong += *static_cast<const void* const*>(line) !=
                       kernels::chase_address(array_.words(), order_, step + 1)
                   ? 1
                   : 0;
    }
  });
  if (wrong == 0) return {};
  return fmt::format("{} of {} lines of the chain lead to another than their next", wrong,
                     order_.lines());
}

Measurement measure_host_chase(const HostChaseRequest& request, const MeasureOptions& options,
                               const Around& around) {
  Measurement result;
  auto chase = HostChase::prepare(request);
  if (!chase) return failed(std::move(result), chase.error());
  result.host.bytes_per_array = chase->bytes();
  result.notes = chase->notes();
  const auto loads = chase->loads_in(around ? min_shared_sample_seconds : min_host_sample_seconds);
  if (!loads) return failed(std::move(result), loads.error());
  Sampling sampling = sample_until(
      [&] {
        const auto follow = [&] { return chase->follow(*loads); };
        return around ? around(follow) : follow();
      },
      options.sampling, {.on_sample = options.on_sample});
  const std::optional<Error> error = std::move(sampling.error);
  add_sampling(result, std::move(sampling));
  if (error) return failed(std::move(result), *error);
  if (request.before_verification) request.before_verification(chase->words());
  conclude(result, with_advice(chase->find_corruption()));
  return result;
}

}  // namespace peerbench::measure
