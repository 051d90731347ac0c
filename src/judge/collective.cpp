// SPDX-License-Identifier: Apache-2.0
#include "judge/collective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "judge/pair_rates.hpp"
#include "result/cell_key.hpp"

namespace peerbench::judge {

namespace {

using result::Cell;
using result::Status;

/// A direct way that is at least so much faster than what NCCL got is worth a word.
constexpr double much_faster = 1.5;

/// Direct copies of a split model's messages: what each GPU sends to all others at once, GB/s.
std::optional<double> direct_messages(const result::Run& run, const std::vector<int>& gpus) {
  std::optional<double> best;
  for (const Cell& cell : run.cells) {
    const bool direct = cell.key.family == result::Family::split &&
                        cell.key.kind == result::Kind::push &&
                        cell.key.exchange == result::Exchange::whole;
    if (!direct || cell.status != Status::ok || cell.key.gpus != gpus) continue;
    const double bytes =
        static_cast<double>(cell.bytes.value_or(0)) * static_cast<double>(gpus.size() - 1);
    best = std::max(best.value_or(0), bytes / (*cell.median * 1e3));
  }
  return best;
}

bool is_nccl(const Cell& cell) {
  return cell.key.family == result::Family::collective ||
         (cell.key.family == result::Family::split && cell.key.engine == result::Engine::nccl);
}

/// GB/s busbw; of a split model's messages from their time.
double busbw(const Cell& cell) {
  if (cell.unit != "us") return cell.median.value_or(0);
  const auto ranks = static_cast<double>(cell.key.gpus.size());
  const double share = cell.key.op == result::Op::all_reduce ? 2 * (ranks - 1) / ranks : 1;
  return share * static_cast<double>(cell.bytes.value_or(0)) / (*cell.median * 1e3);
}

/// The setting that keeps GPUs from talking directly, if one does.
struct Cause {
  machine::FindingCode code = machine::FindingCode::nccl_indirect;
  machine::Quotes setting;
};
Cause cause(const NcclSettings& settings) {
  for (const auto& [name, value] : settings) {
    const machine::Quotes setting = {{"setting", fmt::format("{}={}", name, value)}};
    if (name == "NCCL_P2P_DISABLE" && value != "0") {
      return {machine::FindingCode::nccl_p2p_disabled, setting};
    }
    // Its old numbers: 4 and more are as SYS.
    if (name != "NCCL_P2P_LEVEL" || value == "SYS" || value == "4" || value == "5") continue;
    return {machine::FindingCode::nccl_p2p_level_low, setting};
  }
  return {};
}

using Links = std::vector<const machine::PeerLink*>;

/// Where every pair is joined alike: the slowest pair's. Over switches that is all that a GPU has.
std::optional<result::Reference> ceiling_of_pairs(const Links& links) {
  std::set<bool> over_nvlink;
  std::optional<machine::Ceiling> slowest;
  for (const machine::PeerLink* link : links) {
    const bool nvlink = is_yes(link->nvlink.value);
    const auto& ceiling = nvlink ? link->nvlink_ceiling : link->pcie_ceiling;
    if (!ceiling) return std::nullopt;
    over_nvlink.insert(nvlink);
    if (!slowest || ceiling->gbs < slowest->gbs) slowest = ceiling;
  }
  if (!slowest || over_nvlink.size() != 1) return std::nullopt;
  return result::Reference{slowest->gbs,
                           fmt::format("{}: {} one way", slowest->source, slowest->formula)};
}

/// Whether NVLinks lead from the first GPU to each of the others, if over others still.
bool reach_all(const Links& nvlinks, const std::vector<int>& gpus) {
  std::set<int> reached = {gpus.front()};
  for (std::size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const machine::PeerLink* link : nvlinks) {
      if (reached.contains(link->from)) reached.insert(link->to);
    }
  }
  return reached.size() == gpus.size();
}

/// Three GPUs or more with NVLinks from GPU to GPU: rings take them all, so what bounds them is
/// the card that has the least of them.
std::optional<result::Reference> ceiling_of_mesh(const Links& links, const std::vector<int>& gpus) {
  Links nvlinks;
  std::map<int, double> of_card;
  for (const machine::PeerLink* link : links) {
    if (!is_yes(link->nvlink.value)) continue;
    if (link->through_switch || !link->nvlink_ceiling) return std::nullopt;
    nvlinks.push_back(link);
    of_card[link->from] += link->nvlink_ceiling->gbs;
  }
  if (gpus.size() < 3 || nvlinks.empty() || !reach_all(nvlinks, gpus)) return std::nullopt;
  const auto least =
      std::ranges::min_element(of_card, {}, [](const auto& each) { return each.second; });
  return result::Reference{
      least->second,
      fmt::format("{}: all NVLinks of gpu{} to the others of these GPUs, {:.2f} "
                  "GB/s one way",
                  nvlinks.front()->nvlink_ceiling->source, least->first, least->second)};
}

}  // namespace

std::optional<result::Reference> collective_ceiling(const machine::Machine& machine,
                                                    const Cell& cell) {
  const std::vector<int> gpus = cell.key.gpus;
  Links links;
  for (const machine::PeerLink& link : machine.links) {
    if (std::ranges::count(gpus, link.from) == 0 || std::ranges::count(gpus, link.to) == 0)
      continue;
    if (link.nvlink.value == Tri::unknown) return std::nullopt;
    links.push_back(&link);
  }
  const auto mesh = ceiling_of_mesh(links, gpus);
  return mesh ? mesh : ceiling_of_pairs(links);
}

std::vector<machine::Finding> collective_findings(const result::Run& run,
                                                  const NcclSettings& settings) {
  std::vector<machine::Finding> findings;
  std::set<std::vector<int>> said;
  for (const Cell& cell : run.cells) {
    const bool around = cell.transport.find("SHM") != std::string::npos ||
                        cell.transport.find("NET") != std::string::npos;
    if (!is_nccl(cell) || cell.status != Status::ok || !around) continue;
    const std::vector<int> gpus = cell.key.gpus;
    if (said.contains(gpus)) continue;
    // The best of what NCCL got over these GPUs: small messages say nothing of the way.
    double best = 0;
    for (const Cell& other : run.cells) {
      if (is_nccl(other) && other.status == Status::ok && other.key.gpus == gpus) {
        best = std::max(best, busbw(other));
      }
    }
    const auto pairs = slowest_pair_gbs(run, gpus, PairWay::direct);
    const auto direct = pairs ? pairs : direct_messages(run, gpus);
    if (!direct || *direct < much_faster * best) continue;
    said.insert(gpus);
    const auto [code, setting] = cause(settings);
    machine::Quotes quotes = {{"transport", cell.transport}};
    quotes.insert(quotes.end(), setting.begin(), setting.end());
    findings.push_back(machine::make_finding(
        code, {{gpus, {}, ""}}, {{"nccl_gbs", best}, {"direct_gbs", *direct}}, quotes));
  }
  return findings;
}

}  // namespace peerbench::judge
