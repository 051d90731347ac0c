// SPDX-License-Identifier: Apache-2.0
#include "machine/ceilings.hpp"
#include "base/list_some.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "memory_rates_tsv.hpp"

namespace peerbench::machine {

namespace {

/// One link of an NVLink version, one way, as drivers report it; for drivers that report none.
/// 1.0: 20 GB/s (NVIDIA Tesla P100 whitepaper). 2.x and 3.0: 25.781 as nvidia-smi nvlink -s shows
/// on V100 and A100 SXM. 3.1, the bridges of GeForce and RTX cards: 14.0625 (NVIDIA GA102
/// whitepaper). 4.0 and 5.0: 26.5625 and 53.125 as shown on H100 and B200, nominally 25 and 50.
struct VersionRate {
  const char* version;
  double raw_gbs;
};
constexpr VersionRate version_rates[] = {{"1.0", 20},     {"2.0", 25.781},  {"2.2", 25.781},
                                         {"3.0", 25.781}, {"3.1", 14.0625}, {"4.0", 26.5625},
                                         {"5.0", 53.125}};

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found;
  std::istringstream text(line);
  std::string cell;
  while (std::getline(text, cell, '\t')) found.push_back(cell);
  return found;
}

bool matches(const MemoryRate& rate, const GpuSignals& gpu, const std::string& product) {
  if (rate.key == "pci") return gpu.pci_device_id == rate.match;
  if (rate.key == "gpu") return gpu.gpu.model == rate.match;
  return rate.key == "product" && product.find(rate.match) != std::string::npos;
}

}  // namespace

std::optional<Ceiling> nvlink_ceiling(int links, const std::optional<double>& raw_gbs_per_link,
                                      const std::string& version) {
  if (links <= 0) return std::nullopt;
  const auto known = std::ranges::find_if(
      version_rates, [&](const VersionRate& rate) { return version == rate.version; });
  if (!raw_gbs_per_link && known == std::end(version_rates)) return std::nullopt;
  const double raw = raw_gbs_per_link ? *raw_gbs_per_link : known->raw_gbs;
  Ceiling ceiling;
  ceiling.gbs = links * raw;
  ceiling.formula = fmt::format("{} up x {:.3f} GB/s", with_count(links, "link"), raw);
  ceiling.source = raw_gbs_per_link
                       ? fmt::format("NVLink{}{}, raw rate reported by NVML",
                                     version.empty() ? "" : " ", version)
                       : fmt::format("rate of NVLink {}; the driver reports none", version);
  if (version == "4.0" || version == "5.0") {
    // NVIDIA's nominal 25 and 50 GB/s a link are 16/17 of the raw 26.5625 and 53.125.
    ceiling.payload_gbs = ceiling.gbs * 16 / 17;
    ceiling.payload_formula =
        fmt::format("nominally {} GB/s a link: x 16/17", version == "4.0" ? 25 : 50);
  }
  return ceiling;
}

std::optional<Ceiling> c2c_ceiling(const GpuSignals& gpu) {
  if (gpu.c2c_links <= 0 || gpu.c2c_mbps <= 0) return std::nullopt;
  Ceiling ceiling;
  ceiling.gbs = gpu.c2c_links * gpu.c2c_mbps / 1000;
  ceiling.formula = fmt::format("{} C2C links x {:.3f} GB/s", gpu.c2c_links, gpu.c2c_mbps / 1000);
  ceiling.source = "NVLink-C2C links and their rate reported by NVML";
  return ceiling;
}

const std::vector<MemoryRate>& memory_rates() {
  static const std::vector<MemoryRate> rates = [] {
    std::vector<MemoryRate> rows;
    std::istringstream lines(memory_rates_tsv);
    std::string line;
    while (std::getline(lines, line)) {
      const auto row = cells(line);
      if (row.size() != 5 || line.starts_with('#') || row[0] == "key") continue;
      rows.push_back({row[0], row[1], std::strtod(row[2].c_str(), nullptr), row[3], row[4]});
    }
    return rows;
  }();
  return rates;
}

std::optional<Ceiling> memory_ceiling(const GpuSignals& gpu, const std::string& product) {
  for (const MemoryRate& rate : memory_rates()) {
    if (!matches(rate, gpu, product)) continue;
    Ceiling ceiling;
    ceiling.gbs = rate.gbs;
    ceiling.formula = rate.formula;
    ceiling.source = rate.source;
    return ceiling;
  }
  // Of a slice the attributes still tell the whole card's bus.
  if (!is_no(gpu.gpu.integrated.value) || is_yes(gpu.mig.value)) return std::nullopt;
  if (gpu.memory_clock_khz <= 0 || gpu.memory_bus_bits <= 0) return std::nullopt;
  Ceiling ceiling;
  ceiling.gbs = 2.0 * gpu.memory_clock_khz * 1e3 * gpu.memory_bus_bits / 8 / 1e9;
  ceiling.formula =
      fmt::format("{} MHz x 2 x {} bits / 8", gpu.memory_clock_khz / 1000, gpu.memory_bus_bits);
  // An H200's 3201 MHz and 6144 bits give 4917 GB/s; NVIDIA's data sheet says 4.8 TB/s.
  ceiling.source =
      "memory clock and bus width by CUDA's attributes, two transfers a clock; percentages are of "
      "this, of which a data sheet may name less";
  return ceiling;
}

}  // namespace peerbench::machine
