// SPDX-License-Identifier: Apache-2.0
#include "bench/telemetry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "machine/findings.hpp"
#include "machine/wire.hpp"

namespace peerbench::bench {

namespace {

std::vector<int> gpus_of(const measure::Plan& plan) {
  std::vector<int> gpus;
  for (const measure::Transfer& transfer : plan.transfers) {
    for (const measure::Place& place : {transfer.source, transfer.destination}) {
      if (place.kind == measure::Place::Kind::gpu) gpus.push_back(place.index);
    }
  }
  return gpus;
}

std::vector<machine::PeerTraffic> peer_traffic(const measure::Plan& plan, std::uint64_t copies) {
  std::vector<machine::PeerTraffic> all;
  for (const measure::Transfer& transfer : plan.transfers) {
    const bool between_gpus = transfer.source.kind == measure::Place::Kind::gpu &&
                              transfer.destination.kind == measure::Place::Kind::gpu;
    if (!between_gpus || transfer.source == transfer.destination) continue;
    if (transfer.op != measure::Op::copy) continue;  // a chase's loads are no bytes to speak of
    all.push_back(
        {transfer.source.index, transfer.destination.index, transfer.bytes * Bytes{copies}});
  }
  return all;
}

}  // namespace

Telemetry::Telemetry(machine::Machine& machine)
    : machine_(machine),
      health_(machine),
      contexts_(health_.contexts()),
      errors_before_(health_.errors()) {}

void Telemetry::attach(HarnessOptions& harness) {
  harness.under_load = [this](const measure::Plan& plan) {
    pcie_.read(gpus_of(plan), machine_);
    health_.read_clocks(gpus_of(plan), contexts_);
    health_.read_memory_clocks(gpus_of(plan), machine_);
  };
  harness.clocks = [this](const std::set<int>& gpus) {
    return health_.clocks({gpus.begin(), gpus.end()});
  };
  harness.before_plan = [this](const measure::Plan& plan) {
    traffic_before_ = health_.traffic(gpus_of(plan));
  };
  harness.after_plan = [this](const measure::Plan& plan, const measure::Measurement& measured,
                              result::Cell& cell) { name_wire(plan, measured, cell); };
  if (!harness.settings.soak_seconds) return;
  harness.after_plan = [this](const measure::Plan& plan, const measure::Measurement& measured,
                              result::Cell& cell) {
    name_wire(plan, measured, cell);
    note_dip(cell);
  };
}

void Telemetry::note_dip(const result::Cell& cell) {
  constexpr double steady = 0.9;  // noise of good links stays well within
  if (!cell.median || !cell.min || *cell.min >= steady * *cell.median) return;
  const auto fewer = std::ranges::count_if(
      cell.samples, [&](double rate) { return rate < steady * *cell.median; });
  dips_.push_back(machine::make_finding(machine::FindingCode::rate_dipped, {{{}, {}, cell.name}},
                                        {{"lowest", *cell.min},
                                         {"median", *cell.median},
                                         {"samples_below", static_cast<double>(fewer)},
                                         {"samples", static_cast<double>(cell.samples.size())}},
                                        {{"unit", cell.unit}}));
}

void Telemetry::name_wire(const measure::Plan& plan, const measure::Measurement& measured,
                          result::Cell& cell) {
  const auto copied = peer_traffic(plan, measured.copies);
  if (copied.empty()) return;
  const auto counted = machine::moved(traffic_before_, health_.traffic(gpus_of(plan)));
  machine::Wire wire = machine::wire(copied, plan.peer_access, counted, machine_, stuck_);
  stuck_ = stuck_ || wire.stuck;
  cell.wire = std::move(wire.name);
  if (!wire.note.empty()) cell.notes.push_back(std::move(wire.note));
  if (wire.around) around_.push_back(cell.name);
}

std::vector<machine::Finding> Telemetry::findings() const {
  std::vector<machine::Finding> found = machine::context_findings(contexts_);
  std::ranges::move(machine::error_findings(machine::moved(errors_before_, health_.errors())),
                    std::back_inserter(found));
  std::ranges::copy(dips_, std::back_inserter(found));
  if (!around_.empty()) {
    std::vector<machine::Subject> cells;
    for (const std::string& name : around_) cells.push_back({{}, {}, name});
    const auto count = static_cast<double>(cells.size());
    found.push_back(machine::make_finding(machine::FindingCode::staged_over_nvlink,
                                          std::move(cells), {{"cells", count}}));
  }
  std::ranges::move(machine::findings_under_load(machine_), std::back_inserter(found));
  return found;
}

Expected<Watched> run_watched(std::vector<Spec> specs, machine::Machine& machine,
                              HarnessOptions options) {
  Telemetry telemetry(machine);
  telemetry.attach(options);
  const auto ran = run_all(std::move(specs), options);
  if (!ran) return tl::unexpected(ran.error());
  return Watched{*ran, telemetry.findings()};
}

}  // namespace peerbench::bench
