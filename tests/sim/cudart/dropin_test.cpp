// SPDX-License-Identifier: Apache-2.0
// The drop-in libcudart under a plain CUDA program, and what this test program itself contains.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <string>

#include "sim/machine_file_loader.hpp"
#include "tests/sim/cudart/dropin.hpp"

namespace gpusim {
namespace TEST_FILE {

using testing::HasSubstr;
using testing::Not;

std::string probe(const std::string& machine) {
  const std::string simulate = machine.empty() ? "" : "PEERBENCH_SIMULATE=" + ideal(machine) + " ";
  return output_of("unset PEERBENCH_SIMULATE CUDA_VISIBLE_DEVICES; " + simulate +
                   "LD_LIBRARY_PATH=" DROPIN_DIR " " DROPIN_PROBE " 2>&1");
}

TEST(DropIn, APlainProgramSeesTheRatesOfTheMachineFile) {
  const auto file = load_machine_file(machines + "dual-rtx3090-nvlink.json");
  ASSERT_TRUE(file.has_value());
  const std::string text = probe("dual-rtx3090-nvlink");
  EXPECT_THAT(text, HasSubstr("devices 2\nname " + file->gpus[0].name));
  const LinkBundle& link = file->links.at(0);
  const double link_gbs = link.up * link.raw_gbs_per_link.value * link.copy_efficiency.value;
  EXPECT_NEAR(figure(text, "peer"), link_gbs, 0.01 * link_gbs) << text;
  EXPECT_NEAR(figure(text, "peer_host"), link_gbs, 0.01 * link_gbs) << text;
  const double staged_gbs = file->host.staging.value().one_way_gbs.value;
  EXPECT_NEAR(figure(text, "staged"), staged_gbs, 0.01 * staged_gbs) << text;
}

TEST(DropIn, SleepingTakesVirtualTime) {
  EXPECT_NEAR(figure(probe("dual-rtx4090"), "slept"), 1, 1e-3);
}

TEST(DropIn, WhatIsNotSimulatedSaysSoOnce) {
  const std::string text = probe("dual-rtx4090");
  EXPECT_EQ(count(text, "graph cudaErrorNotSupported"), 2) << text;
  EXPECT_EQ(count(text, "last cudaErrorNotSupported"), 1) << text;
  EXPECT_EQ(count(text, "cudaGraphCreate is not simulated"), 1) << text;
}

TEST(DropIn, WithoutAMachineThereIsNoDriver) {
  const std::string text = probe("");
  EXPECT_THAT(text, HasSubstr("PEERBENCH_SIMULATE"));
  EXPECT_THAT(text, HasSubstr("error cudaGetDeviceCount(&count): CUDA driver version is"));
}

TEST(DropIn, ABuiltInMachineIsFoundByItsName) {
  const auto devices = [](const std::string& name) {
    return output_of("unset CUDA_VISIBLE_DEVICES; PEERBENCH_SIMULATE=" + name +
                     " LD_LIBRARY_PATH=" DROPIN_DIR " " DROPIN_PROBE " 2>&1");
  };
  EXPECT_THAT(devices("single-h200"), HasSubstr("devices 1\nname NVIDIA H200\n"));
  EXPECT_THAT(devices("single-h20"), HasSubstr("peerbench simulator: single-h20: cannot be read"));
}

TEST(DropIn, AMachineThatCannotBeReadIsNamed) {
  const std::string text = probe("no-such-machine");
  EXPECT_THAT(text, HasSubstr("no-such-machine.json"));
}

TEST(DropIn, ItHasEverySymbolOfTheRealRuntimeWithItsVersion) {
  const std::string nm = CUDART_ARCHIVE_NM " -D --defined-only ";
  const std::string cut = " | grep -o '[_a-zA-Z0-9]*cuda[A-Za-z0-9_]*@@.*' | sort";
  const std::string real = output_of(nm + REAL_CUDART + cut);
  ASSERT_THAT(real, HasSubstr("cudaMemcpyPeerAsync@@"));
  EXPECT_EQ(output_of(nm + DROPIN_DIR "/libcudart.so" + cut), real);
}

// Strings that only NVIDIA's static runtime has must not be in a program linked with the simulator.
TEST(TwinStyleProgram, HoldsNothingOfTheStaticRuntime) {
  const std::string defined =
      output_of(CUDART_ARCHIVE_NM " /proc/" + std::to_string(getpid()) + "/exe");
  ASSERT_THAT(defined, HasSubstr(" T cudaMemcpyPeerAsync"));
  EXPECT_THAT(defined, Not(HasSubstr("cudart")));
  EXPECT_THAT(defined, Not(HasSubstr("cudaGraphCreate")));
}

}  // namespace TEST_FILE
}  // namespace gpusim
