// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "base/numbers.hpp"
#include "report/cells.hpp"
#include "report/describe_machine.hpp"
#include "report/estimate_parts.hpp"
#include "report/groups.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Estimate;
using result::Fits;
using result::LinkCost;
using result::LinkWay;
using result::Parallel;
using result::Step;

const LinkCost* find(const Estimate& estimate, Parallel parallel, Step step, LinkWay way) {
  const auto at = std::ranges::find_if(estimate.links, [&](const LinkCost& link) {
    return link.parallel == parallel && link.step == step && link.way == way;
  });
  return at == estimate.links.end() ? nullptr : &*at;
}

std::string describe_none(const Estimate& estimate) {
  return estimate.one_pool ? "no link" : "one GPU";
}

/// "1.52 ms, 6 %": time on the link, and its share where the rest is known.
Text describe_cost(const Estimate& estimate, const LinkCost* link) {
  if (estimate.cards == 1) return describe_none(estimate);
  if (link == nullptr) return "-";
  if (!link->ms) return "not measured";
  std::string words = format_rate(link->ms);
  if (link->share) words += ", " + format_cv(link->share);
  return words;
}

std::string describe_messages(const Estimate& estimate, Parallel parallel, Step step) {
  const LinkCost* link = find(estimate, parallel, step, LinkWay::peer);
  if (link == nullptr) return "none";
  return fmt::format("{} x {}", link->messages, format_bytes(link->message_bytes));
}

std::string describe_sent(const Estimate& estimate, Parallel parallel, Step step) {
  const LinkCost* link = find(estimate, parallel, step, LinkWay::peer);
  return link == nullptr ? "nothing" : format_bytes(link->token_bytes);
}

/// "NVLink", "PCIe": what copies with peer access crossed, as counters proved it.
std::string describe_wire(const Estimate& estimate) {
  for (const LinkCost& link : estimate.links) {
    if (link.way != LinkWay::peer || link.wire.empty()) continue;
    return link.wire == "nvlink" ? "over NVLink" : link.wire == "pcie" ? "over PCIe" : link.wire;
  }
  return "-";
}

/// "P2P", "SHM": what NCCL says that it used.
std::string describe_nccl(const Estimate& estimate) {
  for (const LinkCost& link : estimate.links) {
    if (link.way == LinkWay::nccl && link.ms) return link.wire;
  }
  return "";
}

/// How NCCL's operations of a step were launched, as the cells' names say.
std::string describe_launches(const Estimate& estimate, Step step) {
  const LinkCost* link = find(estimate, Parallel::tensor, step, LinkWay::nccl);
  if (link == nullptr || !link->ms) return "-";
  return link->reason.find("/graph/") != std::string::npos ? "in a graph" : "launched";
}

void add_ways(Table& table, const Estimates& all, Parallel parallel, Step step) {
  for (const auto& [way, words] : {std::pair{LinkWay::peer, "  by peer copies"},
                                   std::pair{LinkWay::staged, "  staged through the host"},
                                   std::pair{LinkWay::nccl, "  by NCCL"}}) {
    add_row(table, all, words, [&, by = way](const Estimate& estimate) {
      return describe_cost(estimate, find(estimate, parallel, step, by));
    });
  }
}

/// Why figures are missing, each reason once, with the machines it is true of.
void add_reasons(Table& table, const Estimates& all, Step step) {
  TextGroups reasons;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const LinkCost& link : all[i]->links) {
      const bool missing = link.step == step && !link.ms && !link.reason.empty();
      if (missing) add_once(reasons, link.reason, file_letter(i));
    }
  }
  for (const auto& reason : reasons) {
    const std::string who = all.size() > 1 ? names_of(reason) + ": " : "";
    table.remarks.emplace_back(fmt::format("{}not measured: {}", who, reason.key));
  }
}

