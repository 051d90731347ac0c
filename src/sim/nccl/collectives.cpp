// SPDX-License-Identifier: Apache-2.0
// Collectives: the ranks' calls find each other by their order, wait for each other, and the data
// are really reduced and moved when the last bytes have arrived.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "sim/core/faults.hpp"
#include "sim/core/noise.hpp"
#include "sim/nccl/elements.hpp"
#include "sim/nccl/group.hpp"
#include "sim/nccl/plan.hpp"

using namespace peerbench::sim;

namespace {

constexpr std::size_t most_remembered = 256;

/// Collectives of a communicator before the fault "nccl-lost-rank".
constexpr std::uint64_t lost_after = 10;

/// One rank's call. `count` elements of what every rank gives, or of an all-gather takes from each.
struct Call {
  const char* name;
  Kind kind;
  const void* from = nullptr;
  void* to = nullptr;
  std::size_t count = 0;
  ncclDataType_t type = ncclFloat32;
  ncclRedOp_t operation = ncclSum;
  int root = 0;
  ncclComm* comm = nullptr;
  cudaStream_t stream = nullptr;

  bool reduces() const {
    return kind == Kind::all_reduce || kind == Kind::reduce_scatter || kind == Kind::reduce;
  }
  std::size_t bytes() const { return count * element_bytes(type); }
  /// What it reads and writes, in bytes. Only the root's is looked at where only it has one.
  std::size_t reads(int ranks) const {
    const bool parts = kind == Kind::reduce_scatter || kind == Kind::all_to_all;
    return parts ? bytes() * static_cast<std::size_t>(ranks) : bytes();
  }
  std::size_t writes(int ranks) const {
    const bool parts = kind == Kind::all_gather || kind == Kind::all_to_all;
    return parts ? bytes() * static_cast<std::size_t>(ranks) : bytes();
  }
  bool needs_source(int rank) const { return kind != Kind::broadcast || rank == root; }
  bool needs_destination(int rank) const { return kind != Kind::reduce || rank == root; }
  std::string text() const {
    return fmt::format("{} count {} datatype {} op {} root {}", name, count, static_cast<int>(type),
                       static_cast<int>(operation), root);
  }
};

/// What a collective does to memory, once all bytes have arrived.
class Effect {
 public:
  Effect(const MachineFile& file, std::shared_ptr<Clique> clique, const Call& call,
         const Rendezvous& meeting, std::uint64_t random)
      : file_(file),
        clique_(std::move(clique)),
        call_(call),
        from_(meeting.from),
        to_(meeting.to),
        random_(random) {
    for (int rank = 0; rank < clique_->ranks(); ++rank) {
      gpus_.push_back(clique_->gpu(rank));
      previous_.push_back(clique_->gpu(clique_->previous(rank)));
    }
  }

  void apply() {
    const std::string key = this->key();
    const auto before = clique_->left_behind.find(key);
    if (before != clique_->left_behind.end() && before->second == versions()) return;
    move_all();
    for (const Location& each : to_) {
      if (each.allocation) ++each.allocation->version;
    }
    if (!file_.faults.empty() || overlaps()) return;
    if (clique_->left_behind.size() >= most_remembered) clique_->left_behind.clear();
    clique_->left_behind[key] = versions();
  }

 private:
  std::size_t index(int rank) const { return static_cast<std::size_t>(rank); }
  int ranks() const { return clique_->ranks(); }
  std::size_t block() const { return call_.bytes(); }

  void move_all() {
    switch (call_.kind) {
      case Kind::all_reduce:
        reduce_blocks(0);
        for (int rank = 0; rank < ranks(); ++rank) write(rank, 0, scratch_.data(), previous_);
        return;
      case Kind::reduce:
        reduce_blocks(0);
        return write(call_.root, 0, scratch_.data(), previous_);
      case Kind::reduce_scatter:
        for (int rank = 0; rank < ranks(); ++rank) {
          reduce_blocks(index(rank) * block());
          write(rank, 0, scratch_.data(), previous_);
        }
        return;
      case Kind::broadcast:
        for (int rank = 0; rank < ranks(); ++rank) {
          write(rank, 0, from_[index(call_.root)].alias, previous_);
        }
        return;
      case Kind::all_gather:
        for (int rank = 0; rank < ranks(); ++rank) {
          for (int part = 0; part < ranks(); ++part) {
            write(rank, index(part) * block(), from_[index(part)].alias, previous_, part == rank);
          }
        }
        return;
      case Kind::all_to_all:
        for (int rank = 0; rank < ranks(); ++rank) {
          for (int part = 0; part < ranks(); ++part) {
            const std::vector<int> sender(index(ranks()), gpus_[index(part)]);
            write(rank, index(part) * block(), from_[index(part)].alias + index(rank) * block(),
                  sender, part == rank);
          }
        }
        return;
    }
  }

  void reduce_blocks(std::size_t offset) {
    std::vector<const std::byte*> parts;
    for (const Location& each : from_) parts.push_back(each.alias + offset);
    scratch_.resize(block());
    reduce(call_.type, call_.operation, parts, call_.count, scratch_.data());
  }

