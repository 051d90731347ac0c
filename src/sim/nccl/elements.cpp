// SPDX-License-Identifier: Apache-2.0
#include "sim/nccl/elements.hpp"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace gpusim {
namespace {

/// A type as it is calculated with: those of 16 bits as float, those of 8 bits as half.
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

template <typename Stored>
struct EightBits {
  using Value = float;
  static float load(const Stored& stored) { return static_cast<float>(stored); }
  static Stored store(float value) { return Stored(__float2half_rn(value)); }
};
template <>
struct Element<__nv_fp8_e4m3> : EightBits<__nv_fp8_e4m3> {};
template <>
struct Element<__nv_fp8_e5m2> : EightBits<__nv_fp8_e5m2> {};

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

/// Calls `body<Stored>()` for the type.
template <typename Body>
void with_type(ncclDataType_t type, const Body& body) {
  switch (type) {
    case ncclInt8:
      return body.template operator()<std::int8_t>();
    case ncclUint8:
      return body.template operator()<std::uint8_t>();
    case ncclInt32:
      return body.template operator()<std::int32_t>();
    case ncclUint32:
      return body.template operator()<std::uint32_t>();
    case ncclInt64:
      return body.template operator()<std::int64_t>();
    case ncclUint64:
      return body.template operator()<std::uint64_t>();
    case ncclFloat16:
      return body.template operator()<__half>();
    case ncclBfloat16:
      return body.template operator()<__nv_bfloat16>();
    case ncclFloat64:
      return body.template operator()<double>();
    case ncclFloat8e4m3:
      return body.template operator()<__nv_fp8_e4m3>();
    case ncclFloat8e5m2:
      return body.template operator()<__nv_fp8_e5m2>();
    default:
      return body.template operator()<float>();
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

bool is_float8(ncclDataType_t type) { return type == ncclFloat8e4m3 || type == ncclFloat8e5m2; }

void reduce(ncclDataType_t type, ncclRedOp_t operation, std::span<const std::byte* const> parts,
            std::size_t count, std::byte* result) {
  with_type(type, [&]<typename Stored>() { reduce_as<Stored>(operation, parts, count, result); });
}

void multiply(ncclDataType_t type, const std::byte* scalar, const std::byte* values,
              std::size_t count, std::byte* result) {
  with_type(type, [&]<typename Stored>() {
    using Value = typename Element<Stored>::Value;
    Stored factor;
    std::memcpy(&factor, scalar, sizeof factor);
    const Value by = Element<Stored>::load(factor);
    const auto* const from = reinterpret_cast<const Stored*>(values);
    auto* const to = reinterpret_cast<Stored*>(result);
    for (std::size_t i = 0; i < count; ++i) {
      to[i] = Element<Stored>::store(static_cast<Value>(Element<Stored>::load(from[i]) * by));
    }
  });
}

}  // namespace gpusim
