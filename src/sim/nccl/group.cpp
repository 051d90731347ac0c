// SPDX-License-Identifier: Apache-2.0
#include "sim/nccl/group.hpp"

#include <utility>

using namespace gpusim;

namespace gpusim {

Group& group() {
  thread_local Group only;
  return only;
}

ncclResult_t enqueue(SimulatedMachine& machine,
                     std::function<ncclResult_t(SimulatedMachine&)> work) {
  if (group().depth == 0) return work(machine);
  group().collectives.push_back(std::move(work));
  return ncclSuccess;
}

}  // namespace gpusim

extern "C" {

ncclResult_t ncclGroupStart() {
  ++group().depth;
  return ncclSuccess;
}

ncclResult_t ncclGroupEnd() {
  if (group().depth == 0) {
    return complain(nullptr, ncclInvalidUsage, "ncclGroupEnd: not in a group call.");
  }
  if (--group().depth > 0) return ncclSuccess;
  const Group ended = std::exchange(group(), {});
  if (!ended.aborted.empty()) return abort_together(ended.aborted);
  if (ended.error != ncclSuccess) return ended.error;
  const ncclResult_t joined = await_connected(ended.joined);
  if (joined != ncclSuccess) return joined;
  if (ended.collectives.empty() && ended.messages.empty()) return ncclSuccess;
  return call([&](SimulatedMachine& machine) {
    ncclResult_t all = ncclSuccess;
    const auto note = [&](ncclResult_t one) {
      if (all == ncclSuccess || all == ncclInProgress) all = one == ncclSuccess ? all : one;
    };
    for (const auto& work : ended.collectives) note(work(machine));
    if (!ended.messages.empty()) note(post(machine, ended.messages));
    return all;
  });
}

}  // extern "C"

PEERBENCH_NCCL_ALIAS(ncclGroupStart)
PEERBENCH_NCCL_ALIAS(ncclGroupEnd)
