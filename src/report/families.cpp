// SPDX-License-Identifier: Apache-2.0
// The kinds of cells that have tables of their own, one row each, and the page's figures, which
// follow from the rows in their order. What no row shows stands under "Other figures".
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/numbers.hpp"
#include "report/cells.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Cell;
using result::Kind;
using result::Op;
using result::Shape;
using result::Status;

/// " WORDS", or nothing of nothing.
std::string more(const std::string& words) { return words.empty() ? "" : " " + words; }

std::string many_label(const Cell& cell) {
  return fmt::format("{} {}", cell.kind, describe_shape(cell));
}

std::string host_label(const Cell& cell) {
  const char* arrow = cell.key.kind == Kind::both ? "<->" : "->";
  return fmt::format("{} {} {} {}", cell.src, arrow, cell.dst, cell.memory);
}

std::string remote_label(const Cell& cell) {
  return fmt::format("{} {} by {}", cell.op, cell.src, cell.issuer);
}

std::string chase_label(const Cell& cell) {
  const std::string beside = cell.key.background ? ", " + describe_background(cell) : "";
  return fmt::format("loads by {} {}{}", cell.issuer, cell.cores, beside);
}

std::string latency_label(const Cell& cell) {
  const char* what = cell.key.op == Op::submission ? "submission of a " : "";
  return fmt::format("{}{} {} -> {}", what, cell.kind, cell.src, cell.dst);
}

std::string fault_label(const Cell& cell) { return fmt::format("page faults of {}", cell.dst); }

std::string load_label(const Cell& cell) {
  return cell.key.local() ? fmt::format("chase {}", cell.src)
                          : fmt::format("chase {} -> {}", cell.src, cell.dst);
}

std::string flag_label(const Cell& cell) {
  return fmt::format("ping-pong {} <-> {}", cell.src, cell.dst);
}

std::string peer_label(const Cell& cell) {
  const char* arrow = cell.key.shape == Shape::bi ? "<->" : "->";
  const char* by = cell.key.engine == result::Engine::sm ? " kernel" : "";
  return fmt::format("{}{} {} {} {}", cell.kind, by, cell.src, arrow, cell.dst);
}

/// Copies between GPUs that no table of theirs has a place for, as those by address.
bool is_other_peer(const Cell& cell) { return cell.key.family == result::Family::peer; }

std::string together_label(const Cell& cell) {
  const std::string memory = gpu_memory(cell);
  return fmt::format("{} {}{} with the GPU{}", cell.op, cell.src, more(cell.cores),
                     memory.empty() ? "" : " on " + memory);
}

std::string pool_label(const Cell& cell) {
  return fmt::format("{} {}{}{}", cell.op, cell.src, more(cell.cores),
                     more(is_drivers_memory(cell) ? cell.memory : ""));
}

/// Cells of one kind: how a remark names them, and which tables they stand in.
struct TableFamily {
  bool (*shows)(const Cell&);                        ///< null: tables that are not of cells
  std::string (*label)(const Cell&);                 ///< null: by their names
  std::vector<Table> (*tables)(const result::Run&);  ///< null: those of a row below
  TableGroup group;                                  ///< as --section names it
  bool tells_of_staging = false;  ///< the first of such tables explains what staged is
};

/// In the order of the page. A cell is of the first row that shows it.
constexpr TableFamily families[] = {
    {is_peer, peer_label, peer_tables, TableGroup::peer, true},
    {is_split, nullptr, split_tables, TableGroup::split, true},
    {is_many, many_label, many_flow_tables, TableGroup::peer},
    {is_latency, latency_label, latency_tables, TableGroup::latency},
    {is_flag, flag_label, flag_tables, TableGroup::latency},
    {is_load, load_label, nullptr, TableGroup::latency},
    {is_fault, fault_label, load_tables, TableGroup::latency},
    {nullptr, nullptr, fit_tables, TableGroup::peer},
    {is_host, host_label, host_tables, TableGroup::host},
    {is_remote, remote_label, nullptr, TableGroup::pool},
    {is_together, together_label, nullptr, TableGroup::pool},
    {is_pool, pool_label, pool_tables, TableGroup::pool},
    {is_chase, chase_label, chase_tables, TableGroup::pool},
    {nullptr, nullptr, numa_tables, TableGroup::pool},
    {is_collective, nullptr, collective_tables, TableGroup::nccl},
    {is_other_peer, peer_label, other_tables, TableGroup::other},
    {nullptr, nullptr, estimate_tables, TableGroup::split},
};

const TableFamily* family_of(const Cell& cell) {
  for (const TableFamily& family : families) {
    if (family.shows != nullptr && family.shows(cell)) return &family;
  }
  return nullptr;
}

/// On a box with NVLink the staged figure invites a wrong reading, so it is said once.
bool staging_misleads(const result::Run& run) {
  return run.machine.machine_class == machine::Class::discrete_nvlink &&
         std::ranges::any_of(run.cells,
                             [](const Cell& cell) { return cell.key.kind == Kind::staged; });
}

}  // namespace

std::string label(const Cell& cell) {
  const TableFamily* family = family_of(cell);
  return family == nullptr || family->label == nullptr ? cell.name : family->label(cell);
}

std::vector<Table> figure_tables(const result::Run& run, std::span<const TableGroup> groups) {
  std::vector<Table> all;
  bool to_tell = staging_misleads(run);
  for (const TableFamily& family : families) {
    if (family.tables == nullptr || std::ranges::count(groups, family.group) == 0) continue;
    std::vector<Table> tables = family.tables(run);
    if (family.tells_of_staging && to_tell && !tables.empty()) {
      tables.back().remarks.emplace_back(staged_is_not_pcie);
      to_tell = false;
    }
    std::ranges::move(tables, std::back_inserter(all));
  }
  return all;
}

std::vector<Table> other_tables(const result::Run& run) {
  const Cells cells = select(run, [](const Cell& cell) {
    const TableFamily* family = family_of(cell);
    return family == nullptr || family->tables == other_tables;
  });
  if (cells.empty()) return {};
  Table table{
      "Other figures",
      "",
      {{"name", Align::left}, {"rate"}, {"unit", Align::left}, {"cv"}, {"verdict", Align::left}},
      {},
      remarks(cells)};
  for (const Cell* cell : cells) {
    const bool ok = cell->status == Status::ok;
    table.rows.push_back(
        {cell->name, figure(cell), ok ? cell->unit : "-", cv_entry(cell), verdict(cell)});
  }
  drop_empty_columns(table, 2);
  return {table};
}

}  // namespace peerbench::report
