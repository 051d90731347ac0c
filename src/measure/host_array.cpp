// SPDX-License-Identifier: Apache-2.0
#include "measure/host_array.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

namespace peerbench::measure {
namespace {

// Arm systems with 64 KiB pages have huge pages of 512 MiB; aligning to those would waste memory.
constexpr Bytes largest_alignment = 64 * MiB;
constexpr Bytes usual_huge_page = 2 * MiB;

}  // namespace

Bytes huge_page_bytes() {
  std::ifstream file("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
  Bytes bytes = 0;
  return file >> bytes ? bytes : 0;
}

Expected<HostArray> HostArray::map(Bytes bytes, Pages pages, Bytes offset) {
  Bytes alignment = huge_page_bytes();
  if (alignment == 0 || alignment > largest_alignment) alignment = usual_huge_page;

  HostArray array;
  array.bytes_ = bytes;
  array.mapped_bytes_ = bytes + offset + alignment;
  void* mapping = mmap(nullptr, array.mapped_bytes_, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    return fail(ErrorKind::device,
                fmt::format("the system gives no {} of memory ({}); free memory or ask for smaller "
                            "arrays",
                            format_bytes(bytes), std::strerror(errno)));
  }
  array.mapping_ = mapping;
  const auto begin = reinterpret_cast<std::uintptr_t>(mapping);
  const auto aligned = (begin + alignment - 1) / alignment * alignment + offset;
  array.words_ = reinterpret_cast<std::uint64_t*>(aligned);
  // A kernel without huge pages refuses the advice; the pages are then ordinary, which is reported.
  (void)madvise(mapping, array.mapped_bytes_,
                pages == Pages::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  return array;
}

Expected<HostArray> HostArray::allocate(Bytes bytes, MemoryKind memory, int gpu) {
  const auto scope = DeviceScope::enter(gpu);
  if (!scope) {
    return fail(ErrorKind::device,
                fmt::format("{} could not be allocated on {}: {}", format_bytes(bytes),
                            name(host()), scope.error().message));
  }
  auto buffer = Buffer::allocate(host(), bytes, memory);
  if (!buffer) return tl::unexpected(buffer.error());
  HostArray array;
  array.driver_memory_ = std::move(*buffer);
  array.words_ = static_cast<std::uint64_t*>(array.driver_memory_.data());
  array.bytes_ = bytes;
  return array;
}

HostArray::HostArray(HostArray&& other) noexcept
    : driver_memory_(std::move(other.driver_memory_)),
      mapping_(std::exchange(other.mapping_, nullptr)),
      mapped_bytes_(other.mapped_bytes_),
      words_(other.words_),
      bytes_(other.bytes_) {}

HostArray::~HostArray() {
  if (mapping_ != nullptr) munmap(mapping_, mapped_bytes_);
}

Bytes HostArray::huge_bytes() const {
  if (mapping_ == nullptr) return 0;
  // The kernel may have merged neighbouring mappings into one or split this one: all that overlap
  // count, at most the array's own size.
  const auto begin = reinterpret_cast<std::uintptr_t>(mapping_);
  const auto end = begin + mapped_bytes_;
  std::ifstream file("/proc/self/smaps");
  std::string line;
  bool inside = false;
  Bytes huge = 0;
  while (std::getline(file, line)) {
    unsigned long from = 0;
    unsigned long to = 0;
    unsigned long kib = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) inside = from < end && to > begin;
    if (inside && std::sscanf(line.c_str(), "AnonHugePages: %lu kB", &kib) == 1) huge += kib * KiB;
  }
  return huge < bytes_ ? huge : bytes_;
}

}  // namespace peerbench::measure
