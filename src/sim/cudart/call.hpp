// SPDX-License-Identifier: Apache-2.0
// What every call of the simulated CUDA runtime does around its own work: take the machine's lock,
// refuse when there is no driver, no GPU or a sticky error, charge virtual time, keep the error.
#pragma once

#include <cuda_runtime_api.h>

#include <utility>

#include "sim/core/state.hpp"

namespace gpusim {

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
  /// What is answered about a GPU that has gone.
  cudaError_t lost(int number) const { return machine.lost(number); }
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

/// What a call needs to be there yet.
enum class Needs {
  driver,   ///< nothing else: what the driver knows of itself it tells whatever became of the GPUs
  process,  ///< no sticky error; it looks by itself whether the GPU that it is about is there
  context,  ///< and the current GPU, in whose context it works; makes that if there is none
};

/// One call of the runtime: what it costs, what it needs, and its name, which is that of the
/// function that makes this.
struct Calling {
  // NOLINTNEXTLINE(google-explicit-constructor): most calls have nothing else to say than their
  // cost
  Calling(Cost how_much, const char* which = __builtin_FUNCTION())
      : Calling(how_much, Needs::context, which) {}
  Calling(Cost how_much, Needs what, const char* which = __builtin_FUNCTION())
      : cost(how_much), needs(what), name(which) {}
  Cost cost;
  Needs needs;
  const char* name;
};

/// Begins a call: the session, and cudaSuccess or why nothing can be done. A call that the machine
/// file says never returns stays in here; one that does nothing has ended.
struct Begun {
  Session session;
  cudaError_t error = cudaSuccess;
  int ordinal = 0;
  bool ended = false;  ///< nothing is left to be done, whatever the error
};
Begun begin(const Calling& calling);

/// Runs `body(Call&)` as one host call. cudaErrorNotReady is an answer and is not remembered.
template <typename Body>
cudaError_t call(const Calling& calling, Body&& body) {
  Begun begun = begin(calling);
  if (begun.ended || begun.error != cudaSuccess) return remember(begun.error);
  SimulatedMachine& machine = *begun.session.machine;
  Call context{machine, begun.ordinal, machine.visible()[static_cast<std::size_t>(begun.ordinal)]};
  machine.begin_call(machine.file().host.calls.*calling.cost);
  cudaError_t error =
      calling.needs == Needs::context ? machine.need_context(context.gpu) : cudaSuccess;
  if (error == cudaSuccess) error = std::forward<Body>(body)(context);
  machine.end_call();
  if (error == cudaSuccess && calling.needs != Needs::driver) error = machine.sticky();
  return error == cudaErrorNotReady ? error : remember(error);
}

/// A call that is refused before it does anything; a machine that has no answer to any call comes
/// first.
inline cudaError_t refuse(cudaError_t error, const char* name = __builtin_FUNCTION()) {
  return call({&HostCallCosts::other_us, Needs::process, name}, [&](Call&) { return error; });
}

}  // namespace gpusim
