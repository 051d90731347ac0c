// SPDX-License-Identifier: Apache-2.0
// Send and receive. The messages of one group go together: a rank waits until the other end of each
// is there, sends all of them at once, and is done when those for it have arrived.
#include <algorithm>
#include <utility>

#include "sim/core/faults.hpp"
#include "sim/core/noise.hpp"
#include "sim/nccl/elements.hpp"
#include "sim/nccl/group.hpp"
#include "sim/nccl/plan.hpp"

using namespace gpusim;

namespace {

/// The message whose one end this call is: that which waits for it longest, else a new one.
HalfMessage meet(SimulatedMachine& machine, const MessageCall& call) {
  Clique& clique = *call.comm->clique;
  const int rank = call.comm->rank;
  const std::pair<int, int> way =
      call.sends ? std::pair(rank, call.peer) : std::pair(call.peer, rank);
  auto& others = (call.sends ? clique.awaited : clique.sent)[way];
  HalfMessage message;
  if (others.empty()) {
    message.meeting = clique.meet(2, 1);
    message.ends = std::make_shared<std::pair<Location, Location>>();
    message.bytes = call.bytes;
    (call.sends ? clique.sent : clique.awaited)[way].push_back(message);
  } else {
    message = others.front();
    others.pop_front();
  }
  (call.sends ? message.ends->first : message.ends->second) = call.memory;
  if (call.sends) {
    const int from = call.comm->gpu;
    const int to = clique.gpu(call.peer);
    const bool staged = transport_between(machine, from, to) != Transport::p2p;
    message.meeting->effect = [ends = message.ends, bytes = call.bytes,
                               fault =
                                   data_fault(machine.file(), {from, to, Carrier::nccl, staged}),
                               random = random_word(machine.file().seed, call.bytes)] {
      copy_bytes(ends->second, ends->first, bytes, fault, random);
    };
  }
  return message;
}

ncclResult_t start(ncclComm* comm, cudaStream_t handle, int peer, bool sends, const void* memory,
                   std::size_t count, ncclDataType_t type) {
  if (hangs_at_first_call(comm)) never_return();
  return call([&](SimulatedMachine& machine) {
    ncclResult_t result = check_ready(comm, machine);
    MessageCall message{comm, nullptr, peer, sends, {}, count * element_bytes(type)};
    if (result == ncclSuccess) {
      message.stream = machine.find_stream(handle, comm->gpu, false);
      message.memory = machine.memory().find(memory);
      const bool good = message.stream != nullptr && message.stream->gpu == comm->gpu &&
                        message.memory.allocation && message.bytes <= message.memory.room() &&
                        peer >= 0 && peer < comm->clique->ranks() && element_bytes(type) > 0;
      if (!good) {
        result = complain(comm, ncclInvalidArgument,
                          "a stream, peer, type or buffer of send or receive is wrong");
      }
    }
    if (group().depth > 0) {
      if (result != ncclSuccess) group().error = result;
      if (result == ncclSuccess) group().messages.push_back(std::move(message));
      return result;
    }
    return result == ncclSuccess ? post(machine, {std::move(message)}) : result;
  });
}

/// Runs `messages(is_root, ranks, bytes of an element)` as one group.
template <typename Messages>
ncclResult_t rooted(ncclComm* comm, int root, ncclDataType_t type, const Messages& messages) {
  bool is_root = false;
  int ranks = 0;
  const ncclResult_t valid = call([&](SimulatedMachine& machine) {
    const ncclResult_t ready = check_ready(comm, machine);
    if (ready != ncclSuccess) return ready;
    is_root = comm->rank == root;
    ranks = comm->clique->ranks();
    if (root >= 0 && root < ranks && element_bytes(type) > 0) return ncclSuccess;
    return complain(comm, ncclInvalidArgument, "no such root or type");
  });
  if (valid != ncclSuccess) {
    if (group().depth > 0) group().error = valid;
    return valid;
  }
  const ncclResult_t begun = ncclGroupStart();
  if (begun != ncclSuccess) return begun;
  messages(is_root, ranks, element_bytes(type));
  return ncclGroupEnd();
}

/// Queues all that one rank sends and receives together into `stream`.
void launch_in(SimulatedMachine& machine, const std::vector<MessageCall>& together,
               Stream* stream) {
  CollectivePart part;
  part.name = "send_receive";
  std::vector<Hop> hops;
  const int from = together.front().comm->gpu;
  for (const MessageCall& call : together) {
    const HalfMessage message = meet(machine, call);
    part.meetings.push_back(message.meeting);
    if (!call.sends) continue;
    part.moves.push_back(message.meeting);
    const int to = call.comm->clique->gpu(call.peer);
    if (to == from || call.bytes == 0) continue;
    hops.push_back(hop(machine, from, to, static_cast<double>(call.bytes)));
    if (!hops.back().direct) continue;
    machine.enable_peer(from, to);
    machine.enable_peer(to, from);
  }
  set_route(machine, from, plan_messages(machine, from, std::move(hops)), part);
  machine.take_part(std::move(part), *stream);
}

}  // namespace

