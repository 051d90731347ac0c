// SPDX-License-Identifier: Apache-2.0
// Calls between ncclGroupStart and ncclGroupEnd, of one thread: kept until the group ends.
#pragma once

#include <functional>
#include <vector>

#include "sim/nccl/clique.hpp"

namespace gpusim {

/// One end of a message.
struct MessageCall {
  ncclComm* comm = nullptr;
  Stream* stream = nullptr;
  int peer = 0;
  bool sends = false;
  Location memory;
  std::size_t bytes = 0;
};

struct Group {
  int depth = 0;
  ncclResult_t error = ncclSuccess;  ///< the first of its calls
  std::vector<ncclComm*> joined;     ///< communicators made in it
  std::vector<ncclComm*> aborted;    ///< and those aborted in it
  std::vector<std::function<ncclResult_t(SimulatedMachine&)>> collectives;
  std::vector<MessageCall> messages;
};

/// This thread's.
Group& group();

/// Runs `work` at once, or when the group ends.
ncclResult_t enqueue(SimulatedMachine& machine,
                     std::function<ncclResult_t(SimulatedMachine&)> work);

/// Queues messages; those of one communicator and stream go together, as one kernel. messages.cpp
ncclResult_t post(SimulatedMachine& machine, const std::vector<MessageCall>& messages);

/// Waits until all ranks of blocking communicators have joined theirs; the first error of them.
/// Takes the lock of the session itself. communicators.cpp
ncclResult_t await_connected(const std::vector<ncclComm*>& comms);

/// Asks all of them to abort, then waits until it is over. communicators.cpp
ncclResult_t abort_together(const std::vector<ncclComm*>& comms);

}  // namespace gpusim
