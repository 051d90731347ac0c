// SPDX-License-Identifier: Apache-2.0
// The checks behind requirements.hpp, one for each thing that may be required. Private to this
// module. Each sets outcome, reason, evidence and advice; the machine has a GPU when they are
// asked, but for no-errors.
#pragma once

#include <span>
#include <string>

#include "judge/requirements.hpp"

namespace peerbench::judge {

/// `every`: on all ordered pairs, else on at least one.
void check_nvlink(const result::Run& run, bool every, result::Check& result);
void check_p2p(const result::Run& run, bool every, result::Check& result);
void check_no_peer_link(const result::Run& run, result::Check& result);
void check_all_links(const result::Run& run, result::Check& result);
void check_healthy(const result::Run& run, result::Check& result);
void check_no_errors(const result::Run& run, result::Check& result);

bool has(const machine::Machine& machine, machine::Modifier modifier);

/// Whether the run was cut to the GPUs that --gpus or --pairs chose (chosen_part).
bool only_chosen(const result::Run& run);

/// How many GPUs CUDA shows, and what hides others; or how many were chosen.
machine::Evidence visible_gpus(const result::Run& run);

/// Whether NVLinks may be up that NVML does not show: what it calls absent then proves nothing.
bool links_may_be_unseen(const machine::Machine& machine);

/// NVLinks of a GPU that lead to GPUs which this process sees.
int links_to_visible(const machine::Machine& machine, int ordinal);

/// The finding of the first code that there is one of; null where there is none.
const machine::Finding* first_finding(const result::Run& run,
                                      std::span<const machine::FindingCode> codes);

/// The finding that says what keeps GPUs of the machine from this process; null where none does.
const machine::Finding* what_hides(const result::Run& run);

/// What to do where the driver shows GPUs that CUDA does not.
std::string show_hidden(const result::Run& run);

/// What to do where NVML does not tell of NVLinks.
std::string ask_nvml(const result::Run& run);
inline constexpr const char* leave_wsl =
    "NVML shows no NVLinks under WSL 2, whatever is up: check under Linux on the same machine";

}  // namespace peerbench::judge
