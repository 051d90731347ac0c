// SPDX-License-Identifier: Apache-2.0
#include "judge/failures.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "judge/describe_cells.hpp"
#include "judge/pair_rates.hpp"

namespace peerbench::judge {

namespace {

using machine::Figures;
using machine::Finding;
using machine::FindingCode;
using machine::Quotes;
using machine::Subject;
using result::Cell;
using result::Status;

/// A code and, in the words of CUDA or NCCL, the error that ended the cells.
using Trouble = std::pair<FindingCode, std::string>;

std::optional<Trouble> trouble_of_nccl(const Cell& cell) {
  if (cell.key.engine != result::Engine::nccl) return std::nullopt;
  if (cell.status == Status::hang) return Trouble{FindingCode::nccl_hangs, ""};
  if (cell.status == Status::unsupported && !cell.error.empty()) {
    return Trouble{FindingCode::nccl_refused, cell.error};
  }
  if (cell.status != Status::error) return std::nullopt;
  const bool lost = cell.error == "ncclRemoteError";
  return Trouble{lost ? FindingCode::nccl_loses_rank : FindingCode::nccl_fails, cell.error};
}

bool among(const std::optional<result::Place>& place, const std::vector<int>& gpus) {
  const auto gpu = result::gpu_of(place);
  return gpu && std::ranges::count(gpus, *gpu) > 0;
}

/// Whether copies between these GPUs fail too, so that NCCL is not to blame.
bool copies_fail(const result::Run& run, const std::vector<int>& gpus) {
  return std::ranges::any_of(run.cells, [&](const Cell& cell) {
    return cell.key.family == result::Family::peer && failed(cell) &&
           among(cell.key.source, gpus) && among(cell.key.destination, gpus);
  });
}

void add_slowest(const result::Run& run, const std::vector<Subject>& sets, PairWay way,
                 const char* name, Figures& figures) {
  std::optional<double> slowest;
  for (const Subject& set : sets) {
    const auto rate = slowest_pair_gbs(run, set.gpus, way);
    if (!rate) return;
    slowest = std::min(slowest.value_or(*rate), *rate);
  }
  if (slowest) figures.emplace_back(name, *slowest);
}

void nccl_findings(const result::Run& run, std::vector<Finding>& found) {
  std::map<Trouble, std::pair<std::vector<Subject>, int>> troubles;
  for (const Cell& cell : run.cells) {
    const auto trouble = trouble_of_nccl(cell);
    if (!trouble || copies_fail(run, cell.key.gpus)) continue;
    auto& [sets, cells] = troubles[*trouble];
    ++cells;
    const Subject set{cell.key.gpus, {}, ""};
    if (std::ranges::count(sets, set) == 0) sets.push_back(set);
  }
  for (const auto& [trouble, of] : troubles) {
    const auto& [sets, cells] = of;
    const auto& [code, error] = trouble;
    Figures figures = {{"cells", cells}};
    add_slowest(run, sets, PairWay::direct, "direct_gbs", figures);
    add_slowest(run, sets, PairWay::staged, "staged_gbs", figures);
    Quotes quotes;
    if (!error.empty()) quotes.emplace_back("error", error);
    found.push_back(make_finding(code, sets, std::move(figures), std::move(quotes)));
  }
}

void refused_access(const result::Run& run, std::vector<Finding>& found) {
  std::map<std::string, std::vector<Subject>> refused;  // by error
  for (const Cell& cell : run.cells) {
    if (!not_enabled(cell)) continue;
    const int from = *result::gpu_of(cell.key.source), to = *result::gpu_of(cell.key.destination);
    const Subject pair = machine::pair_subject(std::min(from, to), std::max(from, to));
    auto& pairs = refused[cell.error];
    if (std::ranges::count(pairs, pair) == 0) pairs.push_back(pair);
  }
  for (const auto& [error, pairs] : refused) {
    found.push_back(make_finding(FindingCode::peer_access_not_enabled, pairs,
                                 {{"pairs", static_cast<double>(pairs.size())}},
                                 {{"error", error}}));
  }
}

}  // namespace

std::vector<Finding> failure_findings(const result::Run& run) {
  std::vector<Finding> found;
  nccl_findings(run, found);
  refused_access(run, found);
  if (auto shared = what_bad_pairs_share(run)) found.push_back(std::move(*shared));
  return found;
}

}  // namespace peerbench::judge
