// SPDX-License-Identifier: Apache-2.0
// What the pages of a run and of a machine say alike about the machine. Private to this module.
#pragma once

#include <string>
#include <vector>

#include "report/document.hpp"
#include "result/run.hpp"

namespace peerbench::report {

/// "2 x NVIDIA GeForce RTX 3090"; of several models also which GPU is which.
std::string describe_model(const machine::Machine& machine);

/// SIMULATED where it is, where the machine was described instead of asked, and what was not
/// measured: after an interruption, or past a time limit.
std::vector<Text> banner(const result::Run& run);

/// Title, SIMULATED where it is, and the header lines that say what the machine is.
Document opening(const result::Run& run);

/// "asked: answer (what it means)".
std::string describe_evidence(const machine::Evidence& evidence);

/// The reasons for the class; lines that say the same of several GPUs are one.
Section evidence_section(const machine::Machine& machine);

/// The numbered reasons why there is no peer link, and what they come to. Empty where there may be
/// one, or where it may be hidden.
Section proof_section(const machine::Machine& machine);

/// What is odd, each with what to do about it: the run's findings and those of its machine, none
/// twice.
Section finding_section(const result::Run& run);

}  // namespace peerbench::report
