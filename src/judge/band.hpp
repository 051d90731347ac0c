// SPDX-License-Identifier: Apache-2.0
// What others measured on such GPUs: a band beside the ceiling, from results/bands.tsv. The
// only place where a GPU's name decides anything, and it decides nothing but this band. Private
// to this room.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// A row of results/bands.tsv; the file's head says what the words mean.
struct BandRow {
  std::string model;
  std::string link;
  std::string what;
  result::Band band;  ///< GB/s
};

/// All rows, in the file's order.
const std::vector<BandRow>& band_rows();

/// The band for a cell of a copy engine's copies of 16 MiB and more between two GPUs of one model,
/// or within one. None unless model, link and way match a row exactly.
std::optional<result::Band> band_for(const machine::Machine& machine, const result::Cell& cell);

}  // namespace peerbench::judge
