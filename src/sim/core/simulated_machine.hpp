// SPDX-License-Identifier: Apache-2.0
// The state of one simulated machine behind the CUDA runtime and NVML: its clock, memory, streams,
// events and peer access. GPUs are numbered as in the machine file; CUDA_VISIBLE_DEVICES is undone
// above. Every method is called with the lock of session() held.
#pragma once

#include <driver_types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kernels/reference_kernel.h"
#include "sim/core/collective.hpp"
#include "sim/core/device_variable.hpp"
#include "sim/core/engine.hpp"
#include "sim/core/export.hpp"
#include "sim/core/host_files.hpp"
#include "sim/core/host_thread.hpp"
#include "sim/core/kernel_rules.hpp"
#include "sim/core/memory.hpp"
#include "sim/core/topology.hpp"
#include "sim/core/trace.hpp"
#include "sim/machine_file.hpp"

namespace gpusim {

struct Stream;
struct Event;

/// What streams were told while they were captured: a graph, once that has ended.
struct Capture {
  /// One step, given the streams and events that stand in for those that were captured.
  struct Places {
    std::function<Stream*(Stream*)> stream;
    std::function<Event*(Event*)> event;
  };
  Stream* origin = nullptr;
  std::vector<std::pair<Stream*, int>> streams;  ///< with the GPU of each; the origin is the first
  std::vector<Event*> events;
  std::vector<std::function<void(const Places&)>> steps;
  bool invalidated = false;  ///< something was queued that cannot be captured
};

/// A graph that was instantiated, with streams and events of its own.
struct GraphExec {
  std::shared_ptr<Capture> capture;
  std::map<Stream*, Stream*> streams;
  std::map<Event*, Event*> events;
  bool uploaded = false;
  OperationPtr last;  ///< of its latest launch: launches of one graph follow one another
};

/// The priorities of streams, as cudaDeviceGetStreamPriorityRange answers since compute capability
/// 7.0; what lies outside is clamped.
inline constexpr int least_priority = 0;
inline constexpr int greatest_priority = -5;

struct Stream {
  int number = 0;  ///< in the order of creation, for the trace
  int gpu = 0;
  int queue = 0;
  bool legacy = false;   ///< the default stream that all blocking ones wait for
  bool blocking = true;  ///< waits for the legacy default stream, and it for this one
  unsigned flags = 0;
  int priority = 0;
  std::shared_ptr<Capture> capture;  ///< while it is captured
};

struct Event {
  int gpu = 0;
  unsigned flags = 0;
  OperationPtr recorded;           ///< null before the first record
  std::weak_ptr<Capture> capture;  ///< in which it was recorded last
};

/// What a GPU has done lately.
struct GpuActivity {
  int running = 0;       ///< operations under way
  double woken_ns = -1;  ///< when it began to work after its last idleness
  double until_ns = -1;  ///< end of its last operation; -1: it never had one
};

/// What a stream has done last.
enum class EngineKind { none, compute, copy };
struct QueueHistory {
  EngineKind engine = EngineKind::none;
  double kernel_ended_ns = -1;
};

/// What becomes of the launch of a kernel that nobody described.
enum class UnknownKernels {
  refuse,  ///< it fails
  skip,  ///< it takes its latency and changes nothing: the program's results are not to be believed
};

/// What becomes of a call of the runtime.
struct CallFate {
  bool never_returns = false;
  bool does_nothing = false;
  cudaError_t answer = cudaSuccess;  ///< then
};

/// How often a call of the runtime was made.
struct CallCount {
  std::uint64_t made = 0;
  std::uint64_t failed = 0;  ///< of them, by a fault
};

/// A kernel launch. `reference_kernel` is null for a kernel that the program does not describe.
struct Launch {
  std::string name;
  const PeerbenchReferenceKernel* reference_kernel = nullptr;
  void** arguments = nullptr;
  std::uint64_t blocks = 1;
  int blocks_per_multiprocessor = 1;  ///< of this size that are resident on one at the same time
};

class PEERBENCH_SIM_EXPORT SimulatedMachine {
 public:
  explicit SimulatedMachine(MachineFile file);
  SimulatedMachine(const SimulatedMachine&) = delete;
  SimulatedMachine& operator=(const SimulatedMachine&) = delete;

