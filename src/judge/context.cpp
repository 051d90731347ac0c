// SPDX-License-Identifier: Apache-2.0
#include "judge/context.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "judge/link_change.hpp"

namespace peerbench::judge {

using machine::Machine;
using result::ContextLine;
using result::Run;

namespace {

constexpr const char* not_known = "not known";

std::string describe_cuda(int version) {
  return version == 0 ? not_known : fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

/// Words in the order first met, with how often each was met where there are several.
std::string counted(const std::vector<std::string>& all, const std::string& none) {
  if (all.empty()) return none;
  std::vector<std::string> met;
  for (const std::string& words : all) {
    if (std::ranges::find(met, words) == met.end()) met.push_back(words);
  }
  if (met.size() == 1) return met.front();
  std::string made;
  for (const std::string& words : met) {
    made += fmt::format("{}{} ({} of {})", made.empty() ? "" : ", ", words,
                        std::ranges::count(all, words), all.size());
  }
  return made;
}

std::string origin(const Run& run) {
  return run.simulated ? "SIMULATED (" + run.simulated->machine + ")" : "measured";
}

std::string cards(const Run& run) {
  std::vector<std::pair<std::string, int>> models;
  for (const auto& gpu : run.machine.gpus) {
    auto known = std::ranges::find(models, gpu.model, &std::pair<std::string, int>::first);
    if (known == models.end()) known = models.insert(known, {gpu.model, 0});
    ++known->second;
  }
  if (models.empty()) return "no GPU";
  std::string words;
  for (const auto& [model, count] : models) {
    words += fmt::format("{}{} x {}", words.empty() ? "" : ", ", count, model);
  }
  return words;
}

std::string describe_class(const Run& run) {
  std::string words = name(run.machine.machine_class);
  for (const auto modifier : run.machine.modifiers) words += fmt::format(", {}", name(modifier));
  return words;
}

std::string driver(const Run& run) {
  return run.machine.driver_version.empty() ? not_known : run.machine.driver_version;
}

std::string cuda(const Run& run) {
  return fmt::format("driver {}, runtime {}", describe_cuda(run.machine.driver_cuda_version),
                     describe_cuda(run.machine.runtime_version));
}

std::string links(const Run& run) {
  std::vector<std::string> all;
  for (const auto& link : run.machine.links) {
    if (is_yes(link.nvlink.value)) {
      const std::string up = link.links_up ? fmt::format("{}", *link.links_up) : "some";
      all.push_back(link.links_present ? fmt::format("{} of {} NVLinks up", up, *link.links_present)
                                       : fmt::format("{} NVLinks up", up));
    } else {
      all.emplace_back(is_no(link.nvlink.value) ? "no NVLink" : "NVLink not known");
    }
  }
  return counted(all, "no pair of GPUs");
}

std::string peer_access(const Run& run) {
  std::vector<std::string> all;
  for (const auto& link : run.machine.links) {
    all.emplace_back(is_yes(link.can_access.value)  ? "offered"
                     : is_no(link.can_access.value) ? "refused"
                                                    : not_known);
  }
  return counted(all, "no pair of GPUs");
}

std::string pcie(const Run& run) {
  std::vector<std::string> all;
  for (const auto& gpu : run.machine.gpus) {
    const auto& speed = gpu.pcie.narrowest;
    all.push_back(speed ? fmt::format("{}.0 x{}", speed->generation, speed->width) : not_known);
  }
  return counted(all, "no GPU");
}

std::string sizes(const Run& run) {
  std::set<Bytes> all;
  for (const auto& cell : run.cells) {
    if (cell.key.family == result::Family::peer && cell.bytes) all.insert(*cell.bytes);
  }
  std::string words;
  for (const Bytes bytes : all) words += (words.empty() ? "" : ", ") + format_bytes(bytes);
  return words.empty() ? "no copies between GPUs" : words;
}

std::string signal(const Signal& signal) {
  return is_yes(signal.value) ? "on" : is_no(signal.value) ? "off" : not_known;
}
std::string iommu(const Run& run) { return signal(run.machine.iommu); }
std::string acs(const Run& run) { return signal(run.machine.acs_redirect); }

/// What was odd about the machine: GPUs that were busy, clocks held down, links that are down.
std::string findings(const Run& run) {
  std::string words;
  for (const auto& finding : run.findings) words += (words.empty() ? "" : "; ") + finding.what;
  return words.empty() ? "none" : words;
}

std::string version(const Run& run) { return run.tool.name + " " + run.tool.version; }

/// One line of the context. `alike`: differing makes figures say nothing of the machine.
struct Row {
  const char* what;
  std::string (*words)(const Run&);
  bool must_be_alike;
};
constexpr Row rows[] = {{"GPUs", cards, true},
                        {"class", describe_class, true},
                        {"origin", origin, false},
                        {"driver", driver, true},
                        {"CUDA", cuda, true},
                        {"links", links, false},
                        {"peer access", peer_access, false},
                        {"PCIe", pcie, false},
                        {"sizes", sizes, false},
                        {"IOMMU", iommu, false},
                        {"ACS", acs, false},
                        {"findings", findings, false},
                        {"program", version, false}};

ContextLine line(const Row& row, auto first, auto end) {
  ContextLine made{row.what, {}, false};
  for (; first != end; ++first) made.values.push_back(row.words(*first));
  made.differs = std::ranges::any_of(
      made.values, [&](const std::string& value) { return value != made.values.front(); });
  return made;
}

}  // namespace

std::vector<ContextLine> context(std::span<const Run> runs) {
  std::vector<ContextLine> lines;
  for (const Row& row : rows) lines.push_back(line(row, runs.begin(), runs.end()));
  return lines;
}

std::vector<ContextLine> unlike(const Run& baseline, const Run& run) {
  const Run both[] = {baseline, run};
  std::vector<ContextLine> lines;
  if (baseline.simulated.has_value() != run.simulated.has_value()) {
    lines.push_back({"origin", {origin(baseline), origin(run)}, true});
  }
  const LinkChange change = link_change(baseline.machine, run.machine);
  for (const Row& row : rows) {
    if (!row.must_be_alike) continue;
    if (row.words == describe_class && !change.lost.empty()) continue;  // it follows from the links
    ContextLine made = line(row, std::begin(both), std::end(both));
    if (made.differs) lines.push_back(std::move(made));
  }
  if (change.gained) {
    lines.push_back(
        {"links",
         {links(baseline) + ", PCIe " + pcie(baseline), links(run) + ", PCIe " + pcie(run)},
         true});
  }
  return lines;
}

std::vector<std::string> lost_links(const Run& baseline, const Run& run) {
  return link_change(baseline.machine, run.machine).lost;
}

}  // namespace peerbench::judge
