// SPDX-License-Identifier: Apache-2.0
// Everything a machine was asked, as a peerbench.signals/1 document and back: saved on one machine
// and described on another. The published schema is signals.schema.json beside this file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "machine/signals.hpp"
#include "result/json.hpp"
#include "result/run.hpp"

namespace peerbench::result {

inline constexpr const char* signals_schema_name = "peerbench.signals/1";

struct SavedSignals {
  Tool tool;          ///< that saved it; without version in a file typed by hand
  std::string saved;  ///< UTC, "2026-01-31T12:00:00Z"; empty in a file typed by hand
  std::optional<Simulated> simulated;
  std::string note;  ///< for people: where the figures are from; the program writes none
  machine::Signals signals;
};

/// The document as text with a final newline. Without `identify` it has no UUIDs (those in the
/// environment's lists of GPUs are blanked too) and no NAME@HOST of who built a kernel or driver.
std::string signals_text(const SavedSignals& saved, ToJson options = {});

/// Reads a document. What is no such document, an unknown word, and signals that contradict each
/// other (a pair of GPUs that are not there) are usage errors that name the place. Unknown keys
/// are ignored: the format changes only by adding.
Expected<SavedSignals> signals_from_text(std::string_view text);

/// Replaces the file at `path`; ErrorKind::io when that is not possible.
Expected<void> write_signals_file(const std::string& path, const SavedSignals& saved,
                                  ToJson options = {});

/// ErrorKind::io when it cannot be read; ErrorKind::usage, with the path, for other content.
Expected<SavedSignals> read_signals_file(const std::string& path);

}  // namespace peerbench::result
