// SPDX-License-Identifier: Apache-2.0
#include "sim/machine_file_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/json_lists.hpp"
#include "sim/machine_file_checks.hpp"
#include "sim/machine_file_gpus.hpp"
#include "sim/nccl_topology.hpp"

namespace gpusim {

using nlohmann::json;

namespace {

void read_bridge(Fields& fields, Bridge& bridge) {
  fields.text("address", bridge.address, true);
  fields.integer("generation", bridge.generation, Range::positive);
  fields.integer("width", bridge.width, Range::positive);
  fields.text("device_id", bridge.device_id);
  fields.boolean("emulated", bridge.emulated);
  fields.choice("acs", bridge.acs, {"on", "off", "unreadable"});
  fields.figure("uplink_gbs", bridge.uplink_gbs, Range::positive);
}

void read_link(Fields& fields, LinkBundle& link) {
  fields.choice("kind", link.kind, {"nvlink", "nvswitch"}, true);
  fields.integer("a", link.a, Range::not_negative, true);
  // Whichever of the two does not belong to the kind is refused as an unknown field.
  if (link.to_switch()) {
    fields.texts("switches", link.switches);
  } else {
    fields.integer("b", link.b, Range::not_negative, true);
  }
  fields.integer("links", link.links, Range::positive, true);
  fields.integer("up", link.up, Range::not_negative, true);
  fields.boolean("sleeps", link.sleeps);
  fields.integer("nvlink_version", link.nvlink_version, Range::positive, true);
  fields.figure("raw_gbs_per_link", link.raw_gbs_per_link, Range::positive);
  fields.figure("copy_efficiency", link.copy_efficiency, Range::fraction);
  fields.figure("both_ways_efficiency", link.both_ways_efficiency, Range::fraction);
  fields.figure("copy_latency_us", link.copy_latency_us, Range::not_negative);
  fields.figure("load_latency_ns", link.load_latency_ns, Range::positive);
  fields.figure("store_latency_ns", link.store_latency_ns, Range::positive);
}

void read_policy(Fields& fields, PeerPolicy& peer) {
  static const std::vector<std::string> words = {"OK", "CNS", "GNS", "TNS", "DR", "NS", "U"};
  fields.boolean("access", peer.access, true);
  fields.choice("read", peer.read, words);
  fields.choice("write", peer.write, words);
  fields.choice("nvlink", peer.nvlink, words);
  fields.choice("atomics", peer.atomics, words);
  fields.choice("pci", peer.pci, words);
}

void read_peer(Fields& fields, PeerPolicy& peer) {
  fields.integer("from", peer.from, Range::not_negative, true);
  fields.integer("to", peer.to, Range::not_negative, true);
  read_policy(fields, peer);
}

/// One of the words in their order, as the place of it; the first where the file gives none.
template <typename Enum>
void read_word(Fields& fields, const char* key, const std::vector<std::string>& words, Enum& out) {
  std::string word = words.front();
  fields.choice(key, word, words);
  out = static_cast<Enum>(std::ranges::find(words, word) - words.begin());
}

/// Fields that do not belong to its kind are refused as unknown ones.
void read_fault(Fields& fields, Fault& fault) {
  std::vector<std::string> kinds, codes;
  for (const FaultRow& row : fault_rows()) kinds.emplace_back(row.word);
  std::string kind;
  fields.choice("kind", kind, kinds, true);
  fields.integer("from", fault.from, Range::any);
  fields.integer("to", fault.to, Range::any);
  const auto row = std::ranges::find(fault_rows(), kind, &FaultRow::word);
  if (row == fault_rows().end()) return;
  fault.kind = row->kind;
  if (row->per_gib) fields.number("per_gib", fault.per_gib, Range::positive);
  if (row->call) fields.text("call", fault.call, true);
  if (row->after) fields.whole("after", fault.after.emplace(row->default_after));
  if (row->times) fields.whole("times", fault.times);
  if (row->traffic) {
    read_word(fields, "carrier", {"any", "ce", "sm", "flags", "nccl"}, fault.carrier);
    read_word(fields, "route", {"any", "direct", "staged"}, fault.route);
  }
  if (row->codes == nullptr) return;
  for (const NamedError& error : row->codes()) codes.emplace_back(error.word);
  fault.code = codes.front();
  fields.choice("code", fault.code, codes);
}

void read_core_kind(Fields& fields, CoreKind& kind) {
  fields.text("name", kind.name, true);
  fields.text("cpus", kind.cpus, true);
  fields.figure("read_gbs", kind.read_gbs, Range::positive);
  fields.figure("write_gbs", kind.write_gbs, Range::positive);
  fields.figure("copy_gbs", kind.copy_gbs, Range::positive);
  fields.figure("triad_gbs", kind.triad_gbs, Range::positive);
}

void read_host(Fields& fields, HostDescription& host, Problem& problem) {
  fields.text("topology", host.topology, true);
  fields.bytes("memory_bytes", host.memory_bytes, true);
  fields.bytes("available_bytes", host.available_bytes, true);
  fields.text("product_name", host.product_name);
  fields.text("kernel", host.kernel);
  fields.boolean("wsl", host.wsl);
  fields.boolean("container", host.container);
  fields.boolean("hypervisor", host.hypervisor);
  fields.text("device_tree_model", host.device_tree_model);
  fields.text("tegra_release", host.tegra_release);
  fields.choice("iommu", host.iommu, {"off", "identity", "DMA", "DMA-FQ"});
  read_object(fields, "pool", false, problem, [&](Fields& pool) {
    pool.figure("read_gbs", host.pool.read_gbs, Range::positive);
    pool.figure("write_gbs", host.pool.write_gbs, Range::positive);
    pool.figure("copy_gbs", host.pool.copy_gbs, Range::positive);
    pool.figure("triad_gbs", host.pool.triad_gbs, Range::positive);
    pool.figure("latency_ns", host.pool.latency_ns, Range::positive);
    pool.figure("loaded_latency_ns", host.pool.loaded_latency_ns, Range::positive);
    pool.figure("remote_gbs", host.pool.remote_gbs, Range::positive);
    pool.figure("remote_latency_ns", host.pool.remote_latency_ns, Range::positive);
    pool.figure("shared_gbs", host.pool.shared_gbs, Range::positive);
    pool.figure("gpu_share", host.pool.gpu_share, Range::fraction);
  });
  read_list(fields, "core_kinds", host.core_kinds, problem, read_core_kind);
  read_object(fields, "calls", false, problem, [&](Fields& calls) {
    calls.number("launch_us", host.calls.launch_us);
    calls.number("copy_us", host.calls.copy_us);
    calls.number("staged_copy_us", host.calls.staged_copy_us);
    calls.number("event_us", host.calls.event_us);
    calls.number("query_us", host.calls.query_us);
    calls.number("synchronize_us", host.calls.synchronize_us);
    calls.number("allocate_us", host.calls.allocate_us);
    calls.number("other_us", host.calls.other_us);
  });
  read_object(fields, "staging", false, problem, [&](Fields& staging) {
    host.staging.emplace();
    staging.figure("one_way_gbs", host.staging->one_way_gbs, Range::positive);
    staging.figure("total_gbs", host.staging->total_gbs, Range::positive);
    staging.figure("copy_latency_us", host.staging->copy_latency_us, Range::not_negative);
  });
}

void read_driver(Fields& fields, DriverBehaviour& driver) {
  bool ideal = false;
  fields.boolean("ideal", ideal);
  if (ideal) driver = ideal_driver();
  fields.choice("staged_call_blocks", driver.staged_call_blocks,
                {"never", "earlier-work", "own-end"});
  fields.boolean("lazy_loading", driver.lazy_loading);
  fields.number("load_us", driver.load_us);
  fields.number("first_copy_factor", driver.first_copy_factor, Range::positive);
  fields.number("isolated_kernel_us", driver.isolated_kernel_us);
  fields.number("next_kernel_us", driver.next_kernel_us);
  fields.number("engine_hop_us", driver.engine_hop_us);
  fields.number("device_wait_us", driver.device_wait_us);
  fields.boolean("clocks_ramp", driver.clocks_ramp);
  fields.boolean("resident_kernels", driver.resident_kernels);
  fields.boolean("directed_copy_engines", driver.directed_copy_engines);
  fields.number("context_ms", driver.context_ms);
  fields.number("map_us_per_gib", driver.map_us_per_gib);
  fields.boolean("pageable_copies_late", driver.pageable_copies_late);
  fields.integer("start_error", driver.start_error);
  fields.number("graph_upload_us", driver.graph_upload_us);
  fields.boolean("nccl_abort_waits_for_all", driver.nccl_abort_waits_for_all);
}

MachineFile read_machine(const json& document, Problem& problem) {
  MachineFile machine;
  Fields fields(document, "", problem);
  std::string schema;
  // Without the right schema every other complaint would mislead, so it is checked first.
  fields.choice("schema", schema, {machine_schema}, true);
  fields.text("name", machine.name, true);
  fields.text("summary", machine.summary, true);
  fields.text("driver_version", machine.driver_version);
  fields.integer("cuda_version", machine.cuda_version);
  fields.boolean("nvml", machine.nvml);
  fields.whole("seed", machine.seed);
  fields.number("noise_cv", machine.noise_cv);
  read_object(fields, "host", true, problem,
              [&](Fields& host) { read_host(host, machine.host, problem); });
  read_object(fields, "driver", false, problem,
              [&](Fields& driver) { read_driver(driver, machine.driver); });
  fields.text_map("environment", machine.environment);
  read_list(fields, "bridges", machine.bridges, problem, read_bridge);
  read_list(
      fields, "gpus", machine.gpus, problem,
      [&](Fields& gpu, GpuDescription& out) { read_gpu(gpu, out, problem); }, Repeats::yes);
  read_list(fields, "links", machine.links, problem, read_link, Repeats::yes);
  read_object(fields, "peer_default", false, problem,
              [&](Fields& peer) { read_policy(peer, machine.peer_default.emplace()); });
  read_list(fields, "peers", machine.peers, problem, read_peer, Repeats::yes);
  read_list(fields, "faults", machine.faults, problem, read_fault);
  fields.finish();
  return machine;
}

}  // namespace

Expected<MachineFile> parse_machine_file(const std::string& text, const std::string& path) {
  json document;
  try {
    document = json::parse(text, nullptr, true, true);
  } catch (const json::exception& error) {
    // The library reports syntax errors by exception only, with line and column in the text.
    std::string what = error.what();
    if (const auto end = what.find("] "); end != std::string::npos) what = what.substr(end + 2);
    return fail(ErrorKind::usage,
                fmt::format("{}: not JSON: {}; correct it there (// comments are allowed; "
                            "README.md beside the built-in machines describes all fields)",
                            path, what));
  }
  if (!document.is_object()) {
    return fail(ErrorKind::usage, fmt::format("{}: must be one JSON object {{...}}", path));
  }
  Problem problem;
  MachineFile machine = read_machine(document, problem);
  check_machine_file(machine, problem);
  if (problem) {
    return fail(ErrorKind::usage,
                fmt::format("{}: field {} {}", path, problem.path, problem.message));
  }
  machine.path = path;
  fill_defaults(machine);
  return machine;
}

Expected<MachineFile> load_machine_file(const std::string& path) {
  // A folder can be opened and fails only when it is read, without saying why.
  std::error_code ignored;
  errno = std::filesystem::is_directory(path, ignored) ? EISDIR : 0;
  std::ifstream file;
  if (errno == 0) file.open(path, std::ios::binary);
  if (!file.is_open()) {
    return fail(ErrorKind::io, fmt::format("{}: cannot be read: {}; give the path of a machine "
                                           "file or the name of a built-in machine",
                                           path, std::strerror(errno)));
  }
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return fail(ErrorKind::io, fmt::format("{}: reading failed", path));
  return is_xml(text.str()) ? parse_nccl_topology(text.str(), path)
                            : parse_machine_file(text.str(), path);
}

}  // namespace gpusim
