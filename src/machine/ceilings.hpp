// SPDX-License-Identifier: Apache-2.0
// What each link and pool could reach at best, with the formula and who gives its figures. Unknown
// stays unknown: there is no ceiling where neither the driver nor a named source gives one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "machine/signals.hpp"

namespace peerbench::machine {

/// GB/s one way of `links` NVLinks that are up: the raw rate the driver reports of one, or, where
/// it does not, that of the NVLink version ("3.1"); none for a version nobody here knows.
std::optional<Ceiling> nvlink_ceiling(int links, const std::optional<double>& raw_gbs_per_link,
                                      const std::string& version);

/// GB/s one way between GPU and CPU of one package over NVLink-C2C, as NVML reports its links.
std::optional<Ceiling> c2c_ceiling(const GpuSignals& gpu);

/// GB/s of traffic of the memory a GPU uses. Discrete: memory clock x bus width x 2, by CUDA's
/// attributes. Integrated GPUs report a wrong clock, their own, or none, so those are looked up by
/// PCI id, name or product in results/memory-rates.tsv.
std::optional<Ceiling> memory_ceiling(const GpuSignals& gpu, const std::string& product);

/// One row of results/memory-rates.tsv.
struct MemoryRate {
  std::string key;    ///< "pci", "gpu" or "product"
  std::string match;  ///< the PCI id "10de:2e12", the whole name, or a part of the product's name
  double gbs = 0;
  std::string formula;
  std::string source;
};
const std::vector<MemoryRate>& memory_rates();

}  // namespace peerbench::machine
