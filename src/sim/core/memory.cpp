// SPDX-License-Identifier: Apache-2.0
#include "sim/core/memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace gpusim {
namespace {

constexpr std::size_t page = 4096;
// CUDA hands memory of the device out of blocks of 2 MiB; smaller pieces share one and are aligned
// to 512 bytes (seen with cudaMalloc; the guaranteed alignment is 256).
constexpr std::size_t block = std::size_t{2} << 20;
constexpr std::size_t small = std::size_t{1} << 20;
constexpr std::size_t grain = 512;
constexpr std::size_t most_idle = std::size_t{512} << 20;  // of the host's memory

std::size_t round_up(std::size_t bytes, std::size_t to) { return (bytes + to - 1) / to * to; }

}  // namespace

Location Location::mirrored_for(int gpu) const {
  Location mirrored = *this;
  auto& mirror = allocation->mirrors[gpu];
  if (mirror == nullptr) mirror = Pages::make(allocation->bytes, page, false);
  if (mirror != nullptr) mirrored.alias = mirror->address() + offset;
  return mirrored;
}

std::shared_ptr<Pages> Pages::make(std::size_t bytes, std::size_t alignment, bool hidden) {
  if (bytes > SIZE_MAX / 4) return nullptr;
  std::shared_ptr<Pages> pages(new Pages);
  pages->bytes_ = round_up(bytes, page);
  pages->reserved_ = pages->bytes_ + (alignment > page ? alignment : 0);
  pages->hidden_ = hidden;

  void* reservation = mmap(nullptr, pages->reserved_, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reservation == MAP_FAILED) return nullptr;
  pages->reservation_ = static_cast<std::byte*>(reservation);
  const auto start = reinterpret_cast<std::uintptr_t>(reservation);
  pages->address_ = pages->reservation_ + (round_up(start, alignment) - start);

  if (!hidden) {
    if (mprotect(pages->address_, pages->bytes_, PROT_READ | PROT_WRITE) != 0) return nullptr;
    pages->alias_ = pages->address_;
    return pages;
  }
  const int file = memfd_create("peerbench-device-memory", MFD_CLOEXEC);
  if (file < 0) return nullptr;
  void* alias = MAP_FAILED;
  const bool sized = ftruncate(file, static_cast<off_t>(pages->bytes_)) == 0;
  if (sized && mmap(pages->address_, pages->bytes_, PROT_NONE, MAP_SHARED | MAP_FIXED, file, 0) !=
                   MAP_FAILED) {
    alias =
        mmap(nullptr, pages->bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file, 0);
  }
  close(file);
  if (alias == MAP_FAILED) return nullptr;
  pages->alias_ = static_cast<std::byte*>(alias);
  return pages;
}

Pages::~Pages() {
  if (hidden_ && alias_ != nullptr) munmap(alias_, bytes_);
  if (reservation_ != nullptr) munmap(reservation_, reserved_);
}

void Pages::let_host_touch(bool allowed) const {
  if (hidden_) mprotect(address_, bytes_, allowed ? PROT_READ | PROT_WRITE : PROT_NONE);
}

Memory::Memory(std::vector<std::uint64_t> capacities)
    : capacities_(std::move(capacities)), used_(capacities_.size(), 0) {}

std::shared_ptr<Allocation> Memory::keep(Allocation allocation) {
  allocation.number = ++count_;
  auto kept = std::make_shared<Allocation>(std::move(allocation));
  by_address_[reinterpret_cast<std::uintptr_t>(kept->address)] = kept;
  return kept;
}

// Pages of one size have one alignment. Those that a pending operation still refers to stay idle.
std::shared_ptr<Pages> Memory::device_pages(std::size_t bytes) {
  const auto fits = [&](const std::shared_ptr<Pages>& pages) {
    return pages->bytes() == round_up(bytes, page) && pages.use_count() == 1;
  };
  if (const auto found = std::ranges::find_if(idle_, fits); found != idle_.end()) {
    auto pages = std::move(*found);
    idle_.erase(found);
    idle_bytes_ -= pages->bytes();
    return pages;
  }
  return Pages::make(bytes, bytes >= small ? block : page, true);
}

