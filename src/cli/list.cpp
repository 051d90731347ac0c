// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "bench/harness.hpp"
#include "cli/cli.hpp"
#include "cli/prepare.hpp"
#include "cli/split_model.hpp"

namespace peerbench::cli {

Expected<int> list(const Options& options) {
  const auto asked = with_messages(options);
  if (!asked) return tl::unexpected(asked.error());
  auto prepared = prepare(*asked);
  if (!prepared) return tl::unexpected(prepared.error());
  const auto chosen = bench::chosen(std::move(prepared->specs), options.settings);
  if (!chosen) return tl::unexpected(chosen.error());
  for (const bench::Spec& spec : *chosen) fmt::print("{}\n", spec.cell.name);
  return 0;
}

}  // namespace peerbench::cli
