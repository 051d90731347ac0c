// SPDX-License-Identifier: Apache-2.0
// The page: what a run comes to, on one screen. Its parts are made of the run's conclusion. Private
// to this module.
#pragma once

#include <string>
#include <vector>

#include "report/document.hpp"
#include "report/view.hpp"
#include "result/run.hpp"

namespace peerbench::report {

/// A run and what it comes to.
struct Concluded {
  const result::Run& run;
  const result::Conclusion& conclusion;
};

/// "2 x NVIDIA GeForce RTX 3090, joined by NVLink".
std::string machine_title(const Concluded& of);

/// " --simulate NAME" of a simulated machine, so that a command asks for the same one.
std::string machine_option(const result::Run& run);

/// The verdict: its word, and why in two or three lines of 80 columns.
Headline headline(const Concluded& of);

/// What to do, a step a line; empty where there is nothing to do.
Section steps(const Concluded& of);

/// GB/s of what decides, six rows at most; no rows where nothing was measured.
Table answer_table(const Concluded& of);

/// What the figures mean, two sentences at most.
Section answer_sentences(const Concluded& of);

/// On one chip: the facts that show that there is no peer link. Empty elsewhere.
Section no_link_facts(const Concluded& of);

/// Commands that work as they stand.
std::vector<Command> next_commands(const Concluded& of, const Kept& kept);

/// The page with all findings, however long, for what stands above tables; without commands.
Document whole_page(const Concluded& of);

/// The page by itself: at most 24 lines of 80 columns, 32 where there is something to do; of
/// findings that have no place there it gives the number.
Document page_document(const Concluded& of, const Kept& kept);

/// The word of the verdict as the page prints it: "NO DIRECT LINK".
const char* headline_word(result::Answer answer);

}  // namespace peerbench::report
