// SPDX-License-Identifier: Apache-2.0
#include "sim/core/state.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/simulation.hpp"
#include "sim/core/built_in_machines.hpp"
#include "sim/cudart/host_clock.h"
#include "sim/machine_file_loader.hpp"

namespace gpusim {
namespace {

/// About what clock_gettime costs through the vDSO; a loop that waits for a time ends by it.
constexpr double clock_reading_ns = 20;

struct State {
  std::recursive_mutex mutex;
  std::unique_ptr<SimulatedMachine> machine;
  std::uint64_t generation = 0;
  bool asked = false;                              ///< whether the environment was looked at
  std::map<std::string, std::string> environment;  ///< variables that the machine has set
};

// Never destroyed: programs call the runtime while the process ends.
State& state() {
  static State* const only = new State;
  return *only;
}

/// Takes back what the machine before had set, unless the program has changed it since.
void restore_environment(State& in) {
  for (const auto& [name, value] : in.environment) {
    const char* now = std::getenv(name.c_str());
    if (now != nullptr && now == value) unsetenv(name.c_str());
  }
  in.environment.clear();
}

void set_environment(State& in, const MachineFile& file) {
  for (const auto& [name, value] : file.environment) {
    if (std::getenv(name.c_str()) != nullptr) continue;
    setenv(name.c_str(), value.c_str(), 1);
    in.environment[name] = value;
  }
}

/// The file of rules for kernels of other people's programs, and what becomes of those without one.
void read_kernel_settings(SimulatedMachine& machine) {
  const char* path = std::getenv("PEERBENCH_SIM_KERNELS");
  const char* word = std::getenv("PEERBENCH_SIM_UNKNOWN_KERNELS");
  KernelRules rules;
  if (path != nullptr && *path != '\0') {
    auto read = KernelRules::load(path);
    if (!read) std::fprintf(stderr, "peerbench simulator: %s\n", read.error().message.c_str());
    if (read) rules = std::move(*read);
  }
  const std::string unknown = word == nullptr || *word == '\0' ? "refuse" : word;
  if (unknown != "skip" && unknown != "refuse") {
    std::fprintf(stderr,
                 "peerbench simulator: PEERBENCH_SIM_UNKNOWN_KERNELS is '%s'; allowed is refuse or "
                 "skip, and unknown kernels are refused\n",
                 word);
  }
  machine.set_unknown_kernels(unknown == "skip" ? UnknownKernels::skip : UnknownKernels::refuse,
                              std::move(rules));
}

/// A program that ends in the ordinary way takes its context down, for which the driver waits until
/// all GPUs have ended their work. Where that would be for ever, tests and users are better served
/// by a word and a code than by a program that hangs: that of coreutils' timeout.
void end_of_program() {
  constexpr int timed_out = 124;
  const Session now = session();
  if (now.machine == nullptr) return;
  const std::string unknown = now.machine->unknown_kernels_report();
  if (!unknown.empty()) std::fprintf(stderr, "peerbench simulator: %s\n", unknown.c_str());
  if (!now.machine->is_stuck()) return;
  end_program("a GPU is at work that never ends, so a real driver would not let this program end",
              timed_out);
}

void install(State& in, MachineFile file) {
  [[maybe_unused]] static const int registered = std::atexit(end_of_program);
  in.asked = true;
  ++in.generation;
  fill_defaults(file);
  restore_environment(in);
  set_environment(in, file);
  in.machine = std::make_unique<SimulatedMachine>(std::move(file));
  read_kernel_settings(*in.machine);
  const char* trace = std::getenv("PEERBENCH_SIM_TRACE");
  if (trace != nullptr && *trace != '\0' && !in.machine->trace().open(trace)) {
    std::fprintf(stderr, "peerbench simulator: cannot write the trace to '%s'\n", trace);
  }
}

void open_from_environment(State& in) {
  if (in.asked) return;
  in.asked = true;
  const char* path = std::getenv("PEERBENCH_SIMULATE");
  if (path == nullptr || *path == '\0') {
    std::fprintf(stderr,
                 "peerbench simulator: no machine to simulate, so there is no GPU; set "
                 "PEERBENCH_SIMULATE to the name of a built-in machine or to a machine file\n");
    return;
  }
  auto file = load_machine_file(machine_path(path));
  if (!file) {
    std::fprintf(stderr, "peerbench simulator: %s\n", file.error().message.c_str());
    return;
  }
  install(in, std::move(*file));
}

struct Current {
  int ordinal = 0;
  std::uint64_t generation = 0;  ///< of the machine that `ordinal` was chosen on
};

Current& this_thread() {
  thread_local Current current;
  return current;
}

}  // namespace

int current_ordinal() {
  return this_thread().generation == session().generation ? this_thread().ordinal : 0;
}

void set_current_ordinal(int ordinal) { this_thread() = {ordinal, session().generation}; }

void end_program(const std::string& why, int code) {
  std::fprintf(stderr, "peerbench simulator: %s; it is ended with %d\n", why.c_str(), code);
  std::fflush(nullptr);
  std::_Exit(code);
}

std::recursive_mutex& session_mutex() { return state().mutex; }

Session session() {
  State& in = state();
  Session opened{std::unique_lock(in.mutex), nullptr, 0};
  open_from_environment(in);
  opened.machine = in.machine.get();
  opened.generation = in.generation;
  return opened;
}

void open(MachineFile file) {
  State& in = state();
  const std::unique_lock lock(in.mutex);
  install(in, std::move(file));
}

void close() {
  State& in = state();
  const std::unique_lock lock(in.mutex);
  in.asked = true;
  ++in.generation;
  in.machine = nullptr;
  restore_environment(in);
}

const MachineFile* open_machine() {
  const Session now = session();
  return now.machine == nullptr ? nullptr : &now.machine->file();
}

bool set_trace(const std::string& path) {
  const Session now = session();
  return now.machine != nullptr && now.machine->trace().open(path);
}

void count_calls() {
  const Session now = session();
  if (now.machine != nullptr) now.machine->count_calls();
}

std::map<std::string, CallCount> calls() {
  const Session now = session();
  return now.machine == nullptr ? std::map<std::string, CallCount>() : now.machine->calls();
}

std::uint64_t link_bytes(std::size_t bundle, bool a_to_b) {
  const Session now = session();
  return now.machine == nullptr ? 0 : now.machine->link_bytes(bundle, a_to_b);
}

std::uint64_t host_link_bytes(int gpu, bool to_gpu) {
  const Session now = session();
  return now.machine == nullptr ? 0 : now.machine->host_link_bytes(gpu, to_gpu);
}

std::uint64_t memory_used(int gpu) {
  const Session now = session();
  return now.machine == nullptr ? 0 : now.machine->memory().used(gpu);
}

bool has_context(int gpu) {
  const Session now = session();
  return now.machine != nullptr && now.machine->has_context(gpu);
}

bool link_lowered(int gpu) {
  const Session now = session();
  return now.machine != nullptr && now.machine->link_lowered(gpu);
}

double clock_level(int gpu) {
  const Session now = session();
  return now.machine == nullptr ? 1 : now.machine->clock_level(gpu);
}

bool gpu_lost(int gpu) {
  const Session now = session();
  return now.machine != nullptr && now.machine->lost(gpu) != cudaSuccess;
}

std::uint64_t idle_ns(int gpu) {
  const Session now = session();
  return now.machine == nullptr ? 0 : now.machine->idle_ns(gpu);
}

}  // namespace gpusim

