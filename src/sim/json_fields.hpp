// SPDX-License-Identifier: Apache-2.0
// Reads one JSON object field by field, keeps the first thing that is wrong with its path, and
// refuses fields nobody asked for. Small on purpose: the loader reads like the format it accepts.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/machine_file.hpp"

namespace gpusim {

/// The first thing found wrong in a file; empty while all is well.
struct Problem {
  std::string path;  ///< of the field, e.g. "gpus[0].pcie_width"
  std::string message;
  explicit operator bool() const { return !message.empty(); }
  void set(const std::string& where, const std::string& what);
};

/// What a number may be.
enum class Range {
  any,
  not_negative,
  positive,
  fraction,  ///< above 0, at most 1
};

/// One object of the file. `finish()` refuses the fields that were never read.
class Fields {
 public:
  Fields(const nlohmann::json& object, std::string path, Problem& problem);

  void text(const char* key, std::string& out, bool required = false);
  void boolean(const char* key, bool& out, bool required = false);
  void integer(const char* key, int& out, Range range = Range::not_negative, bool required = false);
  void number(const char* key, double& out, Range range = Range::not_negative);
  /// A whole number of bytes, or text with a binary unit ("24 GiB").
  void bytes(const char* key, std::uint64_t& out, bool required = false);
  /// Text of hexadecimal digits after "0x".
  void hexadecimal(const char* key, std::uint32_t& out);
  void whole(const char* key, std::uint64_t& out);
  void figure(const char* key, Figure& out, Range range);
  void figure(const char* key, std::optional<Figure>& out, Range range);
  /// One of `allowed`, as text.
  void choice(const char* key, std::string& out, const std::vector<std::string>& allowed,
              bool required = false);
  void integers(const char* key, std::map<std::string, int>& out);
  /// A list of texts, none of them empty.
  void texts(const char* key, std::vector<std::string>& out);
  /// An object of texts; they may be empty.
  void text_map(const char* key, std::map<std::string, std::string>& out);

  /// The value of `key` when it is an object (or array), else null; a wrong type is a problem.
  const nlohmann::json* object(const char* key, bool required = false);
  const nlohmann::json* array(const char* key);

  bool has(const char* key) const;
  std::string path_of(const std::string& key) const;
  void finish();

 private:
  const nlohmann::json* find(const char* key, bool required);
  bool check_range(const char* key, double value, Range range);

  const nlohmann::json& object_;
  std::string path_;
  Problem& problem_;
  std::set<std::string> known_;
};

/// The entry of `known` that `word` was most likely meant to be; empty when none is near.
std::string nearest(const std::string& word, const std::set<std::string>& known);

}  // namespace gpusim
