// Send and receive. The messages of one group go together: a rank waits until the other end of each
// is there, sends all of them at once, and is done when those for it have arrived.
#include <map>
#include <utility>

#include "sim/core/faults.hpp"
#include "sim/core/noise.hpp"
#include "sim/nccl/elements.hpp"
#include "sim/nccl/group.hpp"
#include "sim/nccl/plan.hpp"

using namespace peerbench::sim;

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
    message.meeting->effect = [ends = message.ends, bytes = call.bytes,
                               fault = data_fault(machine.file(), from, to),
                               random = random_word(machine.file().seed, call.bytes)] {
      copy_bytes(ends->second, ends->first, bytes, fault, random);
    };
  }
  return message;
}

ncclResult_t start(ncclComm* comm, cudaStream_t handle, int peer, bool sends, const void* memory,
                   std::size_t count, ncclDataType_t type) {
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

}  // namespace

namespace peerbench::sim {

ncclResult_t post(SimulatedMachine& machine, const std::vector<MessageCall>& messages) {
  struct Together {
    CollectivePart part;
    std::vector<Hop> hops;
  };
  std::vector<std::pair<ncclComm*, Stream*>> order;
  std::map<std::pair<ncclComm*, Stream*>, Together> parts;
  for (const MessageCall& call : messages) {
    const std::pair<ncclComm*, Stream*> who = {call.comm, call.stream};
    if (!parts.contains(who)) order.push_back(who);
    Together& mine = parts[who];
    const HalfMessage message = meet(machine, call);
    mine.part.meetings.push_back(message.meeting);
    if (!call.sends) continue;
    mine.part.moves.push_back(message.meeting);
    const int to = call.comm->clique->gpu(call.peer);
    if (to != call.comm->gpu && call.bytes > 0) {
      mine.hops.push_back(hop(machine, call.comm->gpu, to, static_cast<double>(call.bytes)));
    }
  }
  bool busy = false;
  for (const auto& who : order) {
    auto& [comm, stream] = who;
    Together& mine = parts[who];
    for (const Hop& each : mine.hops) {
      if (!each.direct) continue;
      machine.enable_peer(comm->gpu, each.to);
      machine.enable_peer(each.to, comm->gpu);
    }
    mine.part.name = "send_receive";
    set_route(machine, comm->gpu, plan_messages(machine, comm->gpu, std::move(mine.hops)),
              mine.part);
    machine.spend(1e3 * machine.file().host.calls.launch_us);
    machine.take_part(std::move(mine.part), *stream);
    comm->busy = !comm->blocking;
    busy |= comm->busy;
  }
  return busy ? ncclInProgress : ncclSuccess;
}

}  // namespace peerbench::sim

extern "C" {

ncclResult_t ncclSend(const void* from, size_t count, ncclDataType_t type, int peer,
                      ncclComm_t comm, cudaStream_t stream) {
  return start(comm, stream, peer, true, from, count, type);
}

ncclResult_t ncclRecv(void* to, size_t count, ncclDataType_t type, int peer, ncclComm_t comm,
                      cudaStream_t stream) {
  return start(comm, stream, peer, false, to, count, type);
}

}  // extern "C"

PEERBENCH_NCCL_ALIAS(ncclSend)
PEERBENCH_NCCL_ALIAS(ncclRecv)
