// SPDX-License-Identifier: Apache-2.0
// What a cell measures, as data, and the name that follows from it. Names are composed and read
// here and nowhere else; the attributes of a cell follow from its key too.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/memory_kind.hpp"
#include "base/units.hpp"

namespace peerbench::result {

struct Cell;

enum class Family { peer, latency, host, pool, collective, split };
/// Copy engines, kernels, CPU threads, NCCL.
enum class Engine { ce, sm, cpu, nccl };
enum class Op {
  copy,
  read,
  write,
  triad,
  submission,  ///< one copy alone, from the host's call to its end
  ping_pong,
  chase,
  fault,
  all_reduce,
  all_gather,
  reduce_scatter,
  broadcast,
  all_to_all,
  send,
  send_recv,
  boundary,  ///< what one part of a split model hands to the next
};
/// How the bytes go: pushed by their source, pulled by their destination, staged through host
/// memory; to, from or both ways between host and GPU; within one memory; by GPU and CPU together.
enum class Kind { none, push, pull, staged, h2d, d2h, both, local, together };
/// One way, both ways, or between many GPUs at once.
enum class Shape { none, uni, bi, disjoint_pairs, one_to_all, all_to_one, all_to_all };
using peerbench::MemoryKind;
/// Eager launches one operation after another, a graph replays them.
enum class Launch { eager, graph };
/// An all-reduce by copies: all of it to each, or each GPU's part there and the sums back.
enum class Exchange { whole, parts };

/// Where bytes are, or who moves them.
struct Place {
  enum class Kind { gpu, host, all_hosts };
  Kind kind = Kind::gpu;
  int index = 0;  ///< of the GPU or the NUMA node; 0 for all hosts

  bool operator==(const Place&) const = default;
};

/// What a GPU does all the while that CPU threads are measured: it reads.
struct BackgroundLoad {
  int gpu = 0;
  std::optional<MemoryKind> memory = {};  ///< named where GPU and CPU have a memory each

  bool operator==(const BackgroundLoad&) const = default;
};

/// Fields that do not apply keep their defaults, so that equal keys have equal names.
struct CellKey {
  Family family = Family::peer;
  Engine engine = Engine::ce;
  Op op = Op::copy;
  Kind kind = Kind::none;
  Shape shape = Shape::none;
  std::optional<Place> source = {}, destination = {};
  std::optional<Place> workers = {};  ///< whose cores work on the memory of another node
  std::vector<int> gpus = {};         ///< of a collective, of a pattern of many
  std::optional<MemoryKind> memory = {};
  bool touched_by_cpu = false;  ///< first; else by the GPU that is measured
  bool host_resident = false;   ///< managed memory is sent back to the host before each sample
  bool by_address = false;      ///< cudaMemcpyAsync instead of cudaMemcpyPeerAsync
  std::optional<int> numa_node = {};  ///< of host memory that is not the GPU's nearest
  std::string cores = {};             ///< "one", "big", "cluster0", ...; empty: all
  std::optional<int> threads = {};    ///< of the CPU
  std::optional<Launch> launch = {};  ///< of what NCCL does
  std::optional<Exchange> exchange = {};
  std::optional<BackgroundLoad> background = {};
  std::string dtype = {};  ///< "float", "half"
  Bytes bytes = 0;         ///< of one copy, array, message or list

  /// Within one memory.
  bool local() const { return source && source == destination; }

  bool operator==(const CellKey&) const = default;
};

std::string to_string(const Place& place);  ///< "gpu0", "host1", "hosts"
std::optional<Place> parse_place(std::string_view text);
/// The GPU's number; nothing of a host or where there is no such end.
std::optional<int> gpu_of(const std::optional<Place>& place);
const char* to_string(Family family);
const char* to_string(Engine engine);
const char* to_string(Op op);
/// What the word stands for; none: it is no such word.
std::optional<Engine> engine_named(std::string_view word);
std::optional<Op> op_named(std::string_view word);
const char* to_string(Kind kind);    ///< "" of none
const char* to_string(Shape shape);  ///< "" of none
const char* to_string(Launch launch);
const char* to_string(Exchange exchange);

/// "peer/ce/push/uni/gpu0-gpu1/bytes:268435456".
std::string to_name(const CellKey& key);

/// The key of a name. ErrorKind::usage says which part of the name is not understood.
Expected<CellKey> parse_name(std::string_view name);

/// With what the name of such a cell leaves unsaid: copies between GPUs are of device memory, a
/// ping-pong pushes both ways, ...
CellKey completed(CellKey key);

/// Gives `cell` its name, its key and all attributes that follow from that; the others stay.
void set_key(Cell& cell, const CellKey& key);

/// The key that a cell's name says; where the name is not one of this version's, what its words
/// say, and launch, exchange and the like as its key has them. ErrorKind::usage names a family, an
/// engine or an operation that is not known.
Expected<CellKey> key_of(const Cell& cell);

/// "peer/ce/push/uni/gpu0-gpu1" of ".../bytes:N", as cells of all sizes have it.
std::string without_size(const std::string& name);

}  // namespace peerbench::result
