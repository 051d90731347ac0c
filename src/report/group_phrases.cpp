// SPDX-License-Identifier: Apache-2.0
#include "report/group_phrases.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/list_some.hpp"
#include "base/numbers.hpp"
#include "report/cells.hpp"
#include "report/page_parts.hpp"
#include "report/spread_text.hpp"

namespace peerbench::report {

using result::Join;
using result::PeerGroup;

std::string of_peak(const PeerGroup& group, const char* of) {
  if (!group.share || !group.peak_gbs) return "";
  return fmt::format(", {} of {}{} GB/s", format_share(group.share), of,
                     format_precise(*group.peak_gbs));
}

std::string healthy(const PeerGroup& group) {
  return group.threshold
             ? fmt::format(" Healthy links reach {} and more.", format_share(group.threshold))
             : "";
}

namespace {

/// "the slowest is gpu4 -> gpu6"; empty where all are alike or there is nothing to choose from.
std::string slowest_pair(const PeerGroup& group) {
  const auto& rates = group.one_way ? group.one_way : group.staged_one_way;
  constexpr double alike = 1.02;
  if (group.slowest.size() != 2 || group.pairs.size() <= 2 || !rates) return "";
  if (rates->high < alike * rates->low) return "";
  return fmt::format("the slowest is gpu{} -> gpu{}", group.slowest[0], group.slowest[1]);
}

/// "all 4 NVLinks are up and carry", "2 NVLinks are up and carry".
std::string links_carry(const PeerGroup& group) {
  const int up = group.links_up.value_or(0);
  if (up == 1) return "its NVLink is up and carries";
  const bool all = group.links_present == group.links_up;
  return fmt::format("{}{} NVLinks are up and carry", all ? "all " : "", up);
}

/// "4 over 2 NVLinks at 48.1-48.3 GB/s (96 % of peak)", "16 refused, staged at 1.6-6.2 GB/s". Of
/// direct copies the slowest pair is named.
std::string group_phrase(const PeerGroup& group) {
  const auto pairs = [&](const std::string& how, const std::optional<result::Spread>& rates) {
    std::string words = fmt::format("{} {}", result::pairs_in(group), how);
    if (!rates) return words;
    std::vector<std::string> beside;
    if (group.share) beside.push_back(format_share(group.share) + " of peak");
    const std::string least = group.one_way ? slowest_pair(group) : "";
    if (!least.empty()) beside.push_back(least);
    return fmt::format("{} at {} GB/s{}", words, range_text(rates),
                       beside.empty() ? "" : fmt::format(" ({})", fmt::join(beside, "; ")));
  };
  switch (group.join) {
    case Join::nvlink:
      return pairs("over " + with_count(group.links_up.value_or(0), "NVLink"), group.one_way);
    case Join::pcie:
      return pairs("over PCIe", group.one_way);
    case Join::unknown:
      return pairs("directly", group.one_way);
    case Join::refused:
      return pairs(group.staged_one_way ? "refused, staged" : "refused", group.staged_one_way);
    case Join::staged:
      break;
  }
  return pairs("staged", group.staged_one_way);
}

}  // namespace

std::string slowest(const PeerGroup& group) {
  const std::string least = slowest_pair(group);
  return least.empty() ? "" : "; " + least;
}

std::string group_works(const PeerGroup& group) {
  const bool one_pair = group.pairs.size() <= 2;
  const std::string rate = range_text(group.one_way) + " GB/s";
  if (group.join == Join::pcie) {
    return one_pair ? fmt::format("Direct copies over PCIe carry {} each way{}.{}", rate,
                                  of_peak(group, ""), healthy(group))
                    : fmt::format("All {} directions copy directly over PCIe, {}{}{}.{}",
                                  group.pairs.size(), rate, of_peak(group, ""), slowest(group),
                                  healthy(group));
  }
  if (one_pair) {
    return sentence(fmt::format("{} {} each way{}", links_carry(group), rate,
                                of_peak(group, "their "))) +
           healthy(group);
  }
  const std::string links = group.links_up && group.links_up == group.links_present
                                ? fmt::format(" All {} NVLinks of each {} are up.", *group.links_up,
                                              group.through_switch ? "GPU" : "pair")
                                : "";
  const bool alike = group.one_way && group.one_way->high < 1.02 * group.one_way->low;
  return fmt::format("{} {} directions {}, {}{}{}.{}{}", alike ? "All" : "The", group.pairs.size(),
                     alike ? "are alike" : "reach their rates", rate, of_peak(group, ""),
                     slowest(group), links, healthy(group));
}

std::string groups_phrase(const std::vector<PeerGroup>& groups) {
  std::vector<std::string> phrases;
  int all = 0;
  for (const PeerGroup& group : groups) {
    phrases.push_back(group_phrase(group));
    all += result::pairs_in(group);
  }
  return fmt::format("{}: {}.", with_count(all, "pair"), fmt::join(phrases, "; "));
}

}  // namespace peerbench::report
