// SPDX-License-Identifier: Apache-2.0
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
  std::string format = "terminal", precision, budget, soak, gpus, pairs, sizes;
  std::string max_drop, gate;
  std::string cards, weights, context, batch;
  std::vector<std::string> from;
  std::vector<std::string> require, min;
};

// CLI11 does not wrap: a description has 54 columns.
void add_options(CLI::App& app, Options& options, Texts& texts) {
  app.get_formatter()->column_width(26);
  app.add_option("--simulate", options.simulate, "Run on a simulated machine (see machines)")
      ->type_name("NAME|FILE");
  app.add_option("--signals", options.signals, "Describe a machine saved with --save-signals")
      ->type_name("FILE");
  app.add_option("--save-signals", options.save_signals, "Save what this machine answers (JSON)")
      ->type_name("FILE");
  app.add_flag("--probe", options.probe, "machine: tell memories apart by reading them");
  app.add_option_function<std::string>(
         "--require", [&](const std::string& list) { texts.require.push_back(list); },
         "What check asks for (see below)")
      ->type_name("LIST")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->trigger_on_parse();  // each time it is given
  app.add_option_function<std::string>(
         "--min", [&](const std::string& limit) { texts.min.push_back(limit); },
         "What check RESULT holds cells against (see below)")
      ->type_name("LIMIT")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->trigger_on_parse();
  app.add_option("--baseline", options.baseline, "Earlier result that check RESULT compares with")
      ->type_name("FILE");
  app.add_option("--max-drop", texts.max_drop, "How far below the baseline is still good (5%)")
      ->type_name("SHARE");
  app.add_option("--model", options.model, "Model to split: a known name, or a file (see below)")
      ->type_name("NAME|FILE");
  app.add_option("--from", texts.from, "Results that estimate takes its cells from")
      ->type_name("RESULT");
  app.add_option("--cards", texts.cards, "Cards to split the model across (all)")->type_name("N");
  app.add_option("--weights", texts.weights, "fp16 (default), fp8 or int4")->type_name("KIND");
  app.add_option("--context", texts.context, "Tokens of each sequence (4k)")->type_name("T");
  app.add_option("--batch", texts.batch, "Sequences at once (1)")->type_name("B");
  app.add_option("--nccl", options.nccl, "NCCL's library, or the folder it is in")
      ->type_name("PATH");
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
  app.add_flag("--full", options.settings.full,
               "Also cells of the full tier (--filter searches both)");
  app.add_option("--sizes", texts.sizes, "Bytes of a GPU copy: 64MiB,1GiB or 4KiB..1GiB")
      ->type_name("SIZES");
  app.add_option("--precision", texts.precision, "95 % interval of the median to reach (1%)")
      ->type_name("SHARE");
  app.add_option("--soak", texts.soak, "Only repeat each pair's copies for so long")
      ->type_name("TIME");
  app.add_option("--budget", texts.budget, "Most time to sample one cell (2s)")->type_name("TIME");
  // Not in the help: compute-sanitizer waits for each kernel, so that a gate never opens.
  app.add_option("--gate", texts.gate)->group("");
}

template <typename T>
Expected<void> read(const std::string& text, Expected<T> (*reader)(const std::string&), T& into) {
  if (text.empty()) return {};
  auto value = reader(text);
  if (!value) return tl::unexpected(value.error());
  into = std::move(*value);
  return {};
}

Expected<void> convert_estimate(const Texts& texts, Options& options) {
  judge::EstimateRequest& request = options.estimate;
  const auto count = [](const char* option, const std::string& text, auto& into) -> Expected<void> {
    if (text.empty()) return {};
    const auto value = parse_count(option, text);
    if (!value) return tl::unexpected(value.error());
    into = *value;
    return {};
  };
  if (auto ok = count("--cards", texts.cards, request.cards); !ok) return ok;
  if (auto ok = count("--context", texts.context, request.context); !ok) return ok;
  if (auto ok = count("--batch", texts.batch, request.batch); !ok) return ok;
  const bool of_estimate = !texts.from.empty() || !texts.context.empty() || !texts.batch.empty() ||
                           !texts.weights.empty();
  if (of_estimate && options.command != Command::estimate) {
    return fail(ErrorKind::usage,
                "--from, --weights, --context and --batch belong to estimate: "
                "peerbench estimate --model llama-3-8b");
  }
  const bool measures = options.command == Command::run || options.command == Command::list;
  if (options.command != Command::estimate) {
    if (options.model.empty() && texts.cards.empty()) return {};
    if (!measures) {
      return fail(ErrorKind::usage, "--model and --cards go with estimate, run and list");
    }
    if (options.model.empty()) {
      return fail(ErrorKind::usage,
                  "--cards says how many cards share a --model; --gpus 0,1 takes only these");
    }
    return {};
  }
  if (options.model.empty()) {
    return fail(ErrorKind::usage,
                "estimate needs a model: peerbench estimate --model llama-3-8b [--from RESULT]");
  }
  options.files = texts.from;
  return read(texts.weights, parse_weights, request.weights);
}

