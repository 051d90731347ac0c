// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "report/tables.hpp"
#include "report/terms.hpp"

namespace peerbench::report {
namespace {

std::string list_group(TermGroup group) {
  std::vector<std::string_view> names;
  for (const Term& term : all_terms()) {
    if (term.group == group) names.push_back(term.name);
  }
  return fmt::format("{}", fmt::join(names, "; "));  // some have commas
}

}  // namespace

Document term_document(const Term& term) {
  Document document{.title = std::string(term.name)};
  Section section{"", {std::string(term.meaning)}, Mark::flush};
  document.blocks.emplace_back(section);
  for (std::string_view rest = term.more; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    document.blocks.emplace_back(Section{"", {std::string(rest.substr(0, end))}, Mark::flush});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  Section elsewhere{"", {}, Mark::flush};
  if (!term.aliases.empty()) elsewhere.lines.emplace_back(fmt::format("Also: {}.", term.aliases));
  if (!term.see.empty()) elsewhere.lines.emplace_back(fmt::format("See also: {}.", term.see));
  if (!term.page.empty()) elsewhere.lines.emplace_back(fmt::format("More in docs/{}.", term.page));
  if (!elsewhere.lines.empty()) document.blocks.emplace_back(std::move(elsewhere));
  return document;
}

Document terms_document() {
  Document document{.title = "Terms that peerbench explains"};
  const std::pair<const char*, TermGroup> groups[] = {
      {"The answer of a run", TermGroup::answer},
      {"Statuses and verdicts of a cell", TermGroup::cell},
      {"Topics", TermGroup::topic},
      {"Words", TermGroup::word}};
  for (const auto& [title, group] : groups) {
    document.blocks.emplace_back(Section{title, {list_group(group)}, Mark::none});
  }
  document.commands = {{"peerbench explain TERM", "in any case, e.g. explain no direct link"}};
  return document;
}

}  // namespace peerbench::report
