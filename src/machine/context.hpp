// SPDX-License-Identifier: Apache-2.0
// What else goes on with a GPU while it is measured: others that use it, clocks that are held down.
// It explains a low rate, so it is said before any.
#pragma once

#include <optional>
#include <vector>

#include "machine/machine.hpp"
#include "machine/nvml.hpp"

namespace peerbench::machine {

struct GpuContext {
  int ordinal = 0;
  std::optional<int> busy_percent;     ///< of the time before the run, by others
  std::optional<int> other_processes;  ///< that hold a compute context on it
  /// Bits of nvmlClocksEventReasons (nvml.h).
  std::optional<unsigned long long> clocks_before, clocks_under_load;
};

/// Before this process has given the GPU anything to do. `ordinal` is taken over.
GpuContext read_context(const Nvml& nvml, nvmlDevice_t device, int ordinal);

/// Whether this process has a compute context on a GPU: it has none before anything is measured.
enum class OwnContext { none, there };

/// How many other processes hold a compute context on the GPU; none where NVML does not say.
std::optional<int> other_processes(const Nvml& nvml, nvmlDevice_t device, OwnContext own_context);

/// Why the GPU's clocks are where they are now; none where NVML does not say.
std::optional<unsigned long long> clock_reasons(const Nvml& nvml, nvmlDevice_t device);

/// How many of the processes `ids` are not this one (`own`). Where this one has a context and is
/// not among them it is there under another number, as in containers.
int others(const std::vector<unsigned>& ids, unsigned own, OwnContext own_context);

/// What of it lowers rates, or makes them vary. Nothing is said of what is not known.
std::vector<Finding> context_findings(const std::vector<GpuContext>& contexts);

}  // namespace peerbench::machine
