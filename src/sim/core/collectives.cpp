// SPDX-License-Identifier: Apache-2.0
// How the streams of a collective wait for each other.
#include "sim/core/collective.hpp"

#include <algorithm>
#include <utility>

#include "sim/core/simulated_machine.hpp"

namespace gpusim {

// Three operations of the stream: it comes, it sends, it waits for the others. Only the middle one
// takes time of its own.
void SimulatedMachine::take_part(CollectivePart part, Stream& stream) {
  Operation come;
  come.label.kind = "collective-wait";
  come.label.name = part.name;
  come.latency_ns = 1;  // what ends after a while is noticed by those who wait
  come.ready = [meetings = part.meetings, here = false]() mutable {
    if (!here) std::ranges::for_each(meetings, [](const MeetingPtr& each) { ++each->arrived; });
    here = true;
    return std::ranges::all_of(meetings, [](const MeetingPtr& each) { return each->complete(); });
  };
  come.effect = [] {};
  submit(stream, std::move(come));

  Operation send;
  send.label.kind = "collective";
  send.label.name = part.name;
  send.label.source = "gpu" + std::to_string(stream.gpu);
  send.label.path = part.route.path;
  send.label.bytes = static_cast<std::uint64_t>(part.bytes);
  send.latency_ns = part.route.latency_ns;
  send.bytes = part.bytes;
  send.uses = std::move(part.route.uses);
  send.cap = part.route.cap;
  if (part.endless) {  // until it is given up: the kernel looks for that while it waits
    send.label.bytes = 0;
    send.ready = [meetings = part.meetings] {
      return std::ranges::any_of(meetings, [](const MeetingPtr& each) { return each->given_up; });
    };
  }
  send.effect = [moves = std::move(part.moves)] {
    for (const MeetingPtr& each : moves) {
      if (++each->moved < each->movers || each->given_up) continue;
      if (each->effect) each->effect();
      each->effect = nullptr;
    }
  };
  submit(stream, std::move(send));

  Operation rest;
  rest.label.kind = "collective-wait";
  rest.label.name = part.name;
  rest.ready = [meetings = std::move(part.meetings)] {
    return std::ranges::all_of(meetings, [](const MeetingPtr& each) { return each->over(); });
  };
  rest.effect = [] {};
  submit(stream, std::move(rest));
}

}  // namespace gpusim
