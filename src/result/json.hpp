// SPDX-License-Identifier: Apache-2.0
// The run as a peerbench.result/1 document and back. One description of the fields serves writing
// and reading (fields.hpp); the published schema is result.schema.json beside this file.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "result/run.hpp"

namespace peerbench::result {

struct ToJson {
  bool identify = false;  ///< also write what identifies the machine (GPU UUIDs)
};

/// The document. Numbers are numbers, unmeasured ones null; text that does not apply is left out.
nlohmann::ordered_json to_json(const Run& run, ToJson options = {});

/// The document as text with a final newline; bytes that are not UTF-8 become U+FFFD.
std::string to_text(const Run& run, ToJson options = {});

/// Reads a document. Text that is not JSON, another schema or a field of the wrong type is a usage
/// error that names it. Unknown keys are ignored: the format changes only by adding.
Expected<Run> from_json(std::string_view text);

}  // namespace peerbench::result
