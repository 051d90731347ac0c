// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "machine/finding_parts.hpp"

namespace peerbench::machine {

namespace {

struct Named {
  std::string entry;
  int number = -1;
};

/// Numbers as the driver reads them: blanks before, digits, and nothing behind them counts. Ends
/// where an entry is no number, as in lists of UUIDs.
std::vector<Named> numbers(const std::string& list) {
  std::vector<Named> found;
  std::istringstream entries(list);
  for (std::string entry; std::getline(entries, entry, ',');) {
    char* end = nullptr;
    const long number = std::strtol(entry.c_str(), &end, 10);
    if (end == entry.c_str()) break;
    found.push_back({entry, static_cast<int>(std::clamp(number, -1L, 1'000'000L))});
  }
  return found;
}

}  // namespace

void visible_devices_finding(const Signals& signals, std::vector<Finding>& found) {
  if (!signals.cuda_visible_devices) return;
  const int gpus =
      signals.nvml_count ? *signals.nvml_count : static_cast<int>(signals.pci_gpus.size());
  const auto report = [&](const Named& named, Figures figures) {
    figures.emplace_back("gpus", gpus);
    found.push_back(
        make_finding(FindingCode::visible_devices_wrong, {}, std::move(figures),
                     {{"variable", *signals.cuda_visible_devices}, {"entry", named.entry}}));
  };
  std::vector<int> seen;
  for (const Named& named : numbers(*signals.cuda_visible_devices)) {
    if (named.number < 0) return;  // by intention: it hides what follows
    if (std::ranges::count(seen, named.number) > 0) {
      report(named, {{"repeated", 1}});
      return;
    }
    if (gpus > 0 && named.number >= gpus) {
      report(named, {});
      return;
    }
    seen.push_back(named.number);
  }
}

}  // namespace peerbench::machine
