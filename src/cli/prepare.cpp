// SPDX-License-Identifier: Apache-2.0
#include "cli/prepare.hpp"
#include "base/list_some.hpp"

#include <fmt/format.h>
#include <utility>

namespace peerbench::cli {

namespace {

Expected<void> check_split(const machine::Machine& machine, const result::Settings& settings) {
  const std::size_t cards = settings.gpus.empty() ? machine.gpus.size() : settings.gpus.size();
  if (settings.split && static_cast<std::size_t>(settings.split->cards) > cards) {
    return fail(ErrorKind::usage,
                fmt::format("--cards {}: there {} {} to split a model over", settings.split->cards,
                            cards == 1 ? "is" : "are", with_count(cards, "GPU")));
  }
  return {};
}

}  // namespace

Expected<Prepared> prepare(const MachineOptions& options, bool identify,
                           const GpuSelection& selection, result::Settings settings) {
  auto found = find_machine(options, identify);
  if (!found) return tl::unexpected(found.error());
  if (auto ok = select_gpus(selection, found->machine, identify, settings); !ok) {
    return tl::unexpected(ok.error());
  }
  if (auto ok = check_split(found->machine, settings); !ok) return tl::unexpected(ok.error());
  std::vector<bench::Spec> specs = bench::catalogue(found->machine, settings);
  return Prepared{std::move(*found), std::move(settings), std::move(specs)};
}

}  // namespace peerbench::cli
