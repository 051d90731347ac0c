// SPDX-License-Identifier: Apache-2.0
#include "sim/machine_file_loader.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sim/json_fields.hpp"
#include "sim/machine_file_checks.hpp"

namespace gpusim {

using nlohmann::json;

namespace {

/// Puts the fields of an earlier object of the list into the one at `index` that names it with
/// "same_as"; those it gives itself stay as they are. False when it names none.
bool take_over(json& list, std::size_t index, const std::string& path, Problem& problem) {
  json& object = list[index];
  const auto same_as = object.find("same_as");
  if (same_as == object.end()) return true;
  if (!same_as->is_number_unsigned() || same_as->get<std::uint64_t>() >= index) {
    problem.set(path + ".same_as",
                fmt::format("is {}; it must be the place in the list of one before this, from 0",
                            same_as->dump()));
    return false;
  }
  json whole = list[same_as->get<std::size_t>()];
  object.erase(same_as);
  whole.update(object);
  object = std::move(whole);
  return true;
}

enum class Repeats { no, yes };

/// Calls `read(fields, element)` for every object of the list `key`. Where the list may repeat
/// itself, an object may say that it is the same as an earlier one but for what it gives.
template <typename Element, typename Read>
void read_list(Fields& parent, const char* key, std::vector<Element>& out, Problem& problem,
               Read read, Repeats repeats = Repeats::no) {
  const json* given = parent.array(key);
  if (given == nullptr) return;
  json list = *given;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string path = fmt::format("{}[{}]", parent.path_of(key), i);
    if (!list[i].is_object()) {
      problem.set(path, "must be an object {...}");
      return;
    }
    if (repeats == Repeats::yes && !take_over(list, i, path, problem)) return;
    Fields fields(list[i], path, problem);
    Element element;
    read(fields, element);
    fields.finish();
    out.push_back(std::move(element));
  }
}

/// Calls `read(fields)` for the object `key`, if there is one.
template <typename Read>
void read_object(Fields& parent, const char* key, bool required, Problem& problem, Read read) {
  const json* value = parent.object(key, required);
  if (value == nullptr) return;
  Fields fields(*value, parent.path_of(key), problem);
  read(fields);
  fields.finish();
}

void read_mig(Fields& fields, GpuDescription& gpu) {
  fields.choice("mig", gpu.mig, {"disabled", "enabled"});
  const bool slice = gpu.mig == "enabled";
  MigSlice& mig = gpu.mig_slice;
  fields.text("mig_name", mig.name, slice);
  fields.text("mig_uuid", mig.uuid, slice);
  fields.integer("mig_multiprocessors", mig.multiprocessors, Range::positive, slice);
  fields.bytes("mig_memory_bytes", mig.memory_bytes, slice);
}

void read_gpu(Fields& fields, GpuDescription& gpu) {
  fields.text("name", gpu.name, true);
  fields.text("pci_bus_id", gpu.pci_bus_id, true);
  fields.text("uuid", gpu.uuid, true);
  fields.hexadecimal("pci_device_id", gpu.pci_device_id);
  fields.integer("compute_major", gpu.compute_major, Range::positive, true);
  fields.integer("compute_minor", gpu.compute_minor, Range::not_negative, true);
  fields.integer("multiprocessors", gpu.multiprocessors, Range::positive, true);
  fields.bytes("memory_bytes", gpu.memory_bytes, true);
  fields.bytes("nvml_memory_bytes", gpu.nvml_memory_bytes);
  fields.bytes("l2_bytes", gpu.l2_bytes, true);
  fields.integer("copy_engines", gpu.copy_engines);
  fields.integer("memory_bus_bits", gpu.memory_bus_bits);
  fields.integer("sm_clock_khz", gpu.sm_clock_khz);
  fields.integer("memory_clock_khz", gpu.memory_clock_khz);
  fields.integer("memory_clock_load_khz", gpu.memory_clock_load_khz);
  fields.bytes("bar1_bytes", gpu.bar1_bytes);
  fields.integer("numa_node", gpu.numa_node, Range::any);
  fields.integers("attributes", gpu.attributes);
  fields.integer("pcie_generation", gpu.pcie_generation);
  fields.integer("pcie_width", gpu.pcie_width);
  fields.integer("pcie_generation_idle", gpu.pcie_generation_idle);
  fields.integer("pcie_max_generation", gpu.pcie_max_generation, Range::positive);
  fields.integer("pcie_max_width", gpu.pcie_max_width, Range::positive);
  fields.texts("pci_path", gpu.pci_path);
  fields.boolean("in_pci", gpu.in_pci);
  fields.text("cpus", gpu.cpus);
  fields.integer("nvlink_ports", gpu.nvlink_ports);
  read_mig(fields, gpu);
  fields.choice("virtualization", gpu.virtualization, {"none", "passthrough", "vgpu"});
  fields.choice("addressing_mode", gpu.addressing_mode, {"none", "hmm", "ats"});
  fields.integer("busy_percent", gpu.busy_percent);
  fields.texts("throttle", gpu.throttle);
  fields.boolean("cuda_hidden", gpu.cuda_hidden);
  fields.boolean("nvml_hidden", gpu.nvml_hidden);
  fields.boolean("framebuffer", gpu.framebuffer);
  fields.integer("c2c_links", gpu.c2c_links);
  fields.number("c2c_mbps_per_link", gpu.c2c_mbps_per_link);
  fields.figure("local_copy_gbs", gpu.local_copy_gbs, Range::positive);
  fields.figure("read_gbs", gpu.read_gbs, Range::positive);
  fields.figure("write_gbs", gpu.write_gbs, Range::positive);
  fields.figure("l2_gbs", gpu.l2_gbs, Range::positive);
  fields.figure("kernel_from_host_gbs", gpu.kernel_from_host_gbs, Range::positive);
  fields.figure("kernel_to_host_gbs", gpu.kernel_to_host_gbs, Range::positive);
  fields.figure("managed_migration_gbs", gpu.managed_migration_gbs, Range::positive);
  fields.figure("page_fault_us", gpu.page_fault_us, Range::positive);
  fields.figure("host_to_device_gbs", gpu.host_to_device_gbs, Range::positive);
  fields.figure("device_to_host_gbs", gpu.device_to_host_gbs, Range::positive);
  fields.figure("host_both_ways_gbs", gpu.host_both_ways_gbs, Range::positive);
  fields.figure("peer_gbs", gpu.peer_gbs, Range::positive);
  fields.figure("peer_both_ways_gbs", gpu.peer_both_ways_gbs, Range::positive);
  fields.figure("collective_gbs", gpu.collective_gbs, Range::positive);
  fields.figure("peer_copy_latency_us", gpu.peer_copy_latency_us, Range::not_negative);
  fields.figure("peer_read_latency_us", gpu.peer_read_latency_us, Range::not_negative);
  fields.figure("load_latency_ns", gpu.load_latency_ns, Range::positive);
  fields.figure("host_load_latency_ns", gpu.host_load_latency_ns, Range::positive);
  fields.figure("peer_load_latency_ns", gpu.peer_load_latency_ns, Range::positive);
  fields.figure("peer_store_latency_ns", gpu.peer_store_latency_ns, Range::positive);
  fields.number("clock_idle_share", gpu.clock_idle_share, Range::positive);
  fields.number("clock_ramp_ms", gpu.clock_ramp_ms, Range::positive);
  fields.figure("copy_latency_us", gpu.copy_latency_us, Range::not_negative);
  fields.figure("kernel_latency_us", gpu.kernel_latency_us, Range::not_negative);
}

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

/// The first of them where the file gives none.
void read_code(Fields& fields, const std::vector<NamedError>& errors, std::string& code) {
  std::vector<std::string> words;
  for (const NamedError& error : errors) words.emplace_back(error.word);
  code = words.front();
  fields.choice("code", code, words);
}

void read_fault(Fields& fields, Fault& fault) {
  fields.choice(
      "kind", fault.kind,
      {"nothing-written",    "part-written",         "bit-flip",           "stale",
       "swapped-pair",       "private-mirror",       "no-progress",        "nvml-hang",
       "link-errors",        "pcie-replays",         "nvlink-bytes-stuck", "nccl-hang",
       "nccl-hang-blocking", "nccl-hang-first-call", "nccl-hang-abort",    "no-shared-memory",
       "nccl-version",       "nccl-lost-rank",       "sticky-error",       "gpu-lost",
       "call-never-returns"},
      true);
  fields.integer("from", fault.from, Range::any);
  fields.integer("to", fault.to, Range::any);
  // Of the other kinds it is refused as an unknown field.
  if (fault.kind == "link-errors" || fault.kind == "pcie-replays") {
    fields.number("per_gib", fault.per_gib, Range::positive);
  }
  const bool sticky = fault.kind == "sticky-error", lost = fault.kind == "gpu-lost";
  const bool call = fault.kind == "call-never-returns";
  if (sticky || lost) read_code(fields, sticky ? sticky_errors() : lost_gpu_errors(), fault.code);
  if (call) fields.text("call", fault.call, true);
  if (sticky || lost || call) fields.whole("after", fault.after);
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
  read_list(fields, "gpus", machine.gpus, problem, read_gpu, Repeats::yes);
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
  return parse_machine_file(text.str(), path);
}

}  // namespace gpusim
