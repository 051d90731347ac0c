#include "cli/cli.hpp"

int main(int, char** argv) { return peerbench::cli::main(argv); }
