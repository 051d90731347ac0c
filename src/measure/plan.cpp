// SPDX-License-Identifier: Apache-2.0
#include "measure/plan.hpp"

#include <fmt/format.h>

namespace peerbench::measure {

std::string name(const Place& place) {
  return fmt::format("{}{}", place.kind == Place::Kind::host ? "host" : "gpu", place.index);
}

bool between_gpus(const Transfer& transfer) {
  return transfer.source.kind == Place::Kind::gpu &&
         transfer.destination.kind == Place::Kind::gpu && transfer.source != transfer.destination;
}

const char* name(Op op) {
  switch (op) {
    case Op::read:
      return "read";
    case Op::write:
      return "write";
    case Op::triad:
      return "triad";
    case Op::chase:
      return "chase";
    case Op::ping_pong:
      return "ping-pong";
    case Op::copy:
      break;
  }
  return "copy";
}

const char* name(Memory memory) {
  switch (memory) {
    case Memory::managed:
      return "managed";
    case Memory::pinned:
      return "pinned";
    case Memory::plain:
      return "plain";
    case Memory::device:
      break;
  }
  return "device";
}

const char* name(Engine engine) {
  switch (engine) {
    case Engine::ce:
      return "ce";
    case Engine::sm:
      return "sm";
    case Engine::cpu:
      return "cpu";
    case Engine::nccl:
      break;
  }
  return "nccl";
}

}  // namespace peerbench::measure
