#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "machine/nvml_signals.hpp"

namespace peerbench::machine {

namespace {

std::atomic<bool> left_behind{false};

/// What the asking thread and the waiting one share; it lives as long as the slower of them.
struct Shared {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  Signals signals;
};

}  // namespace

void read_nvml_within(std::chrono::milliseconds limit, Signals& signals) {
  const auto shared = std::make_shared<Shared>();
  shared->signals = signals;
  std::thread([shared] {
    Signals answers = shared->signals;  // nobody else touches it before `done`
    {
      const Nvml nvml;
      read_nvml(nvml, answers);
    }
    const std::lock_guard lock(shared->mutex);
    shared->signals = std::move(answers);
    shared->done = true;
    shared->changed.notify_all();
  }).detach();

  std::unique_lock lock(shared->mutex);
  if (shared->changed.wait_for(lock, limit, [&] { return shared->done; })) {
    signals = std::move(shared->signals);
    return;
  }
  left_behind = true;
  set_nvml_unknown(fmt::format("no answer within {} ms", limit.count()), signals);
}

bool nvml_left_behind() { return left_behind; }

}  // namespace peerbench::machine
