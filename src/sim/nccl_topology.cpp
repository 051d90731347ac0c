// SPDX-License-Identifier: Apache-2.0
#include "sim/nccl_topology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <pugixml.hpp>
#include <utility>
#include <vector>

#include "sim/machine_file_checks.hpp"
#include "sim/nccl_topology_defaults.hpp"

namespace gpusim {
namespace {

using pugi::xml_node;

// PCI classes, by the beginning of the attribute: NVIDIA's NVSwitch is a bridge of another kind.
constexpr const char* compute_class = "0x0302";
constexpr const char* display_class = "0x0300";
constexpr const char* switch_class = "0x0680";

std::string text_of(const xml_node& node, const char* attribute) {
  std::string text = node.attribute(attribute).as_string();
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool is_class(const xml_node& pci, const char* beginning) {
  return text_of(pci, "class").starts_with(beginning);
}

/// "32.0 GT/s PCIe" is generation 5; 0 where it says nothing. PCI Express Base Specification: 2.5,
/// 5, 8, 16, 32, 64 GT/s.
int generation_of(const std::string& speed) {
  const double rate = std::strtod(speed.c_str(), nullptr);
  if (rate <= 0) return 0;
  return rate < 4 ? 1 : rate < 7 ? 2 : static_cast<int>(std::lround(std::log2(rate)));
}

/// A GPU of the document, with what stands around it.
struct Found {
  xml_node pci, gpu;  ///< `gpu` is null where only the PCI class tells
  int node = 0;       ///< place of its NUMA node
  int capability = assumed_capability;
};

struct Document {
  std::vector<Found> gpus;
  int nodes = 0;
  int cores = 1;  ///< of the NUMA node that has most
};

/// Processors in a mask like "00000000,00ffffff".
int processors_in(const std::string& mask) {
  int count = 0;
  for (const char digit : mask) {
    if (std::isxdigit(static_cast<unsigned char>(digit)) == 0) continue;
    count +=
        __builtin_popcount(static_cast<unsigned>(std::stoi(std::string(1, digit), nullptr, 16)));
  }
  return count;
}

/// All PCI devices below a node that may be GPUs.
void collect(const xml_node& parent, int node, std::vector<Found>& found) {
  for (const xml_node& pci : parent.children("pci")) {
    const xml_node gpu = pci.child("gpu");
    if (gpu || is_class(pci, compute_class) || is_class(pci, display_class)) {
      const int capability = gpu.attribute("sm").as_int(assumed_capability);
      found.push_back({.pci = pci, .gpu = gpu, .node = node, .capability = capability});
    }
    collect(pci, node, found);
  }
}

Document read(const xml_node& system) {
  constexpr int assumed_cores = 16;
  Document document;
  for (const xml_node& cpu : system.children("cpu")) {
    collect(cpu, document.nodes++, document.gpus);
    const int cores = processors_in(text_of(cpu, "affinity"));
    document.cores = std::max(document.cores, cores > 0 ? cores : assumed_cores);
  }
  // NCCL knows which are GPUs; what it was only given does not.
  const auto named = [](const Found& each) { return !each.gpu.empty(); };
  if (std::ranges::any_of(document.gpus, named)) {
    std::erase_if(document.gpus, [&](const Found& each) { return !named(each); });
    std::ranges::stable_sort(document.gpus, {},
                             [](const Found& each) { return each.gpu.attribute("dev").as_int(); });
  }
  return document;
}

/// The way from the host to a GPU; empty where nothing lies between.
std::vector<std::string> path_to(const xml_node& card) {
  std::vector<std::string> ports;
  for (xml_node at = card.parent(); std::string(at.name()) == "pci"; at = at.parent()) {
    ports.insert(ports.begin(), text_of(at, "busid"));
  }
  if (!ports.empty())
    ports.insert(ports.begin(), "pci" + ports.front().substr(0, ports.front().rfind(':')));
  return ports;
}

GpuDescription describe(const Found& found, int index, const Document& document) {
  GpuDescription gpu;
  gpu.pci_bus_id = text_of(found.pci, "busid");
  gpu.uuid = fmt::format("GPU-00000000-0000-4000-8000-{:012d}", index);
  const auto device = std::strtoul(text_of(found.pci, "device").c_str(), nullptr, 16);
  const auto vendor = std::strtoul(text_of(found.pci, "vendor").c_str(), nullptr, 16);
  gpu.pci_device_id = static_cast<std::uint32_t>(device << 16 | vendor);
  gpu.pcie_generation = generation_of(text_of(found.pci, "link_speed"));
  gpu.pcie_width = found.pci.attribute("link_width").as_int();
  gpu.pci_path = path_to(found.pci);
  gpu.numa_node = found.node;
  gpu.cpus =
      fmt::format("{}-{}", found.node * document.cores, (found.node + 1) * document.cores - 1);
  fill_gpu_defaults(gpu, found.capability);
  return gpu;
}

/// NVLinks of one GPU: all to switches as one bundle, those to a GPU of a higher number as one
/// each.
void add_links(MachineFile& machine, const std::vector<Found>& gpus, std::size_t index) {
  LinkBundle switched;
  const auto add = [&](LinkBundle link, const char* kind, int count) {
    link.kind = kind;
    link.a = static_cast<int>(index);
    link.links = link.up = count;
    fill_link_defaults(link, gpus[index].capability);
    machine.links.push_back(std::move(link));
  };
  int to_switches = 0;
  for (const xml_node& nvlink : gpus[index].gpu.children("nvlink")) {
    const std::string target = text_of(nvlink, "target");
    const int count = nvlink.attribute("count").as_int(1);
    if (text_of(nvlink, "tclass").starts_with(switch_class)) {
      to_switches += count;
      // A virtual machine shows no switch: fffffff:ffff:ff.
      if (!target.starts_with("fffffff"))
        switched.switches.insert(switched.switches.end(), static_cast<std::size_t>(count), target);
      continue;
    }
    for (std::size_t other = index + 1; other < gpus.size(); ++other) {
      if (machine.gpus[other].pci_bus_id != target) continue;
      LinkBundle link;
      link.b = static_cast<int>(other);
      add(std::move(link), "nvlink", count);
    }
  }
  if (to_switches > 0) add(std::move(switched), "nvswitch", to_switches);
}

bool linked(const MachineFile& machine, int from, int to) {
  const auto to_switch = [&](int gpu) {
    return std::ranges::any_of(
        machine.links, [&](const LinkBundle& link) { return link.to_switch() && link.a == gpu; });
  };
  return (to_switch(from) && to_switch(to)) ||
         std::ranges::any_of(machine.links, [&](const LinkBundle& link) {
           return (link.a == from && link.b == to) || (link.a == to && link.b == from);
         });
}

/// Access where NVLinks lead, and over PCIe between GPUs without displays; GeForce GPUs have
/// none.
void add_peers(MachineFile& machine, const std::vector<Found>& gpus) {
  for (std::size_t from = 0; from < gpus.size(); ++from) {
    for (std::size_t to = 0; to < gpus.size(); ++to) {
      if (from == to) continue;
      PeerPolicy policy;
      policy.from = static_cast<int>(from);
      policy.to = static_cast<int>(to);
      const bool over_links = linked(machine, policy.from, policy.to);
      const bool over_pcie =
          is_class(gpus[from].pci, compute_class) && is_class(gpus[to].pci, compute_class);
      policy.access = over_links || over_pcie;
      policy.read = policy.write = policy.access ? "OK" : "GNS";
      policy.nvlink = policy.atomics = over_links ? "OK" : "NS";
      policy.pci = over_pcie ? "OK" : "GNS";
      machine.peers.push_back(policy);
    }
  }
}

MachineFile make(const Document& document, const std::string& path) {
  MachineFile machine;
  machine.name = std::filesystem::path(path).stem().string();
  machine.summary = fmt::format("{} GPUs, as NCCL's topology has them", document.gpus.size());
  machine.driver_version = "580.95.05";
  machine.cuda_version = 13000;
  for (std::size_t i = 0; i < document.gpus.size(); ++i) {
    machine.gpus.push_back(describe(document.gpus[i], static_cast<int>(i), document));
  }
  for (std::size_t i = 0; i < document.gpus.size(); ++i) add_links(machine, document.gpus, i);
  add_peers(machine, document.gpus);
  fill_host_defaults(machine, document.nodes, document.cores);
  return machine;
}

}  // namespace

bool is_xml(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '<';
}

Expected<MachineFile> parse_nccl_topology(const std::string& text, const std::string& path) {
  pugi::xml_document xml;
  const pugi::xml_parse_result parsed = xml.load_string(text.c_str());
  if (!parsed) {
    return fail(ErrorKind::usage, fmt::format("{}: not XML: {} at byte {}; correct it there", path,
                                              parsed.description(), parsed.offset));
  }
  const xml_node system = xml.child("system");
  if (!system.child("cpu")) {
    return fail(ErrorKind::usage,
                fmt::format("{}: no topology of NCCL, which is a <system> of <cpu>s; give a file "
                            "that NCCL_TOPO_DUMP_FILE names, or a machine file",
                            path));
  }
  const Document document = read(system);
  if (document.gpus.empty()) {
    return fail(
        ErrorKind::usage,
        fmt::format("{}: names no GPU: no <gpu>, and no <pci> of class 0x0302 or 0x0300; let "
                    "NCCL write it with NCCL_TOPO_DUMP_FILE on the machine itself",
                    path));
  }
  MachineFile machine = make(document, path);
  Problem problem;
  check_machine_file(machine, problem);
  if (problem) {
    return fail(ErrorKind::usage, fmt::format("{}: {} {}", path, problem.path, problem.message));
  }
  machine.path = path;
  fill_defaults(machine);
  return machine;
}

}  // namespace gpusim
