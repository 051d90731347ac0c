// SPDX-License-Identifier: Apache-2.0
#include "sim/core/trace.hpp"

#include <nlohmann/json.hpp>

namespace gpusim {

using nlohmann::ordered_json;

bool Trace::open(const std::string& path) {
  if (file_.is_open()) file_.close();
  file_.clear();
  if (path.empty()) return true;
  file_.open(path, std::ios::out | std::ios::trunc);
  return file_.is_open();
}

void Trace::write(const Operation& operation, const Topology& topology) {
  if (!on()) return;
  const Label& label = operation.label;
  ordered_json line = {{"op", label.kind}, {"gpu", label.gpu}, {"stream", label.stream}};
  if (!label.name.empty()) line["name"] = label.name;
  if (!label.call.empty()) line["call"] = label.call;
  if (!label.source.empty()) line["source"] = label.source;
  if (!label.destination.empty()) line["destination"] = label.destination;
  if (!label.path.empty()) line["path"] = label.path;
  line["bytes"] = label.bytes;
  line["start_ns"] = operation.started_ns;
  line["end_ns"] = operation.ended_ns;
  auto resources = ordered_json::array();
  for (const Use& use : operation.uses) resources.push_back(topology.name(use.resource));
  line["resources"] = std::move(resources);
  // Flushed a line at a time: tests and people read it while the program still runs.
  file_ << line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) << std::endl;
}

void Trace::write_host(const std::string& operation, std::uint64_t bytes, double start_ns,
                       double end_ns) {
  if (!on()) return;
  const ordered_json line = {{"op", "host-" + operation},
                             {"source", "host0"},
                             {"bytes", bytes},
                             {"start_ns", start_ns},
                             {"end_ns", end_ns}};
  file_ << line.dump() << std::endl;
}

}  // namespace gpusim
