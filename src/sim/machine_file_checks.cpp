// SPDX-License-Identifier: Apache-2.0
#include "sim/machine_file_checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace gpusim {

namespace {

bool matches(const std::string& text, const char* pattern) {
  return std::regex_match(text, std::regex(pattern));
}

/// Lower case, as the kernel names devices below /sys.
bool is_pci_address(const std::string& text) {
  return matches(text, "[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]");
}

bool is_cpu_list(const std::string& text) {
  return matches(text, "[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*");
}

constexpr const char* address_form = "it must be like \"0000:40:01.1\", in lower case";

void check_index(const MachineFile& machine, const std::string& path, int index, Problem& problem) {
  const int gpus = static_cast<int>(machine.gpus.size());
  if (index >= 0 && index < gpus) return;
  problem.set(path, gpus == 0
                        ? fmt::format("is {}, but the machine has no GPU", index)
                        : fmt::format("is {}; the machine's GPUs are 0 to {}", index, gpus - 1));
}

void check_identity(const MachineFile& machine, Problem& problem) {
  std::map<std::string, std::string> seen;
  const auto check_own = [&](const std::string& text, const std::string& gpu, const char* field) {
    const auto [first, is_new] = seen.emplace(text, gpu);
    if (is_new) return;
    problem.set(gpu + field,
                fmt::format("is that of {} again; each GPU has its own", first->second));
  };
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    const GpuDescription& gpu = machine.gpus[i];
    const std::string path = fmt::format("gpus[{}]", i);
    if (!is_pci_address(gpu.pci_bus_id)) {
      problem.set(path + ".pci_bus_id", fmt::format("is \"{}\"; {}", gpu.pci_bus_id, address_form));
    }
    check_own(gpu.pci_bus_id, path, ".pci_bus_id");
    check_own(gpu.uuid, path, ".uuid");
    for (const MigSlice& slice : gpu.mig_slices) check_own(slice.uuid, path, ".mig_uuid");
  }
}

void check_load(const GpuDescription& gpu, const std::string& path, Problem& problem) {
  if (gpu.busy_percent > 100) {
    problem.set(path + ".busy_percent", fmt::format("is {}, more than 100", gpu.busy_percent));
  }
  const auto& reasons = throttle_reasons();
  for (std::size_t i = 0; i < gpu.throttle.size(); ++i) {
    const auto same = [&](const ThrottleReason& one) { return gpu.throttle[i] == one.word; };
    if (std::any_of(reasons.begin(), reasons.end(), same)) continue;
    std::string words;
    for (const ThrottleReason& one : reasons) words += fmt::format(" {}", one.word);
    problem.set(fmt::format("{}.throttle[{}]", path, i),
                fmt::format("is \"{}\"; allowed:{}", gpu.throttle[i], words));
  }
}

void check_slices(const GpuDescription& gpu, const std::string& path, Problem& problem) {
  if (gpu.mig != "enabled" && !gpu.mig_slices.empty()) {
    problem.set(path + ".mig", "must be \"enabled\" where a slice is described (mig_...)");
  }
  int multiprocessors = 0;
  std::uint64_t memory_bytes = 0;
  for (const MigSlice& slice : gpu.mig_slices) {
    multiprocessors += slice.multiprocessors;
    memory_bytes += slice.memory_bytes;
    if (slice.uuid.starts_with("MIG-")) continue;
    problem.set(path + ".mig_uuid", fmt::format("is \"{}\"; it begins with \"MIG-\"", slice.uuid));
  }
  if (multiprocessors > gpu.multiprocessors || memory_bytes > gpu.memory_bytes) {
    problem.set(path + ".mig", gpu.mig_slices.size() == 1
                                   ? "has a slice that is larger than the GPU"
                                   : "has slices that are larger together than the GPU");
  }
}