Expected<void> convert(const Texts& texts, Options& options) {
  const auto format = report::parse_format(texts.format);
  if (!format) return tl::unexpected(format.error());
  options.format = *format;
  if (auto ok = read(texts.precision, parse_precision, options.settings.precision); !ok) return ok;
  if (auto ok = read(texts.budget, parse_budget, options.settings.budget_seconds); !ok) return ok;
  if (!texts.soak.empty()) {
    const auto seconds = parse_soak(texts.soak);
    if (!seconds) return tl::unexpected(seconds.error());
    options.settings.soak_seconds = *seconds;
  }
  if (auto ok = read(texts.gate, parse_gate, options.runner); !ok) return ok;
  if (auto ok = read(texts.gpus, parse_gpus, options.settings.gpus); !ok) return ok;
  if (auto ok = read(texts.pairs, parse_pairs, options.settings.pairs); !ok) return ok;
  for (const std::string& list : texts.require) {
    const auto requirements = judge::parse_requirements(list);
    if (!requirements) return tl::unexpected(requirements.error());
    std::ranges::copy_if(*requirements, std::back_inserter(options.requirements), [&](auto one) {
      return std::ranges::count(options.requirements, one) == 0;
    });
  }
  for (const std::string& text : texts.min) {
    auto limit = judge::parse_limit(text);
    if (!limit) return tl::unexpected(limit.error());
    options.limits.push_back(std::move(*limit));
  }
  if (!texts.max_drop.empty()) {
    const auto drop = parse_max_drop(texts.max_drop);
    if (!drop) return tl::unexpected(drop.error());
    options.max_drop = *drop;
  }
  if (auto ok = convert_estimate(texts, options); !ok) return ok;
  return read(texts.sizes, parse_sizes, options.settings.sizes);
}

/// What check is told about a recorded result, and what it cannot be told beside one.
Expected<void> check_of_result(const Options& options) {
  const auto refuse = [](const char* why) { return fail(ErrorKind::usage, why); };
  const bool judges_result = !options.limits.empty() || !options.baseline.empty();
  if (options.max_drop && options.baseline.empty()) {
    return refuse("--max-drop is since a baseline: peerbench check RESULT --baseline FILE");
  }
  if (options.command != Command::check || options.files.empty()) {
    if (!judges_result) return {};
    return refuse(options.baseline.empty()
                      ? "--min judges a recorded result: peerbench check RESULT --min LIMIT"
                      : "--baseline is compared with a recorded result: peerbench check RESULT "
                        "--baseline FILE");
  }
  if (!options.simulate.empty() || !options.signals.empty() || !options.save_signals.empty()) {
    return refuse(
        "check RESULT looks at the file alone: no --simulate, --signals or --save-signals");
  }
  if (!judges_result && options.requirements.empty()) {
    return refuse(
        "check RESULT: say what is asked of it, e.g. --min 'peer/*>=45GB/s', --baseline FILE or "
        "--require nvlink");
  }
  return {};
}

