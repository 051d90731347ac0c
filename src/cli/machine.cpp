#include "cli/cli.hpp"
#include "cli/found_machine.hpp"
#include "cli/show.hpp"
#include "result/exit_code.hpp"

namespace peerbench::cli {

Expected<int> machine(const Options& options) {
  auto found = find_machine(options);
  if (!found) return tl::unexpected(found.error());
  const result::Run run = begin_run(options, std::move(*found));
  if (auto ok = show_machine(options, run); !ok) return tl::unexpected(ok.error());
  return static_cast<int>(result::ExitCode::good);
}

}  // namespace peerbench::cli
