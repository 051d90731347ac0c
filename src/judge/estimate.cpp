// SPDX-License-Identifier: Apache-2.0
#include "judge/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "base/list_some.hpp"
#include "judge/layer_shares.hpp"
#include "judge/link_curves.hpp"
#include "judge/peer_link.hpp"
#include "judge/pool_cells.hpp"

namespace peerbench::judge {

using machine::Class;
using machine::Gpu;
using machine::Machine;
using result::Cell;
using result::Estimate;
using result::Fits;
using result::LinkCost;
using result::LinkWay;
using result::Parallel;
using result::Step;

namespace {

Bytes whole(double bytes) { return static_cast<Bytes>(std::llround(bytes)); }

struct WeightKind {
  result::Weights weights;
  double bits;
  bool tables;  ///< those of the vocabulary are quantised alike
};
constexpr WeightKind weight_kinds[] = {
    {result::Weights::fp16, 16, false},    {result::Weights::fp8, 8, false},
    {result::Weights::int4, 4.25, false},  {result::Weights::q8_0, 8.5, true},
    {result::Weights::q6_k, 6.5625, true}, {result::Weights::q5_k_m, 5.68, true},
    {result::Weights::q4_k_m, 4.84, true}};

const WeightKind& kind_of(result::Weights weights) {
  return *std::ranges::find(weight_kinds, weights, &WeightKind::weights);
}

/// Of one element of a table of the vocabulary.
double bytes_of_table(result::Weights weights) {
  const WeightKind& kind = kind_of(weights);
  return kind.tables ? kind.bits / 8 : result::bytes_an_element;
}

/// Parameters outside of the tables of the vocabulary, and of those used for one token.
struct Body {
  double all, used;
};
double table_of_vocabulary(const result::Model& model) { return model.vocabulary * model.hidden; }
Body body_of(const result::Model& model) {
  const double tables = result::tables_of_vocabulary(model) * table_of_vocabulary(model);
  return {std::max(model.parameters - tables, 0.0),
          std::max(model.active_parameters - tables, 0.0)};
}

double body_read(const result::Model& model, int batch) {
  const auto [all, used] = body_of(model);
  if (!model.experts) return std::min(all, used * batch);
  const double share = static_cast<double>(*model.used_experts) / *model.experts;
  const double experts = (all - used) / (1 - share);
  return all - experts * std::pow(1 - share, batch);
}

/// Of the cache on each GPU, split by tensors: heads stay whole, and latent elements serve them
/// all.
double cache_share(const result::Model& model, int cards) {
  if (model.latent_kv || cards == 1) return 1;
  const int heads = (model.kv_heads + cards - 1) / cards;
  return static_cast<double>(heads) / model.kv_heads;
}

void set_memory(const Machine& machine, int largest, const std::vector<int>& cards,
                Estimate& estimate) {
  for (const Gpu& gpu : machine.gpus) {
    if (gpu.ordinal == largest) estimate.largest_bytes = gpu.memory_bytes;
    if (std::ranges::count(cards, gpu.ordinal) == 0) continue;
    Bytes& smallest = estimate.memory_bytes;
    if (smallest == 0 || gpu.memory_bytes < smallest) smallest = gpu.memory_bytes;
  }
  estimate.usable = usable_share;
  const auto fits = [&](double need, Bytes memory) {
    if (memory == 0) return Fits::unknown;
    return need <= static_cast<double>(memory) * usable_share ? Fits::yes : Fits::no;
  };
  const auto weights = static_cast<double>(estimate.weight_bytes);
  const auto cache = static_cast<double>(estimate.kv_bytes);
  const auto cache_each = static_cast<double>(estimate.kv_card_bytes);
  estimate.fits_one = fits(weights + cache, estimate.largest_bytes);
  estimate.fits_all = fits(weights / estimate.cards + cache_each, estimate.memory_bytes);
  estimate.fits_layers = estimate.fits_one;
  if (estimate.cards == 1) return;
  std::vector<const Gpu*> gpus;
  for (const int card : cards) gpus.push_back(machine::find_gpu(machine, card));
  estimate.layer_shares = share_layers(gpus, estimate.model.layers, weights + cache, usable_share);
  estimate.fits_layers = layers_fit(estimate.layer_shares, usable_share);
}

/// What is free of the one pool that CPU and GPU share: as the kernel says of it, which counts what
/// it can drop from its caches, and within a container's limit.
void set_free(const Machine& machine, Estimate& estimate) {
  if (!estimate.one_pool) return;
  Bytes free = 0;
  std::optional<Bytes> limit;
  for (const machine::Pool& pool : machine.pools) {
    if (pool.cores == 0) continue;
    free += pool.available_bytes;
    if (pool.cgroup_limit_bytes) limit = pool.cgroup_limit_bytes;
  }
  if (free > 0) estimate.free_bytes = limit ? std::min(free, *limit) : free;
}

/// The cell that says at which rate a GPU reads its memory: by a kernel that only reads, else as
/// the traffic of its copies. Null: GPUs of one model are measured in depth on the first only.
const Cell* read_cell(const result::Run& run, int card) {
  const Cell* cell = largest_pool_cell(run, {.gpu = card});
  if (cell != nullptr) return cell;
  return largest_pool_cell(run,
                           {.gpu = card, .engine = result::Engine::ce, .op = result::Op::copy});
}

/// The rate of the slowest of the GPUs.
void set_read_rate(const result::Run& run, const std::vector<int>& cards, Estimate& estimate) {
  for (const int card : cards) {
    const Cell* cell = read_cell(run, card);
    if (cell == nullptr) continue;
    if (estimate.read_gbs && *estimate.read_gbs <= *cell->median) continue;
    estimate.read_gbs = cell->median;
    estimate.read_cell = cell->name;
  }
  if (!estimate.read_gbs) estimate.read_cell = "no pool cell of a GPU was measured";
}

/// What one GPU after the other takes to read its layers, of `bytes` in all, in ms.
double layers_memory_ms(const result::Run& run, const Estimate& estimate, double bytes) {
  if (estimate.layer_shares.empty()) return bytes / *estimate.read_gbs * 1e-6;
  double ms = 0;
  for (const result::LayerShare& share : estimate.layer_shares) {
    const Cell* cell = read_cell(run, share.gpu);
    const double rate = cell == nullptr ? *estimate.read_gbs : *cell->median;
    ms += bytes * share.layers / estimate.model.layers / rate * 1e-6;
  }
  return ms;
}

struct Duration {
  std::optional<double> seconds;
  std::string source;
};

Duration taken(const TimeCurve& curve, Bytes bytes) {
  return {curve.seconds(bytes), curve.source(bytes)};
}

/// Whichever is shorter: all of it to everyone at once, or each its part and back again. Where that
/// was not measured it is twice the exchange of a part.
Duration all_reduce(const LinkCurves& curves, Bytes bytes, int cards) {
  Duration whole = taken(curves.exchange, bytes);
  Duration parts = taken(curves.in_parts, bytes);
  if (curves.in_parts.empty()) {
    parts = taken(curves.exchange, bytes / static_cast<Bytes>(cards));
    if (parts.seconds) *parts.seconds *= 2;
  }
  const bool shorter = parts.seconds && (!whole.seconds || *parts.seconds < *whole.seconds);
  return shorter ? parts : whole;
}

struct Message {
  Parallel parallel;
  Step step;
  int tokens;
};

/// What all messages of a step take: its all-reduces one after the other, or the boundaries.
Duration step_taken(const LinkCurves& curves, LinkWay way, const Message& message, Bytes bytes,
                    int messages) {
  if (message.parallel == Parallel::tensor) {
    const int cards = static_cast<int>(curves.boundaries.size()) + 1;
    Duration one =
        way == LinkWay::nccl ? taken(curves.all_reduce, bytes) : all_reduce(curves, bytes, cards);
    if (one.seconds) *one.seconds *= messages;
    return one;
  }
  if (curves.boundaries.empty()) return {};
  Duration sum{0.0, ""};
  for (const TimeCurve& boundary : curves.boundaries) {
    Duration one = taken(boundary, bytes);
    if (!one.seconds) return one;
    *sum.seconds += *one.seconds;
    if (sum.source.empty()) sum.source = std::move(one.source);
  }
  if (curves.boundaries.size() > 1) {
    sum.source += fmt::format(", and {} more", curves.boundaries.size() - 1);
  }
  return sum;
}

/// Curves of one way across. Serving engines replay graphs while they decode: where those were
/// measured they come first.
struct Ways {
  LinkWay way;
  LinkCurves launched, replayed;
};

LinkCost cost(const Ways& ways, const Message& message, const Estimate& estimate) {
  LinkCost link;
  link.parallel = message.parallel;
  link.step = message.step;
  link.way = ways.way;
  link.wire = ways.launched.wire;
  link.tokens = message.tokens;
  link.message_bytes = result::message_bytes(estimate.model.hidden, message.tokens);
  const bool tensor = message.parallel == Parallel::tensor;
  link.messages = tensor ? 2 * estimate.model.layers : estimate.cards - 1;
  // Rings, or parts to each other and back: nothing moves an all-reduce with less.
  const double sent = tensor ? 2.0 * (estimate.cards - 1) / estimate.cards * link.messages : 1;
  link.token_bytes = whole(sent * result::message_bytes(estimate.model.hidden, 1));
  const auto of = [&](const LinkCurves& curves) {
    return step_taken(curves, ways.way, message, link.message_bytes, link.messages);
  };
  Duration step = message.step == Step::decode ? of(ways.replayed) : Duration{};
  if (!step.seconds) step = of(ways.launched);
  link.reason = std::move(step.source);
  if (!step.seconds) return link;
  link.ms = *step.seconds * 1e3;
  const auto& memory = tensor ? estimate.memory_ms : estimate.layers_memory_ms;
  if (message.step == Step::decode && memory) link.share = *link.ms / (*link.ms + *memory);
  return link;
}

void add_links(const result::Run& run, const std::vector<int>& cards, Estimate& estimate) {
  for (const LinkWay way : {LinkWay::peer, LinkWay::staged, LinkWay::nccl}) {
    const Ways ways{way, link_curves(run, cards, way),
                    way == LinkWay::nccl ? graph_curves(run, cards) : LinkCurves{}};
    for (const Message& message :
         {Message{Parallel::tensor, Step::decode, estimate.batch},
          Message{Parallel::tensor, Step::prefill, estimate.prefill_tokens},
          Message{Parallel::pipeline, Step::decode, estimate.batch},
          Message{Parallel::pipeline, Step::prefill, estimate.prefill_tokens}}) {
      estimate.links.push_back(cost(ways, message, estimate));
    }
  }
}

void set_most_tokens(Estimate& estimate) {
  if (!estimate.memory_ms || estimate.fits_all == Fits::no) return;
  std::optional<double> least = estimate.cards == 1 ? std::optional(0.0) : std::nullopt;
  for (const LinkCost& link : estimate.links) {
    if (link.parallel != Parallel::tensor || link.step != Step::decode || !link.ms) continue;
    least = least ? std::min(*least, *link.ms) : *link.ms;
  }
  if (least) estimate.most_tokens_s = estimate.batch / (*least + *estimate.memory_ms) * 1e3;
}

}  // namespace

double bits_per_weight(result::Weights weights) { return kind_of(weights).bits; }

double bits_per_element(result::CacheType cache) {
  if (cache == result::CacheType::q8_0) return 8.5;
  return cache == result::CacheType::fp8 ? 8 : 16;
}

int prefill_tokens(const EstimateRequest& request) {
  return std::min(request.context, prefill_chunk);
}

double kv_elements(const result::Model& model, int context) {
  const double a_token =
      model.latent_kv ? *model.latent_kv : 2.0 * model.kv_heads * model.head_size;
  const int windowed = model.windowed_layers.value_or(0);
  const int seen = std::min(context, model.window.value_or(context));
  return a_token * (static_cast<double>(model.layers - windowed) * context +
                    static_cast<double>(windowed) * seen);
}

double weight_bytes(const result::Model& model, result::Weights weights) {
  const double tables = model.parameters - body_of(model).all;
  return body_of(model).all * bits_per_weight(weights) / 8 + tables * bytes_of_table(weights);
}

double weight_bytes_read(const result::Model& model, result::Weights weights, int batch) {
  return body_read(model, batch) * bits_per_weight(weights) / 8 +
         table_of_vocabulary(model) * bytes_of_table(weights);
}

Expected<void> can_estimate(const Machine& machine, const result::Settings& settings,
                            const EstimateRequest& request, const std::string& file) {
  const auto has = static_cast<int>(
      settings.gpus.empty()
          ? machine.gpus.size()
          : cards_of_model(machine, settings, std::numeric_limits<int>::max()).size());
  const std::string whose = file.empty() ? "this machine" : fmt::format("'{}'", file);
  if (has == 0) {
    return fail(file.empty() ? ErrorKind::unsupported : ErrorKind::usage,
                fmt::format("{} has no GPU to put a model on; --from RESULT takes the cells of a "
                            "machine that has",
                            whose));
  }
  if (request.cards.value_or(1) > has) {
    return fail(ErrorKind::usage, fmt::format("--cards {}: {} has {}{}; give fewer, or "
                                              "--from the RESULT of a machine with as many",
                                              *request.cards, whose, with_count(has, "GPU"),
                                              settings.gpus.empty() ? "" : " that --gpus leaves"));
  }
  return {};
}

Expected<Estimate> estimate(const result::Run& run, const EstimateRequest& request,
                            const std::string& file) {
  if (auto ok = can_estimate(run.machine, run.settings, request, file); !ok) {
    return tl::unexpected(ok.error());
  }
  const auto all =
      cards_of_model(run.machine, run.settings, static_cast<int>(run.machine.gpus.size()));
  Estimate made;
  made.model = request.model;
  made.from = std::filesystem::path(file).filename().string();
  made.cards = request.cards.value_or(static_cast<int>(all.size()));
  made.one_pool = run.machine.machine_class == Class::unified_pool;
  made.weights = request.weights;
  made.bits_per_weight = bits_per_weight(request.weights);
  made.cache = request.cache;
  made.bits_per_element = bits_per_element(request.cache);
  made.context = request.context;
  made.batch = request.batch;
  made.prefill_tokens = prefill_tokens(request);
  const std::vector<int> cards = cards_of_model(run.machine, run.settings, made.cards);

  const double kv = kv_elements(request.model, request.context) * bits_per_element(request.cache) /
                    8 * request.batch;
  const double kv_each = kv * cache_share(request.model, made.cards);
  made.weight_bytes = whole(weight_bytes(request.model, request.weights));
  made.kv_bytes = whole(kv);
  made.kv_card_bytes = whole(kv_each);
  const int largest = cards_of_model(run.machine, run.settings, 1).front();
  set_memory(run.machine, largest, cards, made);
  set_free(run.machine, made);

  const double read = weight_bytes_read(request.model, request.weights, request.batch);
  made.read_bytes = whole(read / made.cards + kv_each);
  set_read_rate(run, cards, made);
  if (made.read_gbs) {
    made.memory_ms = static_cast<double>(made.read_bytes) / *made.read_gbs * 1e-6;
    made.layers_memory_ms = layers_memory_ms(run, made, read + kv);
  }
  if (made.cards > 1) add_links(run, cards, made);
  set_most_tokens(made);
  return made;
}

}  // namespace peerbench::judge
