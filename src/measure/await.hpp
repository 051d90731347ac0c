// SPDX-License-Identifier: Apache-2.0
// Waiting for what a GPU does, never without a limit: a card that hangs or has gone must cost a
// measurement, not the program.
#pragma once

#include <cuda_runtime_api.h>

#include <chrono>
#include <functional>
#include <string>

#include "base/error.hpp"
#include "measure/resources.hpp"

namespace peerbench::measure {

/// What is waited for, how patiently, and what becomes of it when it does not come.
struct Wait {
  std::string what = "the copies";  ///< a plural or singular noun, for "... did not end within"
  /// Nothing that is measured takes longer. Once interrupted it is cut short (interrupt.hpp).
  std::chrono::nanoseconds limit = std::chrono::seconds(30);
  /// Asked without a pause for so long, as most samples last, then the processor is left to others.
  std::chrono::nanoseconds eager = std::chrono::milliseconds(2);
  std::chrono::nanoseconds pause = std::chrono::microseconds(100);
  /// Called before each pause; its error ends the wait.
  std::function<Expected<void>()> meanwhile = nullptr;
  /// Called when the wait ends before the work has: nothing that the work uses may be freed then,
  /// since freeing waits for it.
  std::function<void()> abandon = nullptr;
};

/// Asks until `ask` (a query of an event or a stream) answers anything but cudaErrorNotReady.
/// Errors: device, with the code that the query came back with; hang, when the limit is reached;
/// that of `meanwhile`.
Expected<void> await(const std::function<cudaError_t()>& ask, const Wait& wait = {});

/// The same for all that is in a stream, which is `doing` something ("filling 1 MiB"). What never
/// ends keeps the stream; memory is its owner's to abandon.
Expected<void> finish(Stream& stream, const std::string& doing);

/// Whether what is in the stream goes on, or has ended well; without waiting. Errors: device.
Expected<void> none_failed(const Stream& stream);

}  // namespace peerbench::measure
