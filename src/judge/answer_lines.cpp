// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "judge/conclusion.hpp"
#include "judge/spread.hpp"

namespace peerbench::judge {

namespace {

using result::AnswerLine;
using result::Cell;
using result::Engine;
using result::Family;
using result::Kind;
using result::Measured;
using result::MemoryKind;
using result::Op;
using result::Shape;
using Matches = std::function<bool(const Cell&)>;

/// What lies above its own peak was read from a cache, or its peak is wrong: no figure to go by.
bool impossible(const Cell& cell) {
  return cell.basis && (cell.basis->cause == result::Cause::above_memory ||
                        cell.basis->cause == result::Cause::above_link);
}

bool measured(const Cell& cell) {
  return cell.status == result::Status::ok && cell.median && !impossible(cell);
}

/// Sets of cells of which each stands for one GPU, node or set of GPUs: of the largest size the
/// fastest, by who works.
std::vector<const Cell*> fastest(const result::Run& run, const Matches& matches) {
  std::map<std::string, const Cell*> best;
  for (const Cell& cell : run.cells) {
    if (!measured(cell) || !matches(cell)) continue;
    const auto& at = cell.key.kind == Kind::d2h ? cell.key.source : cell.key.destination;
    const Cell*& kept = best[at ? to_string(*at) : ""];
    const auto order = [](const Cell& one) { return std::pair(one.key.bytes, *one.median); };
    if (kept == nullptr || order(*kept) < order(cell)) kept = &cell;
  }
  std::vector<const Cell*> cells;
  for (const auto& [at, cell] : best) cells.push_back(cell);
  return cells;
}

std::optional<result::Spread> spread(const std::vector<const Cell*>& cells) {
  std::vector<double> rates;
  for (const Cell* cell : cells) rates.push_back(*cell->median);
  return spread_of(rates);
}

/// The lowest share of a peak, and whether all that could be rated is good.
void rate(AnswerLine& line, const std::vector<const Cell*>& cells) {
  for (const Cell* cell : cells) {
    if (cell->efficiency)
      line.share = std::min(line.share.value_or(*cell->efficiency), *cell->efficiency);
    const bool rated =
        cell->verdict == result::Verdict::good || cell->verdict == result::Verdict::low;
    if (rated) line.good = line.good.value_or(true) && cell->verdict == result::Verdict::good;
  }
}

/// What joins the host with all GPUs alike: "PCIe 4.0 x16"; "PCIe" where they differ.
std::string host_link_name(const machine::Machine& machine) {
  std::string all;
  for (const machine::Gpu& gpu : machine.gpus) {
    const auto& speed = gpu.pcie.under_load ? gpu.pcie.under_load : gpu.pcie.current;
    std::string one = gpu.c2c_ceiling ? "NVLink-C2C"
                      : speed ? fmt::format("PCIe {}.0 x{}", speed->generation, speed->width)
                              : "";
    if (!all.empty() && all != one) return "PCIe";
    all = std::move(one);
  }
  return all;
}

AnswerLine host_link(const result::Run& run) {
  const auto of = [&](Kind kind) {
    return fastest(run, [&run, kind](const Cell& cell) {
      return cell.key.family == Family::host && cell.key.kind == kind &&
             cell.key.memory == MemoryKind::pinned && !result::far_node(run.machine, cell.key);
    });
  };
  AnswerLine line{.what = Measured::host_link, .over = host_link_name(run.machine)};
  const auto to_gpu = of(Kind::h2d);
  line.one_way = spread(to_gpu);
  line.both_ways = spread(of(Kind::both));
  rate(line, to_gpu);
  const auto share = line.share;  // of what stands in the line; the way back is rated as well
  rate(line, of(Kind::d2h));
  line.share = share;
  return line;
}

/// Work of `engine` on `memory` at `source`.
std::vector<const Cell*> works(const result::Run& run, std::optional<Engine> engine, Op op,
                               MemoryKind memory) {
  return fastest(run, [=](const Cell& cell) {
    const bool by = engine ? cell.key.engine == *engine : cell.key.engine != Engine::cpu;
    return cell.key.family == Family::pool && cell.key.local() && by && cell.key.op == op &&
           cell.key.memory == memory && !cell.key.touched_by_cpu && !cell.key.host_resident &&
           cell.key.cores.empty() && !cell.key.workers && cell.key.kind != Kind::together &&
           cell.key.source->kind != result::Place::Kind::all_hosts;
  });
}

AnswerLine pool_line(const result::Run& run, Measured what, Engine engine, MemoryKind memory) {
  AnswerLine line{.what = what};
  const auto read = works(run, engine, Op::read, memory);
  line.read = spread(read);
  line.write = spread(works(run, engine, Op::write, memory));
  line.copy = spread(works(run, engine, Op::copy, memory));
  rate(line, read);
  return line;
}

AnswerLine gpu_memory(const result::Run& run) {
  AnswerLine line{.what = Measured::gpu_memory};
  const auto copy = works(run, std::nullopt, Op::copy, MemoryKind::device);
  line.copy = spread(copy);
  line.read = spread(works(run, Engine::sm, Op::read, MemoryKind::device));
  rate(line, copy);
  return line;
}

AnswerLine both_on_pool(const result::Run& run) {
  AnswerLine line{.what = Measured::both_on_pool};
  const auto read = fastest(run, [](const Cell& cell) {
    return cell.key.family == Family::pool && cell.key.kind == Kind::together &&
           cell.key.op == Op::read && cell.key.cores.empty();
  });
  line.read = spread(read);
  rate(line, read);
  return line;
}

/// Of the largest size, over the most GPUs.
AnswerLine all_reduce(const result::Run& run) {
  const Cell* best = nullptr;
  const auto order = [](const Cell& cell) {
    return std::tuple(cell.key.gpus.size(), cell.key.bytes, *cell.median);
  };
  for (const Cell& cell : run.cells) {
    const bool fits = cell.key.family == Family::collective && cell.key.engine == Engine::nccl &&
                      cell.key.op == Op::all_reduce && measured(cell);
    if (fits && (best == nullptr || order(*best) < order(cell))) best = &cell;
  }
  AnswerLine line{.what = Measured::all_reduce};
  if (best == nullptr) return line;
  line.one_way = spread({best});
  line.share = best->efficiency;
  line.bytes = best->bytes;
  line.over = best->transport;
  line.members = static_cast<int>(best->key.gpus.size());
  return line;
}

bool says_something(const AnswerLine& line) {
  return line.one_way || line.both_ways || line.read || line.write || line.copy;
}

/// Slowest of the cells that match; none: not measured.
std::optional<double> slowest(const result::Run& run, const Matches& matches) {
  std::optional<double> found;
  for (const Cell& cell : run.cells) {
    if (measured(cell) && matches(cell)) found = std::max(found.value_or(0), *cell.median);
  }
  return found;
}

void add(machine::Figures& figures, const char* name, std::optional<double> value) {
  if (value) figures.emplace_back(name, *value);
}

bool is_small_copy(const Cell& cell, bool staged) {
  return cell.key.family == Family::latency && cell.key.engine == Engine::ce &&
         cell.key.op == Op::copy && (cell.key.kind == Kind::staged) == staged;
}

bool is_cpu_chase(const Cell& cell) {
  return cell.key.family == Family::latency && cell.key.engine == Engine::cpu &&
         cell.key.op == Op::chase && !cell.key.workers && cell.unit == "ns" &&
         cell.key.memory == MemoryKind::pageable;
}

/// The best total of many direct copies at once.
std::optional<double> at_once(const result::Run& run, Shape shape) {
  std::optional<double> found;
  for (const Cell& cell : run.cells) {
    const bool fits = cell.key.family == Family::peer && cell.key.shape == shape &&
                      cell.key.kind != Kind::staged && measured(cell);
    if (fits) found = std::max(found.value_or(0), *cell.median);
  }
  return found;
}

/// By kernels, of memory however it was allocated; none where fewer than two kinds were measured.
std::optional<double> reads_apart(const result::Run& run) {
  std::vector<double> rates;
  for (const auto memory :
       {MemoryKind::device, MemoryKind::managed, MemoryKind::pinned, MemoryKind::pageable}) {
    if (const auto read = spread(works(run, Engine::sm, Op::read, memory))) {
      rates.push_back(read->low);
    }
  }
  const auto all = spread_of(rates);
  if (rates.size() < 2 || all->low <= 0) return std::nullopt;
  return all->high / all->low - 1;
}

}  // namespace

std::vector<AnswerLine> answer_lines(const result::Run& run) {
  using machine::Class;
  const bool pool = run.machine.machine_class == Class::unified_pool;
  const bool superchip =
      std::ranges::any_of(run.machine.gpus, [](const auto& gpu) { return !!gpu.c2c_ceiling; });
  std::vector<AnswerLine> lines = {all_reduce(run)};
  if (pool) {
    lines.push_back(pool_line(run, Measured::gpu_on_pool, Engine::sm, MemoryKind::device));
    lines.push_back(pool_line(run, Measured::cpu_on_pool, Engine::cpu, MemoryKind::pageable));
    lines.push_back(both_on_pool(run));
  } else {
    lines.push_back(host_link(run));
    lines.push_back(gpu_memory(run));
    if (superchip) {
      lines.push_back(pool_line(run, Measured::gpu_on_host, Engine::sm, MemoryKind::pinned));
    }
    lines.push_back(pool_line(run, Measured::host_memory, Engine::cpu, MemoryKind::pageable));
  }
  std::erase_if(lines, [](const AnswerLine& line) { return !says_something(line); });
  return lines;
}

machine::Figures answer_figures(const result::Run& run) {
  machine::Figures figures;
  const auto direct = slowest(run, [](const Cell& cell) { return is_small_copy(cell, false); });
  add(figures, "small_copy_direct_us", direct);
  add(figures, "small_copy_staged_us",
      slowest(run, [](const Cell& cell) { return is_small_copy(cell, true); }));
  for (const Cell& cell : run.cells) {
    if (!measured(cell) || !(is_small_copy(cell, false) || is_small_copy(cell, true))) continue;
    add(figures, "small_copy_bytes", static_cast<double>(cell.key.bytes));
    break;
  }
  add(figures, "cpu_load_ns",
      slowest(run, [](const Cell& cell) { return is_cpu_chase(cell) && !cell.key.background; }));
  add(figures, "cpu_load_beside_gpu_ns", slowest(run, [](const Cell& cell) {
        return is_cpu_chase(cell) && cell.key.background.has_value();
      }));
  add(figures, "disjoint_pairs_gbs", at_once(run, Shape::disjoint_pairs));
  add(figures, "one_to_all_gbs", at_once(run, Shape::one_to_all));
  add(figures, "all_to_one_gbs", at_once(run, Shape::all_to_one));
  add(figures, "host_copy_gbs", slowest(run, [](const Cell& cell) {
        return cell.key.family == Family::host && cell.key.kind == Kind::h2d &&
               cell.key.memory == MemoryKind::pinned;
      }));
  add(figures, "pool_reads_apart", reads_apart(run));
  return figures;
}

}  // namespace peerbench::judge
