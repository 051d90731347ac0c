// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

namespace peerbench::cli {

// Each in a file of its name.
Command run_command();
Command machine_command();
Command list_command();
Command check_command();
Command compare_command();
Command report_command();
Command estimate_command();
Command explain_command();
Command machines_command();
Command completions_command();
Command manual_command();

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      run_command(),      machine_command(),     list_command(),     check_command(),
      compare_command(),  report_command(),      estimate_command(), explain_command(),
      machines_command(), completions_command(), manual_command(),
  };
  return all;
}

}  // namespace peerbench::cli