/// Options that do not go together, or not with the command.
Expected<void> check_combination(const Options& options) {
  const Command command = options.command;
  const auto refuse = [](const char* why) { return fail(ErrorKind::usage, why); };
  if (!options.requirements.empty() && command != Command::check) {
    return refuse("--require belongs to check: peerbench check --require LIST");
  }
  if (command == Command::check &&
      !(options.settings.gpus.empty() && options.settings.pairs.empty())) {
    return refuse(
        "check looks at all GPUs it sees, not at --gpus or --pairs; set CUDA_VISIBLE_DEVICES to "
        "let it see some only");
  }
  if (auto ok = check_of_result(options); !ok) return ok;
  const bool asks_no_machine =
      command == Command::machines || command == Command::report || command == Command::compare;
  if (command == Command::compare && options.files.size() < 2) {
    return refuse("compare sets results side by side: peerbench compare A.json B.json");
  }
  if (!options.model.empty()) {
    if (!options.settings.sizes.empty()) {
      return refuse("--model measures the sizes of its own messages: no --sizes beside it");
    }
    if (options.settings.soak_seconds) {
      return refuse(
          "--soak repeats each pair's copies, --model measures its messages: one of them");
    }
    if (!options.settings.pairs.empty()) {
      return refuse("a model is split over cards, not over pairs: --gpus 0,1 says over which");
    }
  }
  if (command == Command::estimate) {
    if (!options.signals.empty()) return refuse("estimate needs measured cells: --from RESULT");
    if (!options.files.empty() && !options.simulate.empty()) {
      return refuse("--from takes recorded results, --simulate measures one: give one of them");
    }
    if (!options.files.empty() && !options.settings.gpus.empty()) {
      return refuse("--gpus chooses what is measured; of a result --cards 2 takes the first two");
    }
    if (options.format == report::Format::csv) {
      return refuse("an estimate has no rows: terminal, markdown or json");
    }
    if (options.files.size() > 1 && !options.output.empty()) {
      return refuse("--output keeps the estimate in one result: give one --from");
    }
  }
  if (options.probe && command != Command::machine) return refuse("--probe goes with machine");
  if (options.probe && !options.signals.empty()) {
    return refuse("--probe measures: a machine known from --signals cannot be");
  }
  if (!options.signals.empty()) {
    if (!options.simulate.empty()) {
      return refuse("--signals and --simulate each name a machine: give one of them");
    }
    if (!options.save_signals.empty()) {
      return refuse("--save-signals saves what a machine answers, with --signals none is asked");
    }
    if (command == Command::run) {
      return refuse(
          "a machine known from --signals cannot be measured; machine, check and list work on it");
    }
    if (asks_no_machine) return refuse("--signals goes with machine, check and list");
  }
  if (!options.save_signals.empty() && asks_no_machine) {
    return refuse("--save-signals goes with machine, check, list and run");
  }
  return {};
}

/// Of those in the help; the others have no group.
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
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
      "--require LIST: nvlink, p2p (on every pair of GPUs), any-nvlink, any-p2p (on at\n"
      "least one), no-peer-link, unified-pool, gpus=N (at least N); with commas.\n"
      "--min LIMIT: 'peer/*>=45GB/s', 'peer/*>=80%' (of the ceiling) or\n"
      "'latency/*<=20us'; the name may hold *, ? and [..]; may be given several times.\n"
      "--model: estimate says what splitting it costs, run measures its messages.\n\n"
      "Google Benchmark's own options pass through, e.g. --benchmark_filter=REGEX,\n"
      "--benchmark_list_tests, --benchmark_out=FILE.\n\n"
      "Exit codes: 0 good; 1 a check failed; 2 corrupt data; 3 hang; 4 cannot tell;\n"
      "5 some cells failed; 64 usage; 70 internal error or nothing but errors; 74 a\n"
      "file could not be read or written; 77 nothing to measure here.");
  Texts texts;
  add_options(app, options, texts);
  const std::map<std::string, std::pair<Command, const char*>> commands = {
      {"run", {Command::run, "Measure what this machine has (the default)"}},
      {"check", {Command::check, "Check a machine, or a RESULT file; measures nothing"}},
      {"compare", {Command::compare, "Show recorded result files side by side"}},
      {"estimate", {Command::estimate, "Estimate what splitting a model costs on the links"}},
      {"list", {Command::list, "List the cells that run would measure"}},
      {"machine", {Command::machine, "Say what is in the box and how that is known"}},
      {"machines", {Command::machines, "List the simulated machines"}},
      {"report", {Command::report, "Show recorded result files again, in any format"}},
  };
  std::string result_to_check;
  for (const auto& [name, row] : commands) {
    const Command command = row.first;
    auto* subcommand = app.add_subcommand(name, row.second);
    subcommand->callback([&options, command] { options.command = command; });
    if (command == Command::report || command == Command::compare) {
      subcommand->add_option("files", options.files, "Result files (written by --output)")
          ->type_name("FILE")
          ->required(command == Command::report);
    }
    if (command == Command::check) {
      subcommand
          ->add_option("result", result_to_check, "Result to check; without one, this machine")
          ->type_name("RESULT");
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
  if (!result_to_check.empty()) options.files = {result_to_check};
  if (auto ok = convert(texts, options); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_combination(options); !ok) return tl::unexpected(ok.error());
  return parsed;
}

}  // namespace peerbench::cli
