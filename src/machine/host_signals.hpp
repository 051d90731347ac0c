// SPDX-License-Identifier: Apache-2.0
// What the operating system says about where this process runs: WSL, container, driver, product.
#pragma once

#include <filesystem>
#include <optional>

#include "base/units.hpp"
#include "machine/host_files.hpp"
#include "machine/signals.hpp"

namespace peerbench::machine {

/// WSL, container, kernel, driver module, product, and the variables that hide GPUs.
void read_host(const HostFiles& files, Signals& signals);

/// MemTotal and MemAvailable of /proc/meminfo, and the page cache, most of which is part of what is
/// available; zeros where it cannot be read.
struct HostMemory {
  Bytes total = 0;
  Bytes available = 0;
  Bytes page_cache = 0;
};
HostMemory host_memory(const std::filesystem::path& root = "/");

/// The same for one NUMA node; available is free memory plus page cache that can be dropped.
HostMemory node_memory(unsigned node, const std::filesystem::path& root = "/");

/// What the control groups of this process still let it allocate (limit less use, plus page cache
/// that can be dropped), the tightest of all levels, versions 1 and 2. None: no limit found.
std::optional<Bytes> cgroup_room(const std::filesystem::path& root = "/");

}  // namespace peerbench::machine
