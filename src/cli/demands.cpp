// SPDX-License-Identifier: Apache-2.0
#include "cli/demands.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "cli/command.hpp"
#include "cli/value_option.hpp"
#include "cli/values.hpp"
#include "judge/baseline.hpp"
#include "result/file.hpp"

namespace peerbench::cli {

namespace {

/// The option may be given several times, with one text each.
template <typename Read, typename Store>
void add_texts(CLI::App& app, const std::string& name, const std::string& type, Read read,
               Store store, const std::string& help) {
  const auto take = [name, read, store](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      auto value = read(text);
      if (!value) throw Refused(name, value.error());
      store(std::move(*value));
    }
  };
  app.add_option_function<std::vector<std::string>>(name, take, help)
      ->type_name(type)
      ->allow_extra_args(false);
}

}  // namespace

void add_demand_options(CLI::App& app, Demands& demands) {
  add_texts(
      app, "--require", "LIST", judge::parse_requirements,
      [&demands](const std::vector<judge::Requirement>& list) {
        std::ranges::copy_if(list, std::back_inserter(demands.requirements), [&](const auto& one) {
          return std::ranges::count(demands.requirements, one) == 0;
        });
      },
      "What a machine must have (see below)");
  add_texts(
      app, "--min", "LIMIT", judge::parse_limit,
      [&demands](judge::Limit limit) { demands.limits.push_back(std::move(limit)); },
      "What measured cells must reach (see below)");
  app.add_option("--baseline", demands.baseline, "Earlier result to compare with")
      ->type_name("FILE");
  add_value(app, "--max-drop", "SHARE", demands.max_drop, parse_max_drop,
            "How far below the baseline is still good (5%)");
}

bool about_cells(const Demands& demands) {
  return !demands.limits.empty() || !demands.baseline.empty() ||
         std::ranges::any_of(demands.requirements, judge::needs_cells);
}

bool any(const Demands& demands) { return about_cells(demands) || !demands.requirements.empty(); }

Expected<std::optional<result::Run>> read_baseline(const Demands& demands) {
  if (demands.baseline.empty()) return std::nullopt;
  auto baseline = result::read_result(demands.baseline);
  if (!baseline) return tl::unexpected(baseline.error());
  return std::optional(std::move(*baseline));
}

void check_demands(const Demands& demands, const std::optional<result::Run>& baseline,
                   result::Run& run) {
  if (auto unfinished = judge::check_finished(run)) run.checks.push_back(std::move(*unfinished));
  for (const judge::Requirement& requirement : demands.requirements) {
    run.checks.push_back(judge::check(run, requirement));
  }
  for (const judge::Limit& limit : demands.limits) {
    run.checks.push_back(judge::check(run, limit));
  }
  if (!baseline) return;
  run.checks.push_back(judge::check_baseline(
      run, *baseline, std::filesystem::path(demands.baseline).filename().string(),
      demands.max_drop.value_or(judge::default_max_drop)));
}

}  // namespace peerbench::cli
