// SPDX-License-Identifier: Apache-2.0
#include "report/describe_work.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/cells.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::CellKey;
using result::Family;
using result::Kind;
using result::Op;
using result::Place;
using result::Shape;

std::string place_name(const std::optional<Place>& place) {
  if (!place) return "";
  switch (place->kind) {
    case Place::Kind::gpu:
      return fmt::format("GPU {}", place->index);
    case Place::Kind::host:
      return place->index == 0 ? "the host" : fmt::format("NUMA node {}", place->index);
    case Place::Kind::all_hosts:
      break;
  }
  return "all NUMA nodes";
}

/// " over NVLink", " through host memory": what the bytes of a pair of GPUs take.
std::string over(const CellKey& key, const machine::Machine& machine) {
  if (key.kind == Kind::staged) return " through host memory";
  const auto from = result::gpu_of(key.source), to = result::gpu_of(key.destination);
  const machine::PeerLink* link = from && to ? machine::find_link(machine, *from, *to) : nullptr;
  if (link == nullptr) return "";
  switch (link->nvlink.value) {
    case Tri::yes:
      return " over NVLink";
    case Tri::no:
      return " over PCIe";
    case Tri::unknown:
      break;
  }
  return "";
}

/// "GPU 0 to GPU 1", "GPU 0 and GPU 1, both ways".
std::string ends(const CellKey& key, const std::string& way) {
  const bool both = key.shape == Shape::bi || key.kind == Kind::both;
  return fmt::format("{} {} {}{}{}", place_name(key.source), both ? "and" : "to",
                     place_name(key.destination), way, both ? ", both ways" : "");
}

std::string between_gpus(const Cell& cell, const machine::Machine& machine) {
  const CellKey& key = cell.key;
  const std::string way = result::of_a_pair(key.shape)
                              ? ends(key, over(key, machine))
                              : fmt::format("GPUs, {}{}", describe_shape(cell), over(key, machine));
  const char* pulled = key.kind == Kind::pull ? ", pulled" : "";
  return fmt::format("{}, {}{}", way, result::row_of(key.engine)->title, pulled);
}

std::string latency(const Cell& cell, const machine::Machine& machine) {
  const CellKey& key = cell.key;
  switch (key.op) {
    case Op::ping_pong:
      return "flags: " + ends(key, over(key, machine));
    case Op::fault:
      return fmt::format("page faults of {}", place_name(key.destination));
    case Op::chase:
      if (key.engine == result::Engine::cpu) return "dependent loads of the CPU";
      return key.local() ? fmt::format("dependent loads of {}", place_name(key.source))
                         : "dependent loads: " + ends(key, over(key, machine));
    default:
      return "small copies: " + ends(key, over(key, machine));
  }
}

std::string pool(const Cell& cell) {
  const CellKey& key = cell.key;
  const std::string with =
      key.kind == Kind::together || key.background ? ", GPU and CPU at once" : "";
  return fmt::format("memory of {}, {}{}{}", place_name(key.source), to_string(key.op), with,
                     cell.memory.empty() ? "" : ", " + cell.memory);
}

std::string words_of(const Cell& cell, const machine::Machine& machine) {
  const CellKey& key = cell.key;
  switch (key.family) {
    case Family::peer:
      return between_gpus(cell, machine);
    case Family::latency:
      return latency(cell, machine);
    case Family::host:
      return ends(key, "") + ", " + cell.memory + " memory";
    case Family::pool:
      return pool(cell);
    case Family::collective: {
      std::string op = to_string(key.op);
      std::ranges::replace(op, '_', '-');
      return fmt::format("NCCL {} over {} GPUs", op, key.gpus.size());
    }
    case Family::split:
      break;
  }
  return "messages of a split model";
}

}  // namespace

std::string describe_work(const Cell& cell, const machine::Machine& machine) {
  const std::string words = words_of(cell, machine);
  return cell.key.bytes == 0 ? words : words + ", " + format_bytes(cell.key.bytes);
}

}  // namespace peerbench::report
