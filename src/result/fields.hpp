// The keys of a result document, each named once. `describe` hands every field of a struct to a
// visitor, which writes it (json.cpp, Writer) or reads it (Reader). Private to this room.
//   required  always there          text      left out when empty
//   number    null when unmeasured  optional  left out when absent
//   word      an enumeration        object    null when absent
#pragma once

#include <array>

#include "result/run.hpp"

namespace peerbench::result {

inline constexpr std::array statuses = {Status::ok,          Status::corrupt, Status::hang,
                                        Status::unsupported, Status::skipped, Status::error};
inline constexpr std::array verdicts = {Verdict::good, Verdict::low, Verdict::no_ceiling};
inline constexpr std::array countings = {Counts::one_way, Counts::traffic, Counts::algbw,
                                         Counts::busbw, Counts::none};
inline constexpr std::array answers = {Tri::unknown, Tri::no, Tri::yes};
inline constexpr std::array classes = {machine::Class::discrete_nvlink,
                                       machine::Class::discrete_pcie,
                                       machine::Class::discrete_unknown_link,
                                       machine::Class::single_gpu,
                                       machine::Class::unified_pool,
                                       machine::Class::coherent_superchip,
                                       machine::Class::mixed,
                                       machine::Class::no_gpu};
inline constexpr std::array modifiers = {machine::Modifier::wsl2, machine::Modifier::mig,
                                         machine::Modifier::virtual_gpu,
                                         machine::Modifier::hidden_gpus};

/// `T` is the struct, const when writing.
template <typename T, typename Bare>
concept Of = std::is_same_v<std::remove_const_t<T>, Bare>;

void describe(auto& v, Of<Signal> auto& signal) {
  v.word("value", signal.value, answers);
  v.text("raw", signal.raw);
}

void describe(auto& v, Of<machine::Gpu> auto& gpu) {
  v.required("ordinal", gpu.ordinal);
  v.required("model", gpu.model);
  v.text("pci_bus_id", gpu.pci_bus_id);
  v.identity("uuid", gpu.uuid);
  v.required("compute_major", gpu.compute_major);
  v.required("compute_minor", gpu.compute_minor);
  v.required("multiprocessors", gpu.multiprocessors);
  v.required("memory_bytes", gpu.memory_bytes);
  v.required("free_bytes", gpu.free_bytes);
  v.required("l2_bytes", gpu.l2_bytes);
  v.required("copy_engines", gpu.copy_engines);
  v.unless("numa_node", gpu.numa_node, -1);
  v.one("integrated", gpu.integrated);
  v.one("pageable_access", gpu.pageable_access);
  v.one("host_page_tables", gpu.host_page_tables);
  v.one("concurrent_managed", gpu.concurrent_managed);
  v.one("managed", gpu.managed);
}

void describe(auto& v, Of<machine::PeerLink> auto& link) {
  v.required("from", link.from);
  v.required("to", link.to);
  v.one("can_access", link.can_access);
  v.one("nvlink", link.nvlink);
  v.number("links_up", link.links_up);
  v.number("links_present", link.links_present);
  v.number("raw_gbs_per_link", link.raw_gbs_per_link);
  v.text("nvlink_version", link.nvlink_version);
}

void describe(auto& v, Of<machine::Pool> auto& pool) {
  v.required("id", pool.id);
  v.required("total_bytes", pool.total_bytes);
  v.required("available_bytes", pool.available_bytes);
  v.text("description", pool.description);
  v.unless("numa_node", pool.numa_node, -1);
  v.required("cores", pool.cores);
  v.required("largest_cache_bytes", pool.largest_cache_bytes);
}

void describe(auto& v, Of<machine::Evidence> auto& evidence) {
  v.required("asked", evidence.asked);
  v.required("answer", evidence.answer);
  v.required("meaning", evidence.meaning);
}

void describe(auto& v, Of<machine::Machine> auto& machine) {
  v.word("class", machine.machine_class, classes);
  v.words("modifiers", machine.modifiers, modifiers);
  v.text("reason", machine.reason);
  v.text("driver_version", machine.driver_version);
  v.unless("driver_cuda_version", machine.driver_cuda_version, 0);
  v.unless("runtime_version", machine.runtime_version, 0);
  v.list("gpus", machine.gpus);
  v.list("links", machine.links);
  v.list("pools", machine.pools);
  v.list("evidence", machine.evidence);
  v.required("advice", machine.advice);
}

void describe(auto& v, Of<Reference> auto& reference) {
  v.required("value", reference.value);
  v.required("source", reference.source);
}

void describe(auto& v, Of<Band> auto& band) {
  v.required("low", band.low);
  v.required("high", band.high);
  v.required("source", band.source);
}

void describe(auto& v, Of<Flow> auto& flow) {
  v.required("src", flow.src);
  v.required("dst", flow.dst);
  v.text("issuer", flow.issuer);
  v.number("median", flow.median);
}

void describe(auto& v, Of<Cell> auto& cell) {
  v.required("name", cell.name);
  v.required("family", cell.family);
  v.required("engine", cell.engine);
  v.word("status", cell.status, statuses);
  v.required("reason", cell.reason);
  v.text("op", cell.op);
  v.text("issuer", cell.issuer);
  v.text("src", cell.src);
  v.text("dst", cell.dst);
  v.text("kind", cell.kind);
  v.text("direction", cell.direction);
  v.optional("peer_access", cell.peer_access);
  v.text("memory", cell.memory);
  v.text("first_touch", cell.first_touch);
  v.optional("threads", cell.threads);
  v.optional("ranks", cell.ranks);
  v.text("dtype", cell.dtype);
  v.text("mode", cell.mode);
  v.optional("bytes", cell.bytes);
  v.word("counts", cell.counts, countings);
  v.text("counting_rule", cell.counting_rule);
  v.required("unit", cell.unit);
  v.number("median", cell.median);
  v.number("min", cell.min);
  v.number("max", cell.max);
  v.number("p05", cell.p05);
  v.number("p95", cell.p95);
  v.number("cv", cell.cv);
  v.required("n", cell.n);
  v.text("stop", cell.stop);
  v.required("samples", cell.samples);
  v.list("flows", cell.flows);
  v.object("ceiling", cell.ceiling);
  v.object("band", cell.band);
  v.number("efficiency", cell.efficiency);
  // A verdict is on an ok cell only.
  if (cell.status == Status::ok) {
    v.word("verdict", cell.verdict, verdicts);
    v.text("verdict_reason", cell.verdict_reason);
  }
  v.text("wire", cell.wire);
  v.text("transport", cell.transport);
  v.optional("verified", cell.verified);
  v.texts("notes", cell.notes);
}

void describe(auto& v, Of<machine::Finding> auto& finding) {
  v.required("what", finding.what);
  v.required("advice", finding.advice);
}

void describe(auto& v, Of<Simulated> auto& simulated) { v.required("machine", simulated.machine); }

void describe(auto& v, Of<Settings> auto& settings) {
  v.required("precision", settings.precision);
  v.required("budget_seconds", settings.budget_seconds);
  v.required("sizes", settings.sizes);
  v.required("gpus", settings.gpus);
  v.required("pairs", settings.pairs);
  v.text("filter", settings.filter);
}

void describe(auto& v, Of<Tool> auto& tool) {
  v.required("name", tool.name);
  v.required("version", tool.version);
  v.text("git", tool.git);
}

void describe(auto& v, Of<Run> auto& run) {
  v.one("tool", run.tool);
  v.required("started", run.started);
  v.object("simulated", run.simulated);
  v.one("machine", run.machine);
  v.one("settings", run.settings);
  v.list("cells", run.cells);
  v.list("findings", run.findings);
}

}  // namespace peerbench::result
