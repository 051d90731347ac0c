// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <utility>

#include "base/left_behind.hpp"
#include "machine/nvml_signals.hpp"

namespace peerbench::machine {

namespace {

std::atomic<bool> left_behind{false};

}  // namespace

void read_nvml_within(std::chrono::milliseconds limit, Signals& signals) {
  const auto answers = std::make_shared<Signals>(signals);
  const bool answered = comes_back_within(limit, [answers] {
    const Nvml nvml;
    read_nvml(nvml, *answers);
  });
  if (answered) {
    signals = std::move(*answers);
    return;
  }
  left_behind = true;
  set_nvml_unknown(fmt::format("no answer within {} ms", limit.count()), signals);
}

bool nvml_left_behind() { return left_behind; }

}  // namespace peerbench::machine
