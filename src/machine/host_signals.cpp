// SPDX-License-Identifier: Apache-2.0
#include "machine/host_signals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace peerbench::machine {

namespace fs = std::filesystem;

namespace {

std::optional<Bytes> read_number(const fs::path& path) {
  std::ifstream file(path);
  Bytes value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

std::optional<std::string> environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// Value of a "Name:   123 kB" or "name 123" line; kB is 1024 bytes there.
std::optional<Bytes> line_value(const fs::path& path, const std::string& wanted) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string prefix;
    if (line.starts_with("Node ")) words >> prefix >> prefix;  // node files: "Node 0 MemFree: ..."
    std::string name, unit;
    Bytes value = 0;
    words >> name >> value;
    if (!name.empty() && name.back() == ':') name.pop_back();
    if (name != wanted || !words) continue;
    words >> unit;
    return unit == "kB" ? value * KiB : value;
  }
  return std::nullopt;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// "580.95.05" of "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.95.05  ...": the line also
/// names who built it where.
std::string module_version(const std::string& text) {
  std::istringstream words(text.substr(0, text.find('\n')));
  std::string word;
  while (words >> word) {
    const bool digits = word.find_first_not_of("0123456789.") == std::string::npos;
    if (digits && word.find('.') != std::string::npos) return word;
  }
  return "";
}

/// One control group from `leaf` up to `base`: the tightest limit less use.
std::optional<Bytes> tightest(const fs::path& base, const fs::path& leaf, const char* limit_file,
                              const char* usage_file, const char* inactive_name) {
  std::optional<Bytes> least;
  fs::path group = base / leaf;
  // A container often shows its own group as the base, whatever the path says.
  while (true) {
    const auto limit = read_number(group / limit_file);  // "max" is no number: no limit
    if (limit) {
      const Bytes used = read_number(group / usage_file).value_or(0);
      const Bytes cache = line_value(group / "memory.stat", inactive_name).value_or(0);
      const Bytes busy = used - std::min(used, cache);
      const Bytes room = *limit > busy ? *limit - busy : 0;
      least = std::min(least.value_or(room), room);
    }
    if (group == base || !group.has_relative_path()) break;
    const fs::path up = group.parent_path();
    if (up == group || up.native().size() < base.native().size()) break;
    group = up;
  }
  return least;
}

/// What the kernel counts as cached, less what programs share and cannot be dropped.
Bytes page_cache(const fs::path& file, const char* cached) {
  const Bytes all = line_value(file, cached).value_or(0);
  return all - std::min(all, line_value(file, "Shmem").value_or(0));
}

/// CPUID's hypervisor bit as the kernel lists it, else what firmware calls the machine.
Signal virtual_machine(const HostFiles& files, const std::string& product) {
  std::istringstream lines(files.text("/proc/cpuinfo").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("flags")) continue;
    const bool found = (line + " ").find(" hypervisor ") != std::string::npos;
    return {tri(found), found ? "CPU flag hypervisor" : "no CPU flag hypervisor"};
  }
  for (const char* name : {"KVM", "QEMU", "Standard PC", "Virtual", "VMware", "HVM domU"}) {
    if (product.find(name) != std::string::npos) return {Tri::yes, product};
  }
  return {Tri::unknown, "neither CPU flags nor firmware say"};
}

}  // namespace

HostMemory host_memory(const fs::path& root) {
  const fs::path file = root / "proc/meminfo";
  return {line_value(file, "MemTotal").value_or(0), line_value(file, "MemAvailable").value_or(0),
          page_cache(file, "Cached")};
}

HostMemory node_memory(unsigned node, const fs::path& root) {
  const fs::path file = root / fmt::format("sys/devices/system/node/node{}/meminfo", node);
  return {line_value(file, "MemTotal").value_or(0),
          line_value(file, "MemFree").value_or(0) + line_value(file, "Inactive(file)").value_or(0),
          page_cache(file, "FilePages")};
}

std::optional<Bytes> cgroup_room(const fs::path& root) {
  std::optional<Bytes> least;
  const auto add = [&](std::optional<Bytes> room) {
    // Version 1 writes "no limit" as a number just below 2^63.
    if (room && *room < (Bytes{1} << 62)) least = std::min(least.value_or(*room), *room);
  };
  std::ifstream groups(root / "proc/self/cgroup");
  std::string line;
  while (std::getline(groups, line)) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path leaf = fs::path(line.substr(second + 1)).relative_path();
    if (controllers.empty()) {
      for (const char* base : {"sys/fs/cgroup", "sys/fs/cgroup/unified"}) {
        add(tightest(root / base, leaf, "memory.max", "memory.current", "inactive_file"));
      }
    } else if (("," + controllers + ",").find(",memory,") != std::string::npos) {
      add(tightest(root / "sys/fs/cgroup/memory", leaf, "memory.limit_in_bytes",
                   "memory.usage_in_bytes", "total_inactive_file"));
    }
  }
  return least;
}

void read_host(const HostFiles& files, Signals& signals) {
  signals.cuda_visible_devices = environment("CUDA_VISIBLE_DEVICES");
  signals.nvidia_visible_devices = environment("NVIDIA_VISIBLE_DEVICES");
  signals.kernel = files.text("/proc/sys/kernel/osrelease").value_or("");
  const auto version = files.text("/proc/version");
  if (files.present("/dev/dxg")) {
    signals.wsl = {Tri::yes, "/dev/dxg exists"};
  } else if (version) {
    // The text names who built the kernel on which machine; only the release is kept.
    signals.wsl = {tri(lower_case(*version).find("microsoft") != std::string::npos),
                   signals.kernel};
  } else {
    signals.wsl.raw = "/proc/version cannot be read";
  }
  for (const char* mark : {"/.dockerenv", "/run/.containerenv"}) {
    if (files.present(mark)) signals.container = {Tri::yes, fmt::format("{} exists", mark)};
  }
  if (const auto kind = environment("container")) signals.container = {Tri::yes, *kind};
  // A pod of containerd has neither file.
  if (files.present("/var/run/secrets/kubernetes.io")) {
    signals.container = {Tri::yes, "a Kubernetes pod"};
  }
  if (const auto channels = files.names("/dev/nvidia-caps-imex-channels")) {
    signals.imex_channels = {tri(!channels->empty()), fmt::format("{}", channels->size())};
  }
  if (const auto text = files.text("/proc/driver/nvidia/version")) {
    signals.driver_version = module_version(*text);  // NVML, if it can be asked, says it again
    signals.kernel_module = {
        Tri::yes, signals.driver_version.empty() ? "version not readable" : signals.driver_version};
  } else if (files.present("/dev/nvidiactl") || files.present("/dev/nvhost-gpu")) {
    signals.kernel_module = {Tri::yes, "device nodes exist"};  // Jetson has no such version file
  } else if (is_yes(signals.wsl.value)) {
    signals.kernel_module = {Tri::unknown, "lives in Windows"};
  } else if (version) {
    signals.kernel_module = {Tri::no, "not loaded"};
  } else {
    signals.kernel_module = {Tri::unknown, "/proc cannot be read"};
  }
  for (const char* file : {"/sys/class/dmi/id/product_name", "/proc/device-tree/model"}) {
    if (signals.product.empty()) signals.product = files.text(file).value_or("");
  }
  signals.virtual_machine = virtual_machine(files, signals.product);
}

}  // namespace peerbench::machine
