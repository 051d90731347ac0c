#include "cli/cli.hpp"
#include "cli/measure.hpp"
#include "cli/show.hpp"
#include "result/exit_code.hpp"

namespace peerbench::cli {

Expected<int> run(const Options& options) {
  const auto file = output_file(options);
  if (!file) return tl::unexpected(file.error());
  const auto measured = measure(options, *file);
  if (!measured) return tl::unexpected(measured.error());
  if (measured->listed) return 0;
  if (auto ok = show(options, measured->run); !ok) return tl::unexpected(ok.error());
  if (measured->lost) return tl::unexpected(*measured->lost);
  return static_cast<int>(result::exit_code(measured->run));
}

}  // namespace peerbench::cli
