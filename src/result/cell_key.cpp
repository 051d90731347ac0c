// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "result/cell_key.hpp"
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
  const bool moves = key.memory == MemoryKind::managed || key.memory == MemoryKind::pageable;
  if (key.family != Family::pool || key.engine != Engine::sm || !moves) return "";
  return key.touched_by_cpu ? "cpu" : "gpu";
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

std::string to_string(const BackgroundLoad& load) {
  return fmt::format("beside gpu{}{}{}", load.gpu, load.memory ? " on " : "",
                     load.memory ? to_string(*load.memory) : "");
}

std::optional<int> gpu_of(const std::optional<Place>& place) {
  return place && place->kind == Place::Kind::gpu ? std::optional(place->index) : std::nullopt;
}

void set_key(Cell& cell, const CellKey& key) {
  cell.key = key;
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
  cell.bytes = key.bytes;
}

Expected<CellKey> key_of(const Cell& cell) {
  if (auto key = parse_name(cell.name)) return key;
  const auto family = value_named<Family>(cell.family);
  const auto engine = value_named<Engine>(cell.engine);
  const auto op = cell.op.empty() ? Op::copy : value_named<Op>(cell.op);
  if (!family || !engine || !op) {
    return fail(ErrorKind::usage,
                fmt::format("the cell {} is of a kind that this version does not know: '{}' of "
                            "family '{}' by '{}'; read it with the peerbench that wrote it",
                            cell.name, cell.op, cell.family, cell.engine));
  }
  CellKey key = cell.key;
  key.family = *family;
  key.engine = *engine;
  key.op = *op;
  key.kind = value_named<Kind>(cell.kind).value_or(Kind::none);
  key.shape = value_named<Shape>(cell.direction).value_or(Shape::none);
  key.source = parse_place(cell.src);
  key.destination = parse_place(cell.dst);
  if (*engine == Engine::cpu && cell.issuer != cell.src) key.workers = parse_place(cell.issuer);
  key.gpus = cell.gpus;
  key.memory = memory_named(cell.memory);
  key.touched_by_cpu = cell.first_touch == "cpu";
  key.cores = cell.cores;
  key.threads = cell.threads;
  key.dtype = cell.dtype;
  key.bytes = cell.bytes.value_or(0);
  return completed(std::move(key));
}

}  // namespace peerbench::result
