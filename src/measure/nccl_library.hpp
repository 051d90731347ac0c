// SPDX-License-Identifier: Apache-2.0
// Finds and loads NCCL at run time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "measure/nccl_api.hpp"

namespace peerbench::measure {

/// Where NCCL is looked for, in this order: by its name as the loader does, in the toolkit's
/// folders, in the folders of NVIDIA's wheels below each of `roots` (folders that hold
/// lib/python3.X).
std::vector<std::string> nccl_candidates(const std::vector<std::string>& roots);

/// The roots of this user's Python environments: VIRTUAL_ENV, CONDA_PREFIX, ~/.local, the system's.
std::vector<std::string> python_roots();

/// A loaded library. It is never unloaded: NCCL keeps threads of its own.
class NcclLibrary {
 public:
  /// `path` is a file or a folder that holds one; empty: the first candidate that can be loaded.
  /// Fails with ErrorKind::unsupported and a reason to act on: not found, older than 2.18, or a
  /// function is missing.
  static Expected<NcclLibrary> load(const std::string& path);

  const nccl::Functions& call() const { return functions_; }
  const std::string& file() const { return file_; }
  /// "2.28.9"
  std::string version() const;
  bool aborts_in_groups() const { return version_ >= nccl::aborts_in_groups_from; }

  /// Runs calls of it that may never return, as peerbench::comes_back_within() does.
  bool comes_back_within(std::chrono::nanoseconds limit, std::function<void()> calls) const;
  /// Whether some did not: no other call of it can be relied on to return.
  bool stuck() const { return *stuck_; }

  /// What went wrong, in NCCL's words: code and last error.
  std::string describe(nccl::Result result, nccl::Comm comm) const;

  /// All that NCCL has logged so far; empty where the user's own NCCL_DEBUG was left alone.
  std::string log() const;

 private:
  NcclLibrary() = default;
  nccl::Functions functions_{};
  std::string file_;
  int version_ = 0;
  int log_ = -1;  ///< a file in memory that NCCL writes to
  std::shared_ptr<bool> stuck_ = std::make_shared<bool>(false);  ///< the same for all copies
};

}  // namespace peerbench::measure
