// SPDX-License-Identifier: Apache-2.0
// A language model from the config.json that Hugging Face keeps beside its weights. Private to this
// module.
#pragma once

#include <string>

#include "base/error.hpp"
#include "result/json_reader.hpp"
#include "result/model.hpp"

namespace peerbench::result {

/// Whether the document is such a file: it has hidden_size, or a text_config that has.
bool is_hf_config(const Json& document);

/// The model that it describes, called `name`. Parameters are counted from the sizes of its
/// matrices; norms and biases, under 0.1 % of them, are left out. ErrorKind::usage where a size is
/// missing, or the model_type is none of those whose matrices are known.
Expected<Model> model_from_hf_config(const Json& document, const std::string& name);

}  // namespace peerbench::result
