// SPDX-License-Identifier: Apache-2.0
#include "result/hf_config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace peerbench::result {

namespace {

/// Which layers look back a window only, where the file does not list its layers.
enum class Windowed {
  none,
  all,
  every_second,    ///< the first, the third and so on
  but_every_nth,   ///< n: sliding_window_pattern
  from_a_layer_on  ///< max_window_layers, and only where use_sliding_window says so
};

/// Model types whose layers are attention and three matrices of a gated feed-forward network, or
/// experts made so. Defaults of the configuration classes of the transformers library.
struct Type {
  const char* name;
  bool tied = false;  ///< tie_word_embeddings where the file does not say
  Windowed windowed = Windowed::none;
};
constexpr Type types[] = {
    {"llama"},
    {"mistral", false, Windowed::all},
    {"mixtral", false, Windowed::all},
    {"qwen2", false, Windowed::from_a_layer_on},
    {"qwen3", false, Windowed::from_a_layer_on},
    {"qwen2_moe", false, Windowed::from_a_layer_on},
    {"qwen3_moe", false, Windowed::from_a_layer_on},
    {"gemma", true},
    {"gemma2", true, Windowed::every_second},
    {"gemma3_text", true, Windowed::but_every_nth},
    {"phi3", false, Windowed::all},
    {"cohere", true},
    {"glm4"},
    {"olmo2"},
    {"gpt_oss"},
    {"deepseek_v2"},
    {"deepseek_v3"},
};

/// Reads whole numbers above 0, and remembers the first one that was needed and is not there.
class Sizes {
 public:
  explicit Sizes(const Json& config) : config_(config) {}

  std::optional<double> find(const char* key) const {
    const auto found = config_.find(key);
    if (found == config_.end() || !found->is_number()) return std::nullopt;
    const double value = *found;
    return value > 0 && std::floor(value) == value && value < 1e9 ? std::optional(value)
                                                                  : std::nullopt;
  }
  double or_else(const char* key, double other) const { return find(key).value_or(other); }
  double need(const char* key) {
    const auto value = find(key);
    if (!value && missing_.empty()) missing_ = key;
    return value.value_or(1);
  }
  bool flag(const char* key, bool other) const {
    const auto found = config_.find(key);
    return found != config_.end() && found->is_boolean() ? found->get<bool>() : other;
  }
  /// How many of the texts in a list are `text`; none where there is no such list.
  std::optional<int> count(const char* key, const char* text) const {
    const auto found = config_.find(key);
    if (found == config_.end() || !found->is_array()) return std::nullopt;
    return static_cast<int>(
        std::ranges::count_if(*found, [&](const Json& one) { return one == text; }));
  }
  const std::string& missing() const { return missing_; }

