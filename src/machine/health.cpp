// SPDX-License-Identifier: Apache-2.0
#include "machine/health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <string_view>

#include "machine/nvml_signals.hpp"

namespace peerbench::machine {

namespace {

/// Fields that older headers lack: NVML_FI_DEV_NVLINK_COUNT_XMIT_BYTES, ..._RCV_BYTES,
/// ..._RCV_ERRORS and ..._LINK_RECOVERY_EVENTS of NVLink 5 (nvml.h).
constexpr unsigned sent_bytes_field = 202, received_bytes_field = 204;
constexpr unsigned packet_errors_field = 208, recovery_events_field = 215;

/// Younger headers allow 36 links a GPU; asking for more than there are is harmless.
constexpr unsigned most_links = 36;

Count field(const Nvml& nvml, nvmlDevice_t device, unsigned id, unsigned scope) {
  double value = 0;
  if (nvml.field(device, id, scope, value) != NVML_SUCCESS || value < 0) return {};
  return static_cast<std::uint64_t>(value);
}

Count counter(const Nvml& nvml, nvmlDevice_t device, unsigned link, nvmlNvLinkErrorCounter_t kind) {
  unsigned long long value = 0;
  const nvmlReturn_t code =
      Nvml::ask(nvml.functions().nvlink_error_counter, device, link, kind, &value);
  return code == NVML_SUCCESS ? Count(value) : Count();
}

LinkErrors read_link(const Nvml& nvml, nvmlDevice_t device, unsigned link) {
  LinkErrors errors;
  errors.link = static_cast<int>(link);
  errors.crc_flit = counter(nvml, device, link, NVML_NVLINK_ERROR_DL_CRC_FLIT);
  errors.crc_data = counter(nvml, device, link, NVML_NVLINK_ERROR_DL_CRC_DATA);
  errors.replays = counter(nvml, device, link, NVML_NVLINK_ERROR_DL_REPLAY);
  errors.recoveries = counter(nvml, device, link, NVML_NVLINK_ERROR_DL_RECOVERY);
  // Where the function is gone the same counters are fields, and NVLink 5 has others.
  if (!errors.crc_flit && !errors.crc_data) {
    errors.crc = field(nvml, device, NVML_FI_DEV_NVLINK_ERROR_DL_CRC, link);
    errors.packets = field(nvml, device, packet_errors_field, link);
  }
  if (!errors.replays) {
    errors.replays = field(nvml, device, NVML_FI_DEV_NVLINK_ERROR_DL_REPLAY, link);
  }
  if (!errors.recoveries) {
    errors.recoveries = field(nvml, device, NVML_FI_DEV_NVLINK_ERROR_DL_RECOVERY, link);
  }
  if (!errors.recoveries) {
    errors.recoveries = field(nvml, device, recovery_events_field, link);
  }
  return errors;
}

bool any_known(const LinkErrors& errors) {
  return errors.crc_flit || errors.crc_data || errors.crc || errors.packets || errors.replays ||
         errors.recoveries;
}

/// Bytes over all links of a GPU: one counter of KiB, or the sum of its links'.
Count all_links(const Nvml& nvml, nvmlDevice_t device, unsigned kib_field, unsigned bytes_field) {
  if (const Count kib = field(nvml, device, kib_field, UINT_MAX)) return *kib * 1024;
  Count sum;
  for (unsigned link = 0; link < most_links; ++link) {
    Count bytes = field(nvml, device, kib_field, link);
    if (bytes) *bytes *= 1024;
    if (!bytes) bytes = field(nvml, device, bytes_field, link);
    if (bytes) sum = sum.value_or(0) + *bytes;
  }
  return sum;
}

Count difference(const Count& before, const Count& after) {
  if (!before || !after || *after < *before) return {};
  return *after - *before;
}

/// Of the list, the element whose `key` is the same.
template <typename T, typename Key>
const T* same(const std::vector<T>& list, const T& wanted, Key key) {
  const auto found =
      std::ranges::find_if(list, [&](const T& one) { return one.*key == wanted.*key; });
  return found == list.end() ? nullptr : &*found;
}

LinkErrors moved(const LinkErrors& before, const LinkErrors& after) {
  return {.link = after.link,
          .crc_flit = difference(before.crc_flit, after.crc_flit),
          .crc_data = difference(before.crc_data, after.crc_data),
          .crc = difference(before.crc, after.crc),
          .packets = difference(before.packets, after.packets),
          .replays = difference(before.replays, after.replays),
          .recoveries = difference(before.recoveries, after.recoveries)};
}

/// "14 CRC errors in data, 1 replay"; empty when nothing was counted.
std::string words(const LinkErrors& errors) {
  std::string text;
  const auto add = [&](const Count& count, std::string_view one, std::string_view many) {
    if (count.value_or(0) == 0) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", *count, *count == 1 ? one : many);
  };
  add(errors.crc_data, "CRC error in data", "CRC errors in data");
  add(errors.crc_flit, "CRC error in flow control", "CRC errors in flow control");
  add(errors.crc, "CRC error", "CRC errors");
  add(errors.packets, "packet with errors", "packets with errors");
  add(errors.replays, "replay", "replays");
  add(errors.recoveries, "recovery", "recoveries");
  return text;
}

}  // namespace

std::vector<GpuErrors> moved(const std::vector<GpuErrors>& before,
                             const std::vector<GpuErrors>& after) {
  std::vector<GpuErrors> all;
  for (const GpuErrors& now : after) {
    const GpuErrors* then = same(before, now, &GpuErrors::ordinal);
    if (then == nullptr) continue;
    GpuErrors gpu{.ordinal = now.ordinal,
                  .links = {},
                  .pcie_replays = difference(then->pcie_replays, now.pcie_replays)};
    for (const LinkErrors& link : now.links) {
      const LinkErrors* earlier = same(then->links, link, &LinkErrors::link);
      if (earlier != nullptr) gpu.links.push_back(moved(*earlier, link));
    }
    all.push_back(std::move(gpu));
  }
  return all;
}

std::vector<GpuTraffic> moved(const std::vector<GpuTraffic>& before,
                              const std::vector<GpuTraffic>& after) {
  std::vector<GpuTraffic> all;
  for (const GpuTraffic& now : after) {
    const GpuTraffic* then = same(before, now, &GpuTraffic::ordinal);
    if (then == nullptr) continue;
    all.push_back(
        {now.ordinal, difference(then->sent, now.sent), difference(then->received, now.received)});
  }
  return all;
}

std::vector<Finding> error_findings(const std::vector<GpuErrors>& counted) {
  std::vector<Finding> found;
  for (const GpuErrors& gpu : counted) {
    std::string counters;
    std::vector<Subject> subjects = {gpu_subject(gpu.ordinal)};
    for (const LinkErrors& link : gpu.links) {
      const std::string text = words(link);
      if (text.empty()) continue;
      counters += fmt::format("{}link {}: {}", counters.empty() ? "" : "; ", link.link, text);
      subjects.push_back({{gpu.ordinal}, link.link, ""});
    }
    if (!counters.empty()) {
      found.push_back(make_finding(FindingCode::nvlink_errors, std::move(subjects), {},
                                   {{"counters", counters}}));
    }
    if (const auto replays = gpu.pcie_replays.value_or(0); replays > 0) {
      found.push_back(make_finding(FindingCode::pcie_replays, {gpu_subject(gpu.ordinal)},
                                   {{"replays", static_cast<double>(replays)}}));
    }
  }
  return grouped(std::move(found));
}

HealthWatch::HealthWatch(const Machine& machine) {
  if (nvml_left_behind()) return;
  nvml_.emplace();
  if (!nvml_->started()) return;
  for (const Gpu& gpu : machine.gpus) {
    nvmlDevice_t device = nullptr;
    if (gpu.pci_bus_id.empty() || Nvml::ask(nvml_->functions().handle_by_pci,
                                            gpu.pci_bus_id.c_str(), &device) != NVML_SUCCESS) {
      continue;
    }
    cards_.push_back({gpu.ordinal, device, gpu.nvlinks_up.value_or(0) > 0});
  }
}

std::vector<GpuErrors> HealthWatch::errors() const {
  std::vector<GpuErrors> all;
  for (const Card& card : cards_) {
    GpuErrors gpu;
    gpu.ordinal = card.ordinal;
    for (unsigned link = 0; card.linked && link < most_links; ++link) {
      const LinkErrors errors = read_link(*nvml_, card.device, link);
      if (any_known(errors)) gpu.links.push_back(errors);
    }
    unsigned replays = 0;
    if (Nvml::ask(nvml_->functions().pcie_replays, card.device, &replays) == NVML_SUCCESS) {
      gpu.pcie_replays = replays;
    }
    all.push_back(std::move(gpu));
  }
  return all;
}

std::vector<GpuContext> HealthWatch::contexts() const {
  std::vector<GpuContext> all;
  for (const Card& card : cards_) all.push_back(read_context(*nvml_, card.device, card.ordinal));
  return all;
}

std::vector<int> HealthWatch::clocks(const std::vector<int>& ordinals) const {
  std::vector<int> found;
  for (const Card& card : cards_) {
    if (std::ranges::count(ordinals, card.ordinal) == 0) continue;
    for (const nvmlClockType_t type : {NVML_CLOCK_SM, NVML_CLOCK_MEM}) {
      unsigned mhz = 0;
      const auto& ask = nvml_->functions().clock;
      const bool known = Nvml::ask(ask, card.device, type, &mhz) == NVML_SUCCESS;
      found.push_back(known ? static_cast<int>(mhz) : 0);
    }
  }
  return found;
}

void HealthWatch::read_clocks(const std::vector<int>& ordinals,
                              std::vector<GpuContext>& contexts) const {
  for (const Card& card : cards_) {
    if (std::ranges::count(ordinals, card.ordinal) == 0) continue;
    const auto context = std::ranges::find(contexts, card.ordinal, &GpuContext::ordinal);
    const auto now = clock_reasons(*nvml_, card.device);
    if (context == contexts.end() || !now) continue;
    context->clocks_under_load = context->clocks_under_load.value_or(0) | *now;
  }
}

void HealthWatch::read_memory_clocks(const std::vector<int>& ordinals, Machine& machine) const {
  for (const Card& card : cards_) {
    if (std::ranges::count(ordinals, card.ordinal) == 0) continue;
    unsigned now = 0, most = 0;
    const auto& ask = nvml_->functions();
    if (Nvml::ask(ask.clock, card.device, NVML_CLOCK_MEM, &now) != NVML_SUCCESS ||
        Nvml::ask(ask.max_clock, card.device, NVML_CLOCK_MEM, &most) != NVML_SUCCESS) {
      continue;
    }
    auto& clock = machine.gpus.at(static_cast<std::size_t>(card.ordinal)).memory_clock;
    if (clock && clock->mhz >= static_cast<int>(now)) continue;
    clock = MemoryClock{static_cast<int>(now), static_cast<int>(most)};
  }
}

std::vector<GpuTraffic> HealthWatch::traffic(std::vector<int> ordinals) const {
  std::ranges::sort(ordinals);
  ordinals.erase(std::unique(ordinals.begin(), ordinals.end()), ordinals.end());
  std::vector<GpuTraffic> all;
  for (const Card& card : cards_) {
    if (!card.linked || !std::ranges::binary_search(ordinals, card.ordinal)) continue;
    all.push_back(
        {card.ordinal,
         all_links(*nvml_, card.device, NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX, sent_bytes_field),
         all_links(*nvml_, card.device, NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX,
                   received_bytes_field)});
  }
  return all;
}

}  // namespace peerbench::machine
