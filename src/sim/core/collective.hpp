// SPDX-License-Identifier: Apache-2.0
// Operations of several streams that wait for each other and move bytes together: what each rank of
// a collective does, whichever library asked for it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/core/topology.hpp"

namespace gpusim {

/// Where streams wait for each other: all ranks of a collective, or the two ends of one message.
struct Meeting {
  int parties = 0;  ///< streams that take part
  int movers = 0;   ///< those of them whose bytes it is about
  int arrived = 0;
  int moved = 0;
  bool given_up = false;         ///< nobody waits any longer, and nothing is written
  std::function<void()> effect;  ///< what it does to memory, once, when the last bytes have arrived

  bool complete() const { return given_up || arrived == parties; }
  bool over() const { return given_up || moved == movers; }
};

using MeetingPtr = std::shared_ptr<Meeting>;

/// What one stream does: it comes to all its meetings, sends, and waits for what others send.
struct CollectivePart {
  std::string name;                  ///< for the trace: "all_reduce"
  std::vector<MeetingPtr> meetings;  ///< it has come once all of them are complete
  std::vector<MeetingPtr> moves;     ///< those that its own bytes serve
  Route route;                       ///< of what it sends
  double bytes = 0;                  ///< along that route
  bool endless = false;              ///< its bytes never arrive
};

}  // namespace gpusim
