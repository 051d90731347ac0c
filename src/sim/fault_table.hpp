// SPDX-License-Identifier: Apache-2.0
// Everything that can go wrong on purpose, one row a fault. The reader of machine files, its checks
// and the table in machines/README.md follow the rows; what a fault does is in its hook, which asks
// for it by its kind.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace gpusim {

enum class FaultKind {
  nothing_written,
  part_written,
  bit_flip,
  stale,
  swapped_pair,
  private_mirror,
  no_progress,
  peer_refused,
  gpu_held,
  sticky_error,
  gpu_lost,
  call_never_returns,
  call_fails,
  nvml_hang,
  nvml_fails,
  link_errors,
  pcie_replays,
  nvlink_bytes_stuck,
  nccl_hang,
  nccl_hang_blocking,
  nccl_hang_first_call,
  nccl_hang_first_collective,
  nccl_hang_abort,
  no_shared_memory,
  nccl_version,
  nccl_lost_rank,
  nccl_nvls,
};

/// An error by its name in the file.
struct NamedError {
  const char* word;
  int code;
};

/// What moves the bytes that a fault may act on.
enum class Carrier {
  any,
  ce,     ///< copies that the driver's calls make
  sm,     ///< kernels that read or write a peer's memory, those of collectives too
  flags,  ///< kernels of two GPUs that wait for each other's stores
  nccl,   ///< collectives and messages alone
};

/// Which way they go.
enum class FaultRoute {
  any,
  direct,  ///< with peer access
  staged,  ///< through the host's memory
};

/// Something that goes wrong, as the machine file has it.
struct Fault {
  FaultKind kind = FaultKind::nothing_written;
  int from = -1;  ///< -1: any GPU
  int to = -1;
  double per_gib = 0;     ///< errors for each GiB
  std::string code = "";  ///< what CUDA or NVML answers, by name; empty: the first of the row
  std::optional<std::uint64_t> after =
      std::nullopt;       ///< so much goes well first; absent: as the row says
  std::string call = "";  ///< "cudaMemcpyPeerAsync"
  /// So often it goes wrong, and well again afterwards.
  std::uint64_t times = std::numeric_limits<std::uint64_t>::max();
  Carrier carrier = Carrier::any;
  FaultRoute route = FaultRoute::any;
};

/// A fault that a machine file can have.
struct FaultRow {
  FaultKind kind;
  const char* word;     ///< the `kind` in the file
  const char* does;     ///< in a sentence
  const char* touches;  ///< which calls and figures show it
  const char* hook;     ///< the file below src/sim that makes it happen
  /// Fields it takes beside `from` and `to`; all others are refused.
  bool per_gib = false;  ///< required
  bool call = false;     ///< required
  bool after = false;
  bool times = false;
  bool traffic = false;  ///< `carrier` and `route`
  const std::vector<NamedError>& (*codes)() = nullptr;
  std::uint64_t default_after = 0;
};

const std::vector<FaultRow>& fault_rows();
const FaultRow& row_of(FaultKind kind);

/// Whether a fault strikes this GPU.
inline bool strikes(const Fault& fault, int gpu) { return fault.to < 0 || fault.to == gpu; }
/// The first fault of a kind that strikes it; null: none does.
const Fault* find_fault(const std::vector<Fault>& faults, FaultKind kind, int gpu);

/// The code that a fault of a kind with codes gives.
int error_code(const Fault& fault);
/// How much of what the row counts goes well before the fault.
std::uint64_t good_before(const Fault& fault);

/// Errors after which a process can do nothing more with CUDA: of each driver_types.h says that
/// "the process must be terminated and relaunched", or that the device is unusable.
const std::vector<NamedError>& sticky_errors();
/// What CUDA answers about a GPU that has fallen off the bus.
const std::vector<NamedError>& lost_gpu_errors();

}  // namespace gpusim
