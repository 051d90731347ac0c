// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.hpp"

int main(int, char** argv) { return peerbench::cli::main(argv); }