  const MachineFile& file() const { return file_; }
  const Topology& topology() const { return topology_; }
  /// A GPU as CUDA sees it: where the GPU is sliced, the slice.
  const GpuDescription& gpu(int index) const { return cuda_gpus_[static_cast<std::size_t>(index)]; }
  int gpu_count() const { return static_cast<int>(file_.gpus.size()); }
  /// GPUs this process sees (cuda_hidden, CUDA_VISIBLE_DEVICES), in its order.
  const std::vector<int>& visible() const { return visible_; }

  // --- time.cpp: host calls and the clock ---
  double host_ns() const { return host_ns_; }
  /// A host call begins: what happened on the machine meanwhile is noticed.
  void begin_call(double cost_us);
  /// Makes the context of a GPU within a call, which takes its time once.
  [[nodiscard]] cudaError_t need_context(int gpu);
  bool has_context(int gpu) const { return contexts_.contains(gpu); }
  /// The call does more than its kind does, and takes so much longer.
  void extend_call(double ns) { call_cost_ns_ += ns; }
  /// It returns after its cost.
  void end_call();
  /// The host does something else for so long.
  void spend(double ns);
  /// Holds the host until `operation` has ended; cudaErrorLaunchTimeout (sticky) if it never will.
  cudaError_t block_on(const OperationPtr& operation) { return block_on(operation, 1); }
  /// The same, until such a share of its bytes has flowed.
  cudaError_t block_on(const OperationPtr& operation, double share);
  /// Until everything on the GPU (-1: on all) has ended.
  cudaError_t block_on_gpu(int gpu);
  /// The host has found that what it asked about has ended: unless kernels are left, it may touch
  /// managed memory again where it must not beside them.
  void host_waited();
  /// Runs what can still end, without holding the host: before memory goes away.
  cudaError_t drain();
  /// Whether a GPU is at something that will never end.
  bool is_stuck() const;

  // --- host_threads.cpp: threads that use the machine at the same time ---
  void begin_threads(int count);
  void enter_thread(int number);
  void leave_thread();

  /// Work of CPU threads on host memory of `node` (-1: each on its own), one on each of the
  /// processors in `cpus` (empty: on all); -1 when the file gives no rate for it.
  int host_traffic(const std::string& operation, std::uint64_t bytes, const std::string& cpus,
                   int node);
  /// A chain of loads from memory of `node` by one thread; -1 when the file gives no latency.
  int host_chase(std::uint64_t loads, const std::string& cpus, int node);

  // --- behaviour.cpp ---
  std::uint64_t idle_ns(int gpu) const;
  /// What part of its highest clocks a GPU runs at.
  double clock_level(int gpu) const;
  /// Whether its PCIe link is at its idle speed.
  bool link_lowered(int gpu) const;
  /// Loads a kernel, or a path of the driver's copies, if that has not been done on the GPU.
  cudaError_t load(const std::string& what, int gpu, bool kernel);

  bool in_callback() const { return in_callback_; }

  // --- failures.cpp: what the machine does not recover from ---
  /// What every call that works in a context answers from now on, until the process ends: on all
  /// GPUs, since CUDA says that the process must be terminated; a reset does not help.
  cudaError_t sticky() const { return sticky_; }
  void set_sticky(cudaError_t error);
  /// What every call about this GPU answers; cudaSuccess while it is there, and for the host (-1).
  cudaError_t lost(int gpu) const;
  /// What every call answers that would make a context of this GPU; cudaSuccess: it can.
  cudaError_t held(int gpu) const;
  /// Counts a call of the runtime, where somebody counts them or a fault does, and says what
  /// becomes of it.
  CallFate fate_of(const char* call);
  /// All calls are counted from now on.
  void count_calls() { counts_calls_ = true; }
  /// By name, without what the header puts on for a default stream per thread.
  const std::map<std::string, CallCount>& calls() const { return calls_; }

