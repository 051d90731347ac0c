// SPDX-License-Identifier: Apache-2.0
#include "cli/prepare.hpp"
#include "base/list_some.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace peerbench::cli {

namespace {

Expected<void> check_gpu(const machine::Machine& machine, const char* option, int gpu) {
  std::vector<int> present;
  for (const machine::Gpu& one : machine.gpus) present.push_back(one.ordinal);
  if (std::ranges::count(present, gpu) > 0) return {};
  const std::string has = present.empty() ? "no GPU is visible here"
                                          : fmt::format("there are {}", fmt::join(present, ", "));
  return fail(ErrorKind::usage,
              fmt::format("{}: no GPU {}; {} (see `peerbench machine`)", option, gpu, has));
}

}  // namespace

Expected<void> check_selection(const machine::Machine& machine, const result::Settings& settings) {
  for (const int gpu : settings.gpus) {
    if (auto ok = check_gpu(machine, "--gpus", gpu); !ok) return ok;
  }
  for (const auto& [from, to] : settings.pairs) {
    if (auto ok = check_gpu(machine, "--pairs", from); !ok) return ok;
    if (auto ok = check_gpu(machine, "--pairs", to); !ok) return ok;
  }
  const std::size_t cards = settings.gpus.empty() ? machine.gpus.size() : settings.gpus.size();
  if (settings.split && static_cast<std::size_t>(settings.split->cards) > cards) {
    return fail(ErrorKind::usage,
                fmt::format("--cards {}: there {} {} to split a model over", settings.split->cards,
                            cards == 1 ? "is" : "are", with_count(cards, "GPU")));
  }
  return {};
}

Expected<Prepared> prepare(const MachineOptions& options, bool identify,
                           const result::Settings& settings) {
  auto found = find_machine(options, identify);
  if (!found) return tl::unexpected(found.error());
  if (auto ok = check_selection(found->machine, settings); !ok) {
    return tl::unexpected(ok.error());
  }
  std::vector<bench::Spec> specs = bench::catalogue(found->machine, settings);
  return Prepared{std::move(*found), std::move(specs)};
}

}  // namespace peerbench::cli
