// SPDX-License-Identifier: Apache-2.0
#include "sim/core/fair_share.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace gpusim {
namespace TEST_FILE {

using testing::DoubleNear;
using testing::ElementsAre;

constexpr double free_of_cap = std::numeric_limits<double>::infinity();

std::vector<double> rates(const std::vector<std::vector<Use>>& uses,
                          const std::vector<double>& capacities,
                          const std::vector<double>& caps = {}) {
  std::vector<Demand> demands;
  for (std::size_t i = 0; i < uses.size(); ++i) {
    demands.push_back({uses[i], i < caps.size() ? caps[i] : free_of_cap});
  }
  return max_min_rates(demands, capacities);
}

auto near(double value) { return DoubleNear(value, 1e-9); }

TEST(FairShare, OneFlowTakesItsNarrowestResource) {
  EXPECT_THAT(rates({{{0, 1}, {1, 1}}}, {50, 20}), ElementsAre(near(20)));
}

TEST(FairShare, EqualFlowsShareEqually) {
  EXPECT_THAT(rates({{{0, 1}}, {{0, 1}}, {{0, 1}}}, {60}),
              ElementsAre(near(20), near(20), near(20)));
}

// The textbook case: a long flow over both links, a short one on each. Link 0 (10) is shared by the
// long flow and one short flow: 5 each; the other short flow takes what is left of link 1 (30): 25.
TEST(FairShare, WhatOneCannotUseTheOthersGet) {
  EXPECT_THAT(rates({{{0, 1}, {1, 1}}, {{0, 1}}, {{1, 1}}}, {10, 30}),
              ElementsAre(near(5), near(5), near(25)));
}

TEST(FairShare, ACapFreesTheRestForOthers) {
  EXPECT_THAT(rates({{{0, 1}}, {{0, 1}}}, {100}, {8}), ElementsAre(near(8), near(92)));
}

// A local copy reads and writes: N bytes take 2 N of the memory.
TEST(FairShare, WeightsCountTraffic) {
  EXPECT_THAT(rates({{{0, 2}}}, {800}), ElementsAre(near(400)));
  EXPECT_THAT(rates({{{0, 2}}, {{0, 1}}}, {900}), ElementsAre(near(300), near(300)));
}

TEST(FairShare, OppositeWaysMeetInASharedResource) {
  // 50 each way, but 80 in sum.
  EXPECT_THAT(rates({{{0, 1}, {2, 1}}, {{1, 1}, {2, 1}}}, {50, 50, 80}),
              ElementsAre(near(40), near(40)));
}

// Three of four parts for the first, until its own cap holds it.
TEST(FairShare, SharesSayWhoGetsMoreOfWhatIsShort) {
  const std::vector<Use> all{{0, 1}};
  const std::vector<double> capacity{240};
  const auto both = [&](double cap) {
    return max_min_rates(std::vector<Demand>{{all, cap, 3}, {all, free_of_cap, 1}}, capacity);
  };
  EXPECT_THAT(both(free_of_cap), ElementsAre(near(180), near(60)));
  EXPECT_THAT(both(231), ElementsAre(near(180), near(60)));
  EXPECT_THAT(both(100), ElementsAre(near(100), near(140)));
}

TEST(FairShare, NothingHoldsAFlowWithoutResources) {
  EXPECT_THAT(rates({{}, {{0, 1}}}, {10}), ElementsAre(free_of_cap, near(10)));
}

TEST(FairShare, ADeadResourceGivesNothing) {
  EXPECT_THAT(rates({{{0, 1}}, {{1, 1}}}, {0, 10}), ElementsAre(near(0), near(10)));
}

}  // namespace TEST_FILE
}  // namespace gpusim
