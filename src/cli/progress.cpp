// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/terminal.hpp"

namespace peerbench::cli {

std::string progress_line(const std::string& cell, std::size_t finished, std::size_t all,
                          std::chrono::duration<double> elapsed, std::size_t width) {
  std::string left;
  if (finished > 0) {
    const double seconds = elapsed.count() / static_cast<double>(finished) *
                           static_cast<double>(all - std::min(finished, all));
    left = fmt::format("  about {:.0f} s left", seconds);
  }
  const std::string count = fmt::format("{} of {}  ", std::min(finished + 1, all), all);
  const std::size_t fixed = count.size() + left.size();
  const std::size_t room = width > fixed ? width - fixed : 0;
  return count + cell.substr(0, room) + left;
}

Progress::Progress(bool quiet) : visible_(!quiet && isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() { clear(); }

void Progress::show(const std::string& cell, std::size_t finished, std::size_t all) {
  if (!visible_) return;
  const std::size_t width = static_cast<std::size_t>(terminal_width(STDERR_FILENO)) - 1;
  fmt::print(
      stderr, "\r\033[K{}",
      progress_line(cell, finished, all, std::chrono::steady_clock::now() - started_, width));
  std::fflush(stderr);
}

void Progress::clear() {
  if (!visible_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
}

}  // namespace peerbench::cli
