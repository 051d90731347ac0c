// SPDX-License-Identifier: Apache-2.0
// Progress on standard error, one line that is rewritten, and only when a person is looking at it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace peerbench::cli {

/// "3 of 12  peer/ce/push/uni/gpu0-gpu1  about 20 s left", at most `width` columns; the remaining
/// time follows from how long the finished cells took, and is left out while none is finished.
std::string progress_line(const std::string& cell, std::size_t finished, std::size_t all,
                          std::chrono::duration<double> elapsed, std::size_t width);

class Progress {
 public:
  /// Shows nothing when `quiet` or when standard error is no terminal.
  explicit Progress(bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void show(const std::string& cell, std::size_t finished, std::size_t all);
  /// Takes the line away, so that what is printed next stands alone.
  void clear();

 private:
  bool visible_ = false;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace peerbench::cli
