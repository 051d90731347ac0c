// SPDX-License-Identifier: Apache-2.0
#include "report/render.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "report/exporters.hpp"
#include "report/safe_document.hpp"
#include "report/tables.hpp"
#include "result/identities.hpp"
#include "result/json.hpp"

namespace peerbench::report {
namespace {

/// What a format makes of things; null: it has no place for them.
struct Exporter {
  Format format;
  /// Of any command.
  std::string (*page)(Document, const RenderOptions&) = nullptr;
  /// All that a command found.
  std::string (*result)(const result::Run&, const RenderOptions&) = nullptr;
  /// What was measured, alone.
  std::string (*cells)(const result::Run&, const RenderOptions&) = nullptr;
  std::string (*comparison)(const result::Comparison&, const RenderOptions&) = nullptr;
};

/// A page as Markdown, safe to print and to post.
std::string markdown(Document document, const RenderOptions& options) {
  return to_markdown(safe_document(std::move(document), options.identify));
}

/// Fields of CSV are printable as they are made; their lines end with a carriage return.
std::string table_text(std::string table, const RenderOptions& options) {
  return options.identify ? table : result::without_identities(std::move(table));
}

constexpr Exporter exporters[] = {
    {.format = Format::terminal,
     .page =
         [](Document document, const RenderOptions& options) {
           return to_terminal(safe_document(std::move(document), options.identify), options.width,
                              options.color);
         }},
    {.format = Format::markdown, .page = markdown},
    {.format = Format::csv,
     .cells = [](const result::Run& run,
                 const RenderOptions& options) { return table_text(to_csv(run), options); },
     .comparison = [](const result::Comparison& runs,
                      const RenderOptions& options) { return table_text(to_csv(runs), options); }},
    {.format = Format::json,
     .result =
         [](const result::Run& run, const RenderOptions& options) {
           return result::to_text(run, {.identify = options.identify});
         }},
};
static_assert(std::size(exporters) == result::vocabulary<Format>.size(), "a format is not written");

const Exporter& exporter_of(Format format) {
  return *std::ranges::find(exporters, format, &Exporter::format);
}

/// "terminal, markdown or json": the formats that `can` says yes to.
std::string formats_that(bool (*can)(const Exporter&)) {
  std::vector<std::string> names;
  for (const Exporter& exporter : exporters) {
    if (can(exporter)) names.emplace_back(name(exporter.format));
  }
  const std::string last = names.back();
  names.pop_back();
  return fmt::format("{} or {}", fmt::join(names, ", "), last);
}

bool has_page(const Exporter& exporter) { return exporter.page != nullptr; }

tl::unexpected<Error> refuse_format(const std::string& why, bool (*can)(const Exporter&)) {
  return fail(ErrorKind::usage, fmt::format("{}; use --format {}", why, formats_that(can)));
}

/// A page, or the result document where the format is that. `none` says what has no cells.
Expected<std::string> page_or_result(Format format, const result::Run& run, const char* none,
                                     const std::function<Document()>& document,
                                     const RenderOptions& options) {
  const Exporter& exporter = exporter_of(format);
  if (exporter.page != nullptr) return exporter.page(document(), options);
  if (exporter.result != nullptr) return exporter.result(run, options);
  return refuse_format(fmt::format("{} holds measured cells and {}", name(format), none),
                       [](const Exporter& one) { return has_page(one) || one.result != nullptr; });
}

/// A block that pages which show Markdown keep closed until it is asked for.
std::string folded(const std::string& title, const std::string& markdown) {
  return fmt::format("\n<details><summary>{}</summary>\n\n{}\n</details>\n", title, markdown);
}

}  // namespace

Expected<Format> parse_format(const std::string& text) {
  if (const auto format = result::value_named<Format>(text)) return *format;
  if (text == "md") return Format::markdown;
  return fail(ErrorKind::usage, fmt::format("'{}' is not a format; use {}", text,
                                            formats_that([](const Exporter&) { return true; })));
}

bool wants_color(bool no_color_option, int file_descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (no_color_option || (no_color != nullptr && *no_color != '\0')) return false;
  return term != nullptr && std::string_view(term) != "dumb" && ::isatty(file_descriptor) == 1;
}

Expected<std::string> render(Format format, const result::Run& run, const RenderOptions& options) {
  const Exporter& exporter = exporter_of(format);
  if (exporter.cells != nullptr) return exporter.cells(run, options);
  if (exporter.result != nullptr) return exporter.result(run, options);
  if (options.share) {
    return markdown(run_document(run, {.kept = options.view.kept}), options) +
           folded("Every table of this run", markdown(tables_document(run), options));
  }
  if (options.view.detail == Detail::verdict) return verdict_line(run, options.identify);
  return exporter.page(run_document(run, options.view), options);
}

Expected<std::string> render_machine(Format format, const result::Run& run,
                                     const RenderOptions& options) {
  result::Run machine_only = run;
  machine_only.cells.clear();
  return page_or_result(
      format, machine_only, "a machine has none", [&] { return machine_document(run); }, options);
}

Expected<std::string> render_check(Format format, const result::Run& run,
                                   const RenderOptions& options) {
  return page_or_result(
      format, run, "requirements have none", [&] { return check_document(run); }, options);
}

Expected<std::string> render_estimates(Format format, std::span<const result::Run> runs,
                                       const RenderOptions& options) {
  if (runs.size() > 1 && exporter_of(format).result != nullptr) {
    return fail(ErrorKind::usage,
                fmt::format("{} is the document of one result: give one --from, or use --format {}",
                            name(format), formats_that(has_page)));
  }
  return page_or_result(
      format, runs.front(), "an estimate is none", [&] { return estimate_document(runs); },
      options);
}

Expected<std::string> render_term(Format format, const Term* term, const RenderOptions& options) {
  const Exporter& exporter = exporter_of(format);
  if (exporter.page != nullptr) {
    return exporter.page(term == nullptr ? terms_document() : term_document(*term), options);
  }
  return refuse_format(fmt::format("{} has no place for an explanation", name(format)), has_page);
}

Expected<std::string> render_comparison(Format format, const result::Comparison& comparison,
                                        const RenderOptions& options) {
  const Exporter& exporter = exporter_of(format);
  if (exporter.comparison != nullptr) return exporter.comparison(comparison, options);
  if (exporter.page != nullptr) return exporter.page(compare_document(comparison), options);
  return refuse_format(
      fmt::format("compare has no {0} of its own, the result files are {0} already", name(format)),
      [](const Exporter& one) { return has_page(one) || one.comparison != nullptr; });
}

std::string nothing_matches(const std::string& filter) {
  return fmt::format(
      "No cell that this machine has matches --filter '{}'. `peerbench list --full` names those "
      "that it has.",
      filter);
}

}  // namespace peerbench::report
