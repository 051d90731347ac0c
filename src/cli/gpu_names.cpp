// SPDX-License-Identifier: Apache-2.0
#include "cli/gpu_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/nearest.hpp"
#include "cli/text_parts.hpp"
#include "machine/pci_address.hpp"

namespace peerbench::cli {

namespace {

using machine::Gpu;
using machine::Machine;

/// "1a2b-3c" of "GPU-1A2b-3c" and of "MIG-1a2b-3C"; empty where it is no UUID. CUDA gives the
/// digits alone, of a MIG slice those of the slice.
std::string uuid_digits(std::string_view text) {
  if (!text.starts_with("GPU-") && !text.starts_with("MIG-")) return "";
  const std::string digits = lower_case(std::string(text.substr(4)));
  constexpr std::string_view allowed = "0123456789abcdef-";
  return digits.find_first_not_of(allowed) == std::string::npos ? digits : "";
}

std::optional<GpuName> gpu_name(const std::string& text) {
  if (const auto number = whole_number(text)) return GpuName{GpuName::Kind::number, text, *number};
  if (!uuid_digits(text).empty()) return GpuName{GpuName::Kind::uuid, text};
  if (machine::is_pci_address(text)) return GpuName{GpuName::Kind::pci, text};
  return std::nullopt;
}

/// Whether that is the name of a GPU with this address and UUID, whatever its number is.
bool is(const std::string& pci_bus_id, const std::string& uuid, const GpuName& name) {
  switch (name.kind) {
    case GpuName::Kind::number:
      return false;
    case GpuName::Kind::uuid:
      return !uuid.empty() && uuid_digits(uuid).starts_with(uuid_digits(name.text));
    case GpuName::Kind::pci:
      break;
  }
  return machine::same_pci(name.text, pci_bus_id);
}

bool is(const Gpu& gpu, const GpuName& name) {
  return name.kind == GpuName::Kind::number ? gpu.ordinal == name.number
                                            : is(gpu.pci_bus_id, gpu.uuid, name);
}

/// "0 (0000:01:00.0, GPU-1a2b..., 3 in nvidia-smi)".
std::string describe(const Gpu& gpu, bool identify) {
  std::vector<std::string> words;
  if (!gpu.pci_bus_id.empty()) words.push_back(gpu.pci_bus_id);
  if (identify && !gpu.uuid.empty()) words.push_back(gpu.uuid);
  if (gpu.nvml_index && *gpu.nvml_index != gpu.ordinal) {
    words.push_back(fmt::format("{} in nvidia-smi", *gpu.nvml_index));
  }
  if (words.empty()) return fmt::format("{}", gpu.ordinal);
  return fmt::format("{} ({})", gpu.ordinal, fmt::join(words, ", "));
}

/// What there is to choose from, as a clause; with what UUIDs are missing, where one was asked for.
std::string describe_gpus(const Machine& machine, const GpuName& name, bool identify) {
  if (machine.gpus.empty()) return "no GPU is visible here";
  std::vector<std::string> visible, hidden;
  for (const Gpu& gpu : machine.gpus) visible.push_back(describe(gpu, identify));
  for (const machine::HiddenGpu& gpu : machine.hidden) {
    const bool with_uuid = identify && !gpu.uuid.empty();
    if (gpu.pci_bus_id.empty()) continue;
    hidden.push_back(gpu.pci_bus_id + (with_uuid ? fmt::format(" ({})", gpu.uuid) : ""));
  }
  std::string text = fmt::format("there are {}", fmt::join(visible, ", "));
  if (!hidden.empty()) text += fmt::format("; hidden are {}", fmt::join(hidden, ", "));
  if (name.kind != GpuName::Kind::uuid) return text;
  if (std::ranges::all_of(machine.gpus, [](const Gpu& gpu) { return gpu.uuid.empty(); })) {
    return text + "; their UUIDs were left out when this was saved, without --identify";
  }
  return identify ? text : text + "; --identify shows their UUIDs";
}

bool is_hidden(const Machine& machine, const GpuName& name) {
  return std::ranges::any_of(machine.hidden, [&](const machine::HiddenGpu& gpu) {
    return is(gpu.pci_bus_id, gpu.uuid, name);
  });
}

/// The number of the one GPU that has the name.
Expected<int> number_of(const GpuName& name, const char* option, const Machine& machine,
                        bool identify) {
  std::vector<int> found;
  for (const Gpu& gpu : machine.gpus) {
    if (is(gpu, name)) found.push_back(gpu.ordinal);
  }
  if (found.size() == 1) return found.front();
  std::string why = fmt::format("no GPU {}", name.text);
  if (!found.empty()) why = fmt::format("{} is more than one GPU", name.text);
  if (found.empty() && is_hidden(machine, name))
    why = fmt::format("{} is hidden from this process", name.text);
  return fail(ErrorKind::usage, fmt::format("{}: {}; {} (see `peerbench machine`)", option, why,
                                            describe_gpus(machine, name, identify)));
}

template <typename T>
void add_once(std::vector<T>& list, const T& value) {
  if (std::ranges::count(list, value) == 0) list.push_back(value);
}

/// The two ends, or nothing where the text is no pair. Dots stand between the names first, since
/// UUIDs have dashes.
std::optional<std::pair<GpuName, GpuName>> pair_named(const std::string& text) {
  const auto dots = text.find("..");
  const auto between = dots != std::string::npos ? dots : text.find('-');
  if (between == std::string::npos) return std::nullopt;
  const auto from = gpu_name(text.substr(0, between));
  const auto to = gpu_name(text.substr(between + (dots != std::string::npos ? 2 : 1)));
  if (!from || !to || *from == *to) return std::nullopt;
  return std::pair(*from, *to);
}

}  // namespace

Expected<std::vector<GpuName>> parse_gpus(const std::string& text) {
  std::vector<GpuName> gpus;
  for (const std::string& part : split(text, ',')) {
    const auto gpu = gpu_name(part);
    if (!gpu) {
      return refuse_value("--gpus", text,
                          "write numbers, UUIDs (or how they begin) or PCI addresses of GPUs with "
                          "commas, e.g. 0,1 or GPU-1a2b,41:00.0");
    }
    gpus.push_back(*gpu);
  }
  return gpus;
}

Expected<std::vector<std::pair<GpuName, GpuName>>> parse_pairs(const std::string& text) {
  std::vector<std::pair<GpuName, GpuName>> pairs;
  for (const std::string& part : split(text, ',')) {
    const auto pair = pair_named(part);
    if (!pair) {
      return refuse_value("--pairs", text,
                          "write pairs of different GPUs with commas, e.g. 0-1,2-3, and two dots "
                          "between UUIDs: GPU-1a2b..GPU-3c4d");
    }
    pairs.push_back(*pair);
  }
  return pairs;
}

Expected<void> select_gpus(const GpuSelection& selection, const Machine& machine, bool identify,
                           result::Settings& settings) {
  for (const GpuName& name : selection.gpus) {
    const auto gpu = number_of(name, "--gpus", machine, identify);
    if (!gpu) return tl::unexpected(gpu.error());
    add_once(settings.gpus, *gpu);
  }
  for (const auto& [first, second] : selection.pairs) {
    const auto from = number_of(first, "--pairs", machine, identify);
    if (!from) return tl::unexpected(from.error());
    const auto to = number_of(second, "--pairs", machine, identify);
    if (!to) return tl::unexpected(to.error());
    if (*from == *to) {
      return fail(ErrorKind::usage,
                  fmt::format("--pairs: {} and {} are the same GPU, {}: name two different ones",
                              first.text, second.text, *from));
    }
    add_once(settings.pairs, std::pair(*from, *to));
  }
  return {};
}

}  // namespace peerbench::cli