namespace gpusim {

ncclResult_t post(SimulatedMachine& machine, const std::vector<MessageCall>& messages) {
  std::vector<std::vector<MessageCall>> parts;  // of one communicator and stream each
  for (const MessageCall& call : messages) {
    const auto same = std::ranges::find_if(parts, [&](const auto& part) {
      return part.front().comm == call.comm && part.front().stream == call.stream;
    });
    if (same == parts.end()) {
      parts.push_back({call});
    } else {
      same->push_back(call);
    }
  }
  bool busy = false;
  for (const auto& part : parts) {
    Stream* const stream = part.front().stream;
    ncclComm* const comm = part.front().comm;
    machine.spend(1e3 * machine.file().host.calls.launch_us);
    const auto again = [&machine, part, stream](const Capture::Places& places) {
      if (is_known(part.front().comm)) launch_in(machine, part, places.stream(stream));
    };
    if (!SimulatedMachine::captured(*stream, again)) launch_in(machine, part, stream);
    comm->busy = !comm->blocking;
    busy |= comm->busy;
  }
  return busy ? ncclInProgress : ncclSuccess;
}

}  // namespace gpusim

extern "C" {

// As real NCCL does it: messages of one group, the root's own among them.
ncclResult_t ncclGather(const void* from, void* to, size_t count, ncclDataType_t type, int root,
                        ncclComm_t comm, cudaStream_t stream) {
  return rooted(comm, root, type, [&](bool is_root, int ranks, std::size_t block) {
    for (int rank = 0; is_root && rank < ranks; ++rank) {
      auto* const part =
          static_cast<std::byte*>(to) + static_cast<std::size_t>(rank) * count * block;
      start(comm, stream, rank, false, part, count, type);
    }
    start(comm, stream, root, true, from, count, type);
  });
}

ncclResult_t ncclScatter(const void* from, void* to, size_t count, ncclDataType_t type, int root,
                         ncclComm_t comm, cudaStream_t stream) {
  return rooted(comm, root, type, [&](bool is_root, int ranks, std::size_t block) {
    for (int rank = 0; is_root && rank < ranks; ++rank) {
      const auto* const part =
          static_cast<const std::byte*>(from) + static_cast<std::size_t>(rank) * count * block;
      start(comm, stream, rank, true, part, count, type);
    }
    start(comm, stream, root, false, to, count, type);
  });
}

ncclResult_t ncclSend(const void* from, size_t count, ncclDataType_t type, int peer,
                      ncclComm_t comm, cudaStream_t stream) {
  return start(comm, stream, peer, true, from, count, type);
}

ncclResult_t ncclRecv(void* to, size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
                      cudaStream_t stream) {
  return start(comm, stream, peer, false, to, count, type);
}

}  // extern "C"

PEERBENCH_NCCL_ALIAS(ncclGather)
PEERBENCH_NCCL_ALIAS(ncclScatter)
PEERBENCH_NCCL_ALIAS(ncclSend)
PEERBENCH_NCCL_ALIAS(ncclRecv)
