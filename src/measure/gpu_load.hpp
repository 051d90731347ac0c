// SPDX-License-Identifier: Apache-2.0
// A GPU kept busy with one transfer while something else is measured, and what it moved meanwhile.
// Window and kernels are put together by one clock, the host's: it starts with a kernel's end that
// the host sees, and from there the kernels' own events count.
#pragma once

#include <string>
#include <vector>

#include "measure/plan.hpp"
#include "measure/sampling.hpp"
#include "measure/transfer_stream.hpp"

namespace peerbench::measure {

class GpuLoad {
 public:
  /// Memory, stream and data of `transfer`, by kernels on the issuer's own memory.
  static Expected<GpuLoad> create(const Transfer& transfer, std::uint64_t seed);

  /// Does `work` while the GPU repeats the transfer, from before it begins to after it ends, and
  /// returns what that returned. When the GPU was through too early it is done again with more.
  /// Errors: of `work`; device, when the GPU cannot be kept busy for so long; hang.
  Expected<double> around(const TakeSample& work);

  /// GB/s that the GPU moved beside each work, each byte counted once, in the order done.
  const std::vector<double>& rates() const { return rates_; }

  /// Something did not end: the GPU is lost to this process.
  bool hung() const { return hung_; }

  /// What is wrong with the data afterwards; empty when nothing is.
  Expected<std::string> find_corruption();

 private:
  GpuLoad(TransferStream stream, std::uint64_t seed) : stream_(std::move(stream)), seed_(seed) {}
  Expected<void> start();
  Expected<void> await(const Event& end);
  Expected<double> bytes_within(double seconds) const;
  void abandon();

  TransferStream stream_;
  std::uint64_t seed_;
  bool hung_ = false;
  std::size_t repeats_ = 16;
  std::vector<Event> ends_;  ///< of each repetition
  std::vector<double> rates_;
};

}  // namespace peerbench::measure
