// SPDX-License-Identifier: Apache-2.0
#include "sim/cudart/call.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace gpusim {
namespace {

struct Thread {
  cudaError_t last = cudaSuccess;
  std::uint64_t generation = 0;  ///< of the machine that `last` came from
};

Thread& this_thread() {
  thread_local Thread thread;
  return thread;
}

/// Others may go on with the machine meanwhile, and virtual time stands still as far as this thread
/// is concerned.
[[noreturn]] void stay_for_ever(std::unique_lock<std::recursive_mutex> lock) {
  lock.unlock();
  // Never destroyed: the thread outlives main.
  static auto* const mutex = new std::mutex;
  static auto* const never = new std::condition_variable;
  std::unique_lock waiting(*mutex);
  while (true) never->wait(waiting);
}

/// Why the driver serves this runtime nothing; cudaSuccess where it starts. One of an older CUDA
/// than the runtime's refuses every call ("CUDA Compatibility", minor version compatibility).
cudaError_t start_error(const SimulatedMachine* machine) {
  const int serves = machine == nullptr ? 0 : machine->file().cuda_version;
  if (serves / 1000 < CUDART_VERSION / 1000) return cudaErrorInsufficientDriver;
  return static_cast<cudaError_t>(machine->file().driver.start_error);
}

}  // namespace

int Call::ordinal_of(int number) const {
  const auto& visible = machine.visible();
  const auto found = std::ranges::find(visible, number);
  return found == visible.end() ? -1 : static_cast<int>(found - visible.begin());
}

cudaError_t remember(cudaError_t error) {
  if (error != cudaSuccess) this_thread().last = error;
  return error;
}

cudaError_t last_error(bool forget) {
  const Session now = session();
  const cudaError_t sticky = now.machine == nullptr ? cudaSuccess : now.machine->sticky();
  const cudaError_t last = sticky != cudaSuccess ? sticky : this_thread().last;
  if (forget) this_thread().last = cudaSuccess;
  return last;
}

Begun begin(const Calling& calling) {
  Begun begun{session()};
  SimulatedMachine* machine = begun.session.machine;
  Thread& thread = this_thread();
  if (thread.generation != begun.session.generation) {
    thread = {.generation = begun.session.generation};
  }
  begun.ordinal = current_ordinal();
  if (const cudaError_t error = start_error(machine); error != cudaSuccess) {
    begun.error = error;
  } else if (machine->visible().empty()) {
    begun.error = cudaErrorNoDevice;
  } else if (machine->in_callback()) {
    begun.error = cudaErrorNotPermitted;  // CUDA calls in a host function
  } else if (const CallFate fate = machine->fate_of(calling.name); fate.never_returns) {
    stay_for_ever(std::move(begun.session.lock));
  } else if (fate.does_nothing) {
    begun.error = fate.answer;
    begun.ended = true;
  } else if (calling.needs != Needs::driver) {
    begun.error = machine->sticky();
    if (begun.error == cudaSuccess && calling.needs == Needs::context) {
      begun.error = machine->lost(machine->visible()[static_cast<std::size_t>(begun.ordinal)]);
    }
  }
  return begun;
}

}  // namespace gpusim

// For the calls that are not simulated (stubs.c).
extern "C" int peerbench_sim_refused(int error) {
  return gpusim::remember(static_cast<cudaError_t>(error));
}
