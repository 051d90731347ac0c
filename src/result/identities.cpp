// SPDX-License-Identifier: Apache-2.0
#include "result/identities.hpp"

#include <array>
#include <regex>
#include <string>

namespace peerbench::result {

namespace {

struct Rule {
  const char* mark;  ///< text without it is left alone: a document has many, most say nothing
  std::regex pattern;
  const char* instead;
};

const std::array<Rule, 4>& rules() {
  static const std::regex::flag_type flags = std::regex::ECMAScript | std::regex::optimize;
  static const std::regex uuid("(GPU|MIG)-[0-9a-fA-F][0-9a-fA-F-]{3,}", flags);
  static const std::array<Rule, 4> all = {{
      // /proc/version goes on with who built the kernel, where and with what.
      {"Linux version ", std::regex("^(Linux version \\S+) .*$", flags), "$1"},
      // The driver's version file names its builder.
      {"@", std::regex("[\\w.+-]+@[\\w.-]+", flags), "(left out)"},
      {"GPU-", uuid, "$1-(left out)"},
      {"MIG-", uuid, "$1-(left out)"},
  }};
  return all;
}

}  // namespace

std::string without_identities(std::string text) {
  for (const Rule& rule : rules()) {
    if (text.find(rule.mark) == std::string::npos) continue;
    text = std::regex_replace(text, rule.pattern, rule.instead);
  }
  return text;
}

void leave_out_identities(nlohmann::ordered_json& document) {
  if (document.is_string()) {
    document = without_identities(document.get_ref<const std::string&>());
  } else if (document.is_structured()) {
    for (auto& inner : document) leave_out_identities(inner);
  }
}

}  // namespace peerbench::result
