// SPDX-License-Identifier: Apache-2.0
#include "machine/finding_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/list_some.hpp"

namespace peerbench::machine {

double figure(const Finding& finding, std::string_view name) {
  return figure(finding.figures, name);
}

long count(const Finding& finding, std::string_view name) {
  const double value = figure(finding, name);
  return std::isnan(value) ? 0 : std::lround(value);
}

const std::string& quote(const Finding& finding, std::string_view name) {
  return quote(finding.quotes, name);
}

std::string who(const Finding& finding) {
  constexpr std::size_t most_pairs = 4, most_gpus = 8;
  std::vector<std::string> names;
  bool pairs = false;
  for (const Subject& subject : finding.subjects) {
    if (subject.nvlink) continue;
    const bool pair = subject.gpus.size() == 2;
    names.push_back(pair ? fmt::format("gpu{} <-> gpu{}", subject.gpus[0], subject.gpus[1])
                         : to_string(subject));
    pairs = pairs || pair;
  }
  return list_some(names, pairs ? most_pairs : most_gpus, pairs ? "more pairs" : "more GPUs");
}

const char* verb(const Finding& finding, const char* of_one, const char* of_several) {
  const auto links = std::ranges::count_if(
      finding.subjects, [](const Subject& subject) { return subject.nvlink.has_value(); });
  return std::ssize(finding.subjects) - links > 1 ? of_several : of_one;
}

}  // namespace peerbench::machine
