// SPDX-License-Identifier: Apache-2.0
// Where the threads and the pages of a host measurement go: one thread a core of the pool's NUMA
// node or on chosen processors, memory on a node, both through hwloc.
#pragma once

#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/units.hpp"

namespace peerbench::measure {

class HostPlacement {
 public:
  /// The cores of NUMA node `numa_node` (by the system's number; -1: of the whole machine) that
  /// this process may use. Error: unsupported, when there is no such node or no core beside it.
  static Expected<HostPlacement> of_node(int numa_node);
  /// Exactly the processors in `cpus`, as the kernel lists them ("5-9,15"), with memory on NUMA
  /// node `memory_node`, wherever they are. Error: unsupported, when this process may not use one.
  static Expected<HostPlacement> of_cpus(const std::string& cpus, int memory_node);
  HostPlacement(HostPlacement&&) noexcept;
  HostPlacement& operator=(HostPlacement&&) = delete;
  ~HostPlacement();

  int cores() const;
  /// All last-level caches of those cores, summed; 0 when not known.
  Bytes cache_bytes() const;

  /// Pins the calling thread to the first hardware thread of core `index` (modulo the cores).
  /// Returns an empty string, or why the system refused.
  std::string pin(int index) const;
  /// Binds pages not yet touched to the node. Returns an empty string, or why they are left to
  /// first touch.
  std::string bind(void* memory, Bytes bytes) const;

 private:
  struct State;
  explicit HostPlacement(std::unique_ptr<State> state);
  static Expected<std::unique_ptr<State>> load(int memory_node);
  std::unique_ptr<State> state_;
};

}  // namespace peerbench::measure
