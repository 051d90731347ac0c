// SPDX-License-Identifier: Apache-2.0
#include "sim/core/noise.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gpusim {

std::uint64_t random_word(std::uint64_t seed, std::uint64_t counter) {
  std::uint64_t z = seed * 0xd1342543de82ef95ull + (counter + 1) * 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

double noise_factor(std::uint64_t seed, std::uint64_t counter, double cv) {
  if (cv <= 0) return 1;
  // Box-Muller on two words; the first uniform is kept off zero for the logarithm.
  const auto uniform = [&](std::uint64_t index) {
    return (static_cast<double>(random_word(seed, index) >> 11) + 0.5) * 0x1p-53;
  };
  const double normal = std::sqrt(-2 * std::log(uniform(2 * counter))) *
                        std::cos(2 * std::numbers::pi * uniform(2 * counter + 1));
  return std::max(0.05, 1 + cv * std::clamp(normal, -4.0, 4.0));
}

}  // namespace gpusim
