// SPDX-License-Identifier: Apache-2.0
#include "measure/operations/operation.hpp"

#include <algorithm>
#include <array>

namespace peerbench::measure {

// The strategies, each in the file of its name.
const Operation& copy_engine_copy();
const Operation& sm_copy();
const Operation& sm_read();
const Operation& sm_write();
const Operation& sm_triad();
const Operation& sm_chase();
const Operation& sm_ping_pong();

namespace {

struct Row {
  Engine engine;
  Op op;
  const Operation& (*operation)();
};

constexpr std::array operations = {
    Row{Engine::ce, Op::copy, copy_engine_copy}, Row{Engine::sm, Op::copy, sm_copy},
    Row{Engine::sm, Op::read, sm_read},          Row{Engine::sm, Op::write, sm_write},
    Row{Engine::sm, Op::triad, sm_triad},        Row{Engine::sm, Op::chase, sm_chase},
    Row{Engine::sm, Op::ping_pong, sm_ping_pong}};

}  // namespace

const Operation* operation_for(Engine engine, Op op) {
  const auto* const row = std::ranges::find_if(
      operations, [&](const Row& each) { return each.engine == engine && each.op == op; });
  return row == operations.end() ? nullptr : &row->operation();
}

bool has_operations(Engine engine) {
  return std::ranges::any_of(operations, [&](const Row& row) { return row.engine == engine; });
}

}  // namespace peerbench::measure
