// SPDX-License-Identifier: Apache-2.0
#include "judge/chosen_part.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "judge/conclusion.hpp"

namespace peerbench::judge {

using machine::Finding;
using machine::Subject;
using result::Cell;
using result::Run;
using result::Settings;
using result::Shape;

namespace {

bool is_chosen(const Settings& chosen, int gpu) {
  if (chosen.pairs.empty()) return result::selected(chosen, gpu, gpu);
  return std::ranges::any_of(chosen.pairs, [&](const auto& pair) {
    return (pair.first == gpu || pair.second == gpu) &&
           result::selected(chosen, pair.first, pair.second);
  });
}

/// Of what these GPUs do together.
bool are_chosen(const Settings& chosen, const std::set<int>& gpus) {
  if (gpus.size() == 2) return result::selected(chosen, *gpus.begin(), *gpus.rbegin());
  if (gpus.size() > 2 && !chosen.pairs.empty()) return false;
  return std::ranges::all_of(gpus, [&](int gpu) { return is_chosen(chosen, gpu); });
}

/// A cell that says one of its ends only, and has no flows, is between that and all others.
bool is_chosen(const Settings& chosen, const Cell& cell, const machine::Machine& machine) {
  std::set<int> gpus = gpus_of(cell);
  const Shape shape = cell.key.shape;
  if (cell.flows.empty() && (shape == Shape::one_to_all || shape == Shape::all_to_one)) {
    for (const machine::Gpu& gpu : machine.gpus) gpus.insert(gpu.ordinal);
  }
  return are_chosen(chosen, gpus);
}

bool is_chosen(const Settings& chosen, const Subject& subject, const std::vector<Cell>& cells) {
  if (!subject.gpus.empty()) return are_chosen(chosen, {subject.gpus.begin(), subject.gpus.end()});
  const auto key = result::parse_name(subject.name);
  return !key || std::ranges::count(cells, subject.name, &Cell::name) > 0;
}

/// The finding of the subjects that are left, in the words of those; none where none is.
std::optional<Finding> about_chosen(Finding finding, const Settings& chosen,
                                    const std::vector<Cell>& cells) {
  const std::size_t all = finding.subjects.size();
  std::erase_if(finding.subjects,
                [&](const Subject& subject) { return !is_chosen(chosen, subject, cells); });
  if (finding.subjects.size() == all) return finding;
  if (finding.subjects.empty()) return std::nullopt;
  if (!finding.code) return finding;
  const machine::Severity severity = finding.severity;
  finding = machine::make_finding(*finding.code, std::move(finding.subjects),
                                  std::move(finding.figures), std::move(finding.quotes));
  finding.severity = severity;
  return finding;
}

}  // namespace

std::set<int> gpus_of(const Cell& cell) {
  std::set<int> gpus(cell.key.gpus.begin(), cell.key.gpus.end());
  const auto add = [&](const std::optional<result::Place>& place) {
    if (const auto gpu = result::gpu_of(place)) gpus.insert(*gpu);
  };
  add(cell.key.source);
  add(cell.key.destination);
  if (cell.key.background) gpus.insert(cell.key.background->gpu);
  for (const auto& flow : cell.flows) {
    add(result::parse_place(flow.src));
    add(result::parse_place(flow.dst));
  }
  return gpus;
}

Run chosen_part(Run run, const Settings& chosen) {
  machine::Machine& machine = run.machine;
  std::erase_if(run.cells, [&](const Cell& cell) { return !is_chosen(chosen, cell, machine); });
  std::erase_if(run.fits, [&](const result::Fit& fit) {
    return std::ranges::none_of(
        run.cells, [&](const Cell& cell) { return result::without_size(cell.name) == fit.name; });
  });
  std::vector<Finding> findings;
  for (Finding& finding : run.findings) {
    auto kept = about_chosen(std::move(finding), chosen, run.cells);
    if (kept) findings.push_back(std::move(*kept));
  }
  run.findings = std::move(findings);
  std::erase_if(machine.links, [&](const machine::PeerLink& link) {
    return !result::selected(chosen, link.from, link.to);
  });
  std::erase_if(machine.pools, [&](const machine::Pool& pool) {
    const auto gpu = result::gpu_of(result::parse_place(pool.id));
    return gpu && !is_chosen(chosen, *gpu);
  });
  std::erase_if(machine.gpus,
                [&](const machine::Gpu& gpu) { return !is_chosen(chosen, gpu.ordinal); });
  run.settings.gpus = chosen.gpus;
  run.settings.pairs = chosen.pairs;
  if (run.conclusion) run.conclusion = conclude(run);
  return run;
}

}  // namespace peerbench::judge
