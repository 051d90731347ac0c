// SPDX-License-Identifier: Apache-2.0
// Collectives: the ranks' calls find each other by their order, wait for each other, and the data
// are really reduced and moved when the last bytes have arrived.
#include <algorithm>
#include <string>
#include <utility>

#include "sim/core/noise.hpp"
#include "sim/nccl/effect.hpp"
#include "sim/nccl/group.hpp"
#include "sim/nccl/plan.hpp"

using namespace gpusim;

namespace {

/// The calling rank's memory, or an error.
ncclResult_t locate(const SimulatedMachine& machine, const CollectiveCall& call, bool needed,
                    const void* pointer, std::size_t bytes, Location& found) {
  if (!needed) return ncclSuccess;
  found = machine.memory().find(pointer);
  if (found.allocation && bytes <= found.room()) return ncclSuccess;
  return complain(call.comm, ncclInvalidArgument,
                  std::string(call.name) + ": a buffer is not memory of CUDA, or too short");
}

/// Whether the collective of this number, from 0, is one that a rank is lost in.
bool loses_rank(const MachineFile& file, std::uint64_t number) {
  return std::ranges::any_of(file.faults, [&](const Fault& fault) {
    return fault.kind == FaultKind::nccl_lost_rank && number >= good_before(fault);
  });
}

/// Queues a rank's part into `stream`.
ncclResult_t launch_in(SimulatedMachine& machine, const CollectiveCall& call, Stream* stream) {
  ncclComm& comm = *call.comm;
  const std::shared_ptr<Clique> clique = comm.clique;
  const int ranks = clique->ranks();
  Location from, to;
  ncclResult_t found =
      locate(machine, call, call.needs_source(comm.rank), call.from, call.reads(ranks), from);
  if (found != ncclSuccess) return found;
  found = locate(machine, call, call.needs_destination(comm.rank), call.to, call.writes(ranks), to);
  if (found != ncclSuccess) return found;

  const std::uint64_t number = comm.sequence++;
  Rendezvous& here = clique->collectives[number];
  if (here.meeting == nullptr) {
    here.call = call.text();
    here.meeting = clique->meet(ranks, ranks);
    here.from.resize(static_cast<std::size_t>(ranks));
    here.to.resize(static_cast<std::size_t>(ranks));
    here.factors.resize(static_cast<std::size_t>(ranks));
  }
  if (here.call != call.text()) {
    return complain(&comm, ncclInvalidArgument,
                    "the ranks called different collectives: " + here.call + ", " + call.text());
  }
  here.from[static_cast<std::size_t>(comm.rank)] = std::move(from);
  here.to[static_cast<std::size_t>(comm.rank)] = std::move(to);
  here.factors[static_cast<std::size_t>(comm.rank)] = call.factor;

  CollectivePart part;
  part.name = call.name;
  part.meetings = part.moves = {here.meeting};
  const auto bytes = static_cast<double>(std::max(call.reads(ranks), call.writes(ranks)));
  set_route(machine, comm.gpu, plan(machine, *clique, call.kind, comm.rank, call.root, bytes),
            part);
  part.endless = part.endless || has_fault(machine.file(), FaultKind::nccl_hang_first_collective);
  if (loses_rank(machine.file(), number)) {
    part.endless = true;
    clique->result = ncclRemoteError;
    clique->failure = "a rank was lost";
    for (ncclComm* member : clique->members) member->last_error = clique->failure;
  }
  machine.take_part(std::move(part), *stream);
  // Complete once each rank has called; the last one knows all there is to do.
  if (++here.called == ranks) {
    const std::uint64_t random = random_word(machine.file().seed, number);
    here.meeting->effect = effect_of(machine.file(), clique, call, here, random);
    clique->collectives.erase(number);
  }
  return ncclSuccess;
}

ncclResult_t launch(SimulatedMachine& machine, const CollectiveCall& call) {
  ncclComm& comm = *call.comm;
  Stream* stream = machine.find_stream(call.stream, comm.gpu, false);
  if (stream == nullptr || stream->gpu != comm.gpu) {
    return complain(&comm, ncclInvalidArgument, "the stream is not of the communicator's device");
  }
  machine.spend(1e3 * machine.file().host.calls.launch_us);
  const auto again = [&machine, call, stream](const Capture::Places& places) {
    if (is_known(call.comm)) launch_in(machine, call, places.stream(stream));
  };
  if (!SimulatedMachine::captured(*stream, again)) {
    const ncclResult_t result = launch_in(machine, call, stream);
    if (result != ncclSuccess) return result;
  }
  comm.busy = !comm.blocking;
  return comm.busy ? ncclInProgress : ncclSuccess;
}

/// Whether the ranks can reduce so; finds what an operation of the program's own multiplies by.
ncclResult_t check_operation(const SimulatedMachine& machine, CollectiveCall& request) {
  if (is_float8(request.type) && machine.gpu(request.comm->gpu).compute_major < 9) {
    return complain(request.comm, ncclInvalidArgument,
                    "FP8 reduction support begins with sm90 capable devices.");
  }
  if (request.operation >= ncclSum && request.operation < ncclNumOps) return ncclSuccess;
  const auto made = request.comm->operations.find(request.operation);
  if (made == request.comm->operations.end() || made->second->type != request.type) {
    return complain(request.comm, ncclInvalidArgument,
                    std::string(request.name) + ": no such operation for this type");
  }
  request.factor = made->second;
  request.operation = ncclNumOps;  // the same on all ranks, whatever they call it
  return ncclSuccess;
}

ncclResult_t start(CollectiveCall request) {
  if (hangs_at_first_call(request.comm)) never_return();
  return call([&](SimulatedMachine& machine) {
    const ncclResult_t ready = check_ready(request.comm, machine);
    ncclResult_t result = ready;
    if (ready == ncclSuccess) {
      const int ranks = request.comm->clique->ranks();
      if (element_bytes(request.type) == 0 || request.root < 0 || request.root >= ranks) {
        result = complain(request.comm, ncclInvalidArgument,
                          std::string(request.name) + ": no such type or root");
      } else if (request.reduces()) {
        result = check_operation(machine, request);
      }
      if (result == ncclSuccess && request.count > 0) {
        result =
            enqueue(machine, [request](SimulatedMachine& now) { return launch(now, request); });
      }
    }
    if (result != ncclSuccess && group().depth > 0) group().error = result;
    return result;
  });
}

}  // namespace

