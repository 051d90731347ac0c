// SPDX-License-Identifier: Apache-2.0
// Units as types: bytes are counts, rates are decimal. GB/s is 1e9 bytes per second;
// KiB, MiB and GiB are powers of 1024 and are used for sizes only.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace peerbench {

using Bytes = std::uint64_t;

inline constexpr Bytes KiB = 1024;
inline constexpr Bytes MiB = 1024 * KiB;
inline constexpr Bytes GiB = 1024 * MiB;

/// Rate of `bytes` moved in `seconds`, in GB/s (1e9 bytes per second).
inline double gigabytes_per_second(double bytes, double seconds) { return bytes / seconds * 1e-9; }

/// "256 MiB", "1.5 GiB", "12 B": the largest binary unit that keeps at most one decimal.
std::string format_bytes(Bytes bytes);

/// Reads "64MiB", "4KiB", "1GiB", "4096", "16 B" (case-insensitive; K, M, G are binary too).
/// Anything else is a usage error that names the text.
Expected<Bytes> parse_bytes(const std::string& text);

}  // namespace peerbench
