// SPDX-License-Identifier: Apache-2.0
// Memory for the host's own measurements: mapped, not allocated, so that page size, alignment
// and first touch are ours to choose. Nothing is touched until a thread writes to it. Or memory of
// the CUDA driver, which chooses those itself.
#pragma once

#include <cstdint>
#include <span>

#include "base/memory_kind.hpp"
#include "base/units.hpp"
#include "measure/resources.hpp"

namespace peerbench::measure {

enum class Pages { huge, ordinary };

/// Size of a transparent huge page on this system; 0 when it has none.
Bytes huge_page_bytes();

/// An array of 8-byte words; unmapped with the object.
class HostArray {
 public:
  /// `pages` is advice to the kernel; what came of it says huge_bytes() once all is touched. The
  /// array starts `offset` bytes past a huge page's start. Error: device, when the memory cannot be
  /// had.
  static Expected<HostArray> map(Bytes bytes, Pages pages, Bytes offset = 0);
  /// Memory that the CUDA driver gives, pinned or managed, with `gpu` as its device. Error:
  /// device.
  static Expected<HostArray> allocate(Bytes bytes, MemoryKind memory, int gpu);
  HostArray(HostArray&& other) noexcept;
  HostArray& operator=(HostArray&&) = delete;
  ~HostArray();

  std::uint64_t* words() const { return words_; }
  double* reals() const { return reinterpret_cast<double*>(words_); }
  std::size_t size() const { return bytes_ / 8; }
  std::span<std::uint64_t> span() const { return {words_, size()}; }
  void* mapping() const { return mapping_; }
  Bytes mapped_bytes() const { return mapped_bytes_; }

  /// How much of it lies in huge pages now; 0 when the system does not say, as of the driver's.
  Bytes huge_bytes() const;

 private:
  HostArray() = default;
  Buffer driver_memory_;
  void* mapping_ = nullptr;  // null: the driver's
  Bytes mapped_bytes_ = 0;
  std::uint64_t* words_ = nullptr;
  Bytes bytes_ = 0;
};

}  // namespace peerbench::measure