void check_card(const MachineFile& machine, const GpuDescription& gpu, int index,
                const std::string& path, Problem& problem) {
  check_slices(gpu, path, problem);
  if (gpu.fabric && !matches(gpu.fabric->cluster, "([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?")) {
    problem.set(path + ".fabric.cluster",
                fmt::format("is \"{}\"; it must be a UUID in lower case", gpu.fabric->cluster));
  }
  if (gpu.nvml_memory_bytes != 0 && gpu.nvml_memory_bytes < gpu.memory_bytes) {
    problem.set(path + ".nvml_memory_bytes",
                fmt::format("is {}, less than the memory_bytes that CUDA has of it",
                            gpu.nvml_memory_bytes));
  }
  if (!gpu.cpus.empty() && !is_cpu_list(gpu.cpus)) {
    problem.set(path + ".cpus",
                fmt::format("is \"{}\"; it must be a list like \"0-15,32-47\"", gpu.cpus));
  }
  int wired = 0;
  for (const LinkBundle& link : machine.links) {
    if (link.a == index || link.b == index) wired += link.links;
  }
  if (gpu.nvlink_ports > 0 && gpu.nvlink_ports < wired) {
    problem.set(path + ".nvlink_ports",
                fmt::format("is {}, but {} links are wired to it", gpu.nvlink_ports, wired));
  }
  if (gpu.cuda_hidden && gpu.nvml_hidden && !gpu.in_pci) {
    problem.set(path + ".in_pci",
                "cannot be false beside cuda_hidden and nvml_hidden: nobody would see it");
  }
  const auto check_maximum = [&](const char* field, int most, int now) {
    if (most > 0 && most < now) {
      problem.set(path + field, fmt::format("is {}, less than the {} it negotiated", most, now));
    }
  };
  check_maximum(".pcie_max_generation", gpu.pcie_max_generation, gpu.pcie_generation);
  check_maximum(".pcie_max_width", gpu.pcie_max_width, gpu.pcie_width);
  check_load(gpu, path, problem);
}

/// No card negotiates more than the port above it can do, unless that port is none.
void check_slot(const MachineFile& machine, const Bridge& bridge, const std::string& path,
                Problem& problem) {
  if (!bridge.device_id.empty() && !matches(bridge.device_id, "[0-9a-f]{4}:[0-9a-f]{4}")) {
    problem.set(path + ".device_id",
                fmt::format("is \"{}\"; it must be like \"1b36:000c\"", bridge.device_id));
  }
  if (bridge.emulated) return;  // it may say what it likes
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    const GpuDescription& gpu = machine.gpus[i];
    if (gpu.pci_path.empty() || gpu.pci_path.back() != bridge.address) continue;
    const auto check = [&](const char* field, int port, int card) {
      if (port == 0 || port >= card) return;
      problem.set(path + field,
                  fmt::format("is {}, but gpus[{}] below it negotiated {}", port, i, card));
    };
    check(".generation", bridge.generation, gpu.pcie_generation);
    check(".width", bridge.width, gpu.pcie_width);
  }
}

/// A port has one place in the tree, whichever GPU is followed up to the host.
void check_pci_tree(const MachineFile& machine, Problem& problem) {
  std::map<std::string, std::string> above;
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    const GpuDescription& gpu = machine.gpus[i];
    const std::string field = fmt::format("gpus[{}].pci_path", i);
    if (!gpu.pci_path.empty() && !gpu.in_pci) problem.set(field, "is given, but in_pci is false");
    for (std::size_t j = 0; j < gpu.pci_path.size(); ++j) {
      const std::string& step = gpu.pci_path[j];
      const std::string path = fmt::format("{}[{}]", field, j);
      if (j == 0) {
        if (!matches(step, "pci[0-9a-f]{4,8}:[0-9a-f]{2}")) {
          problem.set(path, fmt::format("is \"{}\"; a path begins with a host bridge like "
                                        "\"pci0000:40\"",
                                        step));
        }
        continue;
      }
      if (!is_pci_address(step)) {
        problem.set(path, fmt::format("is \"{}\"; {}", step, address_form));
      }
      const auto [first, is_new] = above.emplace(step, gpu.pci_path[j - 1]);
      if (!is_new && first->second != gpu.pci_path[j - 1]) {
        problem.set(path, fmt::format("puts {} below {}, but another GPU puts it below {}", step,
                                      gpu.pci_path[j - 1], first->second));
      }
    }
  }
  std::set<std::string> described;
  for (std::size_t i = 0; i < machine.bridges.size(); ++i) {
    check_slot(machine, machine.bridges[i], fmt::format("bridges[{}]", i), problem);
    const std::string path = fmt::format("bridges[{}].address", i);
    const std::string& address = machine.bridges[i].address;
    if (!is_pci_address(address)) {
      problem.set(path, fmt::format("is \"{}\"; {}", address, address_form));
    } else if (!above.contains(address)) {
      problem.set(path, fmt::format("is {}, which is on no GPU's pci_path", address));
    } else if (!described.insert(address).second) {
      problem.set(path, fmt::format("describes {} again", address));
    }
  }
}

