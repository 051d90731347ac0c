// SPDX-License-Identifier: Apache-2.0
#include "sample_machines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace peerbench::result {
namespace {

using machine::Class;
using machine::PciTopologyLevel;

Signal yes(const std::string& raw) { return {Tri::yes, raw}; }
Signal no(const std::string& raw) { return {Tri::no, raw}; }
Signal word(const std::string& raw) { return {tri(raw == "OK"), raw}; }

Run box(Class machine_class, const std::string& reason, int cards, const std::string& model) {
  Run run;
  run.tool = {"peerbench", "0.1.0", "0123456789ab"};
  run.started = "2026-01-31T12:00:00Z";
  run.machine.machine_class = machine_class;
  run.machine.reason = reason;
  run.machine.driver_version = "580.95.05";
  run.machine.driver_cuda_version = 13000;
  run.machine.runtime_version = 13000;
  run.machine.iommu = no("no groups");
  add_gpus(run, cards, model);
  for (auto& gpu : run.machine.gpus) gpu.pcie.root = fmt::format("pci0000:{:02x}", gpu.ordinal);
  return run;
}

void memory(Run& run, double gib, Bytes bar1) {
  for (auto& gpu : run.machine.gpus) {
    gpu.memory_bytes = static_cast<Bytes>(gib * static_cast<double>(GiB));
    gpu.free_bytes = gpu.memory_bytes - GiB / 2;
    gpu.bar1_bytes = bar1;
    machine::Pool pool;
    pool.id = fmt::format("gpu{}", gpu.ordinal);
    pool.total_bytes = gpu.memory_bytes;
    pool.available_bytes = gpu.free_bytes;
    pool.description = "memory of " + gpu.model;
    pool.largest_cache_bytes = gpu.l2_bytes;
    run.machine.pools.push_back(pool);
  }
}

void nodes(Run& run, const std::vector<std::pair<int, std::string>>& per_card) {
  for (std::size_t i = 0; i < per_card.size(); ++i) {
    run.machine.gpus[i].numa_node = per_card[i].first;
    run.machine.gpus[i].cpus = per_card[i].second;
  }
}

machine::PeerLink& link(Run& run, int from, int to) {
  return *std::ranges::find_if(run.machine.links, [&](const machine::PeerLink& candidate) {
    return candidate.from == from && candidate.to == to;
  });
}

}  // namespace

machine::Ceiling nvlink_ceiling(int links, double gbs_per_link) {
  return {links * gbs_per_link,
          fmt::format("{} links up x {} GB/s", links, gbs_per_link),
          "rate of a link as the driver reports it",
          {},
          ""};
}

machine::Ceiling pcie_ceiling(machine::PcieSpeed speed) {
  const double transfers = 8.0 * std::pow(2, speed.generation - 3);
  const double gbs = transfers * speed.width * 128 / 130 / 8;
  return {gbs, fmt::format("{} GT/s x {} lanes x 128/130 / 8", transfers, speed.width),
          fmt::format("PCI Express Base Specification {}.0", speed.generation), gbs * 256 / 280,
          "256-byte packets, 24 bytes of header each"};
}

machine::PeerCapabilities capabilities(const std::string& data, const std::string& nvlink,
                                       const std::string& pcie) {
  return {word(data), word(data), word(nvlink == "OK" ? "OK" : "NS"), word(nvlink), word(pcie)};
}

void seat(Run& run, machine::PcieSpeed card, machine::PcieSpeed slot, bool idle) {
  const machine::PcieSpeed able = {std::min(card.generation, slot.generation),
                                   std::min(card.width, slot.width)};
  for (auto& gpu : run.machine.gpus) {
    gpu.pcie.card_max = card;
    gpu.pcie.slot_max = slot;
    gpu.pcie.narrowest = able;
    gpu.pcie.current = idle ? machine::PcieSpeed{1, able.width} : able;
    gpu.pcie.idle = idle ? yes("1.0 now, no work") : no("at its best");
    gpu.pcie.bridges = {fmt::format("0000:{:02x}:01.1", gpu.ordinal)};
    gpu.pcie.ceiling = pcie_ceiling(able);
  }
}

void join(Run& run, int links, double gbs_per_link, const std::string& version) {
  for (auto& gpu : run.machine.gpus) gpu.nvlinks_up = gpu.nvlinks_present = links;
  for (auto& link : run.machine.links) {
    link.nvlink = yes(fmt::format("{} links up", links));
    link.links_up = link.links_present = links;
    link.raw_gbs_per_link = gbs_per_link;
    link.nvlink_version = version;
    link.nvlink_ceiling = nvlink_ceiling(links, gbs_per_link);
    link.allowed = capabilities("OK", "OK", "OK");
    link.native_atomics = yes("1");
    link.cuda_rank = 0;
    link.way = PciTopologyLevel::phb;
    link.way_source = "NVML";
  }
}

