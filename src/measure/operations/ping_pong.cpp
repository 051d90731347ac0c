// SPDX-License-Identifier: Apache-2.0
// One side of a flag ping-pong between two GPUs: a kernel waits for a word in its own memory, which
// the other GPU's kernel stores there, and answers in the other's memory.
#include <fmt/format.h>

#include <chrono>

#include "base/checked.hpp"
#include "measure/content.hpp"
#include "measure/gate.hpp"
#include "measure/operations/arrays.hpp"

namespace peerbench::measure {

namespace {

/// How long one side of a ping-pong waits for the other before it gives up: a thousand times what
/// it should take, or as long as a watchdog lets a kernel run.
std::chrono::nanoseconds limit_of(const Transfer& transfer) {
  return gate_limit(transfer.issuer.index, std::chrono::seconds(2));
}

// Both sides count on from the same number, and seeds lie further apart than messages are sent.
std::uint64_t first_message(std::uint64_t seed) { return common_seed(seed) << 32; }

kernels::Mailbox* mailbox(const TransferMemory& memory) {
  return static_cast<kernels::Mailbox*>(memory.destination.data());
}

Expected<kernels::Mailbox> read_mailbox(const TransferMemory& memory) {
  kernels::Mailbox box;
  PEERBENCH_TRY(take(memory.destination, &box, sizeof box));
  return box;
}

bool there_and_back(std::span<TransferMemory* const> all) {
  if (all.size() != 2 || all[1]->transfer.op != Op::ping_pong) return false;
  const Transfer& there = all[0]->transfer;
  const Transfer& back = all[1]->transfer;
  return there.source == back.destination && back.source == there.destination;
}

class SmPingPong final : public Operation {
 public:
  Expected<void> check(const Transfer& transfer) const override {
    if (transfer.source == transfer.issuer && between_gpus(transfer)) return {};
    return fail(ErrorKind::unsupported, "a ping-pong goes from the GPU that issues it to another");
  }

  Expected<void> allocate(TransferMemory& memory) const override {
    return allocate_array(memory, memory.destination, memory.transfer.destination,
                          sizeof(kernels::Mailbox));
  }

  Expected<void> join(std::span<TransferMemory* const> all) const override {
    if (!there_and_back(all)) {
      return fail(ErrorKind::internal, "a ping-pong is two transfers, there and back");
    }
    all[0]->own_mailbox = mailbox(*all[1]);
    all[1]->own_mailbox = mailbox(*all[0]);
    all[1]->serves = true;
    return {};
  }

  Expected<void> fill(const TransferMemory& memory, std::uint64_t seed) const override {
    kernels::Mailbox start;
    start.flag = start.seen = first_message(seed);
    return put(memory.destination, &start, sizeof start);
  }

  Expected<void> queue(const TransferMemory& memory, cudaStream_t stream) const override {
    const Transfer& transfer = memory.transfer;
    return PEERBENCH_CUDA(kernels::launch_ping_pong(
        memory.own_mailbox, mailbox(memory), transfer.steps / 2, memory.serves,
        static_cast<std::uint64_t>(limit_of(transfer).count()), stream));
  }

  Expected<void> check_timed_out(const TransferMemory& memory) const override {
    const Transfer& transfer = memory.transfer;
    const auto box = read_mailbox(memory);
    if (!box) return tl::unexpected(box.error());
    if (box->timed_out == 0) return {};
    return fail(
        ErrorKind::hang,
        fmt::format(
            "{0} waited {2} s for {1}'s store to a flag in its memory, then gave up: what {1} "
            "stores there does not arrive, or the two kernels did not run at the same time",
            name(transfer.destination), name(transfer.source),
            std::chrono::duration<double>(limit_of(transfer)).count()));
  }

  Expected<std::string> verify(const TransferMemory& memory, std::uint64_t seed) const override {
    const Transfer& transfer = memory.transfer;
    const auto box = read_mailbox(memory);
    if (!box) return tl::unexpected(box.error());
    const std::uint64_t last = first_message(seed) + memory.launches * (transfer.steps / 2);
    if (box->flag == last && box->seen == last) return std::string();
    return fmt::format(
        "the last message that {} saw of {} is {}, and {} lies in its memory; {} was sent",
        name(transfer.destination), name(transfer.source), box->seen, box->flag, last);
  }
};

}  // namespace

const Operation& sm_ping_pong() {
  static const SmPingPong operation;
  return operation;
}

}  // namespace peerbench::measure