void check_links(const MachineFile& machine, Problem& problem) {
  std::set<int> switched;
  for (std::size_t i = 0; i < machine.links.size(); ++i) {
    const LinkBundle& link = machine.links[i];
    const std::string path = fmt::format("links[{}]", i);
    check_index(machine, path + ".a", link.a, problem);
    if (link.up > link.links) {
      problem.set(path + ".up",
                  fmt::format("is {}, more than the {} links there are", link.up, link.links));
    }
    if (!link.to_switch()) {
      check_index(machine, path + ".b", link.b, problem);
      if (link.a == link.b) problem.set(path + ".b", "is the same GPU as a; a link joins two");
      continue;
    }
    if (!switched.insert(link.a).second) {
      problem.set(path + ".a",
                  fmt::format("is {}, whose links to the switches are described already", link.a));
    }
    for (std::size_t j = 0; j < link.switches.size(); ++j) {
      if (is_pci_address(link.switches[j])) continue;
      problem.set(fmt::format("{}.switches[{}]", path, j),
                  fmt::format("is \"{}\"; {}", link.switches[j], address_form));
    }
  }
}

void check_pairs(const MachineFile& machine, Problem& problem) {
  for (std::size_t i = 0; i < machine.peers.size(); ++i) {
    const PeerPolicy& peer = machine.peers[i];
    const std::string path = fmt::format("peers[{}]", i);
    check_index(machine, path + ".from", peer.from, problem);
    check_index(machine, path + ".to", peer.to, problem);
    if (peer.from == peer.to) problem.set(path + ".to", "is the same GPU as from");
    for (std::size_t j = 0; j < i; ++j) {
      if (machine.peers[j].from == peer.from && machine.peers[j].to == peer.to) {
        problem.set(path, fmt::format("describes GPU {} to {} again, after peers[{}]", peer.from,
                                      peer.to, j));
      }
    }
  }
  for (std::size_t i = 0; i < machine.faults.size(); ++i) {
    const std::string path = fmt::format("faults[{}]", i);
    const Fault& fault = machine.faults[i];
    if (fault.from != -1) check_index(machine, path + ".from", fault.from, problem);
    if (fault.to != -1) check_index(machine, path + ".to", fault.to, problem);
    const FaultRow& row = row_of(fault.kind);
    if (row.per_gib && fault.per_gib <= 0) problem.set(path + ".per_gib", "is missing");
    if (row.call && !fault.call.starts_with("cuda")) {
      problem.set(path + ".call", fmt::format("is \"{}\"; it must be a call of the CUDA runtime "
                                              "like \"cudaMemcpyPeerAsync\"",
                                              fault.call));
    }
  }
}

void check_driver(const DriverBehaviour& driver, Problem& problem) {
  const auto& errors = start_errors();
  if (driver.start_error == 0 || std::ranges::count(errors, driver.start_error) > 0) return;
  problem.set("driver.start_error", fmt::format("is {}; it must be 0 or one of {}",
                                                driver.start_error, fmt::join(errors, ", ")));
}

}  // namespace

void check_machine_file(const MachineFile& machine, Problem& problem) {
  if (machine.host.available_bytes > machine.host.memory_bytes) {
    problem.set("host.available_bytes",
                fmt::format("is {}, more than memory_bytes ({})", machine.host.available_bytes,
                            machine.host.memory_bytes));
  }
  for (const auto& [name, value] : machine.environment) {
    if (matches(name, "[A-Za-z_][A-Za-z_0-9]*")) continue;
    problem.set("environment." + name, "is no name of a variable; letters, digits and _ only");
  }
  for (std::size_t i = 0; i < machine.host.core_kinds.size(); ++i) {
    const CoreKind& kind = machine.host.core_kinds[i];
    const std::string path = fmt::format("host.core_kinds[{}]", i);
    if (!matches(kind.name, "[^:;]+"))
      problem.set(path + ".name", "must be a name without : and ;");
    if (!is_cpu_list(kind.cpus)) {
      problem.set(path + ".cpus",
                  fmt::format("is \"{}\"; it must be like \"0-15,32-47\"", kind.cpus));
    }
  }
  check_driver(machine.driver, problem);
  check_identity(machine, problem);
  check_links(machine, problem);
  for (std::size_t i = 0; i < machine.gpus.size(); ++i) {
    check_card(machine, machine.gpus[i], static_cast<int>(i), fmt::format("gpus[{}]", i), problem);
  }
  check_pci_tree(machine, problem);
  check_pairs(machine, problem);
}

}  // namespace gpusim
