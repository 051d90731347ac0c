// SPDX-License-Identifier: Apache-2.0
// The machine's part of a result document; fields.hpp says what the visitor's forms mean.
// Keys that came after the first published file are left out when they say nothing, and a file
// without them reads as unknown. Private to this module.
#pragma once

#include <array>
#include <type_traits>

#include "machine/machine.hpp"

namespace peerbench::result {

inline constexpr std::array severities = {machine::Severity::info, machine::Severity::warning,
                                          machine::Severity::error};
inline constexpr std::array certainties = {machine::Certainty::confirmed,
                                           machine::Certainty::this_process_only,
                                           machine::Certainty::not_by_nvml};
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
inline constexpr std::array pci_topology_levels = {
    machine::PciTopologyLevel::same_board, machine::PciTopologyLevel::pix,
    machine::PciTopologyLevel::pxb,        machine::PciTopologyLevel::phb,
    machine::PciTopologyLevel::node,       machine::PciTopologyLevel::sys};

inline constexpr std::array hidings = {machine::Hiding::unknown, machine::Hiding::mig_without_slice,
                                       machine::Hiding::lost, machine::Hiding::off_the_bus};

/// `T` is the struct, const when writing.
template <typename T, typename Bare>
concept Of = std::is_same_v<std::remove_const_t<T>, Bare>;

void describe(auto& v, Of<Signal> auto& signal) {
  v.word("value", signal.value, answers);
  v.text("raw", signal.raw);
}

void describe(auto& v, Of<machine::Ceiling> auto& ceiling) {
  v.required("gbs", ceiling.gbs);
  v.text("formula", ceiling.formula);
  v.text("source", ceiling.source);
  v.optional("payload_gbs", ceiling.payload_gbs);
  v.text("payload_formula", ceiling.payload_formula);
}

void describe(auto& v, Of<machine::PcieSpeed> auto& speed) {
  v.required("generation", speed.generation);
  v.required("width", speed.width);
}

void describe(auto& v, Of<machine::PcieLink> auto& link) {
  v.some("current", link.current);
  v.some("under_load", link.under_load);
  v.some("card_max", link.card_max);
  v.some("slot_max", link.slot_max);
  v.some("narrowest", link.narrowest);
  v.text("narrowest_at", link.narrowest_at);
  v.some("idle", link.idle);
  v.text("root", link.root);
  v.texts("bridges", link.bridges);
  v.some("ceiling", link.ceiling);
}

void describe(auto& v, Of<machine::MemoryClock> auto& clock) {
  v.required("mhz", clock.mhz);
  v.required("max_mhz", clock.max_mhz);
}

void describe(auto& v, Of<machine::Gpu> auto& gpu) {
  v.required("ordinal", gpu.ordinal);
  v.required("model", gpu.model);
  v.text("pci_bus_id", gpu.pci_bus_id);
  v.identity("uuid", gpu.uuid);
  v.optional("nvml_index", gpu.nvml_index);
  v.required("compute_major", gpu.compute_major);
  v.required("compute_minor", gpu.compute_minor);
  v.required("multiprocessors", gpu.multiprocessors);
  v.required("memory_bytes", gpu.memory_bytes);
  v.required("free_bytes", gpu.free_bytes);
  v.required("l2_bytes", gpu.l2_bytes);
  v.required("copy_engines", gpu.copy_engines);
  v.unless("numa_node", gpu.numa_node, -1);
  v.text("cpus", gpu.cpus);
  v.unless("bar1_bytes", gpu.bar1_bytes, Bytes{0});
  v.some("pcie", gpu.pcie);
  v.optional("nvlinks_up", gpu.nvlinks_up);
  v.optional("nvlinks_present", gpu.nvlinks_present);
  v.unless("c2c_links", gpu.c2c_links, 0);
  v.some("c2c_ceiling", gpu.c2c_ceiling);
  v.some("memory_clock", gpu.memory_clock);
  v.one("integrated", gpu.integrated);
  v.one("pageable_access", gpu.pageable_access);
  v.one("host_page_tables", gpu.host_page_tables);
  v.one("concurrent_managed", gpu.concurrent_managed);
  v.one("managed", gpu.managed);
}

void describe(auto& v, Of<machine::PeerCapabilities> auto& allowed) {
  v.some("read", allowed.read);
  v.some("write", allowed.write);
  v.some("atomics", allowed.atomics);
  v.some("nvlink", allowed.nvlink);
  v.some("pcie", allowed.pcie);
}

void describe(auto& v, Of<machine::PeerLink> auto& link) {
  v.required("from", link.from);
  v.required("to", link.to);
  v.one("can_access", link.can_access);
  v.some("allowed", link.allowed);
  v.word_unless("way", link.way, pci_topology_levels, machine::PciTopologyLevel::unknown);
  v.text("way_source", link.way_source);
  v.some("native_atomics", link.native_atomics);
  v.optional("cuda_rank", link.cuda_rank);
  v.unless("through_switch", link.through_switch, false);
  v.one("nvlink", link.nvlink);
  v.number("links_up", link.links_up);
  v.number("links_present", link.links_present);
  v.number("raw_gbs_per_link", link.raw_gbs_per_link);
  v.text("nvlink_version", link.nvlink_version);
  v.some("nvlink_ceiling", link.nvlink_ceiling);
  v.some("pcie_ceiling", link.pcie_ceiling);
}

void describe(auto& v, Of<machine::CoreGroup> auto& group) {
  v.required("name", group.name);
  v.required("kind", group.kind);
  v.required("cores", group.cores);
  v.required("cpus", group.cpus);
  v.text("description", group.description);
}

void describe(auto& v, Of<machine::Pool> auto& pool) {
  v.required("id", pool.id);
  v.required("total_bytes", pool.total_bytes);
  v.required("available_bytes", pool.available_bytes);
  v.text("description", pool.description);
  v.unless("numa_node", pool.numa_node, -1);
  v.required("cores", pool.cores);
  v.text("cpus", pool.cpus);
  v.some("groups", pool.groups);
  v.required("largest_cache_bytes", pool.largest_cache_bytes);
  v.some("ceiling", pool.ceiling);
}

void describe(auto& v, Of<machine::Evidence> auto& evidence) {
  v.required("asked", evidence.asked);
  v.required("answer", evidence.answer);
  v.required("meaning", evidence.meaning);
}

void describe(auto& v, Of<machine::Finding> auto& finding) {
  v.optional_word("code", finding.code, machine::all_findings());
  if (finding.code) v.word("severity", finding.severity, severities);
  v.subjects("subjects", finding.subjects);
  v.map("figures", finding.figures);
  v.map("quotes", finding.quotes);
  v.required("what", finding.what);
  v.required("advice", finding.advice);
}

void describe(auto& v, Of<machine::HiddenGpu> auto& gpu) {
  v.required("model", gpu.model);
  v.text("pci_bus_id", gpu.pci_bus_id);
  v.word_unless("why", gpu.why, hidings, machine::Hiding::unknown);
  v.unless("by_driver", gpu.by_driver, true);
  v.identity("uuid", gpu.uuid);
}

/// Of the findings nothing: a document has them on its top level.
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
  v.some("hidden", machine.hidden);
  v.some("iommu", machine.iommu);
  v.some("acs_redirect", machine.acs_redirect);
  v.list("evidence", machine.evidence);
  v.some("proof", machine.proof);
  v.optional_word("no_peer_link", machine.no_peer_link, certainties);
  v.unless("one_pool_steps", machine.one_pool_steps, std::vector<int>{});
  v.text("proof_verdict", machine.proof_verdict);
  v.required("advice", machine.advice);
}

}  // namespace peerbench::result
