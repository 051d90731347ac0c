// SPDX-License-Identifier: Apache-2.0
// A text file that is only ever replaced whole, by a temporary file in the same directory and a
// rename: whoever reads it finds the last complete document, also after a crash.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace peerbench::result {

class TextFile {
 public:
  /// How messages call it: "result file", and the option that names its path: "--output".
  struct Words {
    const char* what;
    const char* option;
  };

  /// Finds out whether `path` can be written; leaves a file that is there untouched. Fails with
  /// ErrorKind::io: where, why, what to do.
  static Expected<TextFile> create(const std::string& path, Words words);

  /// Replaces the file. On failure (ErrorKind::io) the previous one stays.
  Expected<void> write(std::string_view text) const;

  /// Where it writes, with symbolic links resolved.
  const std::string& path() const { return path_; }

 private:
  TextFile(std::string path, Words words) : path_(std::move(path)), words_(words) {}

  std::string path_;
  Words words_;
};

/// The whole file; ErrorKind::io when it cannot be read: `what` it is, where, why, what to do
/// `next`.
Expected<std::string> read_text_file(const std::string& path, const char* what, const char* next);

}  // namespace peerbench::result
