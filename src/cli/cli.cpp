// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "base/left_behind.hpp"
#include "base/simulation.hpp"
#include "cli/simulate.hpp"
#include "result/exit_code.hpp"

namespace peerbench::cli {

namespace {

Expected<int> dispatch(const Options& options) {
  switch (options.command) {
    case Command::list:
      return list(options);
    case Command::machine:
      return machine(options);
    case Command::check:
      return check(options);
    case Command::compare:
      return compare(options);
    case Command::estimate:
      return estimate(options);
    case Command::machines:
      return machines(options);
    case Command::report:
      return report(options);
    case Command::run:
      break;
  }
  return run(options);
}

Expected<int> parse_and_run(char** argv) {
  std::vector<std::string> arguments;
  for (char** argument = argv + 1; *argument != nullptr; ++argument) arguments.push_back(*argument);
  const auto parsed = parse(std::move(arguments));
  if (!parsed) return tl::unexpected(parsed.error());
  if (parsed->done) {
    fmt::print("{}", parsed->text);
    return 0;
  }
  const Options& options = parsed->options;
  const bool needs_machine = options.command != Command::machines &&
                             options.command != Command::report &&
                             options.command != Command::compare &&
                             !(options.command == Command::estimate && !options.files.empty());
  if (!options.simulate.empty() && needs_machine) {
    if (auto ok = enter_simulation(options.simulate, argv); !ok) return tl::unexpected(ok.error());
  } else if (simulated()) {
    return fail(ErrorKind::usage, "the simulation twin needs --simulate NAME|FILE");
  }
  return dispatch(options);
}

int guarded(char** argv) {
  // Kernels that are loaded at their first launch wait for all work on the GPU, a closed gate
  // included; what the user has set stays.
  setenv("CUDA_MODULE_LOADING", "EAGER", 0);
  // Nothing of ours throws, but libraries may; their words are better than std::terminate's.
  try {
    const auto code = parse_and_run(argv);
    if (!code) fmt::print(stderr, "peerbench: {}\n", code.error().message);
    return code ? *code : static_cast<int>(result::exit_code(code.error()));
  } catch (const std::exception& error) {
    fmt::print(stderr, "peerbench: internal error: {}; please report it\n", error.what());
    return static_cast<int>(result::ExitCode::internal);
  }
}

}  // namespace

int main(char** argv) {
  const int code = guarded(argv);
  if (anything_left_behind()) {
    // A driver with work that never ends would not let the program end either, whatever the code.
    std::fflush(nullptr);
    std::_Exit(code);
  }
  return code;
}

}  // namespace peerbench::cli
