// SPDX-License-Identifier: Apache-2.0
#include "judge/layer_shares.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peerbench::judge {
namespace TEST_FILE {

using result::Fits;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<machine::Gpu> gpus(const std::vector<Bytes>& memories) {
  std::vector<machine::Gpu> made;
  for (const Bytes memory : memories) {
    machine::Gpu gpu;
    gpu.ordinal = static_cast<int>(made.size());
    gpu.memory_bytes = memory;
    made.push_back(gpu);
  }
  return made;
}

std::vector<result::LayerShare> shared(const std::vector<Bytes>& memories, int layers,
                                       double bytes) {
  const auto all = gpus(memories);
  std::vector<const machine::Gpu*> pointers;
  for (const machine::Gpu& gpu : all) pointers.push_back(&gpu);
  return share_layers(pointers, layers, bytes, 0.9);
}

std::vector<int> layers(const std::vector<result::LayerShare>& shares) {
  std::vector<int> found;
  for (const auto& share : shares) found.push_back(share.layers);
  return found;
}

TEST(LayerShares, AreInProportionToMemory) {
  const auto shares = shared({24'000, 8'000}, 40, 25'600);
  EXPECT_THAT(layers(shares), ElementsAre(30, 10));
  EXPECT_EQ(shares[0].need_bytes, 19'200u);
  EXPECT_EQ(shares[1].memory_bytes, 8'000u);
  EXPECT_EQ(layers_fit(shares, 0.9), Fits::yes);
}

TEST(LayerShares, WhatAGpuHasNoRoomForGoesToThoseThatHave) {
  // 1000 each; 2500 of 2700 and 850 of 900 would be 2.4 and 0.6 of 3: the second has no room.
  EXPECT_THAT(layers(shared({4'000, 1'000}, 3, 3'000)), ElementsAre(3, 0));
}

TEST(LayerShares, WhatFitsNowhereIsSharedOutAllTheSame) {
  const auto shares = shared({24'000, 8'000}, 40, 40'000);
  EXPECT_THAT(layers(shares), ElementsAre(30, 10));
  EXPECT_EQ(layers_fit(shares, 0.9), Fits::no);
}

TEST(LayerShares, OfAlikeGpusDifferByOneAtMost) {
  EXPECT_THAT(layers(shared({8'000, 8'000, 8'000}, 80, 800)), ElementsAre(27, 27, 26));
}

TEST(LayerShares, AreNotKnownWithoutTheMemorysSize) {
  EXPECT_THAT(shared({0, 0}, 40, 1'000), IsEmpty());
  EXPECT_EQ(layers_fit({}, 0.9), Fits::unknown);
  EXPECT_EQ(layers_fit(shared({8'000, 0}, 4, 1'000), 0.9), Fits::unknown);
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
