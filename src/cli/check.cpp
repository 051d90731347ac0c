#include <optional>

#include "cli/cli.hpp"
#include "cli/found_machine.hpp"
#include "cli/show.hpp"
#include "judge/requirements.hpp"
#include "result/exit_code.hpp"
#include "result/file.hpp"

namespace peerbench::cli {

namespace {

tl::unexpected<Error> nothing_asked(const machine::Machine& machine) {
  if (machine.gpus.empty()) {
    return fail(ErrorKind::unsupported,
                "there is no GPU to check, and no --require says that there must be one");
  }
  return fail(ErrorKind::usage,
              "check: say what is required, e.g. peerbench check --require nvlink,gpus=2");
}

}  // namespace

Expected<int> check(const Options& options) {
  std::optional<result::ResultFile> file;
  if (!options.output.empty()) {
    auto created = result::ResultFile::create(options.output, {.identify = options.identify});
    if (!created) return tl::unexpected(created.error());
    file = std::move(*created);
  }
  auto found = find_machine(options);
  if (!found) return tl::unexpected(found.error());
  if (options.requirements.empty()) return nothing_asked(found->machine);
  result::Run run = begin_run(options, std::move(*found));
  for (const judge::Requirement& requirement : options.requirements) {
    run.checks.push_back(judge::check(run.machine, requirement));
  }
  if (auto ok = show_check(options, run); !ok) return tl::unexpected(ok.error());
  if (file) {
    if (auto ok = file->write(run); !ok) return tl::unexpected(ok.error());
  }
  return static_cast<int>(result::exit_code(run.checks));
}

}  // namespace peerbench::cli
