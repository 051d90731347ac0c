// SPDX-License-Identifier: Apache-2.0
#include "report/render.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "report/exporters.hpp"
#include "report/safe_document.hpp"
#include "report/tables.hpp"
#include "result/identities.hpp"
#include "result/json.hpp"

namespace peerbench::report {
namespace {

constexpr std::array formats = {Format::terminal, Format::markdown, Format::csv, Format::json};

std::string document_text(Format format, Document document, const RenderOptions& options) {
  document = safe_document(std::move(document), options.identify);
  return format == Format::markdown ? to_markdown(document)
                                    : to_terminal(document, options.width, options.color);
}

/// Fields of CSV are printable as they are made; their lines end with a carriage return.
std::string table_text(std::string table, const RenderOptions& options) {
  return options.identify ? table : result::without_identities(std::move(table));
}

}  // namespace

const char* name(Format format) {
  switch (format) {
    case Format::terminal:
      return "terminal";
    case Format::markdown:
      return "markdown";
    case Format::csv:
      return "csv";
    case Format::json:
      break;
  }
  return "json";
}

Expected<Format> parse_format(const std::string& text) {
  for (const Format format : formats) {
    if (text == name(format)) return format;
  }
  if (text == "md") return Format::markdown;
  return fail(ErrorKind::usage,
              fmt::format("'{}' is not a format; use terminal, markdown, csv or json", text));
}

bool wants_color(bool no_color_option, int file_descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (no_color_option || (no_color != nullptr && *no_color != '\0')) return false;
  return term != nullptr && std::string_view(term) != "dumb" && ::isatty(file_descriptor) == 1;
}

Expected<std::string> render(Format format, const result::Run& run, const RenderOptions& options) {
  if (format == Format::csv) return table_text(to_csv(run), options);
  if (format == Format::json) return result::to_text(run, {.identify = options.identify});
  return document_text(format, run_document(run), options);
}

Expected<std::string> render_machine(Format format, const result::Run& run,
                                     const RenderOptions& options) {
  if (format == Format::csv) {
    return fail(ErrorKind::usage,
                "csv holds measured cells and a machine has none; use --format terminal, markdown "
                "or json");
  }
  if (format == Format::json) {
    result::Run machine_only = run;
    machine_only.cells.clear();
    return result::to_text(machine_only, {.identify = options.identify});
  }
  return document_text(format, machine_document(run), options);
}

Expected<std::string> render_check(Format format, const result::Run& run,
                                   const RenderOptions& options) {
  if (format == Format::csv) {
    return fail(ErrorKind::usage,
                "csv holds measured cells and requirements have none; use --format terminal, "
                "markdown or json");
  }
  if (format == Format::json) return result::to_text(run, {.identify = options.identify});
  return document_text(format, check_document(run), options);
}

Expected<std::string> render_estimates(Format format, std::span<const result::Run> runs,
                                       const RenderOptions& options) {
  if (format == Format::csv) {
    return fail(ErrorKind::usage,
                "csv holds measured cells and an estimate is none; use --format terminal, markdown "
                "or json");
  }
  if (format == Format::json) {
    if (runs.size() > 1) {
      return fail(ErrorKind::usage,
                  "json is the document of one result: give one --from, or use --format terminal "
                  "or markdown");
    }
    return result::to_text(runs.front(), {.identify = options.identify});
  }
  return document_text(format, estimate_document(runs), options);
}

Expected<std::string> render_comparison(Format format, const result::Comparison& comparison,
                                        const RenderOptions& options) {
  if (format == Format::csv) return table_text(to_csv(comparison), options);
  if (format == Format::json) {
    return fail(ErrorKind::usage,
                "compare has no json of its own, the result files are json already; use --format "
                "terminal, markdown or csv");
  }
  return document_text(format, compare_document(comparison), options);
}

std::string nothing_matches(const std::string& filter) {
  return fmt::format(
      "No cell that this machine has matches --filter '{}'. `peerbench list --full` names those "
      "that it has.",
      filter);
}

}  // namespace peerbench::report
