// SPDX-License-Identifier: Apache-2.0
// The other side of the comparison: what a programmer writes first, and the compiler vectorises.
#pragma once

#include <cstddef>
#include <cstdint>

namespace peerbench::baseline {

std::uint64_t plain_read(const std::uint64_t* from, std::size_t words);
void plain_write(std::uint64_t* to, std::uint64_t value, std::size_t words);
void plain_copy(std::uint64_t* to, const std::uint64_t* from, std::size_t words);
void plain_triad(double* to, const double* b, const double* c, double factor, std::size_t words);

}  // namespace peerbench::baseline
