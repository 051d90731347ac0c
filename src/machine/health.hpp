// SPDX-License-Identifier: Apache-2.0
// Counters of the links, read before and after something was copied: whether errors came with it,
// and whether the bytes crossed NVLink at all. What cannot be read stays unknown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "machine/context.hpp"
#include "machine/machine.hpp"
#include "machine/nvml.hpp"

namespace peerbench::machine {

using Count = std::optional<std::uint64_t>;

/// Errors that one NVLink of a GPU counted. Drivers give CRC errors apart or in one, never both.
struct LinkErrors {
  int link = 0;
  Count crc_flit, crc_data;  ///< as received
  Count crc;                 ///< both in one
  Count packets;             ///< received with errors (NVLink 5)
  Count replays;             ///< sent again
  Count recoveries;          ///< the link had to be trained again
};

struct GpuErrors {
  int ordinal = 0;
  std::vector<LinkErrors> links;  ///< those that could be asked
  Count pcie_replays;             ///< of the GPU's PCIe link
};

/// Bytes that left and reached a GPU over all its NVLinks.
struct GpuTraffic {
  int ordinal = 0;
  Count sent, received;
};

/// What was counted from `before` to `after`. A counter that went back was set to 0 or wrapped: how
/// far it moved is unknown. So is what only one of the two has.
std::vector<GpuErrors> moved(const std::vector<GpuErrors>& before,
                             const std::vector<GpuErrors>& after);
std::vector<GpuTraffic> moved(const std::vector<GpuTraffic>& before,
                              const std::vector<GpuTraffic>& after);

/// One finding for each GPU whose NVLinks, and each whose PCIe link counted errors.
std::vector<Finding> error_findings(const std::vector<GpuErrors>& counted);

/// Reads the counters of the machine's GPUs. NVML takes well under a millisecond for each.
class HealthWatch {
 public:
  /// Starts NVML unless it was left behind at discovery; then nothing is ever known.
  explicit HealthWatch(const Machine& machine);

  std::vector<GpuErrors> errors() const;
  /// Of these GPUs, each once. NVML counts KiB, so differences are exact to 1 KiB a GPU.
  std::vector<GpuTraffic> traffic(std::vector<int> ordinals) const;

  /// What else goes on with the GPUs; to be asked before the first of them is given work.
  std::vector<GpuContext> contexts() const;
  /// MHz of multiprocessors and memory of these GPUs now, as far as they can be read; in the same
  /// order each time.
  std::vector<int> clocks(const std::vector<int>& ordinals) const;
  /// Adds why the clocks of these GPUs are where they are now, while they work.
  void read_clocks(const std::vector<int>& ordinals, std::vector<GpuContext>& contexts) const;
  /// Adds what the memory of these GPUs runs at while they work; keeps the highest.
  void read_memory_clocks(const std::vector<int>& ordinals, Machine& machine) const;

 private:
  struct Card {
    int ordinal = 0;
    nvmlDevice_t device = nullptr;
    bool linked = false;  ///< at least one NVLink is up
  };
  std::optional<Nvml> nvml_;
  std::vector<Card> cards_;
};

}  // namespace peerbench::machine
