// SPDX-License-Identifier: Apache-2.0
// The state behind communicators: the ranks that belong together, what joins them, and what they
// wait for. Everything here is touched with the lock of session() held.
#pragma once

#include <nccl.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/state.hpp"

namespace gpusim {
struct Clique;
}

namespace gpusim {

/// What ncclRedOpCreatePreMulSum multiplies a rank's elements by.
struct Scalar {
  ncclDataType_t type = ncclFloat32;
  std::array<std::byte, 8> value{};  ///< where it was read when the operation was made
  Location location;                 ///< else, where it is read while the collective runs
  bool on_device = false;
  const std::byte* data() const { return on_device ? location.alias : value.data(); }
};

}  // namespace gpusim

/// One rank; behind NCCL's opaque handle.
struct ncclComm {
  std::shared_ptr<gpusim::Clique> clique;
  int rank = 0;
  int gpu = 0;      ///< as the machine file numbers it
  int ordinal = 0;  ///< as the program does
  bool blocking = true;
  bool busy = false;  ///< a non-blocking call has not been asked about yet
  bool finalized = false;
  bool aborted = false;        ///< it has been asked to abort
  std::uint64_t sequence = 0;  ///< collectives so far
  /// Made by the program, by their handles.
  std::map<int, std::shared_ptr<const gpusim::Scalar>> operations;
  int operations_made = 0;
  std::uint64_t splits = 0;  ///< so far
  std::string last_error;
};

namespace gpusim {

/// How two neighbours reach each other.
enum class Transport { p2p, shared_memory };

/// A collective that not all ranks have called yet.
struct Rendezvous {
  std::string call;  ///< name, count, type, operation and root: the same on all ranks
  MeetingPtr meeting;
  int called = 0;                                      ///< ranks that have
  std::vector<Location> from, to;                      ///< by rank
  std::vector<std::shared_ptr<const Scalar>> factors;  ///< by rank, of what they give; null: 1
};

/// A message of which only one end has been called yet.
struct HalfMessage {
  MeetingPtr meeting;
  std::shared_ptr<std::pair<Location, Location>> ends;  ///< from, to
  std::size_t bytes = 0;
};

/// A split that not all ranks have called yet.
struct Split {
  struct Rank {
    int color = 0;
    int key = 0;
    ncclComm* made = nullptr;  ///< null where it takes no part
  };
  std::vector<Rank> ranks;
  int called = 0;
};

/// All ranks of one communicator.
struct Clique {
  ncclUniqueId id{};               ///< by which its ranks found each other
  std::uint64_t generation = 0;    ///< of the machine it was made on
  std::vector<ncclComm*> members;  ///< by rank; null until it has joined, and once it is destroyed
  std::vector<int> gpus;           ///< by rank, as the machine file numbers them
  int joined = 0;
  bool connected = false;  ///< all have joined, and it is known whether that worked
  bool hung = false;       ///< connecting never ends
  double ready_ns = 0;     ///< host time at which connecting is over
  ncclResult_t result = ncclSuccess;
  std::string failure;
  std::set<std::pair<int, int>> staged;  ///< GPUs whose bytes go through memory of the host
  std::vector<int> ring;                 ///< ranks in their order around it, the first of several
  std::vector<int> position;             ///< of each rank in `ring`
  /// What of a message one rank passes on to another, by rank and rank: all to the next one where
  /// there is one ring.
  std::vector<std::vector<double>> share;
  std::map<std::uint64_t, Rendezvous> collectives;
  std::map<std::uint64_t, Split> splits;
  std::map<std::pair<int, int>, std::deque<HalfMessage>> sent, awaited;
  std::vector<std::weak_ptr<Meeting>> meetings;  ///< that somebody may still wait at
  /// Versions of the memory that a collective left behind, by what it was called with.
  std::map<std::string, std::vector<std::uint64_t>> left_behind;

  int ranks() const { return static_cast<int>(members.size()); }
  int gpu(int rank) const { return gpus[static_cast<std::size_t>(rank)]; }
  int next(int rank) const;
  int previous(int rank) const;
  double part(int from, int to) const {
    return share[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  }
  MeetingPtr meet(int parties, int movers);
};

/// Whether two GPUs may talk directly: the driver's word for the pair, how near they are, and
/// NCCL_P2P_DISABLE and NCCL_P2P_LEVEL. links.cpp
Transport transport_between(const SimulatedMachine& machine, int from, int to);
/// Whether the machine is told to go wrong so.
inline bool has_fault(const MachineFile& file, FaultKind kind) {
  return std::ranges::count(file.faults, kind, &Fault::kind) > 0;
}

/// Fills `ring`, `position` and `share`. rings.cpp
void arrange_rings(const SimulatedMachine& machine, Clique& clique);
/// Once all ranks have joined: finds out what joins them and whether that works. links.cpp
void connect(SimulatedMachine& machine, Clique& clique);

/// Holds the calling thread for good; it must not hold the session's lock. communicators.cpp
[[noreturn]] void never_return();
/// Whether the machine is told that no call for work of this communicator returns.
bool hangs_at_first_call(const ncclComm* comm);

/// One line of NCCL_DEBUG=INFO. debug.cpp
void inform(const ncclComm& comm, const std::string& text);
/// One line of NCCL_DEBUG=WARN and more.
void warn(const std::string& text);

/// Keeps `text` for ncclGetLastError and NCCL_DEBUG=WARN, and returns `result`. errors.cpp
ncclResult_t complain(ncclComm* comm, ncclResult_t result, const std::string& text);

/// The communicator behind a handle that is ready for work; else the error. communicators.cpp
ncclResult_t check_ready(ncclComm* comm, const SimulatedMachine& machine);
bool is_known(const ncclComm* comm);
/// A communicator that is_known from now on. communicators.cpp
ncclComm* new_communicator();
/// Wakes those that wait for a communicator's other ranks. communicators.cpp
void notify_waiting();

/// Runs `body(SimulatedMachine&)` as one call of the host; ncclUnhandledCudaError without a driver.
template <typename Body>
ncclResult_t call(Body&& body) {
  Session now = session();
  if (now.machine == nullptr || now.machine->visible().empty()) return ncclUnhandledCudaError;
  SimulatedMachine& machine = *now.machine;
  machine.begin_call(machine.file().host.calls.other_us);
  const ncclResult_t result = body(machine);
  machine.end_call();
  return result;
}

}  // namespace gpusim

/// The real library exports every function a second time for profilers (docs: "Using NCCL with
/// profilers").
#define PEERBENCH_NCCL_ALIAS(name) extern "C" __attribute__((alias(#name))) decltype(name) p##name;
