// SPDX-License-Identifier: Apache-2.0
#include "result/json.hpp"

#include <fmt/format.h>

#include <algorithm>

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

/// Where the host's memory of a copy or a chase lies; null: there is none of it.
Place* host_end(CellKey& key) {
  const bool host_and_gpu =
      key.family == Family::host || (key.family == Family::latency && key.engine == Engine::sm);
  for (auto* place : {&key.source, &key.destination}) {
    if (host_and_gpu && *place && (*place)->kind == Place::Kind::host) return &**place;
  }
  return nullptr;
}

/// Earlier files call the host's memory host0, and mean the GPU's own NUMA node unless they say
/// another one. Where a machine has several, today's say which it is.
void name_by_node(const machine::Machine& machine, Cell& cell) {
  CellKey key = cell.key;
  Place* const host = host_end(key);
  if (host == nullptr) return;
  const bool from_host = key.source && host == &*key.source;
  const auto gpu = gpu_of(from_host ? key.destination : key.source);
  const machine::Gpu* near = gpu ? machine::find_gpu(machine, *gpu) : nullptr;
  const auto nodes = std::ranges::count_if(
      machine.pools, [](const machine::Pool& pool) { return pool.cores > 0; });
  if (!cell.numa_node && nodes > 1 && near != nullptr && near->numa_node >= 0) {
    host->index = near->numa_node;
    cell.numa_node = host->index;
  }
  set_key(cell, key);
  for (Flow& flow : cell.flows) {
    for (std::string* end : {&flow.src, &flow.dst}) {
      if (end->starts_with("host")) *end = to_string(*host);
    }
  }
}

Expected<Run> with_keys(Run run) {
  for (Cell& cell : run.cells) {
    auto key = key_of(cell);
    if (!key) return tl::unexpected(std::move(key.error()));
    cell.key = std::move(*key);
    // Words of earlier files become today's, so that cells of both have the same names.
    if (const auto renamed = memory_named(cell.memory)) cell.memory = to_string(*renamed);
    if (!parse_name(cell.name)) continue;
    cell.name = to_name(cell.key);
    name_by_node(run.machine, cell);
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
