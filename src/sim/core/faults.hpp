// SPDX-License-Identifier: Apache-2.0
// What a copy does to memory, and what goes wrong with it on purpose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "sim/core/export.hpp"
#include "sim/core/memory.hpp"
#include "sim/machine_file.hpp"

namespace gpusim {

/// Bytes on their way from one GPU to another.
struct PeerTraffic {
  int from = -1;  ///< -1: the host, which no fault meets
  int to = -1;
  Carrier carrier = Carrier::any;
  bool staged = false;  ///< through the host's memory
};

enum class DataFault {
  none,
  nothing_written,  ///< the destination stays as it was
  part_written,     ///< the second half stays as it was
  bit_flip,         ///< one bit of the destination is wrong
  stale,            ///< only the first copy to a place arrives, it keeps that one's data
  swapped_pair,     ///< two pages of 2 MiB (of less than two the halves) change places
  private_mirror,   ///< what goes through a GPU's window onto the other stays with the window
};

/// Whether a fault is one of what goes from GPU `from` to GPU `to`.
bool is_between(const Fault& fault, int from, int to);

/// Whether the window of GPU `issuer` onto memory of GPU `owner` is a mirror that `owner` never
/// sees: the issuer reads back what it wrote there, zeros before. So it is on real machines where
/// an IOMMU leads a peer's addresses elsewhere (NVIDIA/nccl issue 2335).
bool sees_private_mirror(const MachineFile& machine, int issuer, int owner);

/// The fault that bytes meet on their way. A -1 in the machine file stands for any GPU.
PEERBENCH_SIM_EXPORT DataFault data_fault(const MachineFile& machine, const PeerTraffic& traffic);

/// True when what is on this way never arrives.
PEERBENCH_SIM_EXPORT bool makes_no_progress(const MachineFile& machine, const PeerTraffic& traffic);

/// True when kernels on memory of their own GPU never end: where the file says so of that GPU
/// alone, and not of all ways.
bool makes_no_progress_within(const MachineFile& machine, int gpu);

/// Copies `bytes` of data. A repetition of the copy before it is left out when nothing was written
/// to either side since, both are memory of a GPU and no fault is due. `random` chooses which bit
/// flips.
PEERBENCH_SIM_EXPORT void copy_bytes(const Location& destination, const Location& source,
                                     std::size_t bytes, DataFault fault, std::uint64_t random);

/// Runs `write`, which writes `bytes` at `destination`, and spoils the outcome by `fault`.
PEERBENCH_SIM_EXPORT void write_with_fault(const Location& destination, std::size_t bytes,
                                           DataFault fault, std::uint64_t random,
                                           const std::function<void()>& write);

}  // namespace gpusim