  /// A block into a rank's memory; what came over a link meets the link's fault.
  void write(int rank, std::size_t offset, const std::byte* data, const std::vector<int>& sender,
             bool own = false) {
    Location to = to_[index(rank)];
    to.offset += offset;
    to.alias += offset;
    const DataFault fault = own || ranks() == 1
                                ? DataFault::none
                                : data_fault(file_, sender[index(rank)], gpus_[index(rank)]);
    if (fault == DataFault::none) {
      std::memmove(to.alias, data, block());
      return;
    }
    write_with_fault(to, block(), fault, random_, [&] { std::memmove(to.alias, data, block()); });
  }

  std::string key() const {
    std::string text = call_.text();
    for (const auto* list : {&from_, &to_}) {
      for (const Location& each : *list) {
        text +=
            each.allocation ? fmt::format(" {}+{}", each.allocation->number, each.offset) : " -";
      }
    }
    return text;
  }

  std::vector<std::uint64_t> versions() const {
    std::vector<std::uint64_t> all;
    for (const auto* list : {&from_, &to_}) {
      for (const Location& each : *list) {
        if (each.allocation) all.push_back(each.allocation->version);
      }
    }
    return all;
  }

  /// A repetition changes something, or nobody can tell: memory that the host may touch.
  bool overlaps() const {
    for (const Location& source : from_) {
      if (source.allocation && source.allocation->host_visible()) return true;
      for (const Location& target : to_) {
        if (source.allocation && source.allocation == target.allocation) return true;
      }
    }
    return false;
  }

  const MachineFile& file_;
  std::shared_ptr<Clique> clique_;
  Call call_;
  std::vector<Location> from_, to_;
  std::vector<int> gpus_, previous_;  ///< cards of the ranks, and of those before them in the ring
  std::vector<std::byte> scratch_;
  std::uint64_t random_;
};

/// The calling rank's memory, or an error.
ncclResult_t locate(const SimulatedMachine& machine, const Call& call, bool needed,
                    const void* pointer, std::size_t bytes, Location& found) {
  if (!needed) return ncclSuccess;
  found = machine.memory().find(pointer);
  if (found.allocation && bytes <= found.room()) return ncclSuccess;
  return complain(call.comm, ncclInvalidArgument,
                  std::string(call.name) + ": a buffer is not memory of CUDA, or too short");
}

/// Queues a rank's part into `stream`.
ncclResult_t launch_in(SimulatedMachine& machine, const Call& call, Stream* stream) {
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
  }
  if (here.call != call.text()) {
    return complain(&comm, ncclInvalidArgument,
                    "the ranks called different collectives: " + here.call + ", " + call.text());
  }
  here.from[static_cast<std::size_t>(comm.rank)] = std::move(from);
  here.to[static_cast<std::size_t>(comm.rank)] = std::move(to);

  CollectivePart part;
  part.name = call.name;
  part.meetings = part.moves = {here.meeting};
  const auto bytes = static_cast<double>(std::max(call.reads(ranks), call.writes(ranks)));
  set_route(machine, comm.gpu, plan(machine, *clique, call.kind, comm.rank, call.root, bytes),
            part);
  if (has_fault(machine.file(), "nccl-lost-rank") && number >= lost_after) {
    part.endless = true;
    clique->result = ncclRemoteError;
    clique->failure = "a rank was lost";
    for (ncclComm* member : clique->members) member->last_error = clique->failure;
  }
  machine.take_part(std::move(part), *stream);
  // Complete once each rank has called; the last one knows all there is to do.
  if (++here.called == ranks) {
    const std::uint64_t random = random_word(machine.file().seed, number);
    here.meeting->effect = [effect = std::make_shared<Effect>(machine.file(), clique, call, here,
                                                              random)] { effect->apply(); };
    clique->collectives.erase(number);
  }
  return ncclSuccess;
}

ncclResult_t launch(SimulatedMachine& machine, const Call& call) {
  ncclComm& comm = *call.comm;
  Stream* stream = machine.find_stream(call.stream, comm.gpu, false);
  if (stream == nullptr || stream->gpu != comm.gpu) {
    return complain(&comm, ncclInvalidArgument, "the stream is not of the communicator's device");
  }
  machine.spend(1e3 * machine.file().host.calls.launch_us);
  const auto again = [&machine, call, stream](const Recording::Places& places) {
    if (is_known(call.comm)) launch_in(machine, call, places.stream(stream));
  };
  if (!SimulatedMachine::recorded(*stream, again)) {
    const ncclResult_t result = launch_in(machine, call, stream);
    if (result != ncclSuccess) return result;
  }
  comm.busy = !comm.blocking;
  return comm.busy ? ncclInProgress : ncclSuccess;
}

ncclResult_t start(Call request) {
  if (hangs_at_first_call(request.comm)) never_return();
  return call([&](SimulatedMachine& machine) {
    const ncclResult_t ready = check_ready(request.comm, machine);
    ncclResult_t result = ready;
    if (ready == ncclSuccess) {
      const int ranks = request.comm->clique->ranks();
      if (element_bytes(request.type) == 0 || request.root < 0 || request.root >= ranks ||
          (request.reduces() && !can_reduce(request.type, request.operation))) {
        result = complain(request.comm, ncclInvalidArgument,
                          std::string(request.name) + ": a type, operation or root not simulated");
      } else if (request.count > 0) {
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