using namespace peerbench;

extern "C" {

PEERBENCH_SIM_EXPORT int peerbench_sim_open(const char* path, char* message,
                                            std::size_t message_bytes) {
  auto file = gpusim::load_machine_file(path);
  if (file) {
    gpusim::open(std::move(*file));
    return 0;
  }
  if (message != nullptr && message_bytes > 0) {
    std::snprintf(message, message_bytes, "%s", file.error().message.c_str());
  }
  return file.error().kind == ErrorKind::io ? 74 : 64;
}

PEERBENCH_SIM_EXPORT const char* peerbench_sim_machine() {
  const gpusim::MachineFile* file = gpusim::open_machine();
  return file == nullptr ? nullptr : file->name.c_str();
}

// The clock must not open the machine by itself: it is read before main, with the C library half
// set up.
PEERBENCH_SIM_EXPORT int peerbench_sim_read_clock(std::uint64_t* ns) {
  gpusim::State& in = gpusim::state();
  const std::unique_lock lock(in.mutex);
  if (in.machine == nullptr) return 0;
  in.machine->spend(gpusim::clock_reading_ns);
  *ns = static_cast<std::uint64_t>(in.machine->host_ns());
  return 1;
}

PEERBENCH_SIM_EXPORT int peerbench_sim_spend(std::uint64_t ns) {
  gpusim::State& in = gpusim::state();
  const std::unique_lock lock(in.mutex);
  if (in.machine == nullptr) return 0;
  in.machine->spend(static_cast<double>(ns));
  return 1;
}

PEERBENCH_SIM_EXPORT void peerbench_sim_threads_begin(int count) {
  const gpusim::Session now = gpusim::session();
  if (now.machine != nullptr) now.machine->begin_threads(count);
}

PEERBENCH_SIM_EXPORT void peerbench_sim_thread_enter(int number) {
  const gpusim::Session now = gpusim::session();
  if (now.machine != nullptr) now.machine->enter_thread(number);
}

PEERBENCH_SIM_EXPORT void peerbench_sim_thread_leave() {
  const gpusim::Session now = gpusim::session();
  if (now.machine != nullptr) now.machine->leave_thread();
}

PEERBENCH_SIM_EXPORT std::uint64_t peerbench_sim_now_ns() {
  std::uint64_t ns = 0;
  peerbench_sim_read_clock(&ns);
  return ns;
}

PEERBENCH_SIM_EXPORT int peerbench_sim_host_traffic(const char* operation, std::uint64_t bytes_read,
                                                    std::uint64_t bytes_written, const char* cpus,
                                                    int node) {
  const gpusim::Session now = gpusim::session();
  if (now.machine == nullptr) return -1;
  return now.machine->host_traffic(operation, bytes_read + bytes_written, cpus, node);
}

PEERBENCH_SIM_EXPORT int peerbench_sim_host_chase(std::uint64_t loads, const char* cpus, int node) {
  const gpusim::Session now = gpusim::session();
  return now.machine == nullptr ? -1 : now.machine->host_chase(loads, cpus, node);
}

PEERBENCH_SIM_EXPORT int peerbench_sim_host_node(int node) {
  return std::exchange(gpusim::thread_host_node, node);
}

}  // extern "C"
