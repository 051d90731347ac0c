// SPDX-License-Identifier: Apache-2.0
// The result file on disk: rewritten whole after every finished cell, by a temporary file in the
// same directory and a rename, so that a crash leaves the last complete document.
#pragma once

#include <string>

#include "base/error.hpp"
#include "result/json.hpp"
#include "result/run.hpp"
#include "result/text_file.hpp"

namespace peerbench::result {

class ResultFile {
 public:
  /// Finds out, before anything is measured, whether `path` can be written; leaves a file that is
  /// there untouched. Fails with ErrorKind::io: where, why, what to do.
  static Expected<ResultFile> create(const std::string& path, ToJson options = {});

  /// Replaces the file by the whole document. On failure (ErrorKind::io) the previous one stays.
  Expected<void> write(const Run& run) const;

  /// Where it writes, with symbolic links resolved.
  const std::string& path() const { return file_.path(); }

 private:
  ResultFile(TextFile file, ToJson options) : file_(std::move(file)), options_(options) {}

  TextFile file_;
  ToJson options_;
};

/// Reads a result file. ErrorKind::io when it cannot be read; ErrorKind::usage, with the path,
/// when it holds something else.
Expected<Run> read_result(const std::string& path);

}  // namespace peerbench::result
