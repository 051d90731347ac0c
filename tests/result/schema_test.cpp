// SPDX-License-Identifier: Apache-2.0
// The published schemas are what the field lists make them. What the lists cannot know, a
// description or a least value, is written into the schema by hand and kept; everything else in it
// is written by this test: PEERBENCH_UPDATE_GOLDEN=1 ctest -R "result:Schema".
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <vector>

#include "schema_fields.hpp"

namespace TEST_FILE {

using peerbench::result::Json;

/// What is written by hand: of a value, and of a struct as a whole.
const std::set<std::string> by_hand = {"$schema",
                                       "$id",
                                       "title",
                                       "description",
                                       "pattern",
                                       "minimum",
                                       "minLength",
                                       "minItems",
                                       "exclusiveMinimum",
                                       "minProperties",
                                       "dependentRequired",
                                       "if",
                                       "then",
                                       "else"};

/// `made` with what `kept` says beyond it and may say.
Json with_notes(Json made, const Json& kept) {
  for (auto& [key, value] : made.items()) {
    const bool inner = value.is_object() && kept.is_object() && kept.contains(key);
    if (inner && key != "properties" && key != "$defs") value = with_notes(value, kept[key]);
    if (inner && (key == "properties" || key == "$defs")) {
      for (auto& [field, node] : value.items()) {
        if (kept[key].contains(field)) node = with_notes(node, kept[key][field]);
      }
    }
  }
  if (!kept.is_object()) return made;
  Json all = Json::object();
  for (const auto& [key, value] : kept.items()) {
    if (key.starts_with('$') && by_hand.contains(key)) all[key] = value;
  }
  all.update(made);
  for (const auto& [key, value] : kept.items()) {
    if (by_hand.contains(key) && !all.contains(key)) all[key] = value;
  }
  return all;
}

std::string on_one_line(const Json& node) {
  if (!node.is_structured()) return node.dump();
  std::string text;
  for (const auto& [key, value] : node.items()) {
    text += text.empty() ? "" : ", ";
    text += (node.is_object() ? Json(key).dump() + ": " : "") + on_one_line(value);
  }
  return node.is_object() ? "{" + text + "}" : "[" + text + "]";
}

/// One line for each field, and for all else that holds no fields.
std::string pretty(const Json& node, int depth = 0) {
  const std::string indent(static_cast<std::size_t>(depth) * 2 + 2, ' ');
  std::string text = "{";
  for (const auto& [key, value] : node.items()) {
    text += (text.size() > 1 ? ",\n" : "\n") + indent + Json(key).dump() + ": ";
    const bool holds_fields = key == "properties" || key == "$defs" || value.contains("properties");
    text += holds_fields && key != "then" && key != "else" && key != "if" ? pretty(value, depth + 1)
                                                                          : on_one_line(value);
  }
  return text + "\n" + indent.substr(2) + "}";
}

/// Every field that `kept` publishes and `made` lacks, as a path.
void lost_fields(const Json& kept, const Json& made, const std::string& path,
                 std::vector<std::string>& lost) {
  if (!kept.is_object()) return;
  for (const auto& [key, value] : kept.items()) {
    const bool there = made.is_object() && made.contains(key);
    if (!there && path.ends_with("properties/")) lost.push_back(path + key);
    if (there && value.is_object()) lost_fields(value, made[key], path + key + "/", lost);
  }
}

void expect_generated(const std::string& file, const Json& made) {
  const std::string path = std::string(PEERBENCH_SOURCE_DIR) + "/src/result/" + file;
  std::ostringstream is;
  is << std::ifstream(path).rdbuf();
  std::vector<std::string> lost;
  lost_fields(Json::parse(is.str()), made, "", lost);
  ASSERT_TRUE(lost.empty()) << file << " would lose " << lost.front()
                            << ": what files of users hold changes only by adding";
  const std::string should = pretty(with_notes(made, Json::parse(is.str()))) + "\n";
  if (std::getenv("PEERBENCH_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << should;
    return;
  }
  EXPECT_EQ(is.str(), should) << file << " is not what the field lists say: write it again with "
                              << "PEERBENCH_UPDATE_GOLDEN=1";
}

TEST(Schema, OfResultsIsWhatTheFieldListsSay) {
  expect_generated("result.schema.json", peerbench::result::schema_of<peerbench::result::Run>(
                                             peerbench::result::schema_name));
}

TEST(Schema, OfSignalsIsWhatTheFieldListsSay) {
  expect_generated("signals.schema.json",
                   peerbench::result::schema_of<peerbench::result::SavedSignals>(
                       peerbench::result::signals_schema_name));
}

}  // namespace TEST_FILE
