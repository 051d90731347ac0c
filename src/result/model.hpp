// SPDX-License-Identifier: Apache-2.0
// A language model as far as its traffic and its memory need: what bench/models/models.json and a
// user's own file say of one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/units.hpp"

namespace peerbench::result {

struct Model {
  std::string name;
  std::string source;  ///< where its figures come from; may be empty in a user's file
  int layers = 0;
  int hidden = 0;     ///< elements of one token's activations
  int heads = 0;      ///< of queries
  int kv_heads = 0;   ///< of keys and values
  int head_size = 0;  ///< elements of one head
  /// Elements kept a token and layer where attention is latent, in place of 2 x kv_heads x
  /// head_size.
  std::optional<int> latent_kv;
  std::optional<int> windowed_layers;  ///< layers that look back `window` tokens only
  std::optional<int> window;
  double vocabulary = 0;         ///< tokens
  double parameters = 0;         ///< all
  double active_parameters = 0;  ///< used for one token, both tables of the vocabulary among them
  std::optional<int> experts;    ///< of each layer, where a token is sent to some of them
  std::optional<int> used_experts;      ///< by a token
  std::optional<bool> tied_embeddings;  ///< one table of the vocabulary, not one at each end
};

/// Of one element of activations and of the cache: 16 bits.
inline constexpr int bytes_an_element = 2;

/// Bytes of the activations of `tokens` tokens: what one all-reduce, or one boundary, carries.
constexpr Bytes message_bytes(int hidden, int tokens) {
  return static_cast<Bytes>(bytes_an_element) * static_cast<Bytes>(hidden) *
         static_cast<Bytes>(tokens);
}

/// Tables with a row for each token of the vocabulary: for what goes in, and for what comes out.
int tables_of_vocabulary(const Model& model);

/// The models that the program knows, in the order of its file.
const std::vector<Model>& known_models();

/// A known model by name, or one from a file. Of a name, case does not matter, nor what stands
/// before a '/' or behind the size ("meta-llama/Llama-3.1-8B-Instruct" is llama-3-8b); usual other
/// names stand in bench/models/models.json. Usage errors name the nearest known names, or the field
/// that is missing or wrong; ErrorKind::io when a file cannot be read.
Expected<Model> find_model(const std::string& name_or_file);

/// One model from the text of a file: an object with the fields of Model, or the config.json of a
/// model from Hugging Face, which is then called `name`.
Expected<Model> model_from_text(std::string_view text, const std::string& name = "model");

}  // namespace peerbench::result
