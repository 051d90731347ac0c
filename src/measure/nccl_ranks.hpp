// SPDX-License-Identifier: Apache-2.0
// One NCCL rank on each of several GPUs, all in this process and driven by one thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "measure/nccl_library.hpp"
#include "measure/nccl_log.hpp"
#include "measure/resources.hpp"

namespace peerbench::measure {

/// Communicators of a set of GPUs. First they are made without blocking, polled, tried with one
/// small operation of each kind, and aborted when that takes longer than `limit`: so failures and
/// hangs end as an error. Only then are they made anew as programs make them: calls of a
/// non-blocking communicator start a thread each, which would be in every figure.
class NcclRanks {
 public:
  /// Fails with NCCL's reason: ErrorKind::unsupported when it refuses, device when a rank was lost,
  /// hang when it is not ready within `limit`. Aborting has the same limit.
  static Expected<NcclRanks> connect(const NcclLibrary& library, const std::vector<int>& gpus,
                                     std::chrono::nanoseconds limit);
  NcclRanks(NcclRanks&&) noexcept;
  NcclRanks& operator=(NcclRanks&&) = delete;
  ~NcclRanks();

  const NcclLibrary& library() const { return *library_; }
  const std::vector<int>& gpus() const { return gpus_; }
  int size() const { return static_cast<int>(gpus_.size()); }
  nccl::Comm comm(int rank) const { return comms_[static_cast<std::size_t>(rank)]; }
  /// What NCCL has said since these connected: some of it comes with the first operation that needs
  /// a way.
  const NcclUse& use();

  /// Calls `each(rank)` for all ranks in one group, each with its GPU current. Where one cannot be
  /// made current, those before it must not wait for it: a group of blocking calls is left open
  /// then, since its end would not come back, and the thread that began it has to end.
  template <typename Each>
  Expected<void> grouped(const Each& each) const {
    nccl::Result result = library_->call().group_start();
    for (int rank = 0; rank < size() && !nccl::is_error(result); ++rank) {
      const auto scope = DeviceScope::enter(gpus_[static_cast<std::size_t>(rank)]);
      if (!scope) {
        if (!blocking_) library_->call().group_end();
        return tl::unexpected(scope.error());
      }
      result = each(rank);
    }
    const nccl::Result ended = library_->call().group_end();
    return check(nccl::is_error(result) ? result : ended);
  }

  /// What a call of NCCL returned as success or error. Polls communicators that are still at it.
  Expected<void> check(nccl::Result result) const;

  /// The first error that came up since; success while all is well.
  Expected<void> asynchronous_error() const;

  /// Ends all ranks at once, whatever they wait for; nothing can be done with them afterwards. An
  /// abort that does not come back is left behind (NcclLibrary::stuck).
  void give_up();
  bool given_up() const { return comms_.empty(); }

 private:
  NcclRanks(const NcclLibrary& library, std::vector<int> gpus)
      : library_(&library), gpus_(std::move(gpus)) {}
  Expected<void> make(bool blocking);
  static Expected<NcclRanks> make_blocking(NcclRanks ranks);
  Error error_of(nccl::Result result, nccl::Comm comm) const;
  Expected<void> try_all();
  Expected<void> try_with(std::vector<Buffer>& memory, std::vector<Stream>& streams) const;
  /// In progress, or how it stands; also an error where it cannot be asked.
  nccl::Result state_of(nccl::Comm comm) const;
  void destroy();

  const NcclLibrary* library_;
  std::vector<int> gpus_;
  std::vector<nccl::Comm> comms_;
  std::chrono::nanoseconds limit_{};
  bool blocking_ = false;  ///< whether their calls are
  NcclUse use_;
  std::size_t said_before_ = 0;  ///< bytes of the log when these were made
};

}  // namespace peerbench::measure
