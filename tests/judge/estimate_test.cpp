// SPDX-License-Identifier: Apache-2.0
#include "judge/estimate.hpp"

#include <gmock/gmock.h>

#include "round_figures.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

using result::Fits;
using ::testing::HasSubstr;

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

TEST(Estimate, KindsOfLlamaCppQuantiseTheTablesToo) {
  const result::Model model = result::find_model("llama-3-8b").value();
  for (const auto& [kind, bits] : {std::pair{result::Weights::q8_0, 8.5},
                                   {result::Weights::q6_k, 6.5625},
                                   {result::Weights::q5_k_m, 5.68},
                                   {result::Weights::q4_k_m, 4.84}}) {
    EXPECT_DOUBLE_EQ(weight_bytes(model, kind), model.parameters * bits / 8);
  }
  // The file of bartowski/Meta-Llama-3.1-8B-Instruct-GGUF in Q4_K_M has 4.92 GB.
  EXPECT_NEAR(weight_bytes(model, result::Weights::q4_k_m) / 4.92e9, 1, 0.02);
}

TEST(Estimate, ACacheOfFewerBitsTakesLess) {
  const result::Run run = result::dual_rtx3090_nvlink();
  EstimateRequest request;
  request.model = result::find_model("llama-3-8b").value();
  const auto whole = estimate(run, request, "");
  request.cache = result::CacheType::fp8;
  const auto half = estimate(run, request, "");
  request.cache = result::CacheType::q8_0;
  const auto scaled = estimate(run, request, "");
  ASSERT_TRUE(whole && half && scaled);
  EXPECT_EQ(half->kv_bytes * 2, whole->kv_bytes);
  EXPECT_EQ(scaled->kv_bytes * 16 / 17, half->kv_bytes);
  EXPECT_LT(half->read_bytes, whole->read_bytes);
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
  // 20 of 21.6 GB are the cache's: each GPU has room for half of it, not for all.
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
  EXPECT_EQ(one.read_gbs, 400) << "by the same GPU";
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

}  // namespace TEST_FILE
}  // namespace peerbench::judge