void unjoin(Run& run, int a, int b, PciTopologyLevel way, const std::string& driver) {
  for (auto* one : {&link(run, a, b), &link(run, b, a)}) {
    machine::PeerLink made;
    made.from = one->from;
    made.to = one->to;
    made.can_access = driver == "OK" ? yes("1") : no("0");
    made.allowed = capabilities(driver, "NS", driver);
    made.way = way;
    made.way_source = "NVML";
    made.native_atomics = no("0");
    made.nvlink = no("0 links");
    made.links_up = made.links_present = 0;
    made.pcie_ceiling = run.machine.gpus[static_cast<std::size_t>(one->from)].pcie.ceiling;
    *one = made;
  }
}

Run half_seated_bridge() {
  Run run = box(Class::discrete_nvlink, "3 NVLinks of gpu0 lead to gpu1 and are up", 2,
                "NVIDIA GeForce RTX 3090");
  join(run, 4, 14.0625, "3.1");
  for (auto& gpu : run.machine.gpus) gpu.nvlinks_up = 3;
  for (auto& link : run.machine.links) {
    link.links_up = 3;
    link.nvlink_ceiling = nvlink_ceiling(3, 14.0625);
  }
  seat(run, {4, 16}, {4, 16}, true);
  auto& narrow = run.machine.gpus[1].pcie;
  narrow.narrowest = machine::PcieSpeed{3, 4};
  narrow.narrowest_at = "0000:00:01.2";
  narrow.ceiling = pcie_ceiling({3, 4});
  memory(run, 24, 256 * MiB);
  nodes(run, {{0, "0-31"}, {0, "0-31"}});
  run.machine.evidence = {{"gpu0 NVLinks", "4 present, 3 up", "3 to GPUs"},
                          {"gpu1 NVLinks", "4 present, 3 up", "3 to GPUs"}};
  run.findings = {
      machine::make_finding(machine::FindingCode::nvlinks_partly_down,
                            {machine::pair_subject(0, 1)}, {{"links_up", 3}, {"links_present", 4}}),
      machine::make_finding(machine::FindingCode::pcie_path_narrow, {machine::gpu_subject(1)},
                            {{"generation", 3}, {"lanes", 4}},
                            {{"speed", "3.0 x4"}, {"port", "0000:00:01.2"}})};
  return run;
}

Run quad_bridged_pairs() {
  Run run = box(Class::discrete_nvlink, "12 NVLinks lead from GPU to GPU within 2 pairs", 4,
                "NVIDIA A100 80GB PCIe");
  join(run, 12, 25, "3.0");
  seat(run, {4, 16}, {4, 16}, false);
  for (const auto& [a, b] : {std::pair{0, 2}, {0, 3}, {1, 2}, {1, 3}}) {
    unjoin(run, a, b, PciTopologyLevel::sys, "CNS");
  }
  memory(run, 80, 128 * GiB);
  nodes(run, {{0, "0-23"}, {1, "24-47"}, {2, "48-71"}, {3, "72-95"}});
  run.machine.evidence = {{"cudaDeviceCanAccessPeer", "4 of 12 ordered pairs",
                           "peer access as CUDA offers it; NVML's P2P read status: CNS, OK"}};
  return run;
}

Run hgx_8() {
  Run run = box(Class::discrete_nvlink, "18 NVLinks of each of 8 GPUs lead to switches", 8,
                "NVIDIA H100 80GB HBM3");
  join(run, 18, 26.5625, "4.0");
  seat(run, {5, 16}, {5, 16}, false);
  for (auto& link : run.machine.links) {
    link.through_switch = true;
    link.way = (link.from < 4) == (link.to < 4) ? PciTopologyLevel::node : PciTopologyLevel::sys;
  }
  for (auto& gpu : run.machine.gpus) {
    gpu.compute_major = 9;
    gpu.compute_minor = 0;
    gpu.multiprocessors = 132;
    gpu.l2_bytes = 50 * MiB;
    gpu.copy_engines = 3;
  }
  memory(run, 79.1, 128 * GiB);
  const std::pair<int, std::string> low{0, "0-51"}, high{1, "52-103"};
  nodes(run, {low, low, low, low, high, high, high, high});
  for (const auto& gpu : run.machine.gpus) {
    run.machine.evidence.push_back(
        {fmt::format("gpu{} NVLinks", gpu.ordinal), "18 present, 18 up", "18 to switches"});
  }
  for (auto& pool : run.machine.pools) {
    pool.ceiling =
        machine::Ceiling{3352, "5120 bits x 2619 MHz x 2 / 8", "CUDA's clock and width", {}, ""};
  }
  run.machine.iommu = yes("identity");
  run.machine.acs_redirect = no("off on all ports read");
  return run;
}

