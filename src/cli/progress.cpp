// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/list_some.hpp"
#include "base/numbers.hpp"
#include "cli/terminal.hpp"

namespace peerbench::cli {

namespace {

using namespace std::chrono_literals;

/// Faster than eyes need, and rarely enough to cost nothing.
constexpr auto between_terminal_lines = 100ms;
constexpr auto between_log_lines = 10s;

double seconds(Progress::Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::string progress_line(std::size_t number, std::size_t all, const std::string& what,
                          const std::string& figure, double seconds_left, std::size_t width) {
  const std::string count = fmt::format("{} of {}  ", std::min(number, all), all);
  const std::string rest = fmt::format("{}{}  {} left", figure.empty() ? "" : "  ", figure,
                                       format_duration(seconds_left));
  const std::size_t fixed = count.size() + rest.size();
  return count + what.substr(0, width > fixed ? width - fixed : 0) + rest;
}

void Progress::begin(std::size_t all, double expected, const std::string& whose) {
  all_ = all;
  to_come_ = expected;
  cell_began_ = shown_ = output_.now();
  if (output_.kind == Kind::none) return;
  output_.write(fmt::format("peerbench: {}, about {}{}\n", with_count(all, "measurement"),
                            format_duration(expected), whose));
}

void Progress::start(std::string what, std::size_t finished, double expected_seconds) {
  const auto now = output_.now();
  if (finished > finished_) {
    forecast_.finished(expected_, seconds(now - cell_began_));
    to_come_ = std::max(0.0, to_come_ - expected_);
  }
  finished_ = finished;
  expected_ = expected_seconds;
  what_ = std::move(what);
  figure_.clear();
  cell_began_ = now;
  show(true);
}

void Progress::sample(double value, const std::string& unit) {
  if (output_.kind == Kind::none) return;
  figure_ = format_rate(value) + " " + unit;
  show(false);
}

void Progress::show(bool at_once) {
  if (output_.kind == Kind::none) return;
  const auto now = output_.now();
  const double left = std::max(0.0, forecast_.corrected(to_come_) - seconds(now - cell_began_));
  const bool log = output_.kind == Kind::log;
  if (now - shown_ < (log ? Clock::duration(between_log_lines) : between_terminal_lines) &&
      (log || !at_once)) {
    return;
  }
  shown_ = now;
  if (log) {
    output_.write(fmt::format("peerbench: {}\n",
                              progress_line(finished_ + 1, all_, what_, figure_, left, ~0U)));
    return;
  }
  output_.write("\r\033[K" +
                progress_line(finished_ + 1, all_, what_, figure_, left, output_.width() - 1));
  line_stands_ = true;
}

void Progress::clear() {
  if (std::exchange(line_stands_, false)) output_.write("\r\033[K");
}

Progress::Output to_standard_error(bool quiet) {
  Progress::Kind kind = isatty(STDERR_FILENO) != 0 ? Progress::Kind::terminal : Progress::Kind::log;
  if (quiet) kind = Progress::Kind::none;
  return {.kind = kind,
          .write =
              [](const std::string& text) {
                fmt::print(stderr, "{}", text);
                std::fflush(stderr);
              },
          .width = [] { return static_cast<std::size_t>(terminal_width(STDERR_FILENO)); }};
}

}  // namespace peerbench::cli
