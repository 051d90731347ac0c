// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/list_some.hpp"
#include "base/numbers.hpp"
#include "report/cells.hpp"
#include "report/estimate_parts.hpp"
#include "report/groups.hpp"

namespace peerbench::report {
namespace {

using result::Estimate;
using result::Fits;
using result::LayerShare;
using result::Parallel;

Text fits(Fits answer, double need, Bytes memory, const Estimate& estimate) {
  if (answer == Fits::unknown) return "not known";
  const double room = static_cast<double>(memory) * estimate.usable;
  const std::string words = fmt::format("{}: {} of {}", answer == Fits::yes ? "yes" : "no",
                                        billions(need), billions(room));
  return {words, answer == Fits::yes ? Tone::good : Tone::bad};
}

Text fits_one(const Estimate& e) {
  return fits(e.fits_one, static_cast<double>(e.weight_bytes) + static_cast<double>(e.kv_bytes),
              e.largest_bytes, e);
}

/// Whether GPUs of unlike memories have unlike numbers of layers.
bool unlike(const std::vector<LayerShare>& shares) {
  return std::ranges::any_of(shares, [&](const LayerShare& share) {
    return share.memory_bytes != shares.front().memory_bytes;
  });
}

/// "30 + 10 layers"; "48 to 4 layers" of many GPUs.
std::string layers_of(const std::vector<LayerShare>& shares) {
  constexpr std::size_t most_named = 3;
  std::vector<int> layers;
  for (const LayerShare& share : shares) layers.push_back(share.layers);
  const auto [least, most] = std::ranges::minmax(layers);
  return shares.size() <= most_named ? fmt::format("{} layers", fmt::join(layers, " + "))
                                     : fmt::format("{} to {} layers", least, most);
}

Text fits_split(const Estimate& e, Parallel parallel) {
  if (e.cards == 1) return e.one_pool ? "one pool" : "one GPU";
  if (parallel == Parallel::tensor) {
    const double weights = static_cast<double>(e.weight_bytes) / e.cards;
    return fits(e.fits_all, weights + static_cast<double>(e.kv_card_bytes), e.memory_bytes, e);
  }
  const auto& shares = e.layer_shares;
  const auto most = std::ranges::max_element(shares, {}, &LayerShare::need_bytes);
  if (!unlike(shares) && most != shares.end()) {
    return fits(e.fits_layers, static_cast<double>(most->need_bytes), most->memory_bytes, e);
  }
  if (e.fits_layers == Fits::unknown) return "not known";
  return {fmt::format("{}: {}", e.fits_layers == Fits::yes ? "yes" : "no", layers_of(shares)),
          e.fits_layers == Fits::yes ? Tone::good : Tone::bad};
}

/// Of the one pool, now: what else runs there has the rest.
Text free_now(const Estimate& e) {
  if (!e.free_bytes) return "-";
  return fmt::format("{} of {}", billions(static_cast<double>(*e.free_bytes)),
                     billions(static_cast<double>(e.memory_bytes)));
}

/// "gpu0 30 layers, 19.2 of 22.8 GB; gpu1 10 layers, 6.40 of 7.53 GB".
std::string describe_shares(const Estimate& e) {
  std::vector<std::string> parts;
  for (const LayerShare& share : e.layer_shares) {
    parts.push_back(fmt::format("gpu{} {}, {} of {} GB", share.gpu,
                                with_count(share.layers, "layer"),
                                billions(static_cast<double>(share.need_bytes)),
                                billions(static_cast<double>(share.memory_bytes) * e.usable)));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

std::string billions(double bytes) { return format_rate(bytes * 1e-9); }

std::string uneven_layers(const Estimate& e) {
  return unlike(e.layer_shares) ? fmt::format(" ({})", layers_of(e.layer_shares)) : "";
}

bool short_of_free(const Estimate& e) {
  return e.free_bytes && e.fits_one == Fits::yes && e.weight_bytes + e.kv_bytes > *e.free_bytes;
}

void add_row(Table& table, const Estimates& all, const std::string& label, const OfEstimate& of) {
  std::vector<Text> row = {label};
  for (const Estimate* estimate : all) row.push_back(of(*estimate));
  table.rows.push_back(std::move(row));
}

Table table_for(const std::string& title, const std::string& note, const Estimates& all) {
  Table table{title, note, {{"", Align::left}}, {}, {}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    table.columns.push_back({file_letter(i)});
  }
  return table;
}

Table fit_table(const Estimates& all) {
  const Estimate& first = *all.front();
  Table table = table_for(
      "Does it fit",
      fmt::format(
          "GB of 1e9 bytes; the cache has {:g} bits an element. {:.0f} % of a memory may be "
          "taken, the rest is for contexts, "
          "activations and buffers. A link moves data and adds no memory: split, each GPU "
          "holds its own part; split by tensors the cache's heads stay whole, and a latent "
          "one stands on each GPU.",
          first.bits_per_element, first.usable * 100),
      all);
  add_row(table, all, "weights",
          [](const Estimate& e) { return billions(static_cast<double>(e.weight_bytes)); });
  add_row(table, all, "KV cache",
          [](const Estimate& e) { return billions(static_cast<double>(e.kv_bytes)); });
  add_row(table, all, "on one GPU/pool", fits_one);
  if (std::ranges::any_of(all, [](const Estimate* e) { return e->free_bytes.has_value(); })) {
    add_row(table, all, "free now", free_now);
  }
  add_row(table, all, "split by tensors, each",
          [](const Estimate& e) { return fits_split(e, Parallel::tensor); });
  add_row(table, all, "split by layers, each",
          [](const Estimate& e) { return fits_split(e, Parallel::pipeline); });
  add_row(table, all, "GPUs", [](const Estimate& e) { return std::to_string(e.cards); });
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Estimate& e = *all[i];
    const std::string who = all.size() > 1 ? file_letter(i) + ": " : "";
    if (e.model.heads % e.cards != 0) {
      table.remarks.emplace_back(
          fmt::format("{}{} heads are not shared out evenly over {} GPUs: most programs refuse to "
                      "split tensors so",
                      who, e.model.heads, e.cards),
          Tone::warning);
    }
    if (e.largest_bytes != e.memory_bytes) {
      table.remarks.emplace_back(fmt::format(
          "{}the GPUs differ: one GPU is the largest, split by tensors the smallest counts", who));
    }
    if (unlike(e.layer_shares)) {
      table.remarks.emplace_back(
          fmt::format("{}layers in proportion to memory: {}", who, describe_shares(e)));
    }
  }
  return table;
}

}  // namespace peerbench::report