Table step_table(const Estimates& all, Step step) {
  const Estimate& first = *all.front();
  const bool decode = step == Step::decode;
  const int tokens = decode ? first.batch : first.prefill_tokens;
  Table table = table_for(
      decode ? fmt::format("One decode step: {} token{}", tokens,
                           tokens == 1 ? "" : "s, one of each sequence")
             : fmt::format("One prefill step: {} tokens of a prompt", tokens),
      decode
          ? "ms, and the link's share of link and memory time together. Compute is not modelled, "
            "nor what a program overlaps."
          : "ms. Compute, which bounds a prefill, is not modelled.",
      all);
  if (std::ranges::any_of(all, [](const Estimate* e) { return describe_wire(*e) != "-"; })) {
    add_row(table, all, "peer copies go", [](const Estimate& e) { return describe_wire(e); });
  }
  if (std::ranges::any_of(all, [](const Estimate* e) { return !describe_nccl(*e).empty(); })) {
    add_row(table, all, "NCCL used", [&](const Estimate& e) -> Text {
      const std::string words = describe_nccl(e);
      return words.empty() ? "-" : words;
    });
    add_row(table, all, "  its operations",
            [&](const Estimate& e) -> Text { return describe_launches(e, step); });
  }
  add_row(table, all, "all-reduces, tensor parallel",
          [&](const Estimate& e) { return describe_messages(e, Parallel::tensor, step); });
  add_ways(table, all, Parallel::tensor, step);
  add_row(table, all, "  sent by a GPU, a token",
          [&](const Estimate& e) { return describe_sent(e, Parallel::tensor, step); });
  add_row(table, all, "boundaries, pipeline parallel",
          [&](const Estimate& e) { return describe_messages(e, Parallel::pipeline, step); });
  add_ways(table, all, Parallel::pipeline, step);
  add_row(table, all, "  sent by a GPU, a token",
          [&](const Estimate& e) { return describe_sent(e, Parallel::pipeline, step); });
  if (decode) {
    add_row(table, all, "memory time, tensor parallel",
            [](const Estimate& e) { return format_rate(e.memory_ms); });
    add_row(table, all, "  GB read by each GPU",
            [](const Estimate& e) { return billions(static_cast<double>(e.read_bytes)); });
    add_row(table, all, "  measured GB/s",
            [](const Estimate& e) { return format_rate(e.read_gbs); });
    add_row(table, all, "tokens a second, at most",
            [](const Estimate& e) { return format_rate(e.most_tokens_s); });
  }
  add_reasons(table, all, step);
  const bool nvlink = std::ranges::any_of(
      all, [](const Estimate* e) { return describe_wire(*e) == "over NVLink"; });
  if (decode && nvlink) table.remarks.emplace_back(staged_is_not_pcie);
  return table;
}

/// "1.52 ms of 24.1 ms a step (6 %) by peer copies, 14 % staged".
std::string describe_link(const Estimate& estimate, Parallel parallel) {
  std::string words;
  for (const auto& [way, name] : {std::pair{LinkWay::peer, "by peer copies"},
                                  std::pair{LinkWay::staged, "staged through the host"},
                                  std::pair{LinkWay::nccl, "by NCCL"}}) {
    const LinkCost* link = find(estimate, parallel, Step::decode, way);
    if (link == nullptr || !link->share) continue;
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", format_cv(link->share), name);
  }
  return words;
}

