// What the pages of a run and of a machine say alike about the machine. Private to this room.
#pragma once

#include <string>

#include "report/document.hpp"
#include "result/run.hpp"

namespace peerbench::report {

/// Title, SIMULATED where it is, and the header lines that say what the machine is.
Document opening(const result::Run& run);

/// "asked: answer (what it means)".
std::string evidence_words(const machine::Evidence& evidence);

}  // namespace peerbench::report
