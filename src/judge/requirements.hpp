// SPDX-License-Identifier: Apache-2.0
// What a user may require (`peerbench check --require`) of a machine and of the findings about it;
// nothing is measured. Requirements are about the GPUs this process sees; only no-peer-link claims
// that something does not exist, and so needs to know that nothing is hidden.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

struct Requirement {
  enum class Kind {
    nvlink,        ///< an NVLink is up on every ordered pair of visible GPUs
    any_nvlink,    ///< on at least one of them
    p2p,           ///< CUDA offers peer access on every ordered pair, and could enable it
    any_p2p,       ///< on at least one of them
    all_links,     ///< GPUs have NVLinks, and none that is there is down
    healthy,       ///< there is a GPU, and no finding of severity warning or worse
    no_errors,     ///< cells were measured, and none ended in error, hang or corrupt
    no_peer_link,  ///< there is a GPU, and nothing joins it to another one directly
    unified_pool,  ///< every visible GPU shares the host's memory
    gpus,          ///< at least `gpus` of them are visible
  };
  Kind kind = Kind::nvlink;
  int gpus = 0;

  bool operator==(const Requirement&) const = default;
};

/// "nvlink", "any-p2p", "gpus=2": as it is written on the command line.
std::string text(const Requirement& requirement);

/// Reads "nvlink,gpus=2". What is said twice counts once. An unknown word, a missing number and an
/// empty entry are usage errors that show how it is written. `gpus=N` means at least N, N from 1.
Expected<std::vector<Requirement>> parse_requirements(const std::string& list);

/// Whether it is about cells: of a machine that nothing was measured on it says nothing.
bool needs_cells(const Requirement& requirement);

/// Met, not met, or cannot tell, with the evidence, for the machine of a run and its findings; the
/// run may have no cells. A machine without a GPU meets nothing that is about GPUs, and an answer
/// that could not be had is never taken for a no.
result::Check check(const result::Run& run, const Requirement& requirement);

/// Of a run that has not measured all it was to (result::is_unfinished): that this cannot be told
/// of what is missing. None for any other.
std::optional<result::Check> check_finished(const result::Run& run);

}  // namespace peerbench::judge
