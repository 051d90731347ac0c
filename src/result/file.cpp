// SPDX-License-Identifier: Apache-2.0
#include "result/file.hpp"

#include <fmt/format.h>

namespace peerbench::result {

namespace {

constexpr TextFile::Words result_words{"result file", "--output"};

}  // namespace

Expected<ResultFile> ResultFile::create(const std::string& path, ToJson options) {
  auto file = TextFile::create(path, result_words);
  if (!file) return tl::unexpected(file.error());
  return ResultFile(std::move(*file), options);
}

Expected<void> ResultFile::write(const Run& run) const {
  return file_.write(to_text(run, options_));
}

Expected<Run> read_result(const std::string& path) {
  const auto text =
      read_text_file(path, result_words.what, "give the path of one that --output wrote");
  if (!text) return tl::unexpected(text.error());
  return from_json(*text).map_error([&](Error error) {
    error.message = fmt::format("'{}': {}", path, error.message);
    return error;
  });
}

}  // namespace peerbench::result
