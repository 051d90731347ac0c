// SPDX-License-Identifier: Apache-2.0
#include "sim/nccl/elements.hpp"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace peerbench::sim {
namespace {

/// A type as it is calculated with: those of 16 bits as float.
template <typename Stored>
struct Element {
  using Value = Stored;
  static Value load(const Stored& stored) { return stored; }
  static Stored store(Value value) { return value; }
};
template <>
struct Element<__half> {
  using Value = float;
  static float load(const __half& stored) { return __half2float(stored); }
  static __half store(float value) { return __float2half_rn(value); }
};
template <>
struct Element<__nv_bfloat16> {
  using Value = float;
  static float load(const __nv_bfloat16& stored) { return __bfloat162float(stored); }
  static __nv_bfloat16 store(float value) { return __float2bfloat16_rn(value); }
};

template <typename Stored, typename Combine>
void fold(std::span<const std::byte* const> parts, std::size_t count, std::byte* result,
          const Combine& combine) {
  auto* const to = reinterpret_cast<Stored*>(result);
  std::memcpy(to, parts.front(), count * sizeof(Stored));
  for (std::size_t part = 1; part < parts.size(); ++part) {
    const auto* const from = reinterpret_cast<const Stored*>(parts[part]);
    for (std::size_t i = 0; i < count; ++i) {
      to[i] = Element<Stored>::store(
          combine(Element<Stored>::load(to[i]), Element<Stored>::load(from[i])));
    }
  }
}

template <typename Stored>
void reduce_as(ncclRedOp_t operation, std::span<const std::byte* const> parts, std::size_t count,
               std::byte* result) {
  using Value = typename Element<Stored>::Value;
  switch (operation) {
    case ncclProd:
      return fold<Stored>(parts, count, result,
                          [](Value a, Value b) { return static_cast<Value>(a * b); });
    case ncclMax:
      return fold<Stored>(parts, count, result, [](Value a, Value b) { return std::max(a, b); });
    case ncclMin:
      return fold<Stored>(parts, count, result, [](Value a, Value b) { return std::min(a, b); });
    default:
      break;
  }
  fold<Stored>(parts, count, result, [](Value a, Value b) { return static_cast<Value>(a + b); });
  if (operation != ncclAvg) return;
  auto* const to = reinterpret_cast<Stored*>(result);
  const auto ranks = static_cast<Value>(parts.size());
  for (std::size_t i = 0; i < count; ++i) {
    to[i] = Element<Stored>::store(static_cast<Value>(Element<Stored>::load(to[i]) / ranks));
  }
}

}  // namespace

std::size_t element_bytes(ncclDataType_t type) {
  switch (type) {
    case ncclInt8:
    case ncclUint8:
    case ncclFloat8e4m3:
    case ncclFloat8e5m2:
      return 1;
    case ncclFloat16:
    case ncclBfloat16:
      return 2;
    case ncclInt32:
    case ncclUint32:
    case ncclFloat32:
      return 4;
    case ncclInt64:
    case ncclUint64:
    case ncclFloat64:
      return 8;
    default:
      return 0;
  }
}

// Floats of eight bits are only moved.
bool can_reduce(ncclDataType_t type, ncclRedOp_t operation) {
  const bool known = operation >= ncclSum && operation <= ncclAvg;
  return known && element_bytes(type) > 0 && type != ncclFloat8e4m3 && type != ncclFloat8e5m2;
}

void reduce(ncclDataType_t type, ncclRedOp_t operation, std::span<const std::byte* const> parts,
            std::size_t count, std::byte* result) {
  switch (type) {
    case ncclInt8:
      return reduce_as<std::int8_t>(operation, parts, count, result);
    case ncclUint8:
      return reduce_as<std::uint8_t>(operation, parts, count, result);
    case ncclInt32:
      return reduce_as<std::int32_t>(operation, parts, count, result);
    case ncclUint32:
      return reduce_as<std::uint32_t>(operation, parts, count, result);
    case ncclInt64:
      return reduce_as<std::int64_t>(operation, parts, count, result);
    case ncclUint64:
      return reduce_as<std::uint64_t>(operation, parts, count, result);
    case ncclFloat16:
      return reduce_as<__half>(operation, parts, count, result);
    case ncclBfloat16:
      return reduce_as<__nv_bfloat16>(operation, parts, count, result);
    case ncclFloat64:
      return reduce_as<double>(operation, parts, count, result);
    default:
      return reduce_as<float>(operation, parts, count, result);
  }
}

}  // namespace peerbench::sim