Run hybrid_mesh_8() {
  Run run =
      box(Class::discrete_nvlink, "1 or 2 NVLinks lead to 4 other GPUs", 8, "Tesla V100-SXM2-16GB");
  join(run, 1, 25.78125, "2.2");
  seat(run, {3, 16}, {3, 16}, false);
  for (auto& gpu : run.machine.gpus) gpu.nvlinks_up = gpu.nvlinks_present = 6;
  for (int a = 0; a < 8; ++a) {
    for (int b = a + 1; b < 8; ++b) {
      const bool same_half = a / 4 == b / 4;
      const int apart = b - a;
      if (!same_half && apart != 4) unjoin(run, a, b, PciTopologyLevel::sys, "TNS");
      if ((same_half && apart == 3) || (!same_half && apart == 4)) {
        for (auto* one : {&link(run, a, b), &link(run, b, a)}) {
          one->links_up = one->links_present = 2;
          one->nvlink_ceiling = nvlink_ceiling(2, 25.78125);
        }
      }
    }
  }
  memory(run, 16, 16 * GiB);
  return run;
}

Run dual_superchip() {
  Run run = box(Class::coherent_superchip,
                "each GPU has its own memory, coherent with its CPU's; no peer NVLink", 2,
                "NVIDIA GH200 480GB");
  for (auto& gpu : run.machine.gpus) {
    gpu.c2c_links = 10;
    gpu.c2c_ceiling = machine::Ceiling{
        447.12, "10 links x 44.712 GB/s", "rate of a link as the driver reports it", {}, ""};
    gpu.host_page_tables = gpu.pageable_access = yes("1");
    gpu.nvlinks_present = gpu.nvlinks_up = 0;
  }
  unjoin(run, 0, 1, PciTopologyLevel::sys, "NS");
  for (auto& link : run.machine.links) link.way_source = "sysfs";
  memory(run, 94.5, 128 * GiB);
  nodes(run, {{0, "0-71"}, {1, "72-143"}});
  return run;
}

Run without_nvml() {
  Run run = box(Class::discrete_unknown_link, "NVML could not be asked what joins the 2 GPUs", 2,
                "NVIDIA GeForce RTX 3090");
  run.machine.driver_version.clear();
  run.machine.iommu = {};
  for (auto& gpu : run.machine.gpus) gpu.pcie = {};
  run.machine.gpus[0].pcie.slot_max = machine::PcieSpeed{4, 16};
  for (auto& link : run.machine.links) {
    machine::PeerLink made;
    made.from = link.from;
    made.to = link.to;
    made.can_access = yes("1");
    made.way = PciTopologyLevel::phb;
    made.way_source = "sysfs";
    made.pcie_ceiling = pcie_ceiling({4, 16});
    link = made;
  }
  run.machine.advice = {"What joins the GPUs is not confirmed: NVML comes with the driver."};
  return run;
}

Run single_of_eight() {
  Run run = box(Class::single_gpu, "one GPU is visible; 7 are hidden from this process", 1,
                "NVIDIA H100 80GB HBM3");
  run.machine.modifiers = {machine::Modifier::hidden_gpus};
  seat(run, {5, 16}, {5, 16}, false);
  run.machine.gpus[0].nvlinks_up = run.machine.gpus[0].nvlinks_present = 18;
  for (int i = 1; i < 8; ++i) {
    run.machine.hidden.push_back({"NVIDIA H100 80GB HBM3", fmt::format("0000:{:02x}:00.0", 1 + i)});
  }
  return run;
}

Run unlike_pair() {
  Run run = box(Class::discrete_pcie, "2 GPUs, no NVLink up", 2, "NVIDIA RTX 6000 Ada Generation");
  run.machine.gpus[1].model = "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition";
  seat(run, {4, 16}, {5, 16}, false);
  run.machine.gpus[1].pcie.card_max = machine::PcieSpeed{5, 16};
  run.machine.gpus[1].pcie.slot_max = machine::PcieSpeed{5, 8};
  run.machine.gpus[1].pcie.narrowest = machine::PcieSpeed{5, 8};
  run.machine.gpus[1].pcie.under_load = machine::PcieSpeed{5, 8};
  run.machine.gpus[1].pcie.current = machine::PcieSpeed{1, 8};
  unjoin(run, 0, 1, PciTopologyLevel::node, "OK");
  auto& back = link(run, 1, 0);
  back.can_access = no("0");
  back.allowed = capabilities("DR", "NS", "DR");
  memory(run, 48, 64 * GiB);
  run.machine.iommu = yes("DMA-FQ");
  run.machine.acs_redirect = {Tri::unknown, "only root may read it"};
  return run;
}

std::vector<Sample> machine_samples() {
  return {{"half-seated-bridge", half_seated_bridge()},
          {"quad-bridged-pairs", quad_bridged_pairs()},
          {"hgx-8", hgx_8()},
          {"hybrid-mesh-8", hybrid_mesh_8()},
          {"dual-superchip", dual_superchip()},
          {"without-nvml", without_nvml()},
          {"single-of-eight", single_of_eight()},
          {"unlike-pair", unlike_pair()}};
}

}  // namespace peerbench::result
