// SPDX-License-Identifier: Apache-2.0
#include "cli/tokens.hpp"

namespace peerbench::cli {

namespace {

/// "--budget" of "--budget=5s"; all of Google Benchmark's options are one.
std::string option_of(const std::string& text) {
  if (text.starts_with(benchmark_option)) return benchmark_option;
  return text.substr(0, text.find('='));
}

}  // namespace

std::vector<Token> tokens(const CommandLine& line, const std::vector<std::string>& arguments) {
  std::vector<Token> all;
  bool value_next = false, words_only = false;
  for (const std::string& text : arguments) {
    Token token{Token::Kind::word, text, ""};
    if (value_next) {
      token.kind = Token::Kind::value;
      value_next = false;
    } else if (text == "--") {
      words_only = true;
    } else if (!words_only && text.size() > 1 && text.starts_with('-')) {
      token.kind = Token::Kind::option;
      token.option = option_of(text);
      value_next = token.option == text && line.takes_value(text);
    }
    all.push_back(std::move(token));
  }
  return all;
}

}  // namespace peerbench::cli
