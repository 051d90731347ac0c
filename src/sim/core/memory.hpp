// SPDX-License-Identifier: Apache-2.0
// Memory of the simulated machine. What cudaMalloc gives out is real memory that the host must not
// touch: the address handed out faults, the simulator works on a second mapping of the same pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "sim/core/export.hpp"

namespace gpusim {

/// Pages that live as long as anybody refers to them.
class Pages {
 public:
  /// `bytes` of zeroed memory at an address that is a multiple of `alignment`; `hidden`: only
  /// alias() may be touched. Null when the system has no memory or mappings left.
  static std::shared_ptr<Pages> make(std::size_t bytes, std::size_t alignment, bool hidden);
  ~Pages();
  /// Whether a host's access to address() goes through from now on or faults; of hidden pages only.
  void let_host_touch(bool allowed) const;
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  std::byte* address() const { return address_; }  ///< what programs get
  std::byte* alias() const { return alias_; }      ///< what the simulator uses
  std::size_t bytes() const { return bytes_; }     ///< whole pages

 private:
  Pages() = default;
  std::byte* reservation_ = nullptr;
  std::size_t reserved_ = 0;
  std::byte* address_ = nullptr;
  std::byte* alias_ = nullptr;
  std::size_t bytes_ = 0;
  bool hidden_ = false;
};

/// What a range of an allocation holds: an exact copy of a range of another one.
struct CopiedFrom {
  std::size_t offset = 0;
  std::size_t bytes = 0;
  std::uint64_t source = 0;  ///< Allocation::number
  std::size_t source_offset = 0;
  std::uint64_t source_version = 0;
  std::uint64_t version = 0;  ///< of the destination, after the copy
};

struct Allocation {
  enum class Kind { device, host, managed, registered };
  Kind kind = Kind::device;
  int gpu = -1;                    ///< owner of device memory; current GPU at allocation otherwise
  int resident = -1;               ///< managed: where its pages are, -1 for the host
  std::size_t bytes = 0;           ///< asked for
  std::size_t reserved = 0;        ///< taken from the GPU's memory
  int node = -1;                   ///< of host memory; -1: the GPU's nearest
  unsigned flags = 0;              ///< as given to cudaHostAlloc and the like
  bool guarded = false;            ///< the host may be kept from it
  std::uint64_t number = 0;        ///< in the order of allocation
  std::uint64_t version = 0;       ///< raised by every write
  CopiedFrom copied;               ///< the last copy into it
  std::set<std::size_t> received;  ///< offsets that were once written from another GPU
  std::shared_ptr<Pages> pages;    ///< null for registered memory
  std::byte* address = nullptr;
  /// What other GPUs see in its place, by GPU: private mirrors, on machines made so.
  std::map<int, std::shared_ptr<Pages>> mirrors;

  bool host_visible() const { return kind != Kind::device; }
  std::byte* alias() const { return pages ? pages->alias() : address; }
};

/// A place inside an allocation; `allocation` is null for host memory that CUDA does not know.
struct Location {
  std::shared_ptr<Allocation> allocation;
  std::size_t offset = 0;
  std::byte* alias = nullptr;  ///< where the simulator reads and writes it

  std::size_t room() const { return allocation ? allocation->bytes - offset : SIZE_MAX; }
  bool on_device() const {
    return allocation != nullptr &&
           (allocation->kind == Allocation::Kind::device ||
            (allocation->kind == Allocation::Kind::managed && allocation->resident >= 0));
  }
  /// GPU whose memory it is, -1 for the host's.
  int gpu() const {
    if (!on_device()) return -1;
    return allocation->kind == Allocation::Kind::managed ? allocation->resident : allocation->gpu;
  }
  /// NUMA node of memory of the host, -1: nearest to whichever GPU uses it.
  int node() const { return allocation ? allocation->node : -1; }
  /// The same place in the mirror that `gpu` sees instead, zeroed when it is first looked at.
  Location mirrored_for(int gpu) const;
};

/// Node of host memory that the calling thread allocates; -1: nearest to the GPU.
inline thread_local int thread_host_node = -1;

/// All allocations of the machine.
class PEERBENCH_SIM_EXPORT Memory {
 public:
  explicit Memory(std::vector<std::uint64_t> capacities);

  /// Null when the GPU has not enough memory left.
  std::shared_ptr<Allocation> allocate_device(int gpu, std::size_t bytes);
  /// `guarded`: the host may be kept from it, see guard().
  std::shared_ptr<Allocation> allocate_host(Allocation::Kind kind, int gpu, std::size_t bytes,
                                            unsigned flags, bool guarded = false);
  /// From now on an access of the host to guarded memory faults, or goes through again.
  void guard(bool on);
  bool guards() const { return guards_; }
  /// Null when the range overlaps memory that is known already.
  std::shared_ptr<Allocation> register_host(void* address, std::size_t bytes, unsigned flags);
  /// Forgets the allocation that starts at `address`; false when there is none of that kind.
  bool release(const void* address, bool (*accepts)(Allocation::Kind));
  void release_device(int gpu);  ///< all device memory of one GPU

  Location find(const void* address) const;
  std::uint64_t used(int gpu) const { return used_[static_cast<std::size_t>(gpu)]; }
  std::uint64_t capacity(int gpu) const { return capacities_[static_cast<std::size_t>(gpu)]; }

 private:
  std::shared_ptr<Allocation> keep(Allocation allocation);
  std::shared_ptr<Pages> device_pages(std::size_t bytes);
  void retire(const Allocation& allocation);

  std::vector<std::uint64_t> capacities_;
  std::vector<std::uint64_t> used_;
  std::map<std::uintptr_t, std::shared_ptr<Allocation>> by_address_;
  std::uint64_t count_ = 0;
  bool guards_ = false;
  /// Device memory that was given back, for the next allocation of its size: having the system make
  /// and clear pages takes as long as all else that a simulated copy costs. As on a real GPU, what
  /// was in it is still there.
  std::vector<std::shared_ptr<Pages>> idle_;
  std::size_t idle_bytes_ = 0;
};

}  // namespace gpusim