  // --- streams.cpp ---
  Stream* create_stream(int gpu, unsigned flags, int priority);
  void destroy_stream(Stream* stream);
  /// The stream behind a handle; null, legacy and per-thread handles are those of `gpu`.
  /// Null when the handle names no stream.
  Stream* find_stream(const void* handle, int gpu, bool null_is_per_thread);
  Event* create_event(int gpu, unsigned flags);
  Event* find_event(const void* handle);
  void destroy_event(Event* event);
  void record(Event& event, Stream& stream);
  void wait_event(Stream& stream, const Event& event);
  void host_function(Stream& stream, std::function<void()> call);
  /// Puts an operation into a stream, with what its stream must wait for, and noise.
  OperationPtr submit(Stream& stream, Operation operation);
  /// What the stream holds last; null when all of it has ended.
  OperationPtr last_of(const Stream& stream) const;

  // --- graphs.cpp: graphs of events and collectives; of nothing else ---
  cudaError_t begin_capture(Stream& stream);
  /// Null in `graph` when something could not be captured.
  cudaError_t end_capture(Stream& stream, Capture** graph);
  cudaError_t instantiate(Capture* graph, GraphExec** exec);
  /// In the order of `stream`. One that was not uploaded uploads itself when it is first
  /// launched, for which the host waits until its GPUs are idle.
  cudaError_t upload_graph(GraphExec* exec, Stream& stream);
  cudaError_t launch_graph(GraphExec* exec, Stream& stream);
  cudaError_t destroy_graph(const Capture* graph);
  cudaError_t destroy_graph(const GraphExec* exec);
  /// Keeps `step` where the stream is captured; false: it is not, so it must be done now.
  static bool captured(Stream& stream, std::function<void(const Capture::Places&)> step);

  // --- copies.cpp ---
  /// cudaMemcpyAsync; when `hold` or when host memory is pageable, the host waits for it. For what
  /// goes from pageable memory to a GPU it waits only until the driver has taken the bytes.
  cudaError_t copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                   Stream& stream, bool hold);
  cudaError_t copy_peer(void* to, int to_gpu, const void* from, int from_gpu, std::size_t bytes,
                        Stream& stream, bool hold);
  /// Repeats the lowest `width` bytes of `value` (1, 2 or 4; in that of the machine's order).
  cudaError_t set(void* to, unsigned value, std::size_t bytes, Stream& stream, bool hold,
                  std::size_t width = 1);
  cudaError_t prefetch(const void* address, std::size_t bytes, int to_gpu, Stream& stream);

  // --- kernels.cpp ---
  cudaError_t launch(const Launch& launch, Stream& stream);

  // --- unknown_kernels.cpp: kernels that the program does not describe ---
  /// From now on those that `rules` describe do what they say, and the others are dealt with so.
  void set_unknown_kernels(UnknownKernels unknown, KernelRules rules);
  /// One line for the user about all launches that were not done; empty where there were none.
  std::string unknown_kernels_report() const;

  // --- collectives.cpp ---
  /// Queues one rank's part of a collective into its stream.
  void take_part(CollectivePart part, Stream& stream);

  // --- peers.cpp ---
  const PeerPolicy* policy(int from, int to) const;
  bool can_access(int from, int to) const;
  /// cudaDevP2PAttrPerformanceRank: how many kinds of pairs of this machine are better joined: by
  /// more NVLink bandwidth, then directly over PCIe, then not at all. 0 is best.
  int peer_rank(int from, int to) const;
  /// Whether NVLink joins the two, directly or over switches.
  bool linked(int from, int to) const;
  cudaError_t enable_peer(int from, int to);
  cudaError_t disable_peer(int from, int to);
  bool peer_enabled(int from, int to) const { return peers_.contains({from, to}); }
  void reset_gpu(int gpu);

  // --- state that needs no rules of its own ---
  Memory& memory() { return memory_; }
  const Memory& memory() const { return memory_; }
  Trace& trace() { return trace_; }
  const HostFiles& host_files() const { return host_files_; }
  std::uint64_t link_bytes(std::size_t bundle, bool forward) const;
  std::uint64_t host_link_bytes(int gpu, bool to_gpu) const;
  std::map<std::pair<const void*, int>, DeviceVariable>& symbols() { return symbols_; }
  std::map<std::pair<int, int>, std::size_t>& limits() { return limits_; }
  /// cudaFuncAttributeMaxDynamicSharedMemorySize, by kernel and GPU, where the program has set it.
  std::map<std::pair<std::string, int>, int>& dynamic_shared() { return dynamic_shared_; }
  /// What cudaSetDeviceFlags has set, by GPU.
  std::map<int, unsigned>& device_flags() { return device_flags_; }

