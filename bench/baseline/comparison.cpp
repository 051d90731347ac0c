// SPDX-License-Identifier: Apache-2.0
#include "comparison.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>
#include <tuple>

#include "measure/host_placement.hpp"
#include "measure/host_size.hpp"
#include "measure/thread_team.hpp"
#include "plain_loops.hpp"

namespace peerbench::baseline {
namespace {

using measure::HostArray;
using measure::HostOp;
using measure::HostSlice;

constexpr std::uint64_t written = 0x0123456789abcdef;

struct Free {
  void operator()(std::uint64_t* memory) const { std::free(memory); }
};
using PlainArray = std::unique_ptr<std::uint64_t[], Free>;

struct Sides {
  HostOp op;
  const kernels::HostLoops& loops;
  std::vector<HostArray> ours;
  std::vector<PlainArray> plain;
  std::vector<HostSlice> slices;
  std::vector<std::uint64_t> our_sums, plain_sums;  // of the last pass of read
};

PlainArray allocate_plain(Bytes bytes) {
  PlainArray array(static_cast<std::uint64_t*>(std::malloc(bytes)));
  if (!array) return array;
  // So that a system that gives huge pages to everybody does not give them to this side.
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(array.get()) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(array.get()) + bytes;
  (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_NOHUGEPAGE);
  return array;
}

/// How long the calling thread has had a core.
double core_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void touch(Sides& sides, int thread) {
  const HostSlice slice = sides.slices[static_cast<std::size_t>(thread)];
  measure::fill_slice(sides.op, sides.ours, slice);
  for (std::size_t i = 0; i < sides.plain.size(); ++i) {
    std::memcpy(sides.plain[i].get() + slice.first, sides.ours[i].words() + slice.first,
                slice.size() * 8);
  }
}

void our_pass(Sides& sides, int thread) {
  const auto index = static_cast<std::size_t>(thread);
  const auto [first, last] = sides.slices[index];
  const auto& a = sides.ours;
  switch (sides.op) {
    case HostOp::read:
      sides.our_sums[index] = sides.loops.read(a[0].words() + first, last - first);
      return;
    case HostOp::write:
      return sides.loops.write(a[0].words() + first, written, last - first);
    case HostOp::copy:
      return sides.loops.copy(a[0].words() + first, a[1].words() + first, last - first);
    case HostOp::triad:
      return sides.loops.triad(a[0].reals() + first, a[1].reals() + first, a[2].reals() + first,
                               measure::triad_factor, last - first);
  }
}

void plain_pass(Sides& sides, int thread) {
  const auto index = static_cast<std::size_t>(thread);
  const auto [first, last] = sides.slices[index];
  const auto words = [&, begin = first](std::size_t i) { return sides.plain[i].get() + begin; };
  const auto reals = [&](std::size_t i) { return reinterpret_cast<double*>(words(i)); };
  switch (sides.op) {
    case HostOp::read:
      sides.plain_sums[index] = plain_read(words(0), last - first);
      return;
    case HostOp::write:
      return plain_write(words(0), written, last - first);
    case HostOp::copy:
      return plain_copy(words(0), words(1), last - first);
    case HostOp::triad:
      return plain_triad(reals(0), reals(1), reals(2), measure::triad_factor, last - first);
  }
}

bool right(const Sides& sides, HostSlice slice, std::size_t thread) {
  if (measure::check_slice(sides.op, sides.ours, slice, written).wrong_words != 0) return false;
  if (std::memcmp(sides.ours[0].words() + slice.first, sides.plain[0].get() + slice.first,
                  slice.size() * 8) != 0) {
    return false;
  }
  return sides.op != HostOp::read || (sides.our_sums[thread] == measure::expected_sum(slice) &&
                                      sides.plain_sums[thread] == sides.our_sums[thread]);
}

}  // namespace

std::vector<double> Comparison::ratios() const {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / plain[i]);
  return ratios;
}

