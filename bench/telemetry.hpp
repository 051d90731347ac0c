// SPDX-License-Identifier: Apache-2.0
// What is watched of the machine during a run, beside the rates: PCIe links and clocks under load,
// the wire that each plan's bytes took, errors that links counted, others that use the GPUs.
#pragma once

#include <string>
#include <vector>

#include "bench/harness.hpp"
#include "machine/health.hpp"
#include "machine/pcie_watch.hpp"

namespace peerbench::bench {

class Telemetry {
 public:
  /// Reads the first of each; nothing may have been measured before. `machine` gets what is read
  /// under load, and outlives this.
  explicit Telemetry(machine::Machine& machine);

  /// Sets the hooks that read during the run. They point to this.
  void attach(HarnessOptions& harness);

  /// Reads the last of each, and says what was odd.
  std::vector<machine::Finding> findings() const;

 private:
  void note_dip(const result::Cell& cell);
  void name_wire(const measure::Plan& plan, const measure::Measurement& measured,
                 result::Cell& cell);

  machine::Machine& machine_;
  machine::PcieWatch pcie_;
  machine::HealthWatch health_;
  std::vector<machine::GpuContext> contexts_;
  std::vector<machine::GpuErrors> errors_before_;
  std::vector<machine::GpuTraffic> traffic_before_;
  bool stuck_ = false;  ///< NVLink byte counters did not move with bytes that crossed
  std::vector<machine::Finding> dips_;
  std::vector<std::string> around_;  ///< cells whose staged copies moved the NVLink counters
};

/// What came of a run beside its cells.
struct Watched {
  std::size_t ran = 0;                     ///< cells
  std::vector<machine::Finding> findings;  ///< what was odd meanwhile
};

/// run_all() with all that is watched: `machine` gets what is read of it under load.
Expected<Watched> run_watched(std::vector<Spec> specs, machine::Machine& machine,
                              HarnessOptions options);

}  // namespace peerbench::bench
