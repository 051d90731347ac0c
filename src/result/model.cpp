// SPDX-License-Identifier: Apache-2.0
#include "result/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/nearest.hpp"
#include "models_json.hpp"
#include "result/estimate_fields.hpp"
#include "result/hf_config.hpp"
#include "result/json_reader.hpp"
#include "result/text_file.hpp"

namespace peerbench::result {

namespace {

/// Another name that a model goes by.
struct Alias {
  std::string name;
  std::string model;
};

struct ModelFile {
  std::vector<Model> models;
  std::vector<Alias> aliases;
};

void describe(auto& v, Of<Alias> auto& alias) {
  v.required("name", alias.name);
  v.required("model", alias.model);
}
void describe(auto& v, Of<ModelFile> auto& file) {
  v.list("models", file.models);
  v.list("aliases", file.aliases);
}

const ModelFile& model_file() {
  static const ModelFile file =
      read_object<ModelFile>(Json::parse(models_json)).value_or(ModelFile());
  return file;
}

constexpr double most = 1e15;  // of anything

/// Why its figures cannot be those of a model; empty when they can.
std::string problem_of(const Model& model) {
  const std::pair<const char*, double> counts[] = {
      {"layers", model.layers},         {"hidden", model.hidden},
      {"heads", model.heads},           {"kv_heads", model.kv_heads},
      {"head_size", model.head_size},   {"vocabulary", model.vocabulary},
      {"parameters", model.parameters}, {"active_parameters", model.active_parameters},
  };
  for (const auto& [key, value] : counts) {
    if (!(value > 0 && std::isfinite(value))) return fmt::format("{} is not above 0", key);
    if (value > most) return fmt::format("{} is more than any model has", key);
  }
  if (model.name.empty()) return "name is empty";
  if (model.active_parameters > model.parameters) {
    return "active_parameters is more than parameters";
  }
  if (model.kv_heads > model.heads) return "kv_heads is more than heads";
  const double tables = tables_of_vocabulary(model) * model.vocabulary * model.hidden;
  if (tables >= model.active_parameters) {
    return "active_parameters is less than the tables of the vocabulary have, vocabulary times "
           "hidden each (tied_embeddings: one)";
  }
  if (model.experts.has_value() != model.used_experts.has_value()) {
    return "experts and used_experts go together: give both or none";
  }
  if (model.experts && (*model.used_experts <= 0 || *model.used_experts >= *model.experts)) {
    return "used_experts is not between 0 and experts";
  }
  if (model.windowed_layers.has_value() != model.window.has_value()) {
    return "windowed_layers and window go together: give both or none";
  }
  const int windowed = model.windowed_layers.value_or(0);
  if (windowed < 0 || windowed > model.layers) return "windowed_layers is more than layers";
  if (model.window.value_or(1) <= 0) return "window is not above 0";
  if (model.latent_kv.value_or(1) <= 0) return "latent_kv is not above 0";
  return "";
}

/// What a name comes to without the owner before it, the tune behind it and signs that differ:
/// "Qwen/Qwen3-8B" and "qwen3:8b" are "qwen3-8b".
std::string plain_name(const std::string& text) {
  std::string name = lower_case(text.substr(text.rfind('/') + 1));
  std::ranges::replace_if(
      name, [](char c) { return c == ':' || c == '_' || c == ' '; }, '-');
  for (const char* tune : {"-instruct", "-chat", "-hf", "-it", "-base"}) {
    if (name.ends_with(tune)) name.resize(name.size() - std::string_view(tune).size());
  }
  return name;
}

const Model* known_model(const std::string& text) {
  std::string name = plain_name(text);
  for (const Alias& alias : model_file().aliases) {
    if (alias.name == name) name = alias.model;
  }
  const auto model = std::ranges::find(known_models(), name, &Model::name);
  return model == known_models().end() ? nullptr : &*model;
}

/// ".../Qwen3-8B/config.json" is of Qwen3-8B, "mine.json" of mine.
std::string name_of_file(const std::string& file) {
  const std::filesystem::path path(file);
  const std::string stem = path.stem().string(), folder = path.parent_path().filename().string();
  return stem == "config" && !folder.empty() ? folder : stem;
}

bool is_path(const std::string& text) {
  return text.find('/') != std::string::npos || text.ends_with(".json");
}

}  // namespace

int tables_of_vocabulary(const Model& model) {
  return model.tied_embeddings.value_or(false) ? 1 : 2;
}

const std::vector<Model>& known_models() { return model_file().models; }

Expected<Model> model_from_text(std::string_view text, const std::string& name) {
  const Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) return fail(ErrorKind::usage, "this is not a JSON document");
  auto model =
      is_hf_config(document) ? model_from_hf_config(document, name) : read_object<Model>(document);
  if (!model) return model;
  if (const std::string problem = problem_of(*model); !problem.empty()) {
    return fail(ErrorKind::usage, problem);
  }
  return model;
}

Expected<Model> find_model(const std::string& name_or_file) {
  const bool is_file = name_or_file.ends_with(".json");
  if (const Model* known = is_file ? nullptr : known_model(name_or_file)) return *known;
  if (!is_path(name_or_file)) {
    std::vector<std::string> names;
    for (const Model& model : known_models()) names.push_back(model.name);
    return fail(
        ErrorKind::usage,
        fmt::format(
            "--model '{}' is no known model; known are {}; a file of your own, or a model's "
            "config.json from Hugging Face, ends with .json{}",
            name_or_file, fmt::join(names, ", "), did_you_mean(name_or_file, names)));
  }
  const auto text = read_text_file(name_or_file, "model file",
                                   "give the path of one, or the name of a known model");
  if (!text) return tl::unexpected(text.error());
  return model_from_text(*text, name_of_file(name_or_file)).map_error([&](Error error) {
    error.message = fmt::format(
        "the model file '{}': {}; it is an object with the fields that "
        "bench/README.md lists, or a model's config.json from Hugging Face",
        name_or_file, error.message);
    return error;
  });
}

}  // namespace peerbench::result
