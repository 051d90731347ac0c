// SPDX-License-Identifier: Apache-2.0
// Communicators: how ranks find each other, and the life of each.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "sim/core/noise.hpp"
#include "sim/nccl/group.hpp"
#include "sim/nccl/processes.hpp"

using namespace gpusim;

namespace {

/// How often one that waits for other ranks asks whether some process was refused, of real time.
constexpr std::chrono::milliseconds look_again{20};

using Id = std::array<char, NCCL_UNIQUE_ID_BYTES>;

struct Registry {
  std::map<Id, std::shared_ptr<Clique>> open;  ///< not all ranks have joined yet
  std::set<ncclComm*> known;
  std::uint64_t ids = 0;
  std::condition_variable_any changed;  ///< a clique is complete, or a rank is to abort
};

// Never destroyed: programs end with communicators open.
Registry& registry() {
  static auto* const only = new Registry;
  return *only;
}

Id bytes_of(const ncclUniqueId& id) {
  Id bytes;
  std::memcpy(bytes.data(), id.internal, bytes.size());
  return bytes;
}

/// The calling thread's current GPU joins as `rank`.
ncclResult_t join(SimulatedMachine& machine, ncclComm_t* made, int ranks, const ncclUniqueId& id,
                  int rank, bool blocking) {
  if (made == nullptr) return complain(nullptr, ncclInvalidArgument, "comm argument is NULL");
  if (ranks < 1 || rank < 0 || rank >= ranks) {
    return complain(nullptr, ncclInvalidArgument,
                    fmt::format("Invalid rank requested : {}/{}", rank, ranks));
  }
  if (!check_own(id)) {
    return complain(nullptr, ncclInvalidUsage, "the ranks are in several processes");
  }
  std::shared_ptr<Clique>& clique = registry().open[bytes_of(id)];
  const std::uint64_t generation = session().generation;
  if (clique == nullptr || clique->generation != generation) {
    clique = std::make_shared<Clique>();
    clique->generation = generation;
    clique->id = id;
    clique->members.resize(static_cast<std::size_t>(ranks));
    clique->gpus.resize(static_cast<std::size_t>(ranks));
  }
  ncclComm*& place = clique->members[static_cast<std::size_t>(rank)];
  if (clique->ranks() != ranks || place != nullptr) {
    return complain(nullptr, ncclInvalidArgument, "another rank joined with other arguments");
  }
  auto* comm = new_communicator();
  comm->clique = clique;
  comm->rank = rank;
  comm->ordinal = current_ordinal();
  comm->gpu = machine.visible()[static_cast<std::size_t>(comm->ordinal)];
  comm->blocking = blocking;
  place = comm;
  clique->gpus[static_cast<std::size_t>(rank)] = comm->gpu;
  *made = comm;
  if (++clique->joined < ranks) return ncclSuccess;
  const std::shared_ptr<Clique> complete = clique;
  registry().open.erase(bytes_of(id));
  connect(machine, *complete);
  notify_waiting();
  return ncclSuccess;
}

ncclResult_t init(ncclComm_t* made, int ranks, const ncclUniqueId& id, int rank, bool blocking) {
  const ncclResult_t joined = call(
      [&](SimulatedMachine& machine) { return join(machine, made, ranks, id, rank, blocking); });
  if (group().depth > 0) {
    if (joined != ncclSuccess) group().error = joined;
    if (joined == ncclSuccess) group().joined.push_back(*made);
    return joined == ncclSuccess && !blocking ? ncclInProgress : joined;
  }
  return joined == ncclSuccess ? await_connected({*made}) : joined;
}

/// Whoever waits for others stops waiting; what was under way is not completed.
void ask_to_abort(ncclComm* comm) {
  comm->aborted = true;
  for (const auto& each : comm->clique->meetings) {
    if (const MeetingPtr meeting = each.lock()) meeting->given_up = true;
  }
  for (auto& [id, clique] : registry().open) {
    if (clique == comm->clique) --clique->joined;
  }
}

/// Ranks that have not joined, or are gone, need no asking.
bool is_everywhere_aborted(const Clique& clique) {
  return std::ranges::all_of(
      clique.members, [](const ncclComm* member) { return member == nullptr || member->aborted; });
}

void forget(ncclComm* comm) {
  ncclComm*& place = comm->clique->members[static_cast<std::size_t>(comm->rank)];
  if (place == comm) place = nullptr;
  registry().known.erase(comm);
  delete comm;
}

}  // namespace

