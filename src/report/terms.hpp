// SPDX-License-Identifier: Apache-2.0
// The one table of terms: `peerbench explain` shows it and docs/glossary.md is written from it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace peerbench::report {

/// Where `peerbench explain` lists a term.
enum class TermGroup {
  answer,  ///< the word of a whole run
  cell,    ///< a status or a verdict of a cell
  topic,   ///< a question of its own
  word,
};

struct Term {
  std::string_view name;
  std::string_view aliases = {};  ///< other ways to ask for it: "bi, bidirectional"
  TermGroup group = TermGroup::word;
  std::string_view meaning = {};  ///< one sentence
  std::string_view more = {};     ///< what else helps; a newline begins a paragraph
  std::string_view see = {};      ///< names of others: "push, peer access"
  std::string_view page = {};     ///< below docs/: "answers.md"
};

/// In the order of the alphabet.
std::span<const Term> all_terms();

/// By name, else by alias; case does not count, and '-' and '_' are spaces. Null: there is none.
const Term* find_term(std::string_view text);

/// The names of all, as they are written.
std::vector<std::string> term_names();

/// {"push", "peer access"} of "push, peer access".
std::vector<std::string> split_list(std::string_view list);

}  // namespace peerbench::report
