// SPDX-License-Identifier: Apache-2.0
// Field values of the simulated NVML: link counts, speeds, states, C2C links, byte counters.
#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdint>

#include "sim/core/state.hpp"
#include "sim/nvml/nvml_state.hpp"

namespace {

/// What a field says, or the code for saying nothing.
struct Value {
  nvmlReturn_t code = NVML_ERROR_NOT_SUPPORTED;
  nvmlValueType_t type = NVML_VALUE_TYPE_UNSIGNED_INT;
  std::uint64_t number = 0;
};

/// NVML_FI_DEV_PCIE_COUNT_TX_BYTES, ..._RX_BYTES, NVML_FI_DEV_NVLINK_COUNT_XMIT_BYTES and
/// ..._RCV_BYTES, which older headers lack.
constexpr unsigned pcie_transmitted_bytes = 197, pcie_received_bytes = 198;
constexpr unsigned transmitted_bytes = 202, received_bytes = 204;

Value small(unsigned number) { return {NVML_SUCCESS, NVML_VALUE_TYPE_UNSIGNED_INT, number}; }
Value large(std::uint64_t number) {
  return {NVML_SUCCESS, NVML_VALUE_TYPE_UNSIGNED_LONG_LONG, number};
}
Value refused(nvmlReturn_t code) { return {code, NVML_VALUE_TYPE_UNSIGNED_INT, 0}; }

/// Whole MB/s, as the driver reports 14.0625 GB/s as 14062.
unsigned speed_mbps(const gpusim::Port& port) {
  return static_cast<unsigned>(std::floor(port.bundle->raw_gbs_per_link.value * 1000));
}

/// `of(port)` for one link.
template <typename Of>
Value of_link(const gpusim::FoundGpu& gpu, unsigned link, Of of) {
  const auto port = gpusim::port(*gpu.machine, gpu.index, link);
  if (port) return of(*port);
  return refused(gpusim::port_count(*gpu.machine, gpu.index) == 0 ? NVML_ERROR_NOT_SUPPORTED
                                                                  : NVML_ERROR_INVALID_ARGUMENT);
}

/// The same where only a link that is up can answer.
template <typename Of>
Value of_live_link(const gpusim::FoundGpu& gpu, unsigned link, Of of) {
  return of_link(gpu, link, [&](const gpusim::Port& port) {
    return port.up ? of(port) : refused(NVML_ERROR_NOT_SUPPORTED);
  });
}

Value speed(const gpusim::FoundGpu& gpu, unsigned link) {
  return of_live_link(gpu, link, [](const gpusim::Port& port) { return small(speed_mbps(port)); });
}

Value common_speed(const gpusim::FoundGpu& gpu) {
  const int count = gpusim::port_count(*gpu.machine, gpu.index);
  for (int link = 0; link < count; ++link) {
    const auto port = gpusim::port(*gpu.machine, gpu.index, static_cast<unsigned>(link));
    if (port->up) return small(speed_mbps(*port));
  }
  return refused(NVML_ERROR_NOT_SUPPORTED);
}

/// Some drivers never count.
bool counters_stuck(const gpusim::FoundGpu& gpu) {
  return std::ranges::count(gpu.machine->faults, gpusim::FaultKind::nvlink_bytes_stuck,
                            &gpusim::Fault::kind) > 0;
}

/// Bytes that left (or reached) the GPU over one link. The bundle's bytes are spread evenly over
/// its links that are up.
std::uint64_t bytes_over(const gpusim::FoundGpu& gpu, const gpusim::Port& port, bool out) {
  if (!port.up || counters_stuck(gpu)) return 0;
  const bool a_to_b = (port.bundle->a == gpu.index) == out;
  return gpusim::link_bytes(port.bundle_index, a_to_b) /
         static_cast<std::uint64_t>(port.bundle->up);
}

/// KiB over one link, or over all of them (UINT_MAX). `raw` counts what goes with the data too: the
/// share of the link that copies at full rate cannot have.
Value throughput(const gpusim::FoundGpu& gpu, unsigned link, bool out, bool raw) {
  const auto bytes = [&](const gpusim::Port& port) {
    const std::uint64_t data = bytes_over(gpu, port, out);
    if (!raw || data == 0) return data;
    return static_cast<std::uint64_t>(static_cast<double>(data) /
                                      port.bundle->copy_efficiency.value);
  };
  if (link != UINT_MAX) {
    return of_link(gpu, link, [&](const gpusim::Port& port) { return large(bytes(port) / 1024); });
  }
  const int count = gpusim::port_count(*gpu.machine, gpu.index);
  if (count == 0) return refused(NVML_ERROR_NOT_SUPPORTED);
  std::uint64_t sum = 0;
  for (int i = 0; i < count; ++i) {
    sum += bytes(*gpusim::port(*gpu.machine, gpu.index, static_cast<unsigned>(i)));
  }
  return large(sum / 1024);
}

/// The counters in bytes came with NVLink 5.
Value bytes_of_link(const gpusim::FoundGpu& gpu, unsigned link, bool out) {
  constexpr int nvlink_5 = 7;  // NVML_NVLINK_VERSION_5_0, which older headers lack
  return of_live_link(gpu, link, [&](const gpusim::Port& port) {
    return port.bundle->nvlink_version >= nvlink_5 ? large(bytes_over(gpu, port, out))
                                                   : refused(NVML_ERROR_NOT_SUPPORTED);
  });
}

/// Number of the link on the GPU at its other end; that of a switch is not known.
Value remote_link(const gpusim::FoundGpu& gpu, unsigned link) {
  return of_live_link(gpu, link, [&](const gpusim::Port& port) {
    if (port.peer < 0) return refused(NVML_ERROR_NOT_SUPPORTED);
    return small(gpusim::first_link(*gpu.machine, port.peer, port.bundle_index) + port.place);
  });
}

Value links_to_switches(const gpusim::FoundGpu& gpu) {
  const int count = gpusim::port_count(*gpu.machine, gpu.index);
  if (count == 0) return refused(NVML_ERROR_NOT_SUPPORTED);
  unsigned found = 0;
  for (int i = 0; i < count; ++i) {
    const auto port = gpusim::port(*gpu.machine, gpu.index, static_cast<unsigned>(i));
    if (port->up && port->peer < 0) ++found;
  }
  return small(found);
}

/// Counters of errors, which are 0 where no fault makes them grow.
Value errors_of(const gpusim::FoundGpu& gpu, unsigned field, unsigned scope) {
  enum class Counts { none, crc_data, replay };
  struct Range {
    unsigned first_field, first_link, count;
    Counts counts = Counts::none;
  };
  // Four counters for links 0 to 5 with a total each, the same for links 6 to 11, and a fifth one.
  static constexpr Range ranges[] = {
      {NVML_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L0, 0, 6},
      {NVML_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L0, 0, 6, Counts::crc_data},
      {NVML_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L0, 0, 6, Counts::replay},
      {NVML_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L0, 0, 6},
      {NVML_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_L6, 6, 6},
      {NVML_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_L6, 6, 6, Counts::crc_data},
      {NVML_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_L6, 6, 6, Counts::replay},
      {NVML_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_L6, 6, 6},
      {NVML_FI_DEV_NVLINK_ECC_DATA_ERROR_COUNT_L0, 0, 12}};
  const auto counted = [&](Counts what) {
    return [&gpu, what](const gpusim::Port& port) {
      if (what == Counts::none) return large(0);
      return large(gpusim::link_errors(
          gpu, port,
          what == Counts::replay ? gpusim::LinkError::replay : gpusim::LinkError::crc_data));
    };
  };
  const auto of_all_links = [&](Counts what) {
    const int count = gpusim::port_count(*gpu.machine, gpu.index);
    if (count == 0) return refused(NVML_ERROR_NOT_SUPPORTED);
    std::uint64_t sum = 0;
    for (int i = 0; i < count; ++i) {
      sum += counted(what)(*gpusim::port(*gpu.machine, gpu.index, static_cast<unsigned>(i))).number;
    }
    return large(sum);
  };
  for (const Range& range : ranges) {
    if (field < range.first_field || field >= range.first_field + range.count) continue;
    return of_live_link(gpu, range.first_link + field - range.first_field, counted(range.counts));
  }
  switch (field) {
    case NVML_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL:
      return of_all_links(Counts::crc_data);
    case NVML_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL:
      return of_all_links(Counts::replay);
    case NVML_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL:
    case NVML_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL:
    case NVML_FI_DEV_NVLINK_ECC_DATA_ERROR_COUNT_TOTAL:
      return of_all_links(Counts::none);
    case NVML_FI_DEV_NVLINK_ERROR_DL_REPLAY:
      return of_live_link(gpu, scope, counted(Counts::replay));
    case NVML_FI_DEV_NVLINK_ERROR_DL_RECOVERY:
      return of_live_link(gpu, scope, counted(Counts::none));
    case NVML_FI_DEV_NVLINK_ERROR_DL_CRC:
      return of_live_link(gpu, scope, counted(Counts::crc_data));
    case NVML_FI_DEV_PCIE_REPLAY_COUNTER:
    case NVML_FI_DEV_PCIE_REPLAY_ROLLOVER_COUNTER:
      if (gpu.gpu->pcie_generation == 0) return refused(NVML_ERROR_NOT_SUPPORTED);
      return small(field == NVML_FI_DEV_PCIE_REPLAY_COUNTER
                       ? static_cast<unsigned>(gpusim::pcie_replays(gpu))
                       : 0);
    default:
      return refused(NVML_ERROR_NOT_SUPPORTED);
  }
}

Value c2c(const gpusim::FoundGpu& gpu, unsigned field, unsigned link) {
  if (gpu.gpu->c2c_links == 0) return refused(NVML_ERROR_NOT_SUPPORTED);
  if (field == NVML_FI_DEV_C2C_LINK_COUNT) return small(static_cast<unsigned>(gpu.gpu->c2c_links));
  if (link >= static_cast<unsigned>(gpu.gpu->c2c_links)) {
    return refused(NVML_ERROR_INVALID_ARGUMENT);
  }
  if (field == NVML_FI_DEV_C2C_LINK_GET_STATUS) return small(1);
  return small(static_cast<unsigned>(gpu.gpu->c2c_mbps_per_link));
}

Value read(const gpusim::FoundGpu& gpu, unsigned field, unsigned scope) {
  switch (field) {
    case NVML_FI_DEV_NVLINK_LINK_COUNT: {
      const int count = gpusim::port_count(*gpu.machine, gpu.index);
      return count > 0 ? small(static_cast<unsigned>(count)) : refused(NVML_ERROR_NOT_SUPPORTED);
    }
    case NVML_FI_DEV_NVLINK_SPEED_MBPS_COMMON:
      return common_speed(gpu);
    case NVML_FI_DEV_NVLINK_GET_SPEED:
      return speed(gpu, scope);
    case NVML_FI_DEV_NVLINK_GET_STATE:
      return of_link(gpu, scope, [](const gpusim::Port& port) {
        return small(!port.up ? 0u : port.bundle->sleeps ? 2u : 1u);
      });
    case NVML_FI_DEV_NVLINK_GET_VERSION:
      return of_live_link(gpu, scope, [](const gpusim::Port& port) {
        return small(static_cast<unsigned>(port.bundle->nvlink_version));
      });
    case NVML_FI_DEV_NVLINK_REMOTE_NVLINK_ID:
      return remote_link(gpu, scope);
    case NVML_FI_DEV_NVSWITCH_CONNECTED_LINK_COUNT:
      return links_to_switches(gpu);
    case NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX:
    case NVML_FI_DEV_NVLINK_THROUGHPUT_RAW_TX:
      return throughput(gpu, scope, true, field == NVML_FI_DEV_NVLINK_THROUGHPUT_RAW_TX);
    case NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX:
    case NVML_FI_DEV_NVLINK_THROUGHPUT_RAW_RX:
      return throughput(gpu, scope, false, field == NVML_FI_DEV_NVLINK_THROUGHPUT_RAW_RX);
    case transmitted_bytes:
    case received_bytes:
      return bytes_of_link(gpu, scope, field == transmitted_bytes);
    case NVML_FI_DEV_C2C_LINK_COUNT:
    case NVML_FI_DEV_C2C_LINK_GET_STATUS:
    case NVML_FI_DEV_C2C_LINK_GET_MAX_BW:
      return c2c(gpu, field, scope);
    case pcie_transmitted_bytes:
      return large(gpusim::host_link_bytes(gpu.index, false));
    case pcie_received_bytes:
      return large(gpusim::host_link_bytes(gpu.index, true));
    default:
      break;
  }
  if (field >= NVML_FI_DEV_NVLINK_SPEED_MBPS_L0 && field <= NVML_FI_DEV_NVLINK_SPEED_MBPS_L5) {
    return speed(gpu, field - NVML_FI_DEV_NVLINK_SPEED_MBPS_L0);
  }
  if (field >= NVML_FI_DEV_NVLINK_SPEED_MBPS_L6 && field <= NVML_FI_DEV_NVLINK_SPEED_MBPS_L11) {
    return speed(gpu, 6 + field - NVML_FI_DEV_NVLINK_SPEED_MBPS_L6);
  }
  return errors_of(gpu, field, scope);
}

}  // namespace

extern "C" nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count,
                                                 nvmlFieldValue_t* values) {
  const auto gpu = gpusim::find_gpu(device);
  if (!gpu) return gpu.code;
  if (count <= 0 || values == nullptr) return NVML_ERROR_INVALID_ARGUMENT;
  for (int i = 0; i < count; ++i) {
    const Value value = read(gpu, values[i].fieldId, values[i].scopeId);
    values[i].timestamp = 0;
    values[i].latencyUsec = 0;
    values[i].nvmlReturn = value.code;
    values[i].valueType = value.type;
    values[i].value.ullVal = value.number;
  }
  return NVML_SUCCESS;
}
