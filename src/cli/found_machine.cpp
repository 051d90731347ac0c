// SPDX-License-Identifier: Apache-2.0
#include "cli/found_machine.hpp"

#include <filesystem>
#include <utility>

#include "base/simulation.hpp"
#include "cli/version.hpp"
#include "machine/discover.hpp"
#include "result/signals_file.hpp"

namespace peerbench::cli {

namespace {

Expected<Found> replay(const std::string& path) {
  auto saved = result::read_signals_file(path);
  if (!saved) return tl::unexpected(saved.error());
  return Found{
      machine::describe(saved->signals), std::move(saved->simulated),
      result::Replayed{std::filesystem::path(path).filename().string(), std::move(saved->saved)}};
}

}  // namespace

Expected<Found> find_machine(const MachineOptions& options, bool identify) {
  if (!options.signals.empty()) return replay(options.signals);
  auto signals = machine::read_signals();
  if (!signals) return tl::unexpected(signals.error());
  Found found;
  if (simulated()) found.simulated = result::Simulated{peerbench_sim_machine()};
  found.machine = machine::describe(*signals);
  if (options.save_signals.empty()) return found;
  const result::SavedSignals saved{tool(), utc_now(), found.simulated, "", std::move(*signals)};
  const result::ToJson what{.identify = identify};
  if (auto ok = result::write_signals_file(options.save_signals, saved, what); !ok) {
    return tl::unexpected(ok.error());
  }
  return found;
}

}  // namespace peerbench::cli
