// SPDX-License-Identifier: Apache-2.0
// The program: parses the command line, runs one command, turns errors into a sentence and an exit
// code.
#pragma once

namespace peerbench::cli {

/// The whole program; `argv` ends with a null pointer. Returns the exit code.
int main(char** argv);

}  // namespace peerbench::cli
