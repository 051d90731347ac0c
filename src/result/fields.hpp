// SPDX-License-Identifier: Apache-2.0
// The keys of a result document, each named once. `describe` hands every field of a struct to a
// visitor, which writes it (json_writer.hpp) or reads it (json_reader.hpp). Private to this module.
//   required  always there          text      left out when empty; the words it may say, if given
//   number    null when unmeasured  optional  left out when absent
//   word      an enumeration        object    null when absent
//   optional_word                   an enumeration, left out when absent
//   listed    a code               map       of figures or texts, left out when empty
//   codes     a list of codes, left out when empty
//   subjects  what findings are about
//   one       a struct              some      struct, signal or list, left out when it says nothing
//   list      of structs            unless    left out when it is the value given
#pragma once

#include <array>

#include "result/estimate_fields.hpp"
#include "result/machine_fields.hpp"
#include "result/run.hpp"

namespace peerbench::result {

inline constexpr std::array all_memories = {MemoryKind::device, MemoryKind::managed,
                                            MemoryKind::pinned, MemoryKind::pageable};

void describe(auto& v, Of<Reference> auto& reference) {
  v.required("value", reference.value);
  v.required("source", reference.source);
}

void describe(auto& v, Of<Band> auto& band) {
  v.required("low", band.low);
  v.required("high", band.high);
  v.required("source", band.source);
}

void describe(auto& v, Of<Flow> auto& flow) {
  v.required("src", flow.src);
  v.required("dst", flow.dst);
  v.text("issuer", flow.issuer);
  v.number("median", flow.median);
}

void describe(auto& v, Of<BackgroundLoad> auto& load) {
  v.required("gpu", load.gpu);
  v.optional_word("memory", load.memory, all_memories);
}

void describe(auto& v, Of<Basis> auto& basis) {
  v.listed("cause", basis.cause, all_causes());
  v.optional("threshold", basis.threshold);
  v.text("source", basis.source);
  v.map("figures", basis.figures);
  v.map("quotes", basis.quotes);
}

/// The order is that of columns too, which scripts count on: a new field goes to the end.
void describe(auto& v, Of<Cell> auto& cell) {
  v.required("name", cell.name);
  v.required("family", cell.family);
  v.required("engine", cell.engine, all_of<Engine>);
  v.word("status", cell.status, all_of<Status>);
  v.required("reason", cell.reason);
  v.text("op", cell.op);
  v.text("issuer", cell.issuer);
  v.text("src", cell.src);
  v.text("dst", cell.dst);
  v.text("kind", cell.kind);
  v.text("direction", cell.direction, all_of<Shape>);
  v.optional("peer_access", cell.peer_access);
  v.text("memory", cell.memory);
  v.text("first_touch", cell.first_touch);
  v.text("cores", cell.cores);
  v.optional("threads", cell.threads);
  v.optional("ranks", cell.ranks);
  v.text("dtype", cell.dtype);
  v.optional("bytes", cell.bytes);
  v.word("counts", cell.counts, all_of<Counts>);
  v.text("counting_rule", cell.counting_rule);
  v.required("unit", cell.unit);
  v.number("median", cell.median);
  v.number("min", cell.min);
  v.number("max", cell.max);
  v.number("p05", cell.p05);
  v.number("p95", cell.p95);
  v.number("cv", cell.cv);
  v.required("n", cell.n);
  v.text("stop", cell.stop);
  v.optional("settled", cell.settled);
  v.required("samples", cell.samples);
  v.list("flows", cell.flows);
  v.object("ceiling", cell.ceiling);
  v.object("band", cell.band);
  v.number("efficiency", cell.efficiency);
  // A verdict is on an ok cell only.
  if (cell.status == Status::ok) {
    v.word("verdict", cell.verdict, all_of<Verdict>);
    v.text("verdict_reason", cell.verdict_reason);
  }
  v.text("wire", cell.wire);
  v.text("transport", cell.transport);
  v.optional("verified", cell.verified);
  v.texts("notes", cell.notes);
  v.optional_word("launch", cell.key.launch, all_of<Launch>);
  v.optional_word("exchange", cell.key.exchange, all_of<Exchange>);
  v.unless("by_address", cell.key.by_address, false);
  v.unless("host_resident", cell.key.host_resident, false);
  v.optional("numa_node", cell.numa_node);
  v.some("background", cell.key.background);
  v.unless("gpus", cell.gpus, std::vector<int>{});
  v.optional("time_us", cell.time_us);
  v.optional("algbw", cell.algbw);
  v.optional("below_peers", cell.below_peers);
  if (cell.status == Status::ok) v.some("basis", cell.basis);
  v.text("error", cell.error);
  v.optional_word("skip", cell.skip, all_of<Skip>);
}

void describe(auto& v, Of<Fit> auto& fit) {
  v.required("name", fit.name);
  v.required("latency_us", fit.latency_us);
  v.required("rate_gbs", fit.rate_gbs);
  v.required("half_rate_bytes", fit.half_rate_bytes);
  v.required("points", fit.points);
  v.required("largest_residual", fit.largest_residual);
}

void describe(auto& v, Of<Check> auto& check) {
  v.required("requirement", check.requirement);
  v.word("outcome", check.outcome, all_of<Outcome>);
  v.required("reason", check.reason);
  v.list("evidence", check.evidence);
  v.text("advice", check.advice);
}

void describe(auto& v, Of<Spread> auto& spread) {
  v.required("low", spread.low);
  v.required("median", spread.median);
  v.required("high", spread.high);
}

void describe(auto& v, Of<PeerGroup> auto& group) {
  v.word("join", group.join, all_of<Join>);
  v.unless("through_switch", group.through_switch, false);
  v.optional("links_up", group.links_up);
  v.optional("links_present", group.links_present);
  v.text("refusal", group.refusal);
  v.required("pairs", group.pairs);
  v.some("one_way", group.one_way);
  v.some("both_ways", group.both_ways);
  v.some("staged_one_way", group.staged_one_way);
  v.some("staged_both_ways", group.staged_both_ways);
  v.optional("peak_gbs", group.peak_gbs);
  v.optional("whole_gbs", group.whole_gbs);
  v.optional("share", group.share);
  v.optional("threshold", group.threshold);
  v.unless("low", group.low, false);
  v.some("staged_elsewhere", group.staged_elsewhere);
  v.unless("slowest", group.slowest, std::vector<int>{});
}

void describe(auto& v, Of<AnswerLine> auto& line) {
  v.word("what", line.what, all_of<Measured>);
  v.some("one_way", line.one_way);
  v.some("both_ways", line.both_ways);
  v.some("read", line.read);
  v.some("write", line.write);
  v.some("copy", line.copy);
  v.optional("share", line.share);
  v.optional("good", line.good);
  v.optional("bytes", line.bytes);
  v.text("over", line.over);
  v.unless("members", line.members, 0);
}

void describe(auto& v, Of<Conclusion> auto& conclusion) {
  v.word("answer", conclusion.answer, all_of<Answer>);
  v.list("groups", conclusion.groups);
  v.list("lines", conclusion.lines);
  v.map("figures", conclusion.figures);
  v.codes("causes", conclusion.causes, machine::all_findings());
  v.required("measured", conclusion.measured);
  v.required("failed", conclusion.failed);
}

void describe(auto& v, Of<Simulated> auto& simulated) { v.required("machine", simulated.machine); }

void describe(auto& v, Of<Replayed> auto& replayed) {
  v.required("file", replayed.file);
  v.text("saved", replayed.saved);
}

void describe(auto& v, Of<SplitMessages> auto& split) {
  v.required("model", split.model);
  v.required("hidden", split.hidden);
  v.required("tokens", split.tokens);
  v.required("cards", split.cards);
}

void describe(auto& v, Of<Settings> auto& settings) {
  v.required("precision", settings.precision);
  v.required("budget_seconds", settings.budget_seconds);
  v.optional("soak_seconds", settings.soak_seconds);
  v.optional("time_limit_seconds", settings.time_limit_seconds);
  v.required("sizes", settings.sizes);
  v.required("gpus", settings.gpus);
  v.required("pairs", settings.pairs);
  v.text("filter", settings.filter);
  v.unless("full", settings.full, false);
  v.some("split", settings.split);
}

void describe(auto& v, Of<Tool> auto& tool) {
  v.required("name", tool.name);
  v.required("version", tool.version);
  v.text("git", tool.git);
}

void describe(auto& v, Of<Run> auto& run) {
  v.one("tool", run.tool);
  v.required("started", run.started);
  v.optional("planned", run.planned);
  if (run.planned) v.number("ended", run.ended);  // null while it goes on
  v.optional_word("interrupted", run.interrupted, all_of<Interruption>);
  v.object("simulated", run.simulated);
  v.some("signals", run.signals);
  v.one("machine", run.machine);
  v.one("settings", run.settings);
  v.list("cells", run.cells);
  v.some("fits", run.fits);
  v.list("findings", run.findings);
  v.some("conclusion", run.conclusion);
  v.some("checks", run.checks);
  v.list("estimates", run.estimates);
}

}  // namespace peerbench::result
