#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/units.hpp"
#include "report/machine_words.hpp"
#include "report/numbers.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using machine::Class;

std::string models(const machine::Machine& machine) {
  if (machine.gpus.empty()) return "no GPU";
  std::vector<std::pair<std::string, int>> counts;
  for (const auto& gpu : machine.gpus) {
    auto known = std::ranges::find(counts, gpu.model, &std::pair<std::string, int>::first);
    if (known == counts.end()) known = counts.insert(known, {gpu.model, 0});
    ++known->second;
  }
  std::string words;
  for (const auto& [model, count] : counts) {
    words += fmt::format("{}{} x {}", words.empty() ? "" : ", ", count,
                         model.empty() ? "GPU of unknown model" : model);
  }
  return words;
}

std::string class_words(const machine::Machine& machine) {
  std::string words = name(machine.machine_class);
  for (const auto modifier : machine.modifiers) words += fmt::format(", {}", name(modifier));
  return machine.reason.empty() ? words : words + ": " + machine.reason;
}

/// 13000 is CUDA 13.0.
std::string cuda_version(int version) {
  return fmt::format("CUDA {}.{}", version / 1000, version % 1000 / 10);
}

std::string drivers(const machine::Machine& machine) {
  if (machine.driver_cuda_version == 0 && machine.driver_version.empty()) return "none found";
  std::string words = machine.driver_version.empty() ? "version unknown" : machine.driver_version;
  if (machine.driver_cuda_version != 0) words += ", " + cuda_version(machine.driver_cuda_version);
  return words;
}

Text gpu_words(const machine::Gpu& gpu) {
  std::string words = fmt::format(
      "gpu{}: {}, {}, compute {}.{}, {} SMs, {} L2, {} copy engine{}", gpu.ordinal, gpu.model,
      format_bytes(gpu.memory_bytes), gpu.compute_major, gpu.compute_minor, gpu.multiprocessors,
      format_bytes(gpu.l2_bytes), gpu.copy_engines, gpu.copy_engines == 1 ? "" : "s");
  return gpu.pci_bus_id.empty() ? words : words + ", PCI " + gpu.pci_bus_id;
}

Text answer(const Signal& signal) {
  return {name(signal.value), is_yes(signal.value) ? Tone::good : Tone::plain};
}

Table link_table(const machine::Machine& machine) {
  Table table{"What joins the cards",
              "peer access: cudaDeviceCanAccessPeer; NVLink: a link leads to the other card (or to "
              "a switch) and is up; raw rate: GB/s one way as the driver reports it, of one link.",
              {{"from -> to", Align::left},
               {"peer access", Align::left},
               {"NVLink", Align::left},
               {"links up"},
               {"raw rate"},
               {"version"}},
              {},
              {}};
  for (const auto& link : machine.links) {
    const std::string up =
        link.links_up ? fmt::format("{} of {}", *link.links_up,
                                    link.links_present ? std::to_string(*link.links_present) : "?")
                      : "unknown";
    table.rows.push_back({fmt::format("gpu{} -> gpu{}", link.from, link.to),
                          answer(link.can_access), answer(link.nvlink), up,
                          format_rate(link.raw_gbs_per_link),
                          link.nvlink_version.empty() ? "-" : link.nvlink_version});
  }
  return table;
}

Section section(std::string title, const auto& items, auto words) {
  Section made{std::move(title), {}};
  std::ranges::transform(items, std::back_inserter(made.lines), words);
  return made;
}

}  // namespace

std::string evidence_words(const machine::Evidence& evidence) {
  std::string words = evidence.asked + ": " + evidence.answer;
  return evidence.meaning.empty() ? words : words + " (" + evidence.meaning + ")";
}

Document opening(const result::Run& run) {
  Document document;
  document.title = run.tool.name + " " + run.tool.version;
  if (run.simulated) {
    document.banner.emplace_back(
        fmt::format("SIMULATED machine {}: no hardware was measured", run.simulated->machine),
        Tone::warning);
  }
  document.header.push_back({"machine", models(run.machine)});
  document.header.push_back({"class", class_words(run.machine)});
  return document;
}

Document machine_document(const result::Run& run) {
  const machine::Machine& machine = run.machine;
  Document document = opening(run);
  document.header.push_back({"driver", drivers(machine)});
  const auto same = [](const std::string& line) { return Text(line); };
  if (!machine.gpus.empty()) document.blocks.push_back(section("GPUs", machine.gpus, gpu_words));
  if (!machine.links.empty()) document.blocks.push_back(link_table(machine));
  document.blocks.push_back(
      section("Memory pools", machine.pools, [](const machine::Pool& pool) -> Text {
        return fmt::format("{}: {}, {} available{}", pool.id, format_bytes(pool.total_bytes),
                           format_bytes(pool.available_bytes),
                           pool.description.empty() ? "" : "; " + pool.description);
      }));
  document.blocks.push_back(section("Why this class", machine.evidence, evidence_words));
  if (machine.machine_class == Class::unified_pool) {
    std::get<Section>(document.blocks.back()).title +=
        ": no peer (GPU-to-GPU) NVLink, one pool for CPU and GPU";
  }
  if (!machine.advice.empty()) {
    document.blocks.push_back(section("What is missing", machine.advice, same));
  }
  if (machine.machine_class == Class::no_gpu) {
    document.next = {
        "`peerbench` measures the host's memory; `peerbench machines` lists simulated "
        "machines to look at."};
  } else {
    document.next = {"`peerbench` measures it, `peerbench list` names what can be measured."};
  }
  return document;
}

}  // namespace peerbench::report
