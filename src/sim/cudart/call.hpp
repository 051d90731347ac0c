// What every call of the simulated CUDA runtime does around its own work: take the machine's lock,
// refuse when there is no driver, no GPU or a sticky error, charge virtual time, keep the error.
#pragma once

#include <cuda_runtime_api.h>

#include <utility>

#include "sim/core/state.hpp"

namespace peerbench::sim {

/// The machine and the calling thread's current GPU, both as visible to the program (`ordinal`) and
/// as the machine file numbers it (`gpu`).
struct Call {
  SimulatedMachine& machine;
  int ordinal = 0;
  int gpu = 0;

  int device_count() const { return static_cast<int>(machine.visible().size()); }
  bool is_device(int number) const { return number >= 0 && number < device_count(); }
  int physical(int number) const { return machine.visible()[static_cast<std::size_t>(number)]; }
  /// The program's number of a GPU of the machine, -1 when it is hidden.
  int ordinal_of(int number) const;
  /// The stream behind a handle; null when it names none.
  Stream* stream(cudaStream_t handle, bool null_is_per_thread = false) const {
    return machine.find_stream(handle, gpu, null_is_per_thread);
  }
};

/// Which of the machine file's host call costs a call has.
using Cost = double HostCallCosts::*;

/// Errors of this thread.
cudaError_t remember(cudaError_t error);
cudaError_t last_error(bool forget);

/// Begins a call: the session, and cudaSuccess or why nothing can be done.
struct Begun {
  Session session;
  cudaError_t error = cudaSuccess;
  int ordinal = 0;
};
Begun begin(bool needs_gpu, bool despite_sticky);

/// Whether a call makes the current GPU's context where there is none yet.
enum class Context { needed, not_needed };

/// Runs `body(Call&)` as one host call. cudaErrorNotReady is an answer and is not remembered.
template <typename Body>
cudaError_t call(Cost cost, Body&& body, bool despite_sticky = false,
                 Context of_current = Context::needed) {
  Begun begun = begin(true, despite_sticky);
  if (begun.error != cudaSuccess) return remember(begun.error);
  SimulatedMachine& machine = *begun.session.machine;
  Call context{machine, begun.ordinal, machine.visible()[static_cast<std::size_t>(begun.ordinal)]};
  machine.begin_call(machine.file().host.calls.*cost);
  if (of_current == Context::needed) machine.need_context(context.gpu);
  cudaError_t error = std::forward<Body>(body)(context);
  machine.end_call();
  if (error == cudaSuccess && !despite_sticky) error = machine.sticky();
  return error == cudaErrorNotReady ? error : remember(error);
}

/// The same for calls that do without a context: those that count, describe and choose GPUs.
template <typename Body>
cudaError_t ask(Cost cost, Body&& body) {
  return call(cost, std::forward<Body>(body), false, Context::not_needed);
}

}  // namespace peerbench::sim