 private:
  const Json& config_;
  std::string missing_;
};

const Json& text_part(const Json& document) {
  const auto inner = document.find("text_config");
  return inner != document.end() && inner->is_object() ? *inner : document;
}

int whole(double value) { return static_cast<int>(std::lround(value)); }

/// Of one layer.
double attention_parameters(Sizes& sizes, const Model& model) {
  const double hidden = model.hidden, heads = model.heads;
  if (!model.latent_kv) {
    const double queries = heads * model.head_size, keys = 1.0 * model.kv_heads * model.head_size;
    return hidden * (2 * queries + 2 * keys);
  }
  const double rope = sizes.need("qk_rope_head_dim"), nope = sizes.need("qk_nope_head_dim");
  const double latent = sizes.need("kv_lora_rank");
  const auto query_latent = sizes.find("q_lora_rank");
  const double queries = heads * (nope + rope);
  const double down_and_up =
      query_latent ? hidden * *query_latent + *query_latent * queries : hidden * queries;
  return down_and_up + hidden * (latent + rope) + latent * heads * (nope + model.head_size) +
         heads * model.head_size * hidden;
}

/// Gate, up and down.
double feed_forward(const Model& model, double inner) { return 3.0 * model.hidden * inner; }

void set_parameters(Sizes& sizes, Model& model) {
  const double attention = attention_parameters(sizes, model) * model.layers;
  const double tables = model.vocabulary * model.hidden * tables_of_vocabulary(model);
  if (!model.experts) {
    model.parameters =
        attention + tables + feed_forward(model, sizes.need("intermediate_size")) * model.layers;
    model.active_parameters = model.parameters;
    return;
  }
  const auto own = sizes.find("moe_intermediate_size");
  const double inner = own ? *own : sizes.need("intermediate_size");
  const double dense = std::min<double>(sizes.or_else("first_k_dense_replace", 0), model.layers);
  const double shared = sizes.or_else("shared_expert_intermediate_size",
                                      sizes.or_else("n_shared_experts", 0) * inner);
  const double router = 1.0 * model.hidden * *model.experts;
  const double always =
      attention + tables + (model.layers - dense) * (feed_forward(model, shared) + router) +
      (dense > 0 ? dense * feed_forward(model, sizes.need("intermediate_size")) : 0);
  const double expert = (model.layers - dense) * feed_forward(model, inner);
  model.parameters = always + expert * *model.experts;
  model.active_parameters = always + expert * *model.used_experts;
}

void set_experts(Sizes& sizes, Model& model) {
  for (const char* key : {"num_local_experts", "num_experts", "n_routed_experts"}) {
    const auto experts = sizes.find(key);
    if (!experts) continue;
    model.experts = whole(*experts);
    model.used_experts = whole(sizes.need("num_experts_per_tok"));
    return;
  }
}

void set_windows(const Sizes& sizes, const Type& type, Model& model) {
  const auto window = sizes.find("sliding_window");
  if (!window || !sizes.flag("use_sliding_window", type.windowed != Windowed::from_a_layer_on)) {
    return;
  }
  int layers = 0;
  if (const auto listed = sizes.count("layer_types", "sliding_attention")) {
    layers = *listed;
  } else if (type.windowed == Windowed::all) {
    layers = model.layers;
  } else if (type.windowed == Windowed::every_second) {
    layers = (model.layers + 1) / 2;
  } else if (type.windowed == Windowed::but_every_nth) {
    layers = model.layers - model.layers / whole(sizes.or_else("sliding_window_pattern", 6));
  } else if (type.windowed == Windowed::from_a_layer_on) {
    layers = std::max(model.layers - whole(sizes.or_else("max_window_layers", 0)), 0);
  }
  if (layers == 0) return;
  model.windowed_layers = layers;
  model.window = whole(*window);
}

Error unknown_type(const std::string& type) {
  std::vector<std::string> known;
  for (const Type& one : types) known.emplace_back(one.name);
  return {ErrorKind::usage,
          fmt::format("its model_type '{}' is none of those whose matrices are known ({}); write a "
                      "file with the fields that bench/README.md lists",
                      type, fmt::join(known, ", "))};
}

}  // namespace

bool is_hf_config(const Json& document) {
  return document.is_object() && text_part(document).contains("hidden_size");
}

Expected<Model> model_from_hf_config(const Json& document, const std::string& name) {
  const Json& config = text_part(document);
  const std::string said = config.contains("model_type") && config["model_type"].is_string()
                               ? config["model_type"].get<std::string>()
                               : "";
  const auto type = std::ranges::find_if(types, [&](const Type& one) { return said == one.name; });
  if (type == std::end(types)) return tl::unexpected(unknown_type(said));
  Sizes sizes(config);
  Model model;
  model.name = name;
  model.source = "Hugging Face config.json; parameters counted from its sizes";
  model.layers = whole(sizes.need("num_hidden_layers"));
  model.hidden = whole(sizes.need("hidden_size"));
  model.heads = whole(sizes.need("num_attention_heads"));
  model.kv_heads = whole(sizes.or_else("num_key_value_heads", model.heads));
  model.vocabulary = sizes.need("vocab_size");
  if (const auto latent = sizes.find("kv_lora_rank")) {
    model.latent_kv = whole(*latent + sizes.need("qk_rope_head_dim"));
    model.head_size = whole(sizes.need("v_head_dim"));
  } else {
    model.head_size = whole(sizes.or_else("head_dim", 1.0 * model.hidden / model.heads));
  }
  if (sizes.flag("tie_word_embeddings", type->tied)) model.tied_embeddings = true;
  set_experts(sizes, model);
  set_windows(sizes, *type, model);
  set_parameters(sizes, model);
  if (!sizes.missing().empty()) {
    return fail(ErrorKind::usage,
                fmt::format("{} is missing, or no whole number above 0", sizes.missing()));
  }
  return model;
}

}  // namespace peerbench::result
