// SPDX-License-Identifier: Apache-2.0
#include "judge/band.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "bands_tsv.hpp"
#include "judge/peer_link.hpp"

namespace peerbench::judge {

namespace {

constexpr Bytes least_copy = 16 * MiB;  // below, the time to start a copy counts too

std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> found;
  std::istringstream text(line);
  std::string field;
  while (std::getline(text, field, '\t')) found.push_back(field);
  return found;
}

const machine::Gpu* card(const machine::Machine& machine,
                         const std::optional<result::Place>& place) {
  const auto index = result::gpu_of(place);
  return index ? machine::find_gpu(machine, *index) : nullptr;
}

/// "4.0 x16", the way between a GPU and the host as it ran, else at its best; empty: not known.
std::string speed(const machine::Gpu& gpu) {
  const auto& found = gpu.pcie.under_load ? gpu.pcie.under_load : gpu.pcie.narrowest;
  return found ? fmt::format("{}.0 x{}", found->generation, found->width) : "";
}

/// The second word of a row; empty where it is not known or the two GPUs differ in it.
std::string link_word(const machine::Machine& machine, const result::Cell& cell,
                      const machine::Gpu& from, const machine::Gpu& to) {
  if (cell.key.family == result::Family::pool) return "local";
  const bool alike = !speed(from).empty() && speed(from) == speed(to);
  if (cell.key.kind == result::Kind::staged) return alike ? "staged:" + speed(from) : "";
  const machine::PeerLink* link = peer_link(machine, cell);
  if (link == nullptr) return "";
  if (is_no(link->nvlink.value)) return alike ? "pcie:" + speed(from) : "";
  if (!is_yes(link->nvlink.value) || !link->links_up) return "";
  return fmt::format("{}:{}", link->through_switch ? "nvswitch" : "nvlink", *link->links_up);
}

/// The third word of a row, "copy" within a GPU or "push uni"; empty where the cell is no long
/// copy by an engine, or counts otherwise than the rows.
std::string what_is_copied(const result::Cell& cell) {
  const result::CellKey& key = cell.key;
  if (key.engine != result::Engine::ce || cell.bytes.value_or(0) < least_copy) return "";
  if (key.family == result::Family::pool) {
    return key.op == result::Op::copy && key.local() ? "copy" : "";
  }
  const bool peer = key.family == result::Family::peer && cell.counts == result::Counts::one_way;
  return peer ? fmt::format("{} {}", to_string(key.kind), to_string(key.shape)) : "";
}

}  // namespace

const std::vector<BandRow>& band_rows() {
  static const std::vector<BandRow> rows = [] {
    std::vector<BandRow> found;
    std::istringstream lines(bands_tsv);
    std::string line;
    while (std::getline(lines, line)) {
      const auto row = fields(line);
      if (row.size() != 6 || line.starts_with('#') || row[0] == "model") continue;
      found.push_back(
          {row[0],
           row[1],
           row[2],
           {std::strtod(row[3].c_str(), nullptr), std::strtod(row[4].c_str(), nullptr), row[5]}});
    }
    return found;
  }();
  return rows;
}

std::optional<result::Band> band_for(const machine::Machine& machine, const result::Cell& cell) {
  const std::string what = what_is_copied(cell);
  if (what.empty()) return std::nullopt;
  const machine::Gpu* from = card(machine, cell.key.source);
  const machine::Gpu* to = card(machine, cell.key.destination);
  if (from == nullptr || to == nullptr || from->model != to->model) return std::nullopt;
  const std::string link = link_word(machine, cell, *from, *to);
  for (const BandRow& row : band_rows()) {
    if (row.model == from->model && row.link == link && row.what == what) return row.band;
  }
  return std::nullopt;
}

}  // namespace peerbench::judge
