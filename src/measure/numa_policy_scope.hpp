// SPDX-License-Identifier: Apache-2.0
// Host memory near a GPU, or on another node: while this object lives, what its thread has
// allocated for it comes from one NUMA node. cudaHostAlloc takes and pins its pages in the calling
// thread, so that is enough.
#pragma once

#include <memory>
#include <string>

#include "base/units.hpp"

namespace peerbench::measure {

class NumaPolicyScope {
 public:
  /// `numa_node` by the system's number; -1: nothing is changed. `whose` says in the note whether
  /// that is the GPU's. What the thread did before is restored with the end of the object.
  explicit NumaPolicyScope(int numa_node, const char* whose = "the GPU's");
  NumaPolicyScope(const NumaPolicyScope&) = delete;
  NumaPolicyScope& operator=(const NumaPolicyScope&) = delete;
  ~NumaPolicyScope();

  /// Where `memory`, already touched, lies, or why it may lie elsewhere, for the cell; empty when
  /// no node was asked for.
  std::string where(const void* memory, Bytes bytes) const;

 private:
  struct State;
  int node_;
  const char* whose_;
  int former_simulated_ = -1;
  std::unique_ptr<State> state_;  ///< none: nothing to ask, or nothing to restore
  std::string refused_;
};

}  // namespace peerbench::measure
