// SPDX-License-Identifier: Apache-2.0
// The few facts a program asks of the simulator that NVIDIA's interfaces have no call for.
// All are weak C symbols: absent (null) in `peerbench`, defined by the simulator in the simulated
// build, so the objects of both programs are the same. Nothing else of the simulator is visible
// above it.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

/// The host of the simulated machine, for those who would otherwise ask the operating system.
/// The texts live until another machine is opened.
struct peerbench_sim_host {
  const char* topology;    ///< hwloc synthetic description
  const char* core_kinds;  ///< what it has no words for, slowest first: "NAME:0-4;NAME:5-9"
  std::uint64_t total_bytes;
  std::uint64_t available_bytes;
  const char* product_name;    ///< what DMI or the device tree would say, may be empty
  const char* kernel;          ///< a kernel release, may be empty
  const char* driver_version;  ///< of the NVIDIA kernel module, empty when none is loaded
};

/// Opens the described machine (a file's path). Returns 0, or 64 (the description is wrong) or
/// 74 (it cannot be read), with one sentence in `message`.
[[gnu::weak]] int peerbench_sim_open(const char* path, char* message, std::size_t message_bytes);

/// Name of the open simulated machine, or null when none is open.
[[gnu::weak]] const char* peerbench_sim_machine();

/// Describes the host of the open simulated machine. Returns 0, or -1 when none is open.
[[gnu::weak]] int peerbench_sim_host_topology(peerbench_sim_host* host);

/// A file of the simulated host, for those who would otherwise read below /sys, /proc, /dev or
/// /etc: writes at most `size` bytes of its text to `buffer`; of a path that ends in '/' the names
/// in that folder, one a line. Returns the length of the whole text, or -1 when there is no such
/// file.
[[gnu::weak]] long peerbench_sim_file(const char* path, char* buffer, std::size_t size);

/// The same for the path behind symbolic links, as /sys/bus/pci/devices/ADDRESS is one.
[[gnu::weak]] long peerbench_sim_real_path(const char* path, char* buffer, std::size_t size);

/// Virtual host time in nanoseconds since the simulator started.
[[gnu::weak]] std::uint64_t peerbench_sim_now_ns();

/// Lets virtual host time pass. Returns 0 when no machine is open.
[[gnu::weak]] int peerbench_sim_spend(std::uint64_t ns);

/// So many threads of the calling one begin to use the machine at the same time, each with a place
/// of its own in virtual time. Each enters with its number, from 0, before its first call, and
/// leaves after its last; the one that began them makes no call until all have left.
[[gnu::weak]] void peerbench_sim_threads_begin(int count);
[[gnu::weak]] void peerbench_sim_thread_enter(int number);
[[gnu::weak]] void peerbench_sim_thread_leave();

/// Work of CPU threads on the host's memory, which the simulator charges to virtual time.
/// `operation` is read, write, copy or triad; the bytes are summed over all threads, one on each of
/// the processors in `cpus` ("5-9,15"; empty: on every core beside the memory). The memory lies on
/// NUMA node `node`, or each thread's on its own (-1). Returns 0, or -1 when the machine file gives
/// no figure for it.
[[gnu::weak]] int peerbench_sim_host_traffic(const char* operation, std::uint64_t bytes_read,
                                             std::uint64_t bytes_written, const char* cpus,
                                             int node);

/// A chain of loads from memory of NUMA node `node` (-1: the processor's own) by one thread, on the
/// first processor in `cpus` (empty: beside the memory), each of an address that the load before
/// gave. Returns 0, or -1 when the machine file gives no figure for it.
[[gnu::weak]] int peerbench_sim_host_chase(std::uint64_t loads, const char* cpus, int node);

/// The NUMA node of pinned memory that the calling thread has from now on; -1: that of the GPU it
/// has it for. Returns the one before.
[[gnu::weak]] int peerbench_sim_host_node(int node);
}

namespace peerbench {

/// True in the simulated build.
inline bool simulated() { return peerbench_sim_open != nullptr; }

}  // namespace peerbench