extern "C" {

ncclResult_t ncclAllReduce(const void* from, void* to, size_t count, ncclDataType_t type,
                           ncclRedOp_t operation, ncclComm_t comm, cudaStream_t stream) {
  return start({"all_reduce", Kind::all_reduce, from, to, count, type, operation, 0, comm, stream});
}

ncclResult_t ncclReduceScatter(const void* from, void* to, size_t count, ncclDataType_t type,
                               ncclRedOp_t operation, ncclComm_t comm, cudaStream_t stream) {
  return start(
      {"reduce_scatter", Kind::reduce_scatter, from, to, count, type, operation, 0, comm, stream});
}

ncclResult_t ncclAllGather(const void* from, void* to, size_t count, ncclDataType_t type,
                           ncclComm_t comm, cudaStream_t stream) {
  return start({"all_gather", Kind::all_gather, from, to, count, type, ncclSum, 0, comm, stream});
}

ncclResult_t ncclBroadcast(const void* from, void* to, size_t count, ncclDataType_t type, int root,
                           ncclComm_t comm, cudaStream_t stream) {
  return start({"broadcast", Kind::broadcast, from, to, count, type, ncclSum, root, comm, stream});
}

ncclResult_t ncclBcast(void* buffer, size_t count, ncclDataType_t type, int root, ncclComm_t comm,
                       cudaStream_t stream) {
  return ncclBroadcast(buffer, buffer, count, type, root, comm, stream);
}

ncclResult_t ncclReduce(const void* from, void* to, size_t count, ncclDataType_t type,
                        ncclRedOp_t operation, int root, ncclComm_t comm, cudaStream_t stream) {
  return start({"reduce", Kind::reduce, from, to, count, type, operation, root, comm, stream});
}

ncclResult_t ncclAlltoAll(const void* from, void* to, size_t count, ncclDataType_t type,
                          ncclComm_t comm, cudaStream_t stream) {
  return start({"all_to_all", Kind::all_to_all, from, to, count, type, ncclSum, 0, comm, stream});
}

}  // extern "C"

PEERBENCH_NCCL_ALIAS(ncclAllReduce)
PEERBENCH_NCCL_ALIAS(ncclReduceScatter)
PEERBENCH_NCCL_ALIAS(ncclAllGather)
PEERBENCH_NCCL_ALIAS(ncclBroadcast)
PEERBENCH_NCCL_ALIAS(ncclBcast)
PEERBENCH_NCCL_ALIAS(ncclReduce)
PEERBENCH_NCCL_ALIAS(ncclAlltoAll)
