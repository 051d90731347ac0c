// SPDX-License-Identifier: Apache-2.0
// One transfer of a plan on its way: its memory, its stream and events, what is queued for it, and
// what must lie where afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "measure/operations/operation.hpp"
#include "measure/resources.hpp"

namespace peerbench::measure {

class TransferStream {
 public:
  /// Allocates the arrays of the transfer, and a stream on the GPU that issues it. Fails with
  /// ErrorKind::unsupported for what no GPU can issue: other engines, a copy engine that is to do
  /// more than copy, a kernel of a third GPU or (with `peer_access` off) on a peer's memory.
  /// `sharing`: kernels that the issuer runs at the same time, this one among them; each gets an
  /// equal part of its multiprocessors, since one that fills them holds up the others to its end.
  /// `kernels`: the program has some that run on the GPUs; else those are unsupported, and what
  /// else there is the host fills and checks.
  static Expected<TransferStream> create(const Transfer& transfer, bool peer_access,
                                         int sharing = 1, bool kernels = true);

  /// To be called before anything is filled: transfers of a plan that work with each other's memory
  /// learn of it. ErrorKind::internal where the plan lacks one of them.
  static Expected<void> join(std::vector<TransferStream>& all);

  /// Queues the transfer once on its stream, which belongs to the GPU that issues it. Fails where
  /// the caller has not made that GPU current.
  Expected<void> queue();

  /// Records the transfer's own end behind what is queued.
  Expected<void> record_end() const;

  /// Fills what is read, on the owner's side, and remembers the seed for what is to be written.
  Expected<void> fill_source(std::uint64_t seed);
  /// Fills what is written with something that no transfer ever leaves behind.
  Expected<void> poison_destination() const;
  /// Checks on the owner's side what fill_source(seed) and a transfer after it must have left.
  /// Returns an empty string, or what is wrong.
  Expected<std::string> find_corruption(std::uint64_t seed) const {
    return operation_->verify(memory_, seed);
  }

  /// Before each sample: brings what is read back to the host, if the transfer says so.
  Expected<void> send_to_host();
  /// After all that was queued has ended: ErrorKind::hang if it ended by giving up.
  Expected<void> check_timed_out() const { return operation_->check_timed_out(memory_); }

  /// Gives everything up without waiting for it.
  void abandon();

  /// Where its memory of the host lies; empty where there is nothing to say.
  const std::string& memory_note() const { return memory_.note; }

  const Transfer& transfer() const { return memory_.transfer; }
  const Stream& cuda_stream() const { return stream_; }
  const Event& begin() const { return begin_; }
  const Event& end() const { return end_; }

 private:
  TransferStream(const Operation& operation, const Transfer& transfer, Stream stream, Event begin,
                 Event end);

  const Operation* operation_;
  TransferMemory memory_;
  Stream stream_;
  Event begin_;
  Event end_;
};

}  // namespace peerbench::measure
