// SPDX-License-Identifier: Apache-2.0
// The program: parses the command line, runs one subcommand, turns errors into a sentence and an
// exit code.
#pragma once

#include "base/error.hpp"
#include "cli/options.hpp"

namespace peerbench::cli {

/// The whole program; `argv` ends with a null pointer. Returns the exit code.
int main(char** argv);

// One subcommand each; they return the exit code or the error that ended them.
Expected<int> run(const Options& options);
Expected<int> list(const Options& options);
Expected<int> check(const Options& options);
Expected<int> compare(const Options& options);
Expected<int> estimate(const Options& options);
Expected<int> machine(const Options& options);
Expected<int> machines(const Options& options);
Expected<int> report(const Options& options);

}  // namespace peerbench::cli