void Memory::retire(const Allocation& allocation) {
  if (allocation.kind != Allocation::Kind::device || allocation.bytes < small) return;
  idle_.push_back(allocation.pages);
  idle_bytes_ += allocation.pages->bytes();
  while (idle_bytes_ > most_idle) {
    idle_bytes_ -= idle_.front()->bytes();
    idle_.erase(idle_.begin());
  }
}

std::shared_ptr<Allocation> Memory::allocate_device(int gpu, std::size_t bytes) {
  const auto index = static_cast<std::size_t>(gpu);
  if (bytes > capacities_[index]) return nullptr;
  const std::size_t reserved = round_up(bytes, bytes >= small ? block : grain);
  if (reserved > capacities_[index] - used_[index]) return nullptr;
  auto pages = device_pages(bytes);
  if (pages == nullptr) return nullptr;
  used_[index] += reserved;
  Allocation made;
  made.kind = Allocation::Kind::device;
  made.gpu = gpu;
  made.bytes = bytes;
  made.reserved = reserved;
  made.address = pages->address();
  made.pages = std::move(pages);
  return keep(std::move(made));
}

std::shared_ptr<Allocation> Memory::allocate_host(Allocation::Kind kind, int gpu, std::size_t bytes,
                                                  unsigned flags, bool guarded) {
  auto pages = Pages::make(bytes, page, guarded);
  if (pages == nullptr) return nullptr;
  pages->let_host_touch(!guarded || !guards_);
  Allocation made;
  made.kind = kind;
  made.gpu = gpu;
  made.bytes = bytes;
  made.node = kind == Allocation::Kind::host ? thread_host_node : -1;
  made.flags = flags;
  made.guarded = guarded;
  made.address = pages->address();
  made.pages = std::move(pages);
  return keep(std::move(made));
}

std::shared_ptr<Allocation> Memory::register_host(void* address, std::size_t bytes,
                                                  unsigned flags) {
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  const auto next = by_address_.lower_bound(first);
  if (next != by_address_.end() && next->first < first + bytes) return nullptr;
  if (find(address).allocation != nullptr) return nullptr;
  Allocation made;
  made.kind = Allocation::Kind::registered;
  made.bytes = bytes;
  made.flags = flags;
  made.address = static_cast<std::byte*>(address);
  return keep(std::move(made));
}

bool Memory::release(const void* address, bool (*accepts)(Allocation::Kind)) {
  const auto found = by_address_.find(reinterpret_cast<std::uintptr_t>(address));
  if (found == by_address_.end() || !accepts(found->second->kind)) return false;
  if (found->second->reserved > 0) {
    used_[static_cast<std::size_t>(found->second->gpu)] -= found->second->reserved;
  }
  retire(*found->second);
  by_address_.erase(found);
  return true;
}

void Memory::guard(bool on) {
  if (on == guards_) return;
  guards_ = on;
  for (const auto& [address, allocation] : by_address_) {
    if (allocation->guarded) allocation->pages->let_host_touch(!on);
  }
}

void Memory::release_device(int gpu) {
  std::erase_if(by_address_, [&](const auto& entry) {
    const Allocation& allocation = *entry.second;
    const bool released = allocation.kind == Allocation::Kind::device && allocation.gpu == gpu;
    if (released) retire(allocation);
    return released;
  });
  used_[static_cast<std::size_t>(gpu)] = 0;
}

Location Memory::find(const void* address) const {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  Location location;
  location.alias = static_cast<std::byte*>(const_cast<void*>(address));
  auto next = by_address_.upper_bound(at);
  if (next == by_address_.begin()) return location;
  const auto& [base, allocation] = *--next;
  if (at - base >= allocation->bytes) return location;
  location.allocation = allocation;
  location.offset = at - base;
  location.alias = allocation->alias() + location.offset;
  return location;
}

}  // namespace gpusim
