// SPDX-License-Identifier: Apache-2.0
#include "result/signals_file.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "result/identities.hpp"
#include "result/json_reader.hpp"
#include "result/json_writer.hpp"
#include "result/signals_fields.hpp"
#include "result/text_file.hpp"

namespace peerbench::result {

namespace {

constexpr TextFile::Words signals_words{"signals file", "--save-signals"};
constexpr const char* give = "give a file written by peerbench machine --save-signals";

/// What the rest of the program takes for granted of signals, whoever asked for them.
Expected<void> check_consistency(const machine::Signals& signals) {
  const int count = static_cast<int>(signals.gpus.size());
  const auto wrong = [](const std::string& what) {
    return fail(ErrorKind::usage, fmt::format("the signals contradict each other: {}", what));
  };
  if (signals.cuda_count != count) {
    return wrong(fmt::format("cuda_count is {}, but there are {} gpus", signals.cuda_count, count));
  }
  for (int i = 0; i < count; ++i) {
    const int ordinal = signals.gpus[static_cast<std::size_t>(i)].gpu.ordinal;
    if (ordinal != i) return wrong(fmt::format("gpus[{}].gpu.ordinal is {}", i, ordinal));
  }
  std::set<std::pair<int, int>> seen;
  for (const machine::PairSignals& pair : signals.pairs) {
    const bool there = pair.from >= 0 && pair.from < count && pair.to >= 0 && pair.to < count;
    if (!there || pair.from == pair.to) {
      return wrong(fmt::format("pair {} -> {} is none of {} gpus", pair.from, pair.to, count));
    }
    if (!seen.emplace(pair.from, pair.to).second) {
      return wrong(fmt::format("pair {} -> {} is there twice", pair.from, pair.to));
    }
  }
  const std::size_t all = signals.gpus.size() * (signals.gpus.size() - (count > 0 ? 1 : 0));
  if (seen.size() == all) return {};
  return wrong(fmt::format("{} gpus have {} ordered pairs, {} are there", count, all, seen.size()));
}

}  // namespace

std::string signals_text(const SavedSignals& saved, ToJson options) {
  Json document = {{"schema", signals_schema_name}};
  Writer writer{document, options};
  describe(writer, saved);
  if (!options.identify) leave_out_identities(document);
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

Expected<SavedSignals> signals_from_text(std::string_view text) {
  const Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    return fail(ErrorKind::usage, fmt::format("this is not a complete JSON document; {}", give));
  }
  const Json schema = document.is_object() ? document.value("schema", Json()) : Json();
  if (schema != signals_schema_name) {
    return fail(
        ErrorKind::usage,
        fmt::format("the document's schema is {}, saved signals have \"{}\"; {}",
                    schema.is_null() ? "not named" : schema.dump(), signals_schema_name, give));
  }
  auto saved = read_object<SavedSignals>(document);
  if (!saved) {
    return fail(ErrorKind::usage,
                fmt::format("the signals are malformed: {}; {}", saved.error().message, give));
  }
  if (auto ok = check_consistency(saved->signals); !ok) {
    return fail(ErrorKind::usage, fmt::format("{}; {}", ok.error().message, give));
  }
  return saved;
}

Expected<void> write_signals_file(const std::string& path, const SavedSignals& saved,
                                  ToJson options) {
  const auto file = TextFile::create(path, signals_words);
  if (!file) return tl::unexpected(file.error());
  return file->write(signals_text(saved, options));
}

Expected<SavedSignals> read_signals_file(const std::string& path) {
  const auto text =
      read_text_file(path, signals_words.what, "give the path of one that --save-signals wrote");
  if (!text) return tl::unexpected(text.error());
  return signals_from_text(*text).map_error([&](Error error) {
    error.message = fmt::format("'{}': {}", path, error.message);
    return error;
  });
}

}  // namespace peerbench::result
