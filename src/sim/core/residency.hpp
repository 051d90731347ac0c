// SPDX-License-Identifier: Apache-2.0
// Multiprocessors as a resource. A kernel's blocks are resident from its start to its end, so a
// grid that fills a GPU keeps the next kernel of that GPU waiting, whatever stream it is in.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace gpusim {

struct Operation;

/// What one kernel takes of its GPU, in multiprocessors. A block takes the part of one that its
/// occupancy says: a sixth where six of its kind are resident together.
struct Seats {
  int gpu = -1;           ///< -1: takes none
  double block = 0;       ///< of one block
  double wanted = 0;      ///< of all its blocks that could be resident together
  double saturating = 0;  ///< with fewer than these its rate falls in proportion; 0: it never does
  double held = 0;        ///< while it runs

  /// Share of its own full rate that it reaches with what it holds.
  double pace() const;
};

class Residency {
 public:
  /// `multiprocessors` of each GPU.
  explicit Residency(std::vector<int> multiprocessors);

  /// Whether one block at least finds room.
  bool admits(const Seats& seats) const;
  /// Gives a kernel that is admitted what is free, up to what it wants.
  void enter(Seats& seats);
  /// Takes back what `seats` holds. Blocks of those that run and did not all find room come before
  /// any later kernel: they get it in the order in which `running` lists them.
  void leave(Seats& seats, const std::vector<std::shared_ptr<Operation>>& running);

 private:
  void give(Seats& seats);
  double& free_of(const Seats& seats) { return free_[static_cast<std::size_t>(seats.gpu)]; }

  std::vector<double> free_;
};

}  // namespace gpusim
