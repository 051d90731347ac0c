// SPDX-License-Identifier: Apache-2.0
#include "sim/core/residency.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/core/engine.hpp"

namespace gpusim {
namespace {

/// What adding and taking parts of multiprocessors may leave behind by rounding.
constexpr double rounding = 1e-9;

}  // namespace

double Seats::pace() const { return saturating > held && held > 0 ? held / saturating : 1; }

Residency::Residency(std::vector<int> multiprocessors)
    : free_(multiprocessors.begin(), multiprocessors.end()) {}

bool Residency::admits(const Seats& seats) const {
  return seats.gpu < 0 || free_[static_cast<std::size_t>(seats.gpu)] + rounding >= seats.block;
}

void Residency::enter(Seats& seats) {
  if (seats.gpu >= 0) give(seats);
}

void Residency::give(Seats& seats) {
  const double most = std::min(free_of(seats), seats.wanted - seats.held);
  const double blocks = std::floor((most + rounding) / seats.block);
  if (blocks <= 0) return;
  seats.held += blocks * seats.block;
  free_of(seats) -= blocks * seats.block;
}

void Residency::leave(Seats& seats, const std::vector<std::shared_ptr<Operation>>& running) {
  if (seats.gpu < 0) return;
  free_of(seats) += std::exchange(seats.held, 0);
  for (const std::shared_ptr<Operation>& other : running) {
    if (other->seats.gpu == seats.gpu) give(other->seats);
  }
}

}  // namespace gpusim
