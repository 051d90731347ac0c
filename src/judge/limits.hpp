// SPDX-License-Identifier: Apache-2.0
// Limits that the cells of a finished run must keep (`peerbench check RESULT --min`), judged from
// the run alone: pure functions.
#pragma once

#include <string>

#include "base/error.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// "peer/*>=45GB/s": which cells, and what each of them must reach or keep below.
struct Limit {
  enum class Kind {
    rate,        ///< at least `value` GB/s, in what the cell counts
    time,        ///< at most `value` microseconds
    share,       ///< at least `value` (0 to 1) of the cell's ceiling, made of the links that are up
    full_share,  ///< the same of the ceiling with all NVLinks that are there, up or down
  };
  std::string text;     ///< as it was written
  std::string pattern;  ///< of cell names: * (any characters), ? (one), [..] (one of these)
  Kind kind = Kind::rate;
  double value = 0;

  bool operator==(const Limit&) const = default;
};

constexpr bool is_share(Limit::Kind kind) {
  return kind == Limit::Kind::share || kind == Limit::Kind::full_share;
}

/// Reads PATTERN>=NUMBERGB/s, PATTERN>=NUMBER% or %full, and PATTERN<=NUMBERus (or ns), spaces
/// allowed. All else is a usage error that shows how it is written.
Expected<Limit> parse_limit(const std::string& text);

/// Whether all measured cells that the pattern names keep the limit; the reason says which do not
/// and by how much. A pattern names whole cell names, with or without the last "/bytes:N".
///
/// - Staged cells are judged only by a pattern that says "staged": "peer/*" means the link, and the
///   way through the host never reaches its rate.
/// - Cells in another unit (a time where a rate is asked) are left out.
/// - A named cell that failed (corrupt, hang, error) does not keep the limit. One that was skipped
///   or is not possible is listed, and not judged; if nothing else is named, it is not met.
/// - Where a time limit has left a named cell out: cannot tell, unless another one is too low.
/// - A share where no ceiling is known: cannot tell, unless another cell is known to be too low.
/// - A full share of a cell whose pair has no NVLink is the share; what NVLinks would carry that
///   are all down is not known.
result::Check check(const result::Run& run, const Limit& limit);

}  // namespace peerbench::judge
