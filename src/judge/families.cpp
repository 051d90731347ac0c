// SPDX-License-Identifier: Apache-2.0
#include "judge/families.hpp"

#include <algorithm>

#include "judge/ceiling.hpp"
#include "judge/collective.hpp"
#include "judge/host_link.hpp"
#include "judge/peer_link.hpp"

namespace peerbench::judge {

namespace {

using machine::Machine;
using result::Cause;
using result::Cell;
using result::ComparedGroup;
using result::Family;
using result::Kind;
using result::Reference;
using result::Shape;

/// The group of a family whose cells are all compared side by side.
template <ComparedGroup group>
ComparedGroup always(const Cell&) {
  return group;
}

std::optional<Reference> no_ceiling(const Machine&, const Cell&) { return std::nullopt; }

/// Of a pair whose link has no rate: what the driver left unsaid.
Cause unread_link(const Machine& machine, const Cell& cell) {
  const machine::PeerLink* link = peer_link(machine, cell);
  if (link == nullptr) return Cause::pair_unknown;
  if (link->nvlink.value == Tri::unknown) return Cause::link_unconfirmed;
  return is_no(link->nvlink.value) ? Cause::pcie_unread : Cause::nvlink_rate_unread;
}

Cause unrated_peer(const Machine& machine, const Cell& cell) {
  if (cell.flows.size() > 2) return Cause::several_pairs;
  if (cell.key.kind == Kind::staged || !cell.peer_access.value_or(true)) return Cause::staged;
  return unread_link(machine, cell);
}

ComparedGroup peer_group(const Cell& cell) {
  if (!of_a_pair(cell.key.shape)) return ComparedGroup::several;
  if (cell.key.kind == Kind::staged) return ComparedGroup::staged;
  return cell.key.shape == Shape::uni ? ComparedGroup::one_way : ComparedGroup::both_ways;
}

Cause unrated_time(const Machine&, const Cell&) { return Cause::duration; }

ComparedGroup latency_group(const Cell& cell) {
  return cell.unit == "ns" ? ComparedGroup::cpu_loads : ComparedGroup::latency;
}

Cause unrated_host_copy(const Machine& machine, const Cell& cell) {
  if (cell.key.memory == result::MemoryKind::pageable) return Cause::pageable;
  if (result::far_node(machine, cell.key)) return Cause::far_node;
  const bool one_pool = machine.machine_class == machine::Class::unified_pool;
  return one_pool ? Cause::within_pool : Cause::host_link_unread;
}

Cause unrated_pool(const Machine& machine, const Cell& cell) {
  const bool may_move = cell.key.memory == result::MemoryKind::pageable &&
                        gpu_behind_host_link(machine, cell) != nullptr;
  return may_move ? Cause::first_touch : Cause::memory_unknown;
}

Cause unrated_collective(const Machine&, const Cell&) { return Cause::unlike_links; }

Cause unrated_message(const Machine&, const Cell& cell) {
  return cell.key.kind == Kind::staged ? Cause::staged : Cause::memory_unknown;
}

constexpr FamilyRules rules[] = {
    {Family::peer, peer_ceiling, unrated_peer, peer_group},
    {Family::latency, no_ceiling, unrated_time, latency_group},
    {Family::host, host_ceiling, unrated_host_copy, always<ComparedGroup::host>},
    {Family::pool, pool_ceiling, unrated_pool, always<ComparedGroup::pool>},
    {Family::collective, collective_ceiling, unrated_collective, always<ComparedGroup::collective>},
    {Family::split, no_ceiling, unrated_message, always<ComparedGroup::split>},
};
static_assert(std::size(rules) == result::vocabulary<Family>.size(), "a family has no rules");

}  // namespace

const FamilyRules& rules_of(Family family) {
  return *std::ranges::find(rules, family, &FamilyRules::family);
}

}  // namespace peerbench::judge