Text conclusion(const Estimate& estimate, const std::string& letter) {
  const std::string who = letter.empty() ? "" : letter + ": ";
  if (estimate.fits_one == Fits::no && estimate.fits_all == Fits::no &&
      estimate.fits_layers != Fits::yes) {
    return {
        fmt::format("{}it does not fit{}; smaller weights, a shorter context or more memory "
                    "help, a faster link does not.",
                    who,
                    estimate.cards > 1  ? fmt::format(", nor split across {} GPUs", estimate.cards)
                    : estimate.one_pool ? " into the pool"
                                        : " on the GPU"),
        Tone::bad};
  }
  if (short_of_free(estimate)) {
    return {
        fmt::format("{}yes by size; {} of {} free now: end what holds the rest before loading "
                    "it, or it goes into swap.",
                    who, format_bytes(*estimate.free_bytes), format_bytes(estimate.memory_bytes)),
        Tone::warning};
  }
  if (estimate.cards == 1) {
    return {fmt::format("{}nothing crosses a link{}; reading the memory bounds it{}.", who,
                        estimate.one_pool ? ", CPU and GPU share one pool" : "",
                        estimate.most_tokens_s ? fmt::format(" at {} tokens a second",
                                                             format_rate(estimate.most_tokens_s))
                                               : "")};
  }
  const bool by_layers = estimate.fits_all == Fits::no;
  const std::string links =
      describe_link(estimate, by_layers ? Parallel::pipeline : Parallel::tensor);
  const std::string fits = estimate.fits_one == Fits::yes ? "would fit on one GPU too"
                           : by_layers ? "fits only split by layers" + uneven_layers(estimate)
                                       : "fits only split";
  return {fmt::format("{}it {}; of link and memory time in a decode step the link takes {}.", who,
                      fits, links.empty() ? "a share that was not measured" : links)};
}

/// What else was found on the machines, which may be the reason of a figure.
Section findings(std::span<const result::Run> runs) {
  Section section{"Worth knowing", {}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    for (const result::Finding& finding : runs[i].findings) {
      section.lines.emplace_back(
          fmt::format("{}{}; {}", runs.size() > 1 ? file_letter(i) + ": " : "", finding.what,
                      finding.advice),
          Tone::warning);
    }
  }
  return section;
}

}  // namespace

std::vector<Table> estimate_tables(const result::Run& run) {
  if (run.estimates.empty()) return {};
  const Estimates last = {&run.estimates.back()};
  std::vector<Table> tables = {fit_table(last), step_table(last, Step::decode),
                               step_table(last, Step::prefill)};
  const std::string of = fmt::format("Estimate for {}: ", last.front()->model.name);
  for (Table& table : tables) table.title = of + table.title;
  return tables;
}

Document estimate_document(std::span<const result::Run> runs) {
  Document document;
  document.title = "peerbench estimate: worked out from measured cells, not itself measured";
  Estimates all;
  for (const result::Run& run : runs) all.push_back(&run.estimates.back());
  const Estimate& first = *all.front();
  const auto& model = first.model;
  document.header.push_back(
      {"model",
       fmt::format("{}: {} layers of {}, {} B parameters{}", model.name, model.layers, model.hidden,
                   format_rate(model.parameters * 1e-9),
                   model.active_parameters < model.parameters
                       ? fmt::format(", {} B a token", format_rate(model.active_parameters * 1e-9))
                       : "")});
  document.header.push_back(
      {"asked", fmt::format("weights {} ({:g} bits), cache {}, context of {} tokens, batch of {}",
                            name(first.weights), first.bits_per_weight, name(first.cache),
                            first.context, first.batch)});
  Section in_short{"In short", {}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string letter = file_letter(i);
    document.header.push_back(
        {letter, all[i]->from.empty()
                     ? describe_model(runs[i].machine)
                     : fmt::format("{}: {}", all[i]->from, describe_model(runs[i].machine))});
    if (runs[i].simulated) {
      document.banner.emplace_back(
          fmt::format("{} is SIMULATED (machine {}): no hardware was measured", letter,
                      runs[i].simulated->machine),
          Tone::warning);
    }
    in_short.lines.push_back(conclusion(*all[i], runs.size() > 1 ? letter : ""));
  }
  document.blocks.emplace_back(std::move(in_short));
  document.blocks.emplace_back(fit_table(all));
  document.blocks.emplace_back(step_table(all, Step::decode));
  document.blocks.emplace_back(step_table(all, Step::prefill));
  if (auto found = findings(runs); !found.lines.empty()) document.blocks.emplace_back(found);
  document.next = {
      "--output FILE keeps it with all inputs and the cells it was taken from; "
      "`peerbench run` with the same --model and --output FILE measures messages of 1 token to "
      "32k, "
      "to take other batches and prompts from."};
  return document;
}

}  // namespace peerbench::report
