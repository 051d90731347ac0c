// SPDX-License-Identifier: Apache-2.0
#include "bench/spec.hpp"

namespace peerbench::bench {

result::Engine key_of(measure::Engine engine) {
  switch (engine) {
    case measure::Engine::sm:
      return result::Engine::sm;
    case measure::Engine::cpu:
      return result::Engine::cpu;
    case measure::Engine::nccl:
      return result::Engine::nccl;
    case measure::Engine::ce:
      break;
  }
  return result::Engine::ce;
}

result::Op key_of(measure::Op op) {
  switch (op) {
    case measure::Op::read:
      return result::Op::read;
    case measure::Op::write:
      return result::Op::write;
    case measure::Op::triad:
      return result::Op::triad;
    case measure::Op::chase:
      return result::Op::chase;
    case measure::Op::ping_pong:
      return result::Op::ping_pong;
    case measure::Op::copy:
      break;
  }
  return result::Op::copy;
}

result::Op key_of(measure::HostOp op) {
  switch (op) {
    case measure::HostOp::read:
      return result::Op::read;
    case measure::HostOp::write:
      return result::Op::write;
    case measure::HostOp::triad:
      return result::Op::triad;
    case measure::HostOp::copy:
      break;
  }
  return result::Op::copy;
}

result::Op key_of(measure::Collective op) {
  switch (op) {
    case measure::Collective::all_gather:
      return result::Op::all_gather;
    case measure::Collective::reduce_scatter:
      return result::Op::reduce_scatter;
    case measure::Collective::all_to_all:
      return result::Op::all_to_all;
    case measure::Collective::broadcast:
      return result::Op::broadcast;
    case measure::Collective::send_recv:
      return result::Op::send_recv;
    case measure::Collective::send:
      return result::Op::send;
    case measure::Collective::all_reduce:
      break;
  }
  return result::Op::all_reduce;
}

result::MemoryKind key_of(measure::Memory memory) {
  switch (memory) {
    case measure::Memory::managed:
      return result::MemoryKind::managed;
    case measure::Memory::pinned:
      return result::MemoryKind::pinned;
    case measure::Memory::plain:
      return result::MemoryKind::plain;
    case measure::Memory::device:
      break;
  }
  return result::MemoryKind::device;
}

result::MemoryKind key_of(measure::HostMemory memory) {
  switch (memory) {
    case measure::HostMemory::pageable:
      return result::MemoryKind::pageable;
    case measure::HostMemory::managed:
      return result::MemoryKind::managed;
    case measure::HostMemory::pinned:
      break;
  }
  return result::MemoryKind::pinned;
}

result::Launch key_of(measure::Launch launch) {
  return launch == measure::Launch::graph ? result::Launch::graph : result::Launch::eager;
}

result::Place host_place(const std::string& pool) { return result::parse_place(pool).value(); }

}  // namespace peerbench::bench
