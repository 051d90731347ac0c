#include "judge/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "judge/link_curves.hpp"
#include "judge/peer_link.hpp"

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

/// Weights read for one step of `batch` tokens: a mixture of experts reads at most the experts of
/// every token.
double weights_read(const result::Model& model, int batch) {
  return std::min(model.parameters, model.active_parameters * batch);
}

void set_memory(const Machine& machine, Estimate& estimate) {
  Bytes smallest = 0;
  for (const Gpu& gpu : machine.gpus) {
    if (smallest == 0 || gpu.memory_bytes < smallest) smallest = gpu.memory_bytes;
  }
  estimate.memory_bytes = smallest;
  estimate.usable = usable_share;
  const double room = static_cast<double>(smallest) * usable_share;
  const double need =
      static_cast<double>(estimate.weight_bytes) + static_cast<double>(estimate.kv_bytes);
  const auto fits = [&](double one) {
    if (smallest == 0) return Fits::unknown;
    return one <= room ? Fits::yes : Fits::no;
  };
  estimate.fits_one = fits(need);
  estimate.fits_all = fits(need / estimate.cards);
}

/// The measured rate at which the slowest of the cards reads its memory: by a kernel that only
/// reads, else as the traffic of its copies.
void set_read_rate(const result::Run& run, Estimate& estimate) {
  const auto find = [&](const Gpu& gpu, const char* engine, const char* op) {
    const Cell* best = nullptr;
    for (const Cell& cell : run.cells) {
      if (cell.family != "pool" || cell.engine != engine || cell.op != op ||
          cell.src != fmt::format("gpu{}", gpu.ordinal) || cell.memory != "device" ||
          cell.status != result::Status::ok || !cell.median) {
        continue;
      }
      if (best == nullptr || cell.bytes > best->bytes) best = &cell;
    }
    return best;
  };
  const auto& gpus = run.machine.gpus;
  for (std::size_t i = 0; i < static_cast<std::size_t>(estimate.cards); ++i) {
    const Cell* cell = find(gpus[i], "sm", "read");
    if (cell == nullptr) cell = find(gpus[i], "ce", "copy");
    if (cell == nullptr) continue;  // cards of one model are measured in depth on the first only
    if (estimate.read_gbs && *estimate.read_gbs <= *cell->median) continue;
    estimate.read_gbs = cell->median;
    estimate.read_cell = cell->name;
  }
  if (!estimate.read_gbs) estimate.read_cell = "no pool cell of a card was measured";
}

struct Taken {
  std::optional<double> seconds;
  std::string source;
};

Taken taken(const TimeCurve& curve, Bytes bytes) {
  return {curve.seconds(bytes), curve.source(bytes)};
}

/// Whichever is shorter: all of it to everyone at once, or each its part and back again. Where that
/// was not measured it is twice the exchange of a part.
Taken all_reduce(const LinkCurves& curves, Bytes bytes, int cards) {
  Taken whole = taken(curves.exchange, bytes);
  Taken parts = taken(curves.in_parts, bytes);
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

/// What one message takes.
Taken message_taken(const LinkCurves& curves, LinkWay way, const Message& message, Bytes bytes,
                    int cards) {
  if (message.parallel == Parallel::pipeline) return taken(curves.one_way, bytes);
  return way == LinkWay::nccl ? taken(curves.all_reduce, bytes) : all_reduce(curves, bytes, cards);
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
    return message_taken(curves, ways.way, message, link.message_bytes, estimate.cards);
  };
  Taken one = message.step == Step::decode ? of(ways.replayed) : Taken{};
  if (!one.seconds) one = of(ways.launched);
  link.reason = std::move(one.source);
  if (!one.seconds && !ways.launched.refused.empty()) link.reason = ways.launched.refused;
  if (!one.seconds) return link;
  link.ms = *one.seconds * link.messages * 1e3;
  if (message.step == Step::decode && estimate.memory_ms) {
    // Split by layers, each card waits for the one before it: one after the other they read what
    // tensors split let all of them read at once.
    const double memory = *estimate.memory_ms * (tensor ? 1 : estimate.cards);
    link.share = *link.ms / (*link.ms + memory);
  }
  return link;
}

void add_links(const result::Run& run, Estimate& estimate) {
  for (const LinkWay way : {LinkWay::peer, LinkWay::staged, LinkWay::nccl}) {
    const Ways ways{way, link_curves(run, estimate.cards, way),
                    way == LinkWay::nccl ? graph_curves(run, estimate.cards) : LinkCurves{}};
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
  if (!estimate.memory_ms) return;
  std::optional<double> least = estimate.cards == 1 ? std::optional(0.0) : std::nullopt;
  for (const LinkCost& link : estimate.links) {
    if (link.parallel != Parallel::tensor || link.step != Step::decode || !link.ms) continue;
    least = least ? std::min(*least, *link.ms) : *link.ms;
  }
  if (least) estimate.most_tokens_s = estimate.batch / (*least + *estimate.memory_ms) * 1e3;
}

}  // namespace

double bits_per_weight(result::Weights weights) {
  if (weights == result::Weights::int4) return 4.25;
  return weights == result::Weights::fp8 ? 8 : 16;
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

Expected<void> can_estimate(const Machine& machine, const EstimateRequest& request,
                            const std::string& file) {
  const auto has = static_cast<int>(machine.gpus.size());
  const std::string whose = file.empty() ? "this machine" : fmt::format("'{}'", file);
  if (has == 0) {
    return fail(file.empty() ? ErrorKind::unsupported : ErrorKind::usage,
                fmt::format("{} has no GPU to put a model on; --from RESULT takes the cells of a "
                            "machine that has",
                            whose));
  }
  if (request.cards.value_or(1) > has) {
    return fail(ErrorKind::usage, fmt::format("--cards {}: {} has {} GPU{}", *request.cards, whose,
                                              has, has == 1 ? "" : "s"));
  }
  return {};
}

Expected<Estimate> estimate(const result::Run& run, const EstimateRequest& request,
                            const std::string& file) {
  const auto has = static_cast<int>(run.machine.gpus.size());
  if (auto ok = can_estimate(run.machine, request, file); !ok) return tl::unexpected(ok.error());
  Estimate made;
  made.model = request.model;
  made.from = std::filesystem::path(file).filename().string();
  made.cards = request.cards.value_or(has);
  made.one_pool = run.machine.machine_class == Class::unified_pool;
  made.weights = request.weights;
  made.bits_per_weight = bits_per_weight(request.weights);
  made.context = request.context;
  made.batch = request.batch;
  made.prefill_tokens = prefill_tokens(request);

  const double kv =
      kv_elements(request.model, request.context) * result::bytes_an_element * request.batch;
  made.weight_bytes = whole(request.model.parameters * made.bits_per_weight / 8);
  made.kv_bytes = whole(kv);
  set_memory(run.machine, made);

  const double read = weights_read(request.model, request.batch) * made.bits_per_weight / 8 + kv;
  made.read_bytes = whole(read / made.cards);
  set_read_rate(run, made);
  if (made.read_gbs) made.memory_ms = static_cast<double>(made.read_bytes) / *made.read_gbs * 1e-6;
  if (made.cards > 1) add_links(run, made);
  set_most_tokens(made);
  return made;
}

}  // namespace peerbench::judge
