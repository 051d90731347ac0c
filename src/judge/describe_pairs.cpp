// SPDX-License-Identifier: Apache-2.0
#include "judge/describe_pairs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/list_some.hpp"
#include "machine/refusal.hpp"

namespace peerbench::judge {

using machine::Evidence;
using machine::PeerLink;

namespace {

std::string raw(const Signal& signal) {
  return signal.raw.empty() ? name(signal.value) : signal.raw;
}

/// "gpu0 -> gpu1, gpu1 -> gpu0"; of many the first ones.
std::string pair_names(const Links& links, std::size_t all) {
  constexpr std::size_t most = 4;
  if (links.size() == all && all > most) return fmt::format("all {} ordered pairs", all);
  std::vector<std::string> names;
  for (const machine::PeerLink* link : links) {
    names.push_back(fmt::format("gpu{} -> gpu{}", link->from, link->to));
  }
  return list_some(names, most);
}

}  // namespace

Links all_links(const machine::Machine& machine) {
  return with(machine, [](const PeerLink&) { return true; });
}

void add_evidence(const std::string& asked, const Links& links, std::size_t all,
                  Statement (*say)(const PeerLink&), std::vector<Evidence>& lines) {
  std::vector<std::pair<Statement, Links>> groups;
  for (const PeerLink* link : links) {
    const Statement said = say(*link);
    auto group = std::ranges::find(groups, said, &std::pair<Statement, Links>::first);
    if (group == groups.end()) group = groups.insert(group, {said, {}});
    group->second.push_back(link);
  }
  for (const auto& [said, pairs] : groups) {
    lines.push_back({asked + " " + pair_names(pairs, all), said.first, said.second});
  }
}

Statement describe_nvlink(const PeerLink& link) {
  const int up = link.links_up.value_or(0);
  const int present = link.links_present.value_or(0);
  std::string meaning = "could not be asked";
  if (is_no(link.nvlink.value)) {
    meaning = present > 0 ? "links are there, all down" : "no link between them";
  } else if (is_yes(link.nvlink.value)) {
    meaning = link.through_switch ? "to a switch" : "";
    if (up < present) meaning = fmt::format("the other {} of {} are down", present - up, present);
  }
  return {raw(link.nvlink), meaning};
}

Statement describe_access(const PeerLink& link) {
  std::string meaning = "could not be asked";
  if (is_yes(link.can_access.value)) meaning = "peer access is offered";
  if (is_no(link.can_access.value)) {
    meaning = is_yes(link.nvlink.value) ? "peer access is refused, although NVLink is up"
                                        : "peer access is refused";
  }
  return {raw(link.can_access), meaning};
}

Statement describe_refusal(const PeerLink& link) {
  const std::string& word = link.allowed.read.raw;
  if (is_yes(link.allowed.read.value)) return {word, "the driver itself would allow it"};
  const std::string why = machine::refusal(word).why;
  return {word, why.empty() ? "the driver does not say why" : why};
}

}  // namespace peerbench::judge
