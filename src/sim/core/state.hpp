// SPDX-License-Identifier: Apache-2.0
// The one open simulated machine of this process, and what the simulated NVML asks of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "sim/core/export.hpp"
#include "sim/core/simulated_machine.hpp"
#include "sim/machine_file.hpp"

namespace gpusim {

/// The lock on the machine's state, and the machine; null when none is open. The first call opens
/// the file that PEERBENCH_SIMULATE names, if nothing was opened before.
struct Session {
  std::unique_lock<std::recursive_mutex> lock;
  SimulatedMachine* machine = nullptr;
  std::uint64_t generation = 0;  ///< changes with every machine opened
};
PEERBENCH_SIM_EXPORT Session session();

/// The lock itself, for who waits in the middle of a call.
std::recursive_mutex& session_mutex();

/// The calling thread's current GPU as the program numbers it: 0 until it chooses one, and again
/// once another machine is opened. All libraries of the process ask here.
PEERBENCH_SIM_EXPORT int current_ordinal();
PEERBENCH_SIM_EXPORT void set_current_ordinal(int ordinal);

/// Ends a program that a real machine would not let go on so, with a word on stderr.
[[noreturn]] PEERBENCH_SIM_EXPORT void end_program(const std::string& why, int code);

/// Opens a description built by hand; replaces the machine that was open.
PEERBENCH_SIM_EXPORT void open(MachineFile file);
PEERBENCH_SIM_EXPORT void close();

/// The description of the open machine, null when there is none. It stays valid until another one
/// is opened.
PEERBENCH_SIM_EXPORT const MachineFile* open_machine();

/// Writes a trace to `path` from now on; an empty path stops it. False when it cannot be written.
PEERBENCH_SIM_EXPORT bool set_trace(const std::string& path);

/// Counts all calls of the CUDA runtime from now on.
PEERBENCH_SIM_EXPORT void count_calls();
/// Those counted so far, by name.
PEERBENCH_SIM_EXPORT std::map<std::string, CallCount> calls();

/// Bytes copied over a bundle of MachineFile::links so far, from its `a` to its `b` or back.
PEERBENCH_SIM_EXPORT std::uint64_t link_bytes(std::size_t bundle, bool a_to_b);
/// Bytes over the GPU's link to the host so far.
PEERBENCH_SIM_EXPORT std::uint64_t host_link_bytes(int gpu, bool to_gpu);
/// Bytes of the GPU's memory in use.
PEERBENCH_SIM_EXPORT std::uint64_t memory_used(int gpu);
/// Whether this process has a context on it.
PEERBENCH_SIM_EXPORT bool has_context(int gpu);
/// Virtual time since the GPU last did something: 0 while it is busy, the largest value before the
/// first time.
PEERBENCH_SIM_EXPORT std::uint64_t idle_ns(int gpu);
/// What part of its highest clocks it runs at: less after idleness.
PEERBENCH_SIM_EXPORT double clock_level(int gpu);
/// Whether it has fallen off the bus.
PEERBENCH_SIM_EXPORT bool gpu_lost(int gpu);
/// Whether it has been idle so long that it has lowered its PCIe link.
PEERBENCH_SIM_EXPORT bool link_lowered(int gpu);

}  // namespace gpusim
