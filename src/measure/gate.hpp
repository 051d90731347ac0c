// SPDX-License-Identifier: Apache-2.0
// The gate that proves itself: it holds the leading stream while a sample is queued, and afterwards
// says whether it really held. A sample whose gate did not hold is thrown away.
#pragma once

#include <chrono>

#include "kernels/gate.hpp"
#include "measure/resources.hpp"

namespace peerbench::measure {

/// How long a gate may stay closed on `device`, at most as long as `wanted`: where a display hangs
/// on the GPU, a watchdog kills a kernel that runs for some seconds, and with it all that the
/// process has on GPUs.
std::chrono::nanoseconds gate_limit(int device, std::chrono::nanoseconds wanted);

class Gate {
 public:
  static Expected<Gate> create();
  Gate(Gate&&) = default;

  /// Queues the closed gate on `stream`. It gives up by itself after `timeout` or its device's
  /// gate_limit(), and then held() is false.
  Expected<void> close(const Stream& stream, std::chrono::nanoseconds timeout);

  /// True while nothing behind the gate has started: `start`, recorded right behind it, is still
  /// pending and the gate has not given up. Ask after everything is queued and before open().
  Expected<bool> held(const Event& start) const;

  /// Lets the stream go.
  void open();

  /// Keeps the flag's memory for ever: a kernel may still be looking at it.
  void abandon() { memory_.abandon(); }

 private:
  explicit Gate(Buffer memory);
  kernels::GateFlag* flag() const { return static_cast<kernels::GateFlag*>(memory_.data()); }
  Buffer memory_;
};

}  // namespace peerbench::measure
