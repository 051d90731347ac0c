#include "cli/options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>

#include "base/nearest.hpp"
#include "cli/version.hpp"

namespace peerbench::cli {

namespace {

/// Texts of options as typed; converted after parsing so that each error names its option.
struct Texts {
  std::string format = "terminal", precision, budget, gpus, pairs, sizes;
};

// CLI11 does not wrap: a description has 54 columns.
void add_options(CLI::App& app, Options& options, Texts& texts) {
  app.get_formatter()->column_width(26);
  app.add_option("--simulate", options.simulate, "Run on a simulated machine (see machines)")
      ->type_name("NAME|FILE");
  app.add_option("--format", texts.format, "Output: terminal, markdown, csv or json")
      ->type_name("FORMAT");
  app.add_option("--output", options.output, "Also write the result file (JSON), cell by cell")
      ->type_name("FILE");
  app.add_flag("--quiet", options.quiet, "No progress and no warnings on standard error");
  app.add_flag("--no-color", options.no_color, "No colours (nor with NO_COLOR set)");
  app.add_flag("--identify", options.identify, "Write UUIDs of GPUs into results");
  app.add_option("--gpus", texts.gpus, "Only these GPUs, e.g. 0,1")->type_name("LIST");
  app.add_option("--pairs", texts.pairs, "Only these pairs of GPUs, e.g. 0-1,2-3")
      ->type_name("LIST");
  app.add_option("--filter", options.settings.filter,
                 "Only cells whose name matches, e.g. '^peer/'")
      ->type_name("REGEX");
  app.add_option("--sizes", texts.sizes, "Bytes of a GPU copy: 64MiB,1GiB or 4KiB..1GiB")
      ->type_name("SIZES");
  app.add_option("--precision", texts.precision, "95 % interval of the median to reach (1%)")
      ->type_name("SHARE");
  app.add_option("--budget", texts.budget, "Most time to sample one cell (2s)")->type_name("TIME");
}

template <typename T>
Expected<void> read(const std::string& text, Expected<T> (*reader)(const std::string&), T& into) {
  if (text.empty()) return {};
  auto value = reader(text);
  if (!value) return tl::unexpected(value.error());
  into = std::move(*value);
  return {};
}

Expected<void> convert(const Texts& texts, Options& options) {
  const auto format = report::parse_format(texts.format);
  if (!format) return tl::unexpected(format.error());
  options.format = *format;
  if (auto ok = read(texts.precision, parse_precision, options.settings.precision); !ok) return ok;
  if (auto ok = read(texts.budget, parse_budget, options.settings.budget_seconds); !ok) return ok;
  if (auto ok = read(texts.gpus, parse_gpus, options.settings.gpus); !ok) return ok;
  if (auto ok = read(texts.pairs, parse_pairs, options.settings.pairs); !ok) return ok;
  return read(texts.sizes, parse_sizes, options.settings.sizes);
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

}  // namespace

Expected<Parsed> parse(std::vector<std::string> arguments) {
  Parsed parsed;
  Options& options = parsed.options;
  options.settings.budget_seconds = 2;
  const auto pass = std::stable_partition(arguments.begin(), arguments.end(), [](const auto& text) {
    return !text.starts_with("--benchmark_");
  });
  options.benchmark_arguments.assign(pass, arguments.end());
  arguments.erase(pass, arguments.end());

  CLI::App app(
      "Measures how fast GPUs talk to each other: NVLink, PCIe and the way through\n"
      "host memory; and a machine's memory pools, with or without a GPU.",
      "peerbench");
  app.fallthrough();
  app.set_version_flag("--version", version_line(), "Print the version");
  app.set_help_flag("-h,--help", "Print this help");
  app.footer(
      "Google Benchmark's own options pass through, e.g. --benchmark_filter=REGEX,\n"
      "--benchmark_list_tests, --benchmark_out=FILE.\n\n"
      "Exit codes: 0 good; 1 a check failed; 2 corrupt data; 3 hang; 4 cannot tell;\n"
      "64 usage; 70 internal error or nothing but errors; 74 a file could not be read\n"
      "or written; 77 nothing to measure here.");
  Texts texts;
  add_options(app, options, texts);
  const std::map<std::string, std::pair<Command, const char*>> commands = {
      {"run", {Command::run, "Measure what this machine has (the default)"}},
      {"list", {Command::list, "List the cells that run would measure"}},
      {"machine", {Command::machine, "Say what is in the box and how that is known"}},
      {"machines", {Command::machines, "List the simulated machines"}},
      {"report", {Command::report, "Show recorded result files again, in any format"}},
  };
  for (const auto& [name, row] : commands) {
    const auto [command, help] = row;
    auto* subcommand = app.add_subcommand(name, help);
    subcommand->callback([&options, command] { options.command = command; });
    if (command == Command::report) {
      subcommand->add_option("files", options.files, "Result files (written by --output)")
          ->type_name("FILE")
          ->required();
    }
  }
  app.require_subcommand(0, 1);
  app.allow_extras();  // collected, to refuse them in our own words

  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(arguments);
  } catch (const CLI::Success& help) {
    std::ostringstream text;
    app.exit(help, text, text);
    parsed.text = text.str();
    parsed.done = true;
    return parsed;
  } catch (const CLI::ParseError& error) {
    return fail(ErrorKind::usage, error.what());
  }
  if (const auto extras = app.remaining(true); !extras.empty()) {
    std::vector<std::string> known = option_names(app);
    for (const auto& [name, row] : commands) known.push_back(name);
    return fail(ErrorKind::usage, fmt::format("unknown argument '{}'{}", extras.front(),
                                              did_you_mean(extras.front(), known)));
  }
  if (auto ok = convert(texts, options); !ok) return tl::unexpected(ok.error());
  return parsed;
}

}  // namespace peerbench::cli