Expected<Comparison> compare(HostOp op, const kernels::HostLoops& loops, measure::Pages pages,
                             int rounds) {
  const auto placement = measure::HostPlacement::of_node(-1);
  if (!placement) return tl::unexpected(placement.error());
  const auto page = static_cast<Bytes>(sysconf(_SC_PAGESIZE));
  const auto size = measure::choose_host_size(
      {.arrays = measure::array_count(op),
       .cache_bytes = placement->cache_bytes(),
       .available_bytes = page * static_cast<Bytes>(sysconf(_SC_AVPHYS_PAGES)),
       .total_bytes = page * static_cast<Bytes>(sysconf(_SC_PHYS_PAGES))});
  if (!size) return tl::unexpected(size.error());

  auto team = measure::ThreadTeam::start(placement->cores(),
                                         [&](int thread) { (void)placement->pin(thread); });
  if (!team) return tl::unexpected(team.error());

  Comparison result;
  result.threads = team->size();
  result.bytes_per_array = size->bytes_per_array;
  Sides sides{.op = op,
              .loops = loops,
              .ours = {},
              .plain = {},
              .slices = {},
              .our_sums = {},
              .plain_sums = {}};
  sides.slices = measure::cut_slices(size->bytes_per_array / 8, team->size(), 2 * MiB / 8);
  sides.our_sums.resize(sides.slices.size());
  sides.plain_sums.resize(sides.slices.size());
  for (int i = 0; i < measure::array_count(op); ++i) {
    auto array = HostArray::map(size->bytes_per_array, pages);
    if (!array) return tl::unexpected(array.error());
    sides.ours.push_back(std::move(*array));
    sides.plain.push_back(allocate_plain(size->bytes_per_array));
    if (!sides.plain.back()) return fail(ErrorKind::device, "malloc gives no memory");
  }
  team->run([&](int thread) { touch(sides, thread); });
  Bytes huge = 0;
  for (const HostArray& array : sides.ours) huge += array.huge_bytes();
  result.huge_share = static_cast<double>(huge) /
                      (static_cast<double>(size->bytes_per_array) * measure::array_count(op));

  const double bytes = static_cast<double>(measure::bytes_read(op, size->bytes_per_array) +
                                           measure::bytes_written(op, size->bytes_per_array));
  // Each timed pass follows one of its own kind, so that lines which the other side left modified
  // in the caches are written back before.
  struct Timed {
    double rate = 0;
    double slowest_core_seconds = 0;
  };
  std::vector<double> on_core(sides.slices.size());
  const auto rate = [&](auto pass) {
    team->run([&](int thread) { pass(sides, thread); });
    const auto window = team->run([&](int thread) {
      const double before = core_seconds();
      pass(sides, thread);
      on_core[static_cast<std::size_t>(thread)] = core_seconds() - before;
    });
    return Timed{gigabytes_per_second(bytes, std::chrono::duration<double>(window).count()),
                 *std::ranges::max_element(on_core)};
  };
  for (int round = 0; round < rounds; ++round) {
    // Who goes first changes from round to round.
    const bool ours_first = round % 2 == 0;
    const Timed first = ours_first ? rate(our_pass) : rate(plain_pass);
    const Timed second = ours_first ? rate(plain_pass) : rate(our_pass);
    const auto& [ours, plain] = ours_first ? std::tie(first, second) : std::tie(second, first);
    result.ours.push_back(ours.rate);
    result.plain.push_back(plain.rate);
    result.core_ratios.push_back(plain.slowest_core_seconds / ours.slowest_core_seconds);
  }
  std::vector<char> wrong(sides.slices.size(), 0);
  team->run([&](int thread) {
    const auto index = static_cast<std::size_t>(thread);
    wrong[index] = right(sides, sides.slices[index], index) ? 0 : 1;
  });
  for (const char slice_wrong : wrong) {
    if (slice_wrong != 0) return fail(ErrorKind::device, "the data are wrong after the loops");
  }
  return result;
}

}  // namespace peerbench::baseline
