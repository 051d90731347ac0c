// Field values of the simulated NVML: link counts, speeds, states, C2C links, byte counters.
#include <climits>
#include <cmath>
#include <cstdint>

#include "sim/core/state.hpp"
#include "sim/nvml/nvml_state.hpp"

namespace sim = peerbench::sim;

namespace {

/// What a field says, or the code for saying nothing.
struct Value {
  nvmlReturn_t code = NVML_ERROR_NOT_SUPPORTED;
  nvmlValueType_t type = NVML_VALUE_TYPE_UNSIGNED_INT;
  std::uint64_t number = 0;
};

Value small(unsigned number) { return {NVML_SUCCESS, NVML_VALUE_TYPE_UNSIGNED_INT, number}; }
Value large(std::uint64_t number) {
  return {NVML_SUCCESS, NVML_VALUE_TYPE_UNSIGNED_LONG_LONG, number};
}
Value refused(nvmlReturn_t code) { return {code, NVML_VALUE_TYPE_UNSIGNED_INT, 0}; }

/// Whole MB/s, as the driver reports 14.0625 GB/s as 14062.
unsigned speed_mbps(const sim::Port& port) {
  return static_cast<unsigned>(std::floor(port.bundle->raw_gbs_per_link.value * 1000));
}

/// `of(port)` for one link.
template <typename Of>
Value of_link(const sim::FoundGpu& gpu, unsigned link, Of of) {
  const auto port = sim::port(*gpu.machine, gpu.index, link);
  if (port) return of(*port);
  return refused(sim::port_count(*gpu.machine, gpu.index) == 0 ? NVML_ERROR_NOT_SUPPORTED
                                                               : NVML_ERROR_INVALID_ARGUMENT);
}

Value speed(const sim::FoundGpu& gpu, unsigned link) {
  return of_link(gpu, link, [](const sim::Port& port) {
    return port.up ? small(speed_mbps(port)) : refused(NVML_ERROR_NOT_SUPPORTED);
  });
}

Value common_speed(const sim::FoundGpu& gpu) {
  const int count = sim::port_count(*gpu.machine, gpu.index);
  for (int link = 0; link < count; ++link) {
    const auto port = sim::port(*gpu.machine, gpu.index, static_cast<unsigned>(link));
    if (port->up) return small(speed_mbps(*port));
  }
  return refused(NVML_ERROR_NOT_SUPPORTED);
}

/// KiB that left (or reached) the GPU over one link, or over all of them (UINT_MAX). The bundle's
/// bytes are spread evenly over its links that are up.
Value throughput(const sim::FoundGpu& gpu, unsigned link, bool out) {
  const auto bytes = [&](const sim::Port& port) -> std::uint64_t {
    if (!port.up) return 0;
    const bool a_to_b = (port.bundle->a == gpu.index) == out;
    return sim::link_bytes(port.bundle_index, a_to_b) / static_cast<std::uint64_t>(port.bundle->up);
  };
  if (link != UINT_MAX) {
    return of_link(gpu, link, [&](const sim::Port& port) { return large(bytes(port) / 1024); });
  }
  const int count = sim::port_count(*gpu.machine, gpu.index);
  if (count == 0) return refused(NVML_ERROR_NOT_SUPPORTED);
  std::uint64_t sum = 0;
  for (int i = 0; i < count; ++i) {
    sum += bytes(*sim::port(*gpu.machine, gpu.index, static_cast<unsigned>(i)));
  }
  return large(sum / 1024);
}

Value c2c(const sim::FoundGpu& gpu, unsigned field, unsigned link) {
  if (gpu.gpu->c2c_links == 0) return refused(NVML_ERROR_NOT_SUPPORTED);
  if (field == NVML_FI_DEV_C2C_LINK_COUNT) return small(static_cast<unsigned>(gpu.gpu->c2c_links));
  if (link >= static_cast<unsigned>(gpu.gpu->c2c_links)) {
    return refused(NVML_ERROR_INVALID_ARGUMENT);
  }
  if (field == NVML_FI_DEV_C2C_LINK_GET_STATUS) return small(1);
  return small(static_cast<unsigned>(gpu.gpu->c2c_mbps_per_link));
}

Value read(const sim::FoundGpu& gpu, unsigned field, unsigned scope) {
  switch (field) {
    case NVML_FI_DEV_NVLINK_LINK_COUNT: {
      const int count = sim::port_count(*gpu.machine, gpu.index);
      return count > 0 ? small(static_cast<unsigned>(count)) : refused(NVML_ERROR_NOT_SUPPORTED);
    }
    case NVML_FI_DEV_NVLINK_SPEED_MBPS_COMMON:
      return common_speed(gpu);
    case NVML_FI_DEV_NVLINK_GET_SPEED:
      return speed(gpu, scope);
    case NVML_FI_DEV_NVLINK_GET_STATE:
      return of_link(gpu, scope, [](const sim::Port& port) { return small(port.up ? 1 : 0); });
    case NVML_FI_DEV_NVLINK_GET_VERSION:
      return of_link(gpu, scope, [](const sim::Port& port) {
        return port.up ? small(static_cast<unsigned>(port.bundle->nvlink_version))
                       : refused(NVML_ERROR_NOT_SUPPORTED);
      });
    case NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_TX:
      return throughput(gpu, scope, true);
    case NVML_FI_DEV_NVLINK_THROUGHPUT_DATA_RX:
      return throughput(gpu, scope, false);
    case NVML_FI_DEV_C2C_LINK_COUNT:
    case NVML_FI_DEV_C2C_LINK_GET_STATUS:
    case NVML_FI_DEV_C2C_LINK_GET_MAX_BW:
      return c2c(gpu, field, scope);
    case NVML_FI_DEV_PCIE_COUNT_TX_BYTES:
      return large(sim::host_link_bytes(gpu.index, false));
    case NVML_FI_DEV_PCIE_COUNT_RX_BYTES:
      return large(sim::host_link_bytes(gpu.index, true));
    default:
      break;
  }
  if (field >= NVML_FI_DEV_NVLINK_SPEED_MBPS_L0 && field <= NVML_FI_DEV_NVLINK_SPEED_MBPS_L5) {
    return speed(gpu, field - NVML_FI_DEV_NVLINK_SPEED_MBPS_L0);
  }
  if (field >= NVML_FI_DEV_NVLINK_SPEED_MBPS_L6 && field <= NVML_FI_DEV_NVLINK_SPEED_MBPS_L11) {
    return speed(gpu, 6 + field - NVML_FI_DEV_NVLINK_SPEED_MBPS_L6);
  }
  return refused(NVML_ERROR_NOT_SUPPORTED);
}

}  // namespace

extern "C" nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t device, int count,
                                                 nvmlFieldValue_t* values) {
  const auto gpu = sim::find_gpu(device);
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
