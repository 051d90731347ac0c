// SPDX-License-Identifier: Apache-2.0
// Models from the config.json of Hugging Face: their parameters, counted from the sizes in the
// file, are those that the model cards state.
#include <gmock/gmock.h>

#include "result/model.hpp"

namespace peerbench::result {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;

Model model_of(const std::string& text) {
  const auto model = model_from_text(text, "mine");
  EXPECT_TRUE(model.has_value()) << model.error().message;
  return model.value_or(Model());
}

/// Both describe one model: figures of parameters lie within `share` of each other.
void expect_like(const Model& model, const std::string& known, double share) {
  const Model should = find_model(known).value();
  EXPECT_EQ(model.layers, should.layers);
  EXPECT_EQ(model.hidden, should.hidden);
  EXPECT_EQ(model.heads, should.heads);
  EXPECT_EQ(model.kv_heads, should.kv_heads);
  EXPECT_EQ(model.head_size, should.head_size);
  EXPECT_EQ(model.latent_kv, should.latent_kv);
  EXPECT_EQ(model.window, should.window);
  EXPECT_EQ(model.windowed_layers, should.windowed_layers);
  EXPECT_EQ(model.experts, should.experts);
  EXPECT_EQ(model.used_experts, should.used_experts);
  EXPECT_NEAR(model.parameters / should.parameters, 1, share);
  EXPECT_NEAR(model.active_parameters / should.active_parameters, 1, share);
}

TEST(HfConfig, ADenseModel) {
  const Model model = model_of(R"({"model_type": "llama", "hidden_size": 8192,
      "intermediate_size": 28672, "num_hidden_layers": 80, "num_attention_heads": 64,
      "num_key_value_heads": 8, "vocab_size": 128256, "tie_word_embeddings": false})");
  EXPECT_EQ(model.name, "mine");
  expect_like(model, "llama-3-70b", 0.001);
}

TEST(HfConfig, AModelOfExperts) {
  expect_like(model_of(R"({"model_type": "qwen3_moe", "hidden_size": 2048,
      "intermediate_size": 6144, "moe_intermediate_size": 768, "num_hidden_layers": 48,
      "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128, "num_experts": 128,
      "num_experts_per_tok": 8, "vocab_size": 151936, "tie_word_embeddings": false,
      "sliding_window": null, "use_sliding_window": false})"),
              "qwen3-30b-a3b", 0.002);
}

TEST(HfConfig, LatentAttentionAndDenseLayersFirst) {
  expect_like(model_of(R"({"model_type": "deepseek_v3", "hidden_size": 7168,
      "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61,
      "first_k_dense_replace": 3, "num_attention_heads": 128, "num_key_value_heads": 128,
      "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
      "v_head_dim": 128, "n_routed_experts": 256, "n_shared_experts": 1,
      "num_experts_per_tok": 8, "vocab_size": 129280})"),
              "deepseek-v3", 0.02);
}

TEST(HfConfig, LayersWithAWindowAreCounted) {
  const std::string layers = R"("sliding_attention", "full_attention")";
  std::string list = layers;
  for (int i = 1; i < 12; ++i) list += ", " + layers;
  expect_like(model_of(R"({"model_type": "gpt_oss", "hidden_size": 2880,
      "intermediate_size": 2880, "num_hidden_layers": 24, "num_attention_heads": 64,
      "num_key_value_heads": 8, "head_dim": 64, "num_local_experts": 32,
      "num_experts_per_tok": 4, "vocab_size": 201088, "sliding_window": 128, "layer_types": [)" +
                       list + "]}"),
              "gpt-oss-20b", 0.01);
}

/// A small Gemma, with its text inside as in models that also see.
Model gemma(const std::string& type, const std::string& more) {
  return model_of(R"({"text_config": {"hidden_size": 2560, "intermediate_size": 10240,
      "num_hidden_layers": 34, "num_attention_heads": 8, "num_key_value_heads": 4,
      "head_dim": 256, "vocab_size": 262208, "sliding_window": 1024, "model_type": ")" +
                  type + "\"" + more + "}}");
}

TEST(HfConfig, WhatTheTypeSaysWhereTheFileDoesNot) {
  const Model five_of_six = gemma("gemma3_text", "");
  EXPECT_EQ(five_of_six.windowed_layers, 29) << "all but each sixth of 34";
  EXPECT_EQ(five_of_six.window, 1024);
  EXPECT_EQ(five_of_six.tied_embeddings, true);
  EXPECT_NEAR(five_of_six.parameters / 3.88e9, 1, 0.01) << "Gemma 3 technical report, 4B: its text";
  EXPECT_EQ(gemma("gemma2", "").windowed_layers, 17);
  EXPECT_EQ(gemma("mistral", "").windowed_layers, 34);
  EXPECT_EQ(gemma("llama", "").windowed_layers, std::nullopt);
  EXPECT_EQ(gemma("qwen3", "").windowed_layers, std::nullopt) << "use_sliding_window is not set";
  EXPECT_EQ(
      gemma("qwen3", R"(, "use_sliding_window": true, "max_window_layers": 30)").windowed_layers,
      4);
  EXPECT_EQ(gemma("llama", "").tied_embeddings, std::nullopt);
  EXPECT_EQ(gemma("llama", R"(, "tie_word_embeddings": true)").tied_embeddings, true);
}

TEST(HfConfig, NothingIsGuessed) {
  const auto mamba = model_from_text(R"({"model_type": "mamba", "hidden_size": 4096})");
  ASSERT_FALSE(mamba.has_value());
  EXPECT_EQ(mamba.error().kind, ErrorKind::usage);
  EXPECT_THAT(mamba.error().message, AllOf(HasSubstr("'mamba'"), HasSubstr("bench/README.md")));
  const auto half = model_from_text(R"({"model_type": "llama", "hidden_size": 4096,
      "num_hidden_layers": 2.5, "num_attention_heads": 32, "vocab_size": 32000,
      "intermediate_size": 11008})");
  ASSERT_FALSE(half.has_value());
  EXPECT_THAT(half.error().message, HasSubstr("num_hidden_layers is missing"));
  const auto none = model_from_text(R"({"model_type": "llama", "hidden_size": 4096,
      "num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 32000})");
  ASSERT_FALSE(none.has_value());
  EXPECT_THAT(none.error().message, HasSubstr("intermediate_size is missing"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::result