namespace gpusim {

bool is_known(const ncclComm* comm) {
  return registry().known.contains(const_cast<ncclComm*>(comm));
}

ncclComm* new_communicator() {
  auto* comm = new ncclComm;
  registry().known.insert(comm);
  return comm;
}

void notify_waiting() { registry().changed.notify_all(); }

ncclResult_t await_connected(const std::vector<ncclComm*>& comms) {
  Session now = session();
  ncclResult_t all = ncclSuccess;
  for (ncclComm* comm : comms) {
    if (!comm->blocking) {
      all = ncclInProgress;
      continue;
    }
    // A split gives it another clique once all ranks have called.
    const auto over = [&] { return comm->clique->connected || comm->clique->hung; };
    while (!registry().changed.wait_for(now.lock, look_again, over)) {
      if (refused_elsewhere(comm->clique->id)) {
        return complain(comm, ncclInvalidUsage, "the ranks are in several processes");
      }
    }
    const std::shared_ptr<Clique> clique = comm->clique;
    if (clique->hung) {  // without a word, and without what other threads wait for
      now.lock.unlock();
      never_return();
    }
    if (now.machine->host_ns() < clique->ready_ns) {
      now.machine->spend(clique->ready_ns - now.machine->host_ns());
    }
    if (clique->result != ncclSuccess) return clique->result;
  }
  return all;
}

void never_return() {
  while (true) std::this_thread::sleep_for(std::chrono::hours(1));
}

bool hangs_at_first_call(const ncclComm* comm) {
  const Session now = session();
  return now.machine != nullptr && is_known(comm) && comm->blocking &&
         has_fault(now.machine->file(), FaultKind::nccl_hang_first_call);
}

// A kernel stops once its own rank is to abort, but what the ranks of a process share is only taken
// down when all of them are.
ncclResult_t abort_together(const std::vector<ncclComm*>& comms) {
  Session now = session();
  if (now.machine == nullptr) return ncclUnhandledCudaError;
  if (!std::ranges::all_of(comms, is_known)) return ncclInvalidArgument;
  std::ranges::for_each(comms, ask_to_abort);
  registry().changed.notify_all();
  if (has_fault(now.machine->file(), FaultKind::nccl_hang_abort)) {
    now.lock.unlock();
    never_return();
  }
  const bool waits = now.machine->file().driver.nccl_abort_waits_for_all;
  for (const ncclComm* comm : comms) {
    registry().changed.wait(now.lock,
                            [&] { return !waits || is_everywhere_aborted(*comm->clique); });
  }
  std::ranges::for_each(comms, forget);
  return ncclSuccess;
}

ncclResult_t check_ready(ncclComm* comm, const SimulatedMachine& machine) {
  if (!is_known(comm)) return complain(nullptr, ncclInvalidArgument, "comm is no communicator");
  const Clique& clique = *comm->clique;
  if (clique.generation != session().generation || comm->finalized) {
    return complain(comm, ncclInvalidUsage, "the communicator is of the past");
  }
  if (!clique.connected || machine.host_ns() < clique.ready_ns || comm->busy) {
    return complain(comm, ncclInvalidArgument,
                    "Attempt to use communicator before the previous operation returned "
                    "ncclSuccess");
  }
  return clique.result;
}

}  // namespace gpusim

extern "C" {

ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
  return call([&](SimulatedMachine&) {
    if (id == nullptr) return ncclInvalidArgument;
    const std::uint64_t word = random_word(++registry().ids, 0);
    std::memset(id->internal, 0, sizeof id->internal);
    std::memcpy(id->internal, &word, sizeof word);
    sign(*id);
    return ncclSuccess;
  });
}

ncclResult_t ncclCommInitRank(ncclComm_t* comm, int ranks, ncclUniqueId id, int rank) {
  return init(comm, ranks, id, rank, true);
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t* comm, int ranks, ncclUniqueId id, int rank,
                                    ncclConfig_t* config) {
  constexpr unsigned magic = 0xcafebeef;  // NCCL_CONFIG_INITIALIZER
  if (config != nullptr && config->magic != magic) {
    return complain(nullptr, ncclInvalidArgument, "ncclConfig_t argument not initialized");
  }
  const bool blocking = config == nullptr || config->blocking != 0;
  return init(comm, ranks, id, rank, blocking);
}

