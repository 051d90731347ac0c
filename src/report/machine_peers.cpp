// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "machine/refusal.hpp"
#include "report/machine_groups.hpp"
#include "report/machine_parts.hpp"

namespace peerbench::report {
namespace {

using machine::Machine;
using machine::PeerLink;

std::string raw(const Signal& signal) {
  return signal.raw.empty() ? name(signal.value) : signal.raw;
}

/// Why the driver refuses, in its word and in ours; empty when there is none.
std::string driver_says(const std::string& word) {
  const machine::Refusal refusal = machine::refusal(word);
  if (refusal.why.empty()) return "";
  return fmt::format("refused: {} ({}){}{}", refusal.why, word, refusal.hint.empty() ? "" : ": ",
                     refusal.hint);
}

std::string cuda_says(const PeerLink& link) {
  return fmt::format("cudaDeviceCanAccessPeer = {}", raw(link.can_access));
}

/// "by NVLink through switches", "over PCIe"; empty when that could not be asked.
std::string wire(const PeerLink& link) {
  if (is_yes(link.nvlink.value)) {
    return link.through_switch ? "by NVLink through switches" : "by NVLink";
  }
  if (is_no(link.nvlink.value)) return "over PCIe";
  return is_yes(link.allowed.nvlink.value) ? "by NVLink, as the driver says" : "";
}

/// NVML's answer, or where it has none what CUDA says of native atomics.
const Signal& atomics(const PeerLink& link) {
  return link.allowed.atomics.value == Tri::unknown ? link.native_atomics : link.allowed.atomics;
}

std::string allowed(const PeerLink& link) {
  const std::array<std::pair<const char*, const Signal*>, 3> kinds = {
      {{"read", &link.allowed.read}, {"write", &link.allowed.write}, {"atomics", &atomics(link)}}};
  std::string granted, refused, open;
  for (const auto& [kind, signal] : kinds) {
    std::string& list = is_yes(signal->value) ? granted : is_no(signal->value) ? refused : open;
    list += (list.empty() ? "" : ", ") + std::string(kind);
    if (is_no(signal->value) && !signal->raw.empty()) list += fmt::format(" ({})", signal->raw);
  }
  std::string words = granted;
  if (granted.empty()) words = fmt::format("allowed ({})", cuda_says(link));
  const std::string by = wire(link);
  words += by.empty() ? "; whether by NVLink or over PCIe could not be asked" : " " + by;
  if (!refused.empty()) words += "; not: " + refused;
  if (!open.empty() && !granted.empty()) words += "; could not be asked: " + open;
  return words;
}

std::string refused(const PeerLink& link) {
  std::string why = driver_says(link.allowed.read.raw);
  if (why.empty() && is_yes(link.allowed.read.value)) {
    why = fmt::format("refused by CUDA ({}), although NVML's answer is {}", cuda_says(link),
                      raw(link.allowed.read));
  }
  if (why.empty()) why = fmt::format("refused ({}); why could not be asked", cuda_says(link));
  return why + (is_yes(link.nvlink.value) ? "; NVLinks are up nevertheless" : "");
}

std::string words(const PeerLink& link) {
  if (is_yes(link.can_access.value)) return allowed(link);
  if (is_no(link.can_access.value)) return refused(link);
  return link.can_access.raw.empty() ? "could not be asked"
                                     : fmt::format("could not be asked ({})", link.can_access.raw);
}

Tone tone(Tri value) {
  return is_yes(value) ? Tone::good : is_no(value) ? Tone::warning : Tone::plain;
}

}  // namespace

Section peer_section(const Machine& machine) {
  // What is allowed comes first, so that what is left at the end can be "the other pairs".
  std::vector<Group<std::pair<Tri, std::string>, std::pair<int, int>>> groups;
  for (const PeerLink& link : machine.links) {
    add(groups, std::pair(link.can_access.value, words(link)), std::pair(link.from, link.to));
  }
  const auto rank = [](const auto& group) {
    return is_yes(group.key.first) ? 0 : is_no(group.key.first) ? 2 : 1;
  };
  std::ranges::stable_sort(groups, {}, rank);
  Section section{"What may talk to what", {}};
  for (const auto& group : groups) {
    const bool rest = groups.size() > 1 && &group == &groups.back();
    section.lines.emplace_back(describe_pairs(group.items, machine, rest) + ": " + group.key.second,
                               tone(group.key.first));
  }
  if (!groups.empty() && rank(groups.back()) == 2) {
    section.lines.emplace_back(
        "Where it is refused, copies between the GPUs go through host memory (staged).");
  }
  return section;
}

}  // namespace peerbench::report
