#include <fmt/format.h>

#include "result/cell_key.hpp"
#include "result/key_words.hpp"
#include "result/run.hpp"

namespace peerbench::result {

namespace {

std::string name_of(const std::optional<Place>& place) { return place ? to_string(*place) : ""; }

std::optional<bool> peer_access(const CellKey& key) {
  if (key.kind == Kind::staged) return false;
  if (key.kind == Kind::push || key.kind == Kind::pull) return true;
  return std::nullopt;
}

/// Who issues the transfers, where one does for all.
std::string issuer(const CellKey& key) {
  if (key.workers) return to_string(*key.workers);
  const bool several = key.shape != Shape::none && key.shape != Shape::uni;
  if (key.family == Family::host) {
    return name_of(key.kind == Kind::d2h ? key.source : key.destination);
  }
  if (several) return "";
  const bool by_destination = key.kind == Kind::pull || key.kind == Kind::h2d;
  return name_of(by_destination ? key.destination : key.source);
}

/// "cpu" or "gpu" of memory that lies with whoever touched it first.
std::string first_touch(const CellKey& key) {
  const bool moves = key.memory == MemoryKind::managed || key.memory == MemoryKind::plain;
  if (key.family != Family::pool || key.engine != Engine::sm || !moves) return "";
  return key.touched_by_cpu ? "cpu" : "gpu";
}

std::string mode(const CellKey& key) {
  if (key.by_address) return "by-address";
  if (key.host_resident) return "from-host";
  if (key.numa_node) return "node:" + std::to_string(*key.numa_node);
  if (key.launch) return to_string(*key.launch);
  if (key.exchange) return to_string(*key.exchange);
  if (!key.background) return "";
  const std::string memory = key.background->memory ? to_string(*key.background->memory) : "";
  if (key.kind == Kind::together) return memory.empty() ? "" : "gpu-on:" + memory;
  return "beside gpu" + std::to_string(key.background->gpu) +
         (memory.empty() ? "" : " on " + memory);
}

}  // namespace

std::string to_string(const Place& place) {
  switch (place.kind) {
    case Place::Kind::gpu:
      return fmt::format("gpu{}", place.index);
    case Place::Kind::host:
      return fmt::format("host{}", place.index);
    case Place::Kind::all_hosts:
      break;
  }
  return "hosts";
}

const char* to_string(Family family) { return word_of(families, family); }
const char* to_string(Engine engine) { return word_of(engines, engine); }
const char* to_string(Op op) { return word_of(ops, op); }
const char* to_string(Kind kind) { return word_of(kinds, kind); }
const char* to_string(Shape shape) { return word_of(shapes, shape); }
const char* to_string(MemoryKind memory) { return word_of(memories, memory); }
const char* to_string(Launch launch) { return word_of(launches, launch); }
const char* to_string(Exchange exchange) { return word_of(exchanges, exchange); }

std::vector<int> gpus_of(const Cell& cell) {
  if (!cell.gpus.empty()) return cell.gpus;
  const auto key = parse_name(cell.name);
  return key ? key->gpus : std::vector<int>{};
}

void set_key(Cell& cell, const CellKey& key) {
  cell.name = to_name(key);
  cell.family = to_string(key.family);
  cell.engine = to_string(key.engine);
  cell.op = to_string(key.op);
  cell.issuer = issuer(key);
  cell.src = name_of(key.source);
  cell.dst = name_of(key.destination);
  cell.kind = to_string(key.kind);
  cell.direction = to_string(key.shape);
  cell.peer_access = peer_access(key);
  cell.memory = key.memory ? to_string(*key.memory) : "";
  cell.first_touch = first_touch(key);
  if (!key.cores.empty()) cell.cores = key.cores;  // else which one is taken, the machine says
  cell.threads = key.threads;
  cell.gpus = key.gpus;
  if (key.engine == Engine::nccl) cell.ranks = static_cast<int>(key.gpus.size());
  cell.dtype = key.dtype;
  cell.mode = mode(key);
  cell.bytes = key.bytes;
}

}  // namespace peerbench::result
