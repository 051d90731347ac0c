// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "report/describe_machine.hpp"
#include "report/machine_parts.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using machine::Class;
using machine::Machine;

/// 13000 is CUDA 13.0.
std::string cuda_version(int version) {
  return fmt::format("CUDA {}.{}", version / 1000, version % 1000 / 10);
}

std::string drivers(const Machine& machine) {
  if (machine.driver_cuda_version == 0 && machine.driver_version.empty()) return "none found";
  std::string words = machine.driver_version.empty() ? "version unknown" : machine.driver_version;
  if (machine.driver_cuda_version != 0) words += ", " + cuda_version(machine.driver_cuda_version);
  return words;
}

std::string describe_signal(const Signal& signal, const char* yes, const char* no,
                            const char* unknown) {
  if (signal.value == Tri::unknown && signal.raw.empty()) return "";
  std::string words = is_yes(signal.value) ? yes : is_no(signal.value) ? no : unknown;
  return signal.raw.empty() ? words : fmt::format("{} ({})", words, signal.raw);
}

/// "IOMMU on (DMA-FQ); ACS sends peer traffic up to the host"; empty when nothing is known.
std::string describe_host(const Machine& machine) {
  const std::string iommu =
      describe_signal(machine.iommu, "IOMMU on", "IOMMU off", "IOMMU not known");
  const std::string acs =
      describe_signal(machine.acs_redirect, "ACS sends peer traffic up to the host",
                      "ACS lets peer traffic pass between ports", "ACS not known");
  return iommu + (iommu.empty() || acs.empty() ? "" : "; ") + acs;
}

void add(Document& document, Section section) {
  if (!section.lines.empty()) document.blocks.emplace_back(std::move(section));
}

void add(Document& document, std::optional<Table> table) {
  if (table) document.blocks.emplace_back(std::move(*table));
}

/// What no finding advises already.
Section missing(const result::Run& run) {
  Section section{"What is missing", {}};
  std::ranges::copy_if(
      run.machine.advice, std::back_inserter(section.lines), [&](const std::string& advice) {
        return std::ranges::count(run.findings, advice, &machine::Finding::advice) == 0;
      });
  return section;
}

}  // namespace

Document machine_document(const result::Run& run) {
  const Machine& machine = run.machine;
  Document document = opening(run);
  document.header.push_back({"driver", drivers(machine)});
  if (auto words = describe_host(machine); !words.empty())
    document.header.push_back({"host", words});
  add(document, finding_section(run));
  add(document, card_table(machine));
  add(document, hidden_section(machine));
  add(document, host_way_table(machine));
  add(document, c2c_section(machine));
  add(document, pair_matrix(machine));
  add(document, peer_section(machine));
  add(document, ceiling_section(machine));
  add(document, pool_section(machine));
  add(document, proof_section(machine));
  add(document, evidence_section(machine));
  add(document, missing(run));
  if (machine.machine_class == Class::no_gpu) {
    document.next = {
        "`peerbench` measures the host's memory; `peerbench machines` lists simulated "
        "machines to look at."};
  } else {
    document.next = {"`peerbench` measures it, `peerbench list` names what can be measured."};
  }
  return document;
}

}  // namespace peerbench::report
