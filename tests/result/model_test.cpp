// SPDX-License-Identifier: Apache-2.0
#include "result/model.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "result/json.hpp"
#include "sample_runs.hpp"

namespace peerbench::result {
namespace TEST_FILE {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

std::string refusal(const std::string& name_or_file) {
  const auto model = find_model(name_or_file);
  EXPECT_FALSE(model.has_value());
  return model ? "" : model.error().message;
}

Json valid() {
  return Json::parse(R"({"name": "mine", "layers": 2, "hidden": 64, "heads": 4, "kv_heads": 2,
    "head_size": 16, "vocabulary": 1000, "parameters": 1e6, "active_parameters": 1e6})");
}

std::string text_refusal(const Json& json) {
  const auto model = model_from_text(json.dump());
  return model ? "" : model.error().message;
}

TEST(Models, TheWellKnownOnesAreThereWithSources) {
  for (const char* name :
       {"llama-2-70b", "llama-3-8b", "llama-3-70b", "qwen3-8b", "qwen3-32b", "mistral-7b",
        "mixtral-8x7b", "gpt-oss-20b", "gpt-oss-120b", "deepseek-v3"}) {
    const auto model = find_model(name);
    ASSERT_TRUE(model.has_value()) << name;
    EXPECT_NE(model->source, "") << name;
  }
  for (const Model& model : known_models()) {
    EXPECT_LE(model.active_parameters, model.parameters) << model.name;
    EXPECT_GT(model.active_parameters, 1e9) << model.name;
    EXPECT_EQ(model.heads % model.kv_heads, 0) << model.name;
  }
}

/// The size that a dense model's figures add up to: attention and embeddings, and the rest of each
/// layer between two and ten times its attention.
TEST(Models, SizesAreThoseOfTheirDimensions) {
  for (const Model& model : known_models()) {
    if (model.active_parameters < model.parameters) continue;
    const double attention =
        2.0 * model.hidden * model.head_size * (model.heads + model.kv_heads) * model.layers;
    const double embeddings = model.vocabulary * model.hidden;
    const double others = (model.parameters - attention - 2 * embeddings) / attention;
    EXPECT_GT(others, 2) << model.name;
    EXPECT_LT(others, 10) << model.name;
  }
}

TEST(Models, CaseOfANameDoesNotCount) {
  const auto model = find_model("Qwen3-8B");
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(model->name, "qwen3-8b");
}

TEST(Models, GoByTheNamesThatPeopleUse) {
  const std::pair<const char*, const char*> names[] = {
      {"meta-llama/Llama-3.1-8B-Instruct", "llama-3-8b"},
      {"llama3.1:70b", "llama-3-70b"},
      {"meta-llama/Llama-3.3-70B-Instruct", "llama-3-70b"},
      {"Qwen/Qwen3-30B-A3B", "qwen3-30b-a3b"},
      {"qwen3:8b", "qwen3-8b"},
      {"openai/gpt-oss-120b", "gpt-oss-120b"},
      {"mistralai/Mixtral-8x7B-Instruct-v0.1", "mixtral-8x7b"},
      {"deepseek-ai/DeepSeek-R1", "deepseek-v3"},
  };
  for (const auto& [said, name] : names) {
    const auto model = find_model(said);
    ASSERT_TRUE(model.has_value()) << model.error().message;
    EXPECT_EQ(model->name, name) << said;
  }
}

TEST(Models, AnUnknownNameOffersTheNearest) {
  EXPECT_THAT(refusal("lama-3-8b"),
              AllOf(HasSubstr("no known model"), HasSubstr("did you mean 'llama-3-8b'")));
  EXPECT_THAT(refusal("Qwen3-8C"), HasSubstr("did you mean 'qwen3-8b'"));
}

TEST(Models, AFileSaysWhichFieldIsWrong) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("model-" + std::to_string(getpid()) + ".json");
  Json json = valid();
  json.erase("kv_heads");
  std::ofstream(path) << json;
  EXPECT_THAT(refusal(path), AllOf(HasSubstr(path), HasSubstr("kv_heads is missing")));
  std::ofstream(path) << valid();
  const auto model = find_model(path);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  EXPECT_EQ(model->name, "mine");
  std::filesystem::remove(path);
  EXPECT_THAT(refusal(path), HasSubstr("cannot read the model file"));
  EXPECT_EQ(find_model(path).error().kind, ErrorKind::io);
}

TEST(Models, FiguresThatCannotBeAreRefused) {
  const auto with = [](const char* key, const Json& value) {
    Json json = valid();
    json[key] = value;
    return text_refusal(json);
  };
  EXPECT_EQ(text_refusal(valid()), "");
  EXPECT_THAT(with("layers", 0), HasSubstr("layers is not above 0"));
  EXPECT_THAT(with("layers", "two"), HasSubstr("layers is not a whole number"));
  EXPECT_THAT(with("active_parameters", 2e6), HasSubstr("more than parameters"));
  EXPECT_THAT(with("parameters", 1e300), HasSubstr("parameters is more than any model has"));
  EXPECT_THAT(with("kv_heads", 8), HasSubstr("kv_heads is more than heads"));
  EXPECT_THAT(with("vocabulary", 9000), HasSubstr("tied_embeddings"));
  EXPECT_THAT(with("experts", 8), HasSubstr("give both or none"));
  EXPECT_THAT(with("window", 128), HasSubstr("go together"));
  EXPECT_THAT(model_from_text("{").error().message, HasSubstr("not a JSON document"));
}

TEST(Estimates, AreWrittenAndReadAgain) {
  result::Run run = dual_rtx3090_nvlink();
  Estimate estimate;
  estimate.model = find_model("gpt-oss-20b").value_or(Model{});
  estimate.from = "a.json";
  estimate.cards = 2;
  estimate.weights = Weights::int4;
  estimate.context = estimate.prefill_tokens = 100;
  estimate.read_cell = "none";
  estimate.memory_ms = 1.5;
  estimate.links.push_back({.parallel = Parallel::pipeline,
                            .step = Step::prefill,
                            .way = LinkWay::staged,
                            .wire = "host",
                            .tokens = 100,
                            .message_bytes = 576000,
                            .messages = 1,
                            .token_bytes = 5760,
                            .ms = 0.25,
                            .reason = "between a and b",
                            .share = {}});
  estimate.free_bytes = 6 * GiB;
  estimate.layer_shares = {{.gpu = 1, .layers = 30, .need_bytes = 5, .memory_bytes = 7}};
  run.estimates = {estimate};
  const Json document = to_json(run);
  const Json& written = document["estimates"][0];
  EXPECT_EQ(written["model"]["window"], 128);
  EXPECT_EQ(written["weights"], "int4");
  EXPECT_TRUE(written["read_gbs"].is_null());
  EXPECT_EQ(written["links"][0]["way"], "staged");
  const auto again = from_json(document.dump());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(to_json(*again), document);
}

}  // namespace TEST_FILE
}  // namespace peerbench::result
