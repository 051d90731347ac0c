// SPDX-License-Identifier: Apache-2.0
#include "result/json.hpp"

#include <fmt/format.h>

#include "result/fields.hpp"
#include "result/identities.hpp"
#include "result/json_reader.hpp"
#include "result/json_writer.hpp"

namespace peerbench::result {

Json to_json(const Run& run, ToJson options) {
  Json document = {{"schema", schema_name}};
  Writer writer{document, options};
  describe(writer, run);
  if (!options.identify) leave_out_identities(document);
  return document;
}

std::string to_text(const Run& run, ToJson options) {
  return to_json(run, options).dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

namespace {

Expected<Run> with_keys(Run run) {
  for (Cell& cell : run.cells) {
    auto key = key_of(cell);
    if (!key) return tl::unexpected(std::move(key.error()));
    cell.key = std::move(*key);
    // Words of earlier files become today's, so that cells of both have the same names.
    if (const auto renamed = memory_named(cell.memory)) cell.memory = to_string(*renamed);
    if (parse_name(cell.name)) cell.name = to_name(cell.key);
  }
  return run;
}

}  // namespace

Expected<Run> from_json(std::string_view text) {
  const Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    return fail(ErrorKind::usage,
                "this is not a complete JSON document; give a file written by peerbench --output");
  }
  const Json schema = document.is_object() ? document.value("schema", Json()) : Json();
  if (schema != schema_name) {
    return fail(ErrorKind::usage,
                fmt::format("the document's schema is {}, this version reads "
                            "\"{}\"; give a file written by peerbench --output",
                            schema.is_null() ? "not named" : schema.dump(), schema_name));
  }
  auto run = read_object<Run>(document);
  if (run) run = with_keys(std::move(*run));
  return run.map_error([](Error error) {
    error.message = fmt::format("the result document is malformed: {}", error.message);
    error.kind = ErrorKind::usage;
    return error;
  });
}

}  // namespace peerbench::result
