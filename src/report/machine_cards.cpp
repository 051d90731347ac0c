// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/list_some.hpp"
#include "base/numbers.hpp"
#include "base/units.hpp"
#include "report/cells.hpp"
#include "report/machine_columns.hpp"
#include "report/machine_groups.hpp"
#include "report/machine_parts.hpp"

namespace peerbench::report {
namespace {

using machine::Gpu;
using machine::Machine;

/// "4 of 4"; "-" for a GPU without ports.
Text nvlinks(const Gpu& gpu) {
  if (gpu.nvlinks_present == 0) return does_not_apply;
  const auto count = [](const std::optional<int>& links) {
    return links ? std::to_string(*links) : std::string(not_known);
  };
  if (!gpu.nvlinks_up && !gpu.nvlinks_present) return not_known;
  const bool all = gpu.nvlinks_up && gpu.nvlinks_up == gpu.nvlinks_present;
  return {fmt::format("{} of {}", count(gpu.nvlinks_up), count(gpu.nvlinks_present)),
          all ? Tone::good : Tone::plain};
}

Text bar1(const Gpu& gpu) {
  // Of a GPU that C2C joins to its CPU nobody needs a window into the memory.
  const bool needless = is_yes(gpu.integrated.value) || (gpu.bar1_bytes == 0 && gpu.c2c_links > 0);
  if (needless) return does_not_apply;
  return gpu.bar1_bytes == 0 ? not_known : format_bytes(gpu.bar1_bytes);
}

constexpr const char* nvidia_smi = "nvidia-smi\nnumber";

/// "-" where the driver's tool counts the GPUs as CUDA does.
Text number_in_nvidia_smi(const Machine& machine, const Gpu& gpu) {
  const bool alike = std::ranges::all_of(machine.gpus, [](const Gpu& one) {
    return one.nvml_index.value_or(one.ordinal) == one.ordinal;
  });
  if (alike) return does_not_apply;
  return gpu.nvml_index ? std::to_string(*gpu.nvml_index) : not_known;
}

}  // namespace

std::optional<Table> card_table(const Machine& machine) {
  if (machine.gpus.empty()) return std::nullopt;
  const bool one_package = std::ranges::all_of(
      machine.gpus, [](const Gpu& gpu) { return is_yes(gpu.integrated.value); });
  Table table{!one_package               ? "GPUs"
              : machine.gpus.size() == 1 ? "The GPU"
                                         : "The GPUs",
              "",
              {{"gpu", Align::left},
               {nvidia_smi},
               {"PCI address", Align::left},
               {"memory"},
               {"BAR1"},
               {"NVLinks\nup"},
               {"compute"},
               {"SMs"},
               {"L2"},
               {"copy\nengines"}},
              {},
              {}};
  for (const Gpu& gpu : machine.gpus) {
    table.rows.push_back({fmt::format("gpu{}", gpu.ordinal), number_in_nvidia_smi(machine, gpu),
                          gpu.pci_bus_id.empty() ? not_known : gpu.pci_bus_id,
                          format_bytes(gpu.memory_bytes), bar1(gpu), nvlinks(gpu),
                          fmt::format("{}.{}", gpu.compute_major, gpu.compute_minor),
                          std::to_string(gpu.multiprocessors), format_bytes(gpu.l2_bytes),
                          std::to_string(gpu.copy_engines)});
  }
  drop_silent_columns(table);
  table.note =
      meanings(table,
               legend(table, {{nvidia_smi, "the driver counts the GPUs otherwise than CUDA"},
                              {"BAR1", "the window through which others reach a GPU's memory"},
                              {"NVLinks\nup", "of the ports the GPU has, to wherever they lead"}}),
               {});
  return table;
}

Section c2c_section(const Machine& machine) {
  std::vector<Group<std::string, int>> groups;
  for (const Gpu& gpu : machine.gpus) {
    if (gpu.c2c_links == 0) continue;
    std::string words = with_count(gpu.c2c_links, "link") + " up";
    if (gpu.c2c_ceiling) {
      words += fmt::format(", {} GB/s one way at most", format_rate(gpu.c2c_ceiling->gbs));
    }
    add(groups, words, gpu.ordinal);
  }
  Section section{"NVLink-C2C: joins GPU and CPU inside the package, not GPUs", {}};
  for (const auto& group : groups) {
    section.lines.emplace_back(describe_cards(group.items, machine) + ": " + group.key);
  }
  return section;
}

Section hidden_section(const Machine& machine) {
  std::vector<Group<std::string, std::string>> groups;
  for (const auto& gpu : machine.hidden) {
    std::string words = gpu.pci_bus_id.empty() ? "address not known" : gpu.pci_bus_id;
    if (gpu.why != machine::Hiding::unknown) words += fmt::format(" ({})", name(gpu.why));
    add(groups, gpu.by_driver ? gpu.model : "GPU that only the kernel's PCI tree shows", words);
  }
  Section section{"GPUs of this machine that CUDA does not show", {}};
  for (const auto& group : groups) {
    section.lines.emplace_back(fmt::format("{} x {}: {}", group.items.size(),
                                           group.key.empty() ? "GPU of unknown model" : group.key,
                                           fmt::join(group.items, ", ")));
  }
  return section;
}

}  // namespace peerbench::report
