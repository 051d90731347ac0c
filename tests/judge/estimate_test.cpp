#include "judge/estimate.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "../result/sample_runs.hpp"
#include "judge/link_curves.hpp"

namespace peerbench::judge {
namespace {

using result::Cell;
using result::Fits;
using result::LinkWay;
using result::Parallel;
using result::Step;
using ::testing::HasSubstr;

constexpr double nearly = 1e-9;  // rounding of doubles

Cell measured(const std::string& name, double median, Bytes bytes) {
  Cell cell;
  cell.name = name;
  cell.engine = "ce";
  cell.status = result::Status::ok;
  cell.op = "copy";
  cell.median = median;
  cell.bytes = bytes;
  return cell;
}

Cell copy(const std::string& kind, const std::string& direction, int from, int to, double gbs,
          Bytes bytes) {
  Cell cell =
      measured(fmt::format("peer/ce/{}/{}/gpu{}-gpu{}/bytes:{}", kind, direction, from, to, bytes),
               gbs, bytes);
  cell.family = "peer";
  cell.kind = kind;
  cell.direction = direction;
  cell.src = fmt::format("gpu{}", from);
  cell.dst = fmt::format("gpu{}", to);
  cell.wire = kind == "push" ? "nvlink" : "host";
  return cell;
}

Cell small(const std::string& kind, int from, int to, double us) {
  Cell cell = copy(kind, "uni", from, to, us, 16);
  cell.name = fmt::format("latency/ce/{}/gpu{}-gpu{}/bytes:16", kind, from, to);
  cell.family = "latency";
  cell.unit = "us";
  return cell;
}

Cell read(int gpu, double gbs) {
  Cell cell = measured(fmt::format("pool/sm/read/gpu{}/device/bytes:1073741824", gpu), gbs, GiB);
  cell.family = "pool";
  cell.engine = "sm";
  cell.op = "read";
  cell.memory = "device";
  cell.src = fmt::format("gpu{}", gpu);
  return cell;
}

/// Cards of 24e9 bytes; small copies take 2 us there and 4 back, 100 GB/s both ways, 60 one way.
result::Run pair_of_cards() {
  result::Run run = result::dual_rtx3090_nvlink();
  for (auto& gpu : run.machine.gpus) gpu.memory_bytes = 24'000'000'000;
  run.cells = {small("push", 0, 1, 2),
               small("push", 1, 0, 4),
               copy("push", "bi", 0, 1, 100, 200'000'000),
               copy("push", "uni", 0, 1, 60, 60'000'000),
               copy("push", "uni", 1, 0, 5, 60'000'000),
               read(0, 800),
               read(1, 400)};
  return run;
}

/// Round figures: 1 GB of weights at 8 bits, 2000 B a token and layer in a message.
result::Model round_model() {
  result::Model model;
  model.name = "round";
  model.layers = 10;
  model.hidden = 1000;
  model.heads = 8;
  model.kv_heads = 4;
  model.head_size = 125;
  model.vocabulary = 0;  // no tables: all weights alike
  model.parameters = model.active_parameters = 1e9;
  return model;
}

result::Estimate made(const result::Run& run, EstimateRequest request) {
  auto estimate = judge::estimate(run, request, "/folder/a.json");
  EXPECT_TRUE(estimate.has_value()) << estimate.error().message;
  return estimate.value_or(result::Estimate{});
}

const result::LinkCost& link(const result::Estimate& estimate, Parallel parallel, Step step,
                             LinkWay way) {
  for (const auto& one : estimate.links) {
    if (one.parallel == parallel && one.step == step && one.way == way) return one;
  }
  ADD_FAILURE() << "no such link cost";
  return estimate.links.front();
}

EstimateRequest request(result::Model model = round_model()) {
  EstimateRequest asked;
  asked.model = std::move(model);
  asked.weights = result::Weights::fp8;
  asked.context = 1000;
  return asked;
}

TEST(Estimate, MemoryIsWeightsAndCache) {
  const auto estimate = made(pair_of_cards(), request());
  EXPECT_EQ(estimate.from, "a.json");
  EXPECT_EQ(estimate.cards, 2);
  EXPECT_EQ(estimate.weight_bytes, 1'000'000'000u);
  EXPECT_EQ(estimate.kv_bytes, 2u * 4 * 125 * 10 * 1000 * 2);  // keys and values, 2 B each
  EXPECT_EQ(estimate.memory_bytes, 24'000'000'000u);
  EXPECT_EQ(estimate.fits_one, Fits::yes);
}

TEST(Estimate, WhatDoesNotFitOneMayFitTwoAndALinkAddsNothing) {
  auto asked = request();
  asked.model.parameters = asked.model.active_parameters = 30e9;
  const auto split = made(pair_of_cards(), asked);
  EXPECT_EQ(split.fits_one, Fits::no);
  EXPECT_EQ(split.fits_all, Fits::yes);
  asked.model.parameters = asked.model.active_parameters = 43.3e9;  // 21.65 + cache over 21.6 each
  EXPECT_EQ(made(pair_of_cards(), asked).fits_all, Fits::no);
  asked.cards = 1;
  const auto one = made(pair_of_cards(), asked);
  EXPECT_EQ(one.fits_all, Fits::no);
  EXPECT_TRUE(one.links.empty());
}

TEST(Estimate, WindowsAndLatentAttentionKeepLess) {
  result::Model model = round_model();
  EXPECT_DOUBLE_EQ(kv_elements(model, 1000), 10 * 1000 * 1000.0);
  model.windowed_layers = 4;
  model.window = 100;
  EXPECT_DOUBLE_EQ(kv_elements(model, 1000), 6 * 1000 * 1000.0 + 4 * 1000 * 100.0);
  EXPECT_DOUBLE_EQ(kv_elements(model, 50), 10 * 1000 * 50.0) << "shorter than the window";
  model.windowed_layers = model.window = std::nullopt;
  model.latent_kv = 60;
  EXPECT_DOUBLE_EQ(kv_elements(model, 1000), 10 * 60 * 1000.0);
}

TEST(Estimate, TablesOfTheVocabularyKeepTheirBitsAndOnlyOneIsRead) {
  result::Model model = round_model();
  model.vocabulary = 100'000;  // tables of 1e8 parameters each
  const double body = 0.8e9;
  EXPECT_DOUBLE_EQ(weight_bytes(model, result::Weights::fp16), 2e9);
  EXPECT_DOUBLE_EQ(weight_bytes(model, result::Weights::int4), body * 4.25 / 8 + 2e8 * 2);
  EXPECT_DOUBLE_EQ(weight_bytes_read(model, result::Weights::fp8, 1), body + 1e8 * 2);
  model.tied_embeddings = true;
  EXPECT_DOUBLE_EQ(weight_bytes(model, result::Weights::fp8), 0.9e9 + 1e8 * 2);
}

TEST(Estimate, TokensOfABatchShareExperts) {
  result::Model model = round_model();
  model.active_parameters = 0.4e9;
  model.experts = 4;
  model.used_experts = 1;
  // 0.8e9 in experts, of which a token uses a quarter, and 0.2e9 for all.
  EXPECT_NEAR(weight_bytes_read(model, result::Weights::fp8, 1), 0.4e9, 1);
  EXPECT_NEAR(weight_bytes_read(model, result::Weights::fp8, 2), 0.2e9 + 0.8e9 * 7 / 16, 1);
  EXPECT_NEAR(weight_bytes_read(model, result::Weights::fp8, 1000), 1e9, 1);
}

TEST(Estimate, SplitByTensorsHeadsOfTheCacheStayWhole) {
  auto asked = request();
  const auto share = [&] {
    const auto estimate = made(pair_of_cards(), asked);
    return static_cast<double>(estimate.kv_card_bytes) / static_cast<double>(estimate.kv_bytes);
  };
  EXPECT_DOUBLE_EQ(share(), 0.5);
  asked.model.kv_heads = 3;
  EXPECT_DOUBLE_EQ(share(), 2.0 / 3);
  asked.model.kv_heads = 1;
  EXPECT_DOUBLE_EQ(share(), 1);
  asked.model.kv_heads = 4;
  asked.model.latent_kv = 60;
  EXPECT_DOUBLE_EQ(share(), 1) << "what all heads are made from";
  // 20 of 21.6 GB are the cache's: each card has room for half of it, not for all.
  asked.context = 20'000'000;
  asked.model.latent_kv = 50;
  asked.model.parameters = asked.model.active_parameters = 10e9;
  const auto estimate = made(pair_of_cards(), asked);
  EXPECT_EQ(estimate.fits_all, Fits::no);
  EXPECT_EQ(estimate.fits_layers, Fits::yes);
  EXPECT_FALSE(estimate.most_tokens_s.has_value()) << "nothing runs that does not fit";
}

TEST(Estimate, OfUnlikeCardsOneIsTheLargestAndASplitIsHeldBackByTheSmallest) {
  result::Run run = pair_of_cards();
  run.machine.gpus[1].memory_bytes = 96'000'000'000;
  auto asked = request();
  asked.model.parameters = asked.model.active_parameters = 60e9;
  const auto split = made(run, asked);
  EXPECT_EQ(split.fits_one, Fits::yes);
  EXPECT_EQ(split.fits_all, Fits::no) << "30 of 21.6 GB";
  asked.cards = 1;
  const auto one = made(run, asked);
  EXPECT_EQ(one.memory_bytes, 96'000'000'000u);
  EXPECT_EQ(one.read_gbs, 400) << "by the same card";
}

TEST(Estimate, CardsAreThoseThatTheRunWasAbout) {
  result::Run run = pair_of_cards();
  run.settings.gpus = {1};
  EXPECT_EQ(made(run, request()).cards, 1);
  EXPECT_EQ(made(run, request()).read_gbs, 400);
  auto asked = request();
  asked.cards = 2;
  const auto refused = judge::estimate(run, asked, "");
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("that --gpus leaves"));
}

TEST(Estimate, APipelineAddsItsBoundariesAndBreaksWhereOneIsMissing) {
  result::Run run = pair_of_cards();
  auto third = run.machine.gpus[0];
  third.ordinal = 2;
  run.machine.gpus.push_back(third);
  run.cells = {read(0, 800), copy("push", "uni", 0, 1, 50, 2000),
               copy("push", "uni", 1, 2, 10, 2000)};
  auto estimate = made(run, request());
  EXPECT_NEAR(link(estimate, Parallel::pipeline, Step::decode, LinkWay::peer).ms.value_or(0),
              2000 / 50e9 * 1e3 + 2000 / 10e9 * 1e3, nearly);
  run.cells[2].status = result::Status::unsupported;
  run.cells[2].median.reset();
  run.cells[2].reason = "refused here";
  estimate = made(run, request());
  const auto& cost = link(estimate, Parallel::pipeline, Step::decode, LinkWay::peer);
  EXPECT_FALSE(cost.ms.has_value());
  EXPECT_EQ(cost.reason, "refused here");
  auto asked = request();
  asked.cards = 2;
  estimate = made(run, asked);
  EXPECT_TRUE(link(estimate, Parallel::pipeline, Step::decode, LinkWay::peer).ms.has_value())
      << "the third card is no part of it";
}

TEST(Estimate, ADecodeStepCostsTwoExchangesALayer) {
  const auto estimate = made(pair_of_cards(), request());
  const auto& cost = link(estimate, Parallel::tensor, Step::decode, LinkWay::peer);
  EXPECT_EQ(cost.message_bytes, 2000u);
  EXPECT_EQ(cost.messages, 20);
  EXPECT_EQ(cost.token_bytes, 40'000u) << "two cards send each all of it";
  EXPECT_EQ(cost.wire, "nvlink");
  // From 16 B in 4 us (the slower way) to 200 MB, both ways, in 4 ms.
  const double once = 4e-6 + (2000 - 16) * (4e-3 - 4e-6) / (200e6 - 16);
  ASSERT_TRUE(cost.ms.has_value());
  EXPECT_NEAR(*cost.ms, 20 * once * 1e3, nearly);
  EXPECT_THAT(cost.reason, HasSubstr("between latency/ce/push/gpu1-gpu0/bytes:16 and "
                                     "peer/ce/push/bi/gpu0-gpu1"));
  // The slower card reads half of weights and cache.
  const double memory = (1e9 + 20e6) / 2 / 400e9 * 1e3;
  EXPECT_EQ(estimate.read_gbs, 400);
  EXPECT_NEAR(estimate.memory_ms.value_or(0), memory, nearly);
  EXPECT_NEAR(cost.share.value_or(0), *cost.ms / (*cost.ms + memory), nearly);
  EXPECT_NEAR(estimate.most_tokens_s.value_or(0), 1e3 / (*cost.ms + memory), 1e-6);
}

TEST(Estimate, APipelineSendsOnceABoundaryAndReadsOneCardAfterTheOther) {
  const auto estimate = made(pair_of_cards(), request());
  const auto& cost = link(estimate, Parallel::pipeline, Step::decode, LinkWay::peer);
  EXPECT_EQ(cost.messages, 1);
  EXPECT_EQ(cost.token_bytes, 2000u);
  // From gpu0 to gpu1 only: the way back is no boundary.
  const double once = 2e-6 + (2000 - 16) * (1e-3 - 2e-6) / (60e6 - 16);
  EXPECT_NEAR(cost.ms.value_or(0), once * 1e3, nearly);
  EXPECT_NEAR(cost.share.value_or(0), *cost.ms / (*cost.ms + 2 * *estimate.memory_ms), nearly);
}

TEST(Estimate, ABatchSharesTheWeightsButNotTheCache) {
  auto asked = request();
  asked.batch = 8;
  const auto estimate = made(pair_of_cards(), asked);
  EXPECT_EQ(link(estimate, Parallel::tensor, Step::decode, LinkWay::peer).message_bytes, 16000u);
  EXPECT_EQ(estimate.read_bytes, (1'000'000'000u + 8 * 20'000'000u) / 2);
  asked.model.parameters = 4e9;  // a mixture of unknown experts: 1e9 a token, at most 4e9
  EXPECT_EQ(made(pair_of_cards(), asked).read_bytes, (4'000'000'000u + 8 * 20'000'000u) / 2);
}

TEST(Estimate, PrefillCarriesAChunkOfThePrompt) {
  auto asked = request();
  asked.context = 8000;
  const auto estimate = made(pair_of_cards(), asked);
  const auto& cost = link(estimate, Parallel::tensor, Step::prefill, LinkWay::peer);
  EXPECT_EQ(cost.tokens, prefill_chunk);
  EXPECT_EQ(cost.message_bytes, Bytes{prefill_chunk} * 2000);
  EXPECT_FALSE(cost.share.has_value()) << "compute bounds a prefill";
  asked.context = 100;
  EXPECT_EQ(made(pair_of_cards(), asked).prefill_tokens, 100);
}

TEST(Estimate, OutsideOfWhatWasMeasuredThereIsNoFigure) {
  auto asked = request();
  asked.model.hidden = 100'000;
  asked.batch = 2048;  // messages of 410 MB, halves of 205
  const auto estimate = made(pair_of_cards(), asked);
  const auto& cost = link(estimate, Parallel::tensor, Step::decode, LinkWay::peer);
  EXPECT_FALSE(cost.ms.has_value());
  EXPECT_THAT(cost.reason, HasSubstr("outside of what was measured, 16 B to"));
  const auto& staged = link(estimate, Parallel::tensor, Step::decode, LinkWay::staged);
  EXPECT_FALSE(staged.ms.has_value());
  EXPECT_THAT(staged.reason, HasSubstr("run --model"));
  EXPECT_FALSE(estimate.most_tokens_s.has_value());
}

TEST(Estimate, LargeExchangesAmongManyGoInParts) {
  result::Run run = pair_of_cards();
  run.machine.gpus.resize(2);
  for (int gpu = 2; gpu < 4; ++gpu) {
    auto more = run.machine.gpus[0];
    more.ordinal = gpu;
    run.machine.gpus.push_back(more);
  }
  Cell all = copy("push", "all-to-all", 0, 1, 240, 100'000'000);
  all.name = "peer/ce/push/all-to-all/gpus:0,1,2,3/bytes:100000000";
  all.src = all.dst = "";
  for (int from = 0; from < 4; ++from) {
    for (int to = 0; to < 4; ++to) {
      if (from != to) {
        all.flows.push_back({fmt::format("gpu{}", from), fmt::format("gpu{}", to), "", {}});
      }
    }
  }
  run.cells.push_back(all);
  auto asked = request();
  asked.model.hidden = 50'000'000;
  const auto estimate = made(run, asked);
  const auto& cost = link(estimate, Parallel::tensor, Step::decode, LinkWay::peer);
  EXPECT_EQ(cost.message_bytes, 100'000'000u);
  EXPECT_EQ(cost.token_bytes, 20 * 150'000'000u) << "three quarters to the others and back";
  // All of it to all: 12 x 100 MB at 240 GB/s, 5 ms. In quarters and back: little more than half.
  const double start = 3 * 4e-6;
  const double quarter = start + (25e6 - 16) * (5e-3 - start) / (100e6 - 16);
  EXPECT_NEAR(cost.ms.value_or(0), 20 * 2 * quarter * 1e3, 1e-6);
}

TEST(Estimate, NcclSaysItsOwnTime) {
  result::Run run = pair_of_cards();
  for (const auto& [bytes, busbw] : {std::pair<Bytes, double>{1000, 0.1}, {3000, 0.2}}) {
    Cell cell = measured(fmt::format("collective/nccl/all_reduce/gpus:0,1/float/bytes:{}", bytes),
                         busbw, bytes);
    cell.family = "collective";
    cell.engine = "nccl";
    cell.op = "all_reduce";
    cell.counts = result::Counts::busbw;
    cell.transport = "P2P";
    run.cells.push_back(cell);
  }
  const auto estimate = made(run, request());
  const auto& cost = link(estimate, Parallel::tensor, Step::decode, LinkWay::nccl);
  // 1000 B at 0.1 GB/s are 10 us, 3000 B at 0.2 are 15: two ranks count each byte once.
  EXPECT_NEAR(cost.ms.value_or(0), 20 * 12.5e-3, nearly);
  EXPECT_EQ(cost.wire, "P2P");
}

/// A message of just the size of round_model(): one token.
Cell message(const std::string& engine, const std::string& op, const std::string& kind,
             const std::string& mode, double us) {
  const bool nccl = engine == "nccl";
  const bool sum = op == "all_reduce";
  Cell cell = measured("", us, 2000);
  cell.family = "split";
  cell.engine = engine;
  cell.op = op;
  cell.kind = kind;
  cell.mode = mode;
  cell.unit = "us";
  if (nccl) {
    cell.name = fmt::format("split/nccl/{}/gpus:0,1/half{}/bytes:2000", op,
                            mode == "graph" ? "/graph" : "");
    return cell;
  }
  cell.name =
      fmt::format("split/ce/{}/{}/{}/bytes:2000", op, kind, sum ? "gpus:0,1/" + mode : "gpu0-gpu1");
  if (sum) {
    cell.flows = {{"gpu0", "gpu1", "gpu0", {}}, {"gpu1", "gpu0", "gpu1", {}}};
  } else {
    cell.src = "gpu0";
    cell.dst = "gpu1";
  }
  return cell;
}

TEST(Estimate, MessagesOfJustItsSizeAreTakenAsTheyAre) {
  result::Run run = pair_of_cards();
  run.cells.push_back(message("ce", "all_reduce", "push", "whole", 7));
  run.cells.push_back(message("ce", "boundary", "push", "", 3));
  run.cells.push_back(message("ce", "all_reduce", "staged", "whole", 30));
  const auto estimate = made(run, request());
  const auto& sum = link(estimate, Parallel::tensor, Step::decode, LinkWay::peer);
  EXPECT_NEAR(sum.ms.value_or(0), 20 * 7e-3, nearly);
  EXPECT_EQ(sum.reason, "split/ce/all_reduce/push/gpus:0,1/whole/bytes:2000");
  EXPECT_NEAR(link(estimate, Parallel::pipeline, Step::decode, LinkWay::peer).ms.value_or(0), 3e-3,
              nearly);
  EXPECT_NEAR(link(estimate, Parallel::tensor, Step::decode, LinkWay::staged).ms.value_or(0),
              20 * 30e-3, nearly);
}

TEST(Estimate, PartsAndBackAreTakenWhereTheyAreShorter) {
  result::Run run = pair_of_cards();
  run.cells = {read(0, 800), message("ce", "all_reduce", "push", "whole", 7),
               message("ce", "all_reduce", "push", "parts", 5)};
  auto estimate = made(run, request());
  auto cost = link(estimate, Parallel::tensor, Step::decode, LinkWay::peer);
  EXPECT_NEAR(cost.ms.value_or(0), 20 * 5e-3, nearly);
  EXPECT_EQ(cost.reason, "split/ce/all_reduce/push/gpus:0,1/parts/bytes:2000");
  run.cells[2].median = 9;
  estimate = made(run, request());
  cost = link(estimate, Parallel::tensor, Step::decode, LinkWay::peer);
  EXPECT_NEAR(cost.ms.value_or(0), 20 * 7e-3, nearly);
}

TEST(Estimate, DecodingReplaysGraphsAndAPromptIsLaunched) {
  result::Run run = pair_of_cards();
  run.cells = {read(0, 800), message("nccl", "all_reduce", "", "eager", 20),
               message("nccl", "boundary", "", "eager", 12)};
  auto asked = request();
  asked.context = 1;  // a prompt of one token has messages of the same size
  const auto ms = [&](Parallel parallel, Step step) {
    const auto estimate = made(run, asked);
    return link(estimate, parallel, step, LinkWay::nccl).ms.value_or(0);
  };
  EXPECT_NEAR(ms(Parallel::tensor, Step::decode), 20 * 20e-3, nearly) << "for want of a graph";
  run.cells.push_back(message("nccl", "all_reduce", "", "graph", 10));
  EXPECT_NEAR(ms(Parallel::tensor, Step::decode), 20 * 10e-3, nearly);
  EXPECT_NEAR(ms(Parallel::tensor, Step::prefill), 20 * 20e-3, nearly);
  EXPECT_NEAR(ms(Parallel::pipeline, Step::decode), 12e-3, nearly);
  asked.batch = 2;  // longer than any graph that was measured
  Cell longer = message("nccl", "all_reduce", "", "eager", 33);
  longer.bytes = 4000;
  run.cells.push_back(longer);
  EXPECT_NEAR(ms(Parallel::tensor, Step::decode), 20 * 33e-3, nearly);
}

TEST(Estimate, OnePoolHasNoLink) {
  result::Run run = result::dgx_spark();
  run.cells = {read(0, 200)};
  const auto estimate = made(run, request());
  EXPECT_TRUE(estimate.one_pool);
  EXPECT_EQ(estimate.cards, 1);
  EXPECT_TRUE(estimate.links.empty());
  EXPECT_NEAR(estimate.most_tokens_s.value_or(0), 200e9 / (1e9 + 20e6), 1e-6);
}

TEST(Estimate, MoreCardsThanThereAreIsAUsageError) {
  auto asked = request();
  asked.cards = 3;
  const auto refused = judge::estimate(pair_of_cards(), asked, "a.json");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_THAT(refused.error().message, HasSubstr("--cards 3: 'a.json' has 2 GPUs"));
  asked.cards.reset();
  const auto none = judge::estimate(result::no_gpu(), asked, "b.json");
  ASSERT_FALSE(none.has_value());
  EXPECT_THAT(none.error().message, HasSubstr("'b.json' has no GPU"));
}

}  // namespace
}  // namespace peerbench::judge
