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
#include "result/key_words.hpp"

namespace peerbench::result {

struct Cell;

using peerbench::MemoryKind;

/// Where bytes are, or who moves them.
struct Place {
  enum class Kind { gpu, host, all_hosts };
  Kind kind = Kind::gpu;
  /// Of the GPU; of the host the NUMA node, 0 where it is not known; 0 for all hosts.
  int index = 0;

  bool operator==(const Place&) const = default;
};

/// What a GPU does all the while that CPU threads are measured: it reads.
struct BackgroundLoad {
  int gpu = 0;
  std::optional<MemoryKind> memory = {};  ///< named where GPU and CPU have a memory each

  bool operator==(const BackgroundLoad&) const = default;
};
std::string to_string(const BackgroundLoad& load);  ///< "beside gpu0", "beside gpu0 on pinned"

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
  bool touched_by_cpu = false;      ///< first; else by the GPU that is measured
  bool host_resident = false;       ///< managed memory is sent back to the host before each sample
  bool by_address = false;          ///< cudaMemcpyAsync instead of cudaMemcpyPeerAsync
  std::string cores = {};           ///< "one", "big", "cluster0", ...; empty: all
  std::optional<int> threads = {};  ///< of the CPU
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
