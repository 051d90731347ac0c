// SPDX-License-Identifier: Apache-2.0
#include "machine/ceilings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hand_made_signals.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Ceilings, NvlinkIsLinksTimesTheDriversRate) {
  const auto ceiling = nvlink_ceiling(4, 14.062, "3.1");
  ASSERT_TRUE(ceiling.has_value());
  EXPECT_DOUBLE_EQ(ceiling->gbs, 4 * 14.062);
  EXPECT_EQ(ceiling->formula, "4 links up x 14.062 GB/s");
  EXPECT_THAT(ceiling->source, HasSubstr("NVLink 3.1, raw rate reported by NVML"));
  EXPECT_FALSE(ceiling->payload_gbs.has_value());
}

TEST(Ceilings, WithoutTheDriversRateTheVersionsIsUsedAndSaidSo) {
  const auto ceiling = nvlink_ceiling(4, std::nullopt, "3.1");
  ASSERT_TRUE(ceiling.has_value());
  EXPECT_DOUBLE_EQ(ceiling->gbs, 56.25);
  EXPECT_THAT(ceiling->source, HasSubstr("the driver reports none"));
  EXPECT_FALSE(nvlink_ceiling(4, std::nullopt, "9.0").has_value());
  EXPECT_FALSE(nvlink_ceiling(4, std::nullopt, "").has_value());
  EXPECT_FALSE(nvlink_ceiling(0, 14.062, "3.1").has_value());
}

TEST(Ceilings, NominalRatesOfTheFourthVersionStandApart) {
  const auto ceiling = nvlink_ceiling(18, 26.5625, "4.0");
  ASSERT_TRUE(ceiling.has_value());
  EXPECT_DOUBLE_EQ(ceiling->gbs, 478.125);
  EXPECT_DOUBLE_EQ(ceiling->payload_gbs.value(), 450);
}

TEST(Ceilings, ChipToChipIsWhatNvmlReports) {
  EXPECT_DOUBLE_EQ(c2c_ceiling(spark().gpus[0]).value().gbs, 345);
  EXPECT_FALSE(c2c_ceiling(discrete_gpu(0)).has_value());
}

TEST(Ceilings, MemoryOfADiscreteCardFollowsFromItsClock) {
  GpuSignals gpu = discrete_gpu(0);
  gpu.memory_clock_khz = 9751000;
  gpu.memory_bus_bits = 384;
  EXPECT_NEAR(memory_ceiling(gpu, "").value().gbs, 936.096, 0.001);
  EXPECT_THAT(memory_ceiling(gpu, "").value().source, HasSubstr("CUDA's attributes"));
  gpu.mig = yes("mode 1");  // the attributes are the whole card's
  EXPECT_FALSE(memory_ceiling(gpu, "").has_value());
  gpu = discrete_gpu(0);
  EXPECT_FALSE(memory_ceiling(gpu, "").has_value());
}

TEST(Ceilings, MemoryOfAnIntegratedGpuIsNeverComputed) {
  GpuSignals gpu = spark().gpus[0];
  gpu.memory_clock_khz = 8533000;  // the data rate already: times two would be 546
  gpu.memory_bus_bits = 256;
  EXPECT_FALSE(memory_ceiling(gpu, "somebody's board").has_value());
  gpu.pci_device_id = "10de:2e12";
  EXPECT_DOUBLE_EQ(memory_ceiling(gpu, "").value().gbs, 273);
  EXPECT_THAT(memory_ceiling(gpu, "").value().source, HasSubstr("docs.nvidia.com"));
  gpu.pci_device_id = "";
  EXPECT_DOUBLE_EQ(memory_ceiling(gpu, "NVIDIA Jetson AGX Orin Developer Kit").value().gbs, 204.8);
  EXPECT_FALSE(memory_ceiling(gpu, "NVIDIA Jetson Orin Nano Developer Kit").has_value());
}

TEST(Ceilings, EveryRowOfTheTableIsWhole) {
  EXPECT_GE(memory_rates().size(), 3u);
  for (const MemoryRate& rate : memory_rates()) {
    EXPECT_TRUE(rate.key == "pci" || rate.key == "gpu" || rate.key == "product") << rate.key;
    EXPECT_GT(rate.gbs, 0) << rate.match;
    EXPECT_THAT(rate.formula, HasSubstr("/ 8 =")) << rate.match;
    EXPECT_THAT(rate.source, Not(HasSubstr("\t"))) << rate.match;
    EXPECT_GT(rate.source.size(), 20u) << rate.match;
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
