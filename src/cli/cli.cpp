// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.hpp"
#include "base/printable.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "base/left_behind.hpp"
#include "base/printable.hpp"
#include "base/simulation.hpp"
#include "cli/parse.hpp"
#include "cli/simulate.hpp"
#include "result/exit_code.hpp"

namespace peerbench::cli {

namespace {

Expected<int> parse_and_run(char** argv) {
  std::vector<std::string> arguments;
  for (char** argument = argv + 1; *argument != nullptr; ++argument) arguments.push_back(*argument);
  const auto parsed = parse(arguments);
  if (!parsed) return tl::unexpected(parsed.error());
  if (parsed->done) {
    fmt::print("{}", parsed->text);
    return 0;
  }
  const Task& task = parsed->task;
  if (!task.simulate.empty()) {
    if (auto ok = enter_simulation(task.simulate, argv); !ok) return tl::unexpected(ok.error());
  } else if (simulated()) {
    return fail(ErrorKind::usage, "the simulated build needs --simulate NAME|FILE");
  }
  return task.run();
}

int guarded(char** argv) {
  // Kernels that are loaded at their first launch wait for all work on the GPU, a closed gate
  // included; what the user has set stays.
  setenv("CUDA_MODULE_LOADING", "EAGER", 0);
  // Nothing of ours throws, but libraries may; their words are better than std::terminate's.
  try {
    const auto code = parse_and_run(argv);
    if (!code) fmt::print(stderr, "peerbench: {}\n", printable(code.error().message));
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
