// SPDX-License-Identifier: Apache-2.0
// Noise that depends on the machine's seed and the operation's number only, so that a run repeats
// exactly.
#pragma once

#include <cstdint>

namespace gpusim {

/// A well-mixed 64-bit word for (seed, counter): splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
std::uint64_t random_word(std::uint64_t seed, std::uint64_t counter);

/// Factor on one operation's duration: normal around 1 with standard deviation `cv`, clipped at 4
/// standard deviations and never below 0.05.
double noise_factor(std::uint64_t seed, std::uint64_t counter, double cv);

}  // namespace gpusim
