// SPDX-License-Identifier: Apache-2.0
// Communicators made of the ranks of another one.
#include <algorithm>
#include <climits>
#include <map>

#include "sim/nccl/group.hpp"

using namespace gpusim;

namespace {

/// Those of one color belong together, in the order of their keys, then of their old ranks.
void complete(SimulatedMachine& machine, const Split& split, std::uint64_t generation) {
  std::map<int, std::vector<Split::Rank>> colors;
  for (const Split::Rank& rank : split.ranks) {
    if (rank.made != nullptr) colors[rank.color].push_back(rank);
  }
  for (auto& [color, ranks] : colors) {
    std::ranges::stable_sort(ranks, {}, &Split::Rank::key);
    const auto made = std::make_shared<Clique>();
    made->generation = generation;
    made->joined = static_cast<int>(ranks.size());
    for (const Split::Rank& rank : ranks) {
      rank.made->clique = made;
      rank.made->rank = static_cast<int>(made->members.size());
      made->members.push_back(rank.made);
      made->gpus.push_back(rank.made->gpu);
    }
    connect(machine, *made);
  }
  notify_waiting();
}

/// The calling rank's part, until the others have called without a clique that is of any use.
ncclComm* take_part(const ncclComm& old, const ncclConfig_t* config) {
  ncclComm* comm = new_communicator();
  comm->clique = std::make_shared<Clique>();
  comm->clique->generation = old.clique->generation;
  comm->clique->members = {comm};
  comm->clique->gpus = {old.gpu};
  comm->gpu = old.gpu;
  comm->ordinal = old.ordinal;
  const bool given = config != nullptr && config->blocking != INT_MIN;  // NCCL_CONFIG_UNDEF_INT
  comm->blocking = given ? config->blocking != 0 : old.blocking;
  return comm;
}

}  // namespace

extern "C" {

ncclResult_t ncclCommSplit(ncclComm_t comm, int color, int key, ncclComm_t* made,
                           ncclConfig_t* config) {
  const ncclResult_t called = call([&](SimulatedMachine& machine) {
    const ncclResult_t ready = check_ready(comm, machine);
    if (ready != ncclSuccess) return ready;
    if (made == nullptr || (color < 0 && color != NCCL_SPLIT_NOCOLOR)) {
      return complain(comm, ncclInvalidArgument,
                      "ncclCommSplit: no such color, or newcomm is NULL");
    }
    *made = color == NCCL_SPLIT_NOCOLOR ? nullptr : take_part(*comm, config);
    const std::shared_ptr<Clique> clique = comm->clique;
    const std::uint64_t number = comm->splits++;
    Split& split = clique->splits[number];
    split.ranks.resize(clique->members.size());
    split.ranks[static_cast<std::size_t>(comm->rank)] = {color, key, *made};
    if (++split.called < clique->ranks()) return ncclSuccess;
    complete(machine, split, clique->generation);
    clique->splits.erase(number);
    return ncclSuccess;
  });
  if (group().depth > 0) {
    if (called != ncclSuccess) group().error = called;
    if (called == ncclSuccess && *made != nullptr) group().joined.push_back(*made);
    return called;
  }
  if (called != ncclSuccess || *made == nullptr) return called;
  return await_connected({*made});
}

}  // extern "C"

PEERBENCH_NCCL_ALIAS(ncclCommSplit)