// Several ids only share the work of finding each other.
ncclResult_t ncclCommInitRankScalable(ncclComm_t* comm, int ranks, int rank, int id_count,
                                      ncclUniqueId* ids, ncclConfig_t* config) {
  if (id_count < 1 || ids == nullptr) {
    return complain(nullptr, ncclInvalidArgument, "there must be an id");
  }
  return ncclCommInitRankConfig(comm, ranks, ids[0], rank, config);
}

ncclResult_t ncclCommInitAll(ncclComm_t* comms, int devices, const int* list) {
  ncclUniqueId id;
  if (const ncclResult_t made = ncclGetUniqueId(&id); made != ncclSuccess) return made;
  const int former = current_ordinal();
  std::vector<ncclComm*> joined;
  ncclResult_t result = ncclSuccess;
  for (int rank = 0; rank < devices && result == ncclSuccess; ++rank) {
    result = call([&](SimulatedMachine& machine) {
      const int ordinal = list == nullptr ? rank : list[rank];
      if (ordinal < 0 || ordinal >= static_cast<int>(machine.visible().size())) {
        return complain(nullptr, ncclUnhandledCudaError, "invalid device ordinal");
      }
      set_current_ordinal(ordinal);
      return join(machine, &comms[rank], devices, id, rank, true);
    });
    if (result == ncclSuccess) joined.push_back(comms[rank]);
  }
  set_current_ordinal(former);
  return result == ncclSuccess ? await_connected(joined) : result;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t* error) {
  return call([&](SimulatedMachine& machine) {
    if (!is_known(comm) || error == nullptr) return ncclInvalidArgument;
    const Clique& clique = *comm->clique;
    if (!clique.connected && refused_elsewhere(clique.id)) {
      *error = ncclInvalidUsage;
      return ncclSuccess;
    }
    const bool connecting = !clique.connected || machine.host_ns() < clique.ready_ns;
    *error = connecting ? ncclInProgress : clique.result;
    if (!connecting) comm->busy = false;
    return ncclSuccess;
  });
}

ncclResult_t ncclCommFinalize(ncclComm_t comm) {
  return call([&](SimulatedMachine& machine) {
    const ncclResult_t ready = check_ready(comm, machine);
    if (ready == ncclSuccess) comm->finalized = true;
    return ready;
  });
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
  if (comm == nullptr) return ncclSuccess;
  return call([&](SimulatedMachine& machine) {
    if (!is_known(comm)) return ncclInvalidArgument;
    if (comm->clique->generation == session().generation) machine.drain();
    forget(comm);
    return ncclSuccess;
  });
}

ncclResult_t ncclCommAbort(ncclComm_t comm) {
  if (comm == nullptr) return ncclSuccess;
  if (group().depth > 0) {
    group().aborted.push_back(comm);
    return ncclSuccess;
  }
  return abort_together({comm});
}

ncclResult_t ncclCommCount(const ncclComm_t comm, int* count) {
  return call([&](SimulatedMachine&) {
    if (!is_known(comm) || count == nullptr) return ncclInvalidArgument;
    *count = comm->clique->ranks();
    return ncclSuccess;
  });
}

ncclResult_t ncclCommCuDevice(const ncclComm_t comm, int* device) {
  return call([&](SimulatedMachine&) {
    if (!is_known(comm) || device == nullptr) return ncclInvalidArgument;
    *device = comm->ordinal;
    return ncclSuccess;
  });
}

ncclResult_t ncclCommUserRank(const ncclComm_t comm, int* rank) {
  return call([&](SimulatedMachine&) {
    if (!is_known(comm) || rank == nullptr) return ncclInvalidArgument;
    *rank = comm->rank;
    return ncclSuccess;
  });
}

}  // extern "C"

PEERBENCH_NCCL_ALIAS(ncclGetUniqueId)
PEERBENCH_NCCL_ALIAS(ncclCommInitRank)
PEERBENCH_NCCL_ALIAS(ncclCommInitRankConfig)
PEERBENCH_NCCL_ALIAS(ncclCommInitRankScalable)
PEERBENCH_NCCL_ALIAS(ncclCommInitAll)
PEERBENCH_NCCL_ALIAS(ncclCommGetAsyncError)
PEERBENCH_NCCL_ALIAS(ncclCommFinalize)
PEERBENCH_NCCL_ALIAS(ncclCommDestroy)
PEERBENCH_NCCL_ALIAS(ncclCommAbort)
PEERBENCH_NCCL_ALIAS(ncclCommCount)
PEERBENCH_NCCL_ALIAS(ncclCommCuDevice)
PEERBENCH_NCCL_ALIAS(ncclCommUserRank)
