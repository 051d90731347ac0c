// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/list_some.hpp"
#include "base/numbers.hpp"
#include "base/units.hpp"
#include "report/cells.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::Status;

bool on_gpu(const Cell& cell) { return result::gpu_of(cell.key.source).has_value(); }

/// "gpu0 copy engine", "host0 8 threads", "host0 10 threads, big".
std::string worker(const Cell& cell) {
  const bool copies = cell.key.engine != result::Engine::sm || cell.key.op == result::Op::copy;
  if (!cell.threads) return cell.src + " " + (copies ? row_of(cell.key.engine)->entry : "kernel");
  const std::string cores = describe_core(cell);
  return fmt::format("{} {}{}", cell.src, with_count(*cell.threads, "thread"),
                     cores.empty() ? "" : ", " + cores);
}

/// What N bytes in each array count, once for each operation.
std::string counting(const Cells& cells) {
  std::string words;
  for (const auto& op : result::vocabulary<result::Op>) {
    const bool there =
        std::ranges::any_of(cells, [&](const Cell* cell) { return cell->key.op == op.value; });
    if (!there) continue;
    words += words.empty() ? "" : ", ";
    words +=
        op.arrays == 1 ? fmt::format("{} N", op.word) : fmt::format("{} {} N", op.word, op.arrays);
  }
  return "GB/s, traffic: of arrays of N bytes " + words +
         "; what is read only to be overwritten is not counted.";
}

bool ordinary(const Cell* cell) {
  return cell->counts == result::Counts::traffic && cell->unit == "GB/s" &&
         row_of(cell->key.op)->arrays > 0;
}

/// "device", "managed", "managed (cpu)", "from host".
std::string describe_memory(const Cell& cell) {
  if (cell.key.host_resident) return "from host";
  std::string words = cell.memory.empty() ? "-" : cell.memory;
  if (cell.key.touched_by_cpu) words += " (cpu)";
  return words;
}

std::string memory_legend(const Cells& cells) {
  std::string words = " memory: how it was had";
  const auto any = [&](auto matches) {
    return std::ranges::any_of(cells, [&](const Cell* cell) { return matches(*cell); });
  };
  if (any([](const Cell& cell) { return cell.key.memory == result::MemoryKind::device; })) {
    words += ", device by cudaMalloc";
  }
  if (any([](const Cell& cell) { return cell.key.touched_by_cpu; })) {
    words += "; (cpu): the CPU touched it first";
  }
  if (any([](const Cell& cell) { return cell.key.host_resident; })) {
    words += "; from host: managed, and with the host before each sample";
  }
  return words + ".";
}

/// One kind of memory needs no column.
bool one_memory(const Cells& cells) {
  return std::ranges::all_of(cells, [&](const Cell* cell) {
    return describe_memory(*cell) == describe_memory(*cells.front());
  });
}

void drop(Table& table, const char* heading) {
  const auto column = std::ranges::find(table.columns, heading, &Column::heading);
  if (column == table.columns.end()) return;
  drop_column(table, static_cast<std::size_t>(column - table.columns.begin()));
}

/// Why rows have no verdict although they have a ceiling.
std::string describe_unjudged(const Cells& cells) {
  const Cells unjudged =
      select(cells, [](const Cell& cell) { return cell.verdict == result::Verdict::not_judged; });
  return fmt::format("{}", fmt::join(distinct(unjudged, result::why_not_judged), "; or "));
}

Table pool_table(std::string title, const Cells& cells) {
  Table table{std::move(title),
              std::ranges::all_of(cells, ordinary) ? counting(cells) : describe_counts(cells) + ".",
              {{"op", Align::left},
               {"by", Align::left},
               {"memory", Align::left},
               {"GB/s"},
               {"min-max"},
               {"cv"},
               {"array"},
               {"of\nceiling"},
               {"verdict", Align::left}},
              {},
              remarks(cells)};
  for (const Cell* cell : cells) {
    table.rows.push_back({cell->op, worker(*cell), describe_memory(*cell), figure(cell),
                          range_entry(cell), cv_entry(cell), size_entry(cell), share_entry(cell),
                          verdict(cell)});
  }
  // A memory's column takes the room of the spread in numbers, of the size, which the remarks have,
  // and of the verdict.
  const bool one = one_memory(cells);
  if (one) {
    drop(table, "memory");
  } else {
    drop(table, "min-max");
    drop(table, "array");
    drop(table, "verdict");  // what is low is marked
    table.note += memory_legend(cells);
    const std::string why = describe_unjudged(cells);
    if (!why.empty()) table.remarks.emplace_back("No verdict: " + why + ".");
  }
  drop_empty_columns(table, one ? 2 : 3, describe_unjudged(cells));
  return table;
}

/// GB/s of one flow as a cell alone would show it.
Text flow_figure(const Cell& cell, std::size_t index) {
  const bool known = cell.status == Status::ok && index < cell.flows.size();
  return known ? format_rate(cell.flows[index].median) : "-";
}

Table together_table(const Cells& cells) {
  const bool two_memories =
      std::ranges::any_of(cells, [](const Cell* cell) { return !gpu_memory(*cell).empty(); });
  Table table{"CPU and GPU reading at the same time",
              std::string("GB/s over the window in which both worked, each on its own arrays; ") +
                  (two_memories ? "GPU reads: device, its own memory, or pinned, the CPU's."
                                : "sum: what the pool gave to both."),
              {{"CPU", Align::left},
               {"GPU", Align::left},
               {"GPU\nreads", Align::left},
               {"GPU\nGB/s"},
               {"CPU\nGB/s"},
               {"sum"},
               {"cv"},
               {"of\nceiling"},
               {"verdict", Align::left}},
              {},
              remarks(cells)};
  for (const Cell* cell : cells) {
    table.rows.push_back({worker(*cell), cell->flows.empty() ? "-" : cell->flows.front().src,
                          two_memories ? gpu_memory(*cell) : "-", flow_figure(*cell, 0),
                          flow_figure(*cell, 1), figure(cell), cv_entry(cell), share_entry(cell),
                          verdict(cell)});
  }
  if (!two_memories) drop(table, "GPU\nreads");
  drop_empty_columns(table, two_memories ? 6 : 5);
  return table;
}

}  // namespace

std::vector<Table> pool_tables(const result::Run& run) {
  std::vector<Table> tables;
  const auto add = [&](const char* title, const Cells& cells) {
    if (!cells.empty()) tables.push_back(pool_table(title, cells));
  };
  const auto add_together = [&] {
    const Cells together = select(run, is_together);
    if (!together.empty()) tables.push_back(together_table(together));
  };
  if (run.machine.machine_class == machine::Class::unified_pool) {
    add("The memory pool that CPU and GPU share", select(run, [](const Cell& cell) {
          return is_pool(cell) && !is_remote(cell) && !is_together(cell);
        }));
    add_together();
    return tables;
  }
  const Cells cards = select(run, [](const Cell& cell) { return is_pool(cell) && on_gpu(cell); });
  const bool copies =
      std::ranges::all_of(cards, [](const Cell* c) { return c->key.op == result::Op::copy; });
  add(copies ? "Memory of the GPUs, copies within a GPU" : "Memory of the GPUs", cards);
  add("Memory of the host", select(run, [](const Cell& cell) {
        return is_pool(cell) && !on_gpu(cell) && !is_remote(cell) && !is_together(cell);
      }));
  add_together();
  return tables;
}

}  // namespace peerbench::report
