// SPDX-License-Identifier: Apache-2.0
// Progress on standard error: first how many measurements there are and how long they take about;
// then, on a terminal, one line that is rewritten with what is measured, its figure so far and the
// time left; in a log a line every ten seconds.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "bench/expected_time.hpp"

namespace peerbench::cli {

/// "3 of 12  GPU 0 to GPU 1 over NVLink  50.9 GB/s  20 s left", at most `width` columns: what is
/// measured is cut where that is too long. `figure` may be empty.
std::string progress_line(std::size_t number, std::size_t all, const std::string& what,
                          const std::string& figure, double seconds_left, std::size_t width);

class Progress {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Kind { none, terminal, log };

  /// Where it goes; others than standard error and the real clock are for tests.
  struct Output {
    Kind kind = Kind::none;
    std::function<void(const std::string&)> write;
    std::function<Clock::time_point()> now = Clock::now;
    std::function<std::size_t()> width = {};  ///< columns of the terminal
  };

  explicit Progress(Output output) : output_(std::move(output)) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Seconds that all cells are expected to take; `whose`: " of the simulated machine", or nothing.
  void begin(std::size_t all, double seconds, const std::string& whose);
  /// A cell begins, and so the one before has ended.
  void start(std::string what, std::size_t finished, double expected_seconds);
  /// A sample of it, in the cell's unit.
  void sample(double value, const std::string& unit);
  /// Takes the line away, so that what is printed next stands alone.
  void clear();

 private:
  void show(bool at_once);

  Output output_;
  bench::Forecast forecast_;
  std::size_t all_ = 0;
  std::size_t finished_ = 0;
  double to_come_ = 0;   ///< expected seconds of the cell under way and those after it
  double expected_ = 0;  ///< of the cell under way
  std::string what_;
  std::string figure_;
  Clock::time_point cell_began_ = {};
  Clock::time_point shown_ = {};
  bool line_stands_ = false;
};

/// To standard error as it is: nothing where `quiet`.
Progress::Output to_standard_error(bool quiet);

}  // namespace peerbench::cli
