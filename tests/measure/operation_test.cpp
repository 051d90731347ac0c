// SPDX-License-Identifier: Apache-2.0
// The table of operations: each row is another strategy, and no engine has what it cannot do.
#include "measure/operations/operation.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <set>
#include <vector>

namespace peerbench::measure {
namespace TEST_FILE {

constexpr Op all[] = {Op::read, Op::write, Op::copy, Op::triad, Op::chase, Op::ping_pong};

TEST(Operations, KernelsDoEachOfThemAndEachAnotherWay) {
  std::set<const Operation*> found;
  for (const Op op : all) {
    const Operation* const operation = operation_for(Engine::sm, op);
    ASSERT_NE(operation, nullptr) << name(op);
    EXPECT_TRUE(found.insert(operation).second) << name(op);
  }
  EXPECT_FALSE(found.contains(operation_for(Engine::ce, Op::copy))) << "no kernel";
}

TEST(Operations, ACopyEngineOnlyCopiesAndOthersDoNothingHere) {
  for (const Op op : all) {
    EXPECT_EQ(operation_for(Engine::ce, op) != nullptr, op == Op::copy) << name(op);
    EXPECT_EQ(operation_for(Engine::cpu, op), nullptr) << name(op);
    EXPECT_EQ(operation_for(Engine::nccl, op), nullptr) << name(op);
    EXPECT_TRUE(operation_for(Engine::sm, op)->is_kernel()) << name(op);
  }
  EXPECT_FALSE(operation_for(Engine::ce, Op::copy)->is_kernel());
  EXPECT_TRUE(has_operations(Engine::ce) && has_operations(Engine::sm));
  EXPECT_FALSE(has_operations(Engine::cpu) || has_operations(Engine::nccl));
}

TEST(Operations, APingPongIsTwoTransfersThereAndBack) {
  const Operation& ping_pong = *operation_for(Engine::sm, Op::ping_pong);
  const auto side = [](Place from, Place to, Op op) {
    TransferMemory memory;
    memory.transfer = {from, to, from, Engine::sm, 8, op};
    return memory;
  };
  TransferMemory there = side(gpu(0), gpu(1), Op::ping_pong);
  TransferMemory back = side(gpu(1), gpu(0), Op::ping_pong);
  TransferMemory elsewhere = side(gpu(2), gpu(0), Op::ping_pong);
  TransferMemory copy = side(gpu(1), gpu(0), Op::copy);
  const auto joined = [&](std::initializer_list<TransferMemory*> plan) {
    return ping_pong.join(std::vector<TransferMemory*>(plan)).has_value();
  };
  EXPECT_FALSE(joined({&there}));
  EXPECT_FALSE(joined({&there, &elsewhere}));
  EXPECT_FALSE(joined({&there, &copy}));
  EXPECT_FALSE(joined({&there, &back, &elsewhere}));
  EXPECT_FALSE(there.serves || back.serves);
  EXPECT_TRUE(joined({&there, &back}));
  EXPECT_FALSE(there.serves);
  EXPECT_TRUE(back.serves);
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
