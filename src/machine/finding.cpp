// SPDX-License-Identifier: Apache-2.0
#include "machine/finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "machine/finding_rows.hpp"

namespace peerbench::machine {

namespace {

const FindingRow& row_of(FindingCode code) {
  return finding_rows()[static_cast<std::size_t>(code)];
}

/// Takes `prefix` and a whole number off the front.
std::optional<int> take_number(std::string_view& text, std::string_view prefix) {
  int number = 0;
  if (!text.starts_with(prefix) || text.substr(prefix.size()).starts_with('-')) return std::nullopt;
  const char* const from = text.data() + prefix.size();
  const auto [end, error] = std::from_chars(from, text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

const char* to_string(FindingCode value) { return row_of(value).name; }

const char* name(Severity value) {
  switch (value) {
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warning";
    case Severity::error:
      break;
  }
  return "error";
}

std::span<const FindingCode> all_findings() {
  static const std::vector<FindingCode> codes = [] {
    std::vector<FindingCode> found;
    std::ranges::transform(finding_rows(), std::back_inserter(found), &FindingRow::code);
    return found;
  }();
  return codes;
}

double figure(const Figures& figures, std::string_view name) {
  const auto at = std::ranges::find(figures, name, &Figures::value_type::first);
  return at == figures.end() ? std::nan("") : at->second;
}

const std::string& quote(const Quotes& quotes, std::string_view name) {
  static const std::string nothing;
  const auto at = std::ranges::find(quotes, name, &Quotes::value_type::first);
  return at == quotes.end() ? nothing : at->second;
}

Severity severity_of(FindingCode code) { return row_of(code).severity; }

std::string to_string(const Subject& subject) {
  std::string text = subject.name;
  for (const int gpu : subject.gpus) text += fmt::format("{}gpu{}", text.empty() ? "" : "-", gpu);
  if (subject.nvlink) text += fmt::format("/nvlink{}", *subject.nvlink);
  return text;
}

Subject read_subject(std::string_view text) {
  Subject subject;
  std::string_view rest = text;
  for (const char* before = "gpu"; const auto gpu = take_number(rest, before); before = "-gpu") {
    subject.gpus.push_back(*gpu);
  }
  subject.nvlink = take_number(rest, "/nvlink");
  if (!subject.gpus.empty() && rest.empty()) return subject;
  return {{}, {}, std::string(text)};
}

const Finding* find_finding(std::span<const Finding> findings, FindingCode code) {
  const auto at = std::ranges::find(findings, code, &Finding::code);
  return at == findings.end() ? nullptr : &*at;
}

Finding make_finding(FindingCode code, std::vector<Subject> subjects, Figures figures,
                     Quotes quotes) {
  const FindingRow& row = row_of(code);
  Finding finding{
      code, row.severity, std::move(subjects), std::move(figures), std::move(quotes), "", ""};
  finding.what = row.what.of(finding);
  finding.advice = row.advice.of(finding);
  return finding;
}

std::vector<Finding> grouped(std::vector<Finding> findings) {
  std::vector<Finding> groups;
  for (Finding& finding : findings) {
    const auto same = std::ranges::find_if(groups, [&](const Finding& group) {
      return finding.code && group.code == finding.code && !group.subjects.empty() &&
             group.figures == finding.figures && group.quotes == finding.quotes;
    });
    if (same == groups.end()) {
      groups.push_back(std::move(finding));
      continue;
    }
    std::ranges::move(finding.subjects, std::back_inserter(same->subjects));
    *same = make_finding(*same->code, std::move(same->subjects), std::move(same->figures),
                         std::move(same->quotes));
  }
  return groups;
}

}  // namespace peerbench::machine