 private:
  cudaError_t upload_now(GraphExec& exec);
  struct Copy;
  struct Staged;
  cudaError_t run_copy(const Copy& copy, Stream& stream, bool hold);
  cudaError_t stage_pageable(const Copy& copy, Staged& staged, Operation operation, Stream& stream,
                             bool hold);
  Route route_between(const Location& to, const Location& from, int issuer) const;
  bool may_touch(int gpu, const Location& location, std::size_t bytes) const;
  /// Where `gpu` really reads and writes when it works on `location`.
  Location seen_by(int gpu, const Location& location) const;
  bool moves_to(int gpu, const Location& location) const;
  struct KernelWork;
  std::shared_ptr<KernelWork> examine(const Launch& launch, int gpu) const;
  Seats seats_for(const Launch& launch, int gpu) const;
  cudaError_t launch_unknown(const Launch& launch, Stream& stream);
  void account(const Operation& operation);
  void begins(Operation& operation);
  void ended(const Operation& operation);
  double first_copy_bytes(const Location& to, const Location& from, double bytes);
  bool may_fail() const;
  bool fails(int gpu);
  OperationPtr run_on_host(Operation operation);
  Stream* default_stream(int gpu, bool per_thread);
  bool run_until_moved(const OperationPtr& operation, double share);
  void take_turn();
  void end_turn();
  HostThread* this_thread();
  bool is_first(const HostThread& thread) const;

  MachineFile file_;
  std::vector<GpuDescription> cuda_gpus_;
  std::vector<int> visible_;
  Topology topology_;
  Engine engine_;
  Memory memory_;
  Trace trace_;
  HostFiles host_files_;
  double host_ns_ = 0;
  double call_cost_ns_ = 0;
  bool in_callback_ = false;  ///< a host function runs: time stands still for the engine
  cudaError_t sticky_ = cudaSuccess;
  std::set<int> contexts_;                  ///< GPUs that have one
  std::map<int, cudaError_t> lost_;         ///< GPUs that are not there any more
  std::map<int, std::uint64_t> work_done_;  ///< operations of each GPU that took time
  bool counts_calls_ = false;
  std::map<std::string, CallCount> calls_;
  std::map<const void*, std::unique_ptr<Stream>> streams_;
  std::map<const void*, std::unique_ptr<Event>> events_;
  std::map<std::pair<int, int>, Stream*> defaults_;  ///< by (GPU, thread; -1: legacy)
  int stream_count_ = 0;
  std::set<std::pair<int, int>> peers_;
  UnknownKernels unknown_kernels_ = UnknownKernels::refuse;
  KernelRules kernel_rules_;
  std::map<std::string, const KernelRule*> rules_found_;   ///< by registered name; null: none
  std::map<std::string, std::uint64_t> unknown_launches_;  ///< by registered name
  /// Of kernels whose repetition changes nothing: the memory as each launch left it, and when, by
  /// name and arguments.
  struct Left {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> versions;
    double ended_ns = 0;
  };
  std::map<std::string, Left> left_behind_;
  std::vector<double> moved_;  ///< bytes by resource
  std::vector<GpuActivity> activity_;
  std::map<int, QueueHistory> history_;
  std::set<std::pair<std::string, int>> loaded_;              ///< what on which GPU
  std::set<std::pair<std::uint64_t, std::uint64_t>> copied_;  ///< allocations, to and from
  std::uint64_t noisy_count_ = 0;                             ///< operations that take time, so far
  std::uint64_t host_work_count_ = 0;
  std::map<const void*, std::shared_ptr<Capture>> graphs_;
  std::map<const void*, std::unique_ptr<GraphExec>> graph_execs_;
  std::vector<HostThread> host_threads_;  ///< empty: one thread at a time uses the machine
  int host_queue_ = -1;                   ///< of what CPU threads do to memory; -1: nothing so far
  std::map<std::pair<const void*, int>, DeviceVariable> symbols_;
  std::map<std::pair<int, int>, std::size_t> limits_;
  std::map<std::pair<std::string, int>, int> dynamic_shared_;
  std::map<int, unsigned> device_flags_;
};

}  // namespace gpusim
