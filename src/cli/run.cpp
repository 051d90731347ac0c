// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.hpp"
#include "cli/measure.hpp"
#include "cli/show.hpp"
#include "cli/split_model.hpp"
#include "result/exit_code.hpp"

namespace peerbench::cli {

Expected<int> run(const Options& options) {
  const auto asked = with_messages(options);
  if (!asked) return tl::unexpected(asked.error());
  const auto file = output_file(options);
  if (!file) return tl::unexpected(file.error());
  const auto measured = measure(*asked, *file);
  if (!measured) return tl::unexpected(measured.error());
  if (measured->listed) return 0;
  if (auto ok = show(options, measured->run); !ok) return tl::unexpected(ok.error());
  if (measured->lost) return tl::unexpected(*measured->lost);
  return static_cast<int>(result::exit_code(measured->run));
}

}  // namespace peerbench::cli
