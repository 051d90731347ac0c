// SPDX-License-Identifier: Apache-2.0
// Discovery through the simulator's CUDA runtime and NVML, as the program does it.
#include "machine/discover.hpp"

#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>

#include "machine/builds.hpp"
#include "machine/cuda_signals.hpp"
#include "machine/findings.hpp"
#include "machine/health.hpp"
#include "machine/nvml_signals.hpp"
#include "machine/pcie_watch.hpp"
#include "sim/core/state.hpp"
#include "sim/machine_file_loader.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

gpusim::MachineFile builtin(const std::string& name) {
  const auto file =
      gpusim::load_machine_file(PEERBENCH_SOURCE_DIR "/src/sim/machines/" + name + ".json");
  EXPECT_TRUE(file.has_value());
  return file.value_or(gpusim::MachineFile{});
}

Machine discovered(const gpusim::MachineFile& file) {
  gpusim::open(file);
  const auto machine = discover();
  EXPECT_TRUE(machine.has_value()) << machine.error().message;
  return machine.value_or(Machine{});
}

TEST(Discover, ASliceHasAUuidOfItsOwn) {
  EXPECT_EQ(discovered(builtin("mig-h100")).gpus.at(0).uuid,
            "MIG-5eed9340-0000-4000-8000-000000000000");
}

TEST(Discover, BridgedPair) {
  const Machine machine = discovered(builtin("dual-rtx3090-nvlink"));
  EXPECT_EQ(machine.machine_class, Class::discrete_nvlink) << machine.reason;
  EXPECT_THAT(machine.modifiers, IsEmpty());
  EXPECT_THAT(machine.advice, IsEmpty());
  EXPECT_EQ(machine.driver_version, "580.95.05");
  EXPECT_EQ(machine.driver_cuda_version, 13000);
  ASSERT_EQ(machine.gpus.size(), 2u);
  EXPECT_EQ(machine.gpus[1].model, "NVIDIA GeForce RTX 3090");
  EXPECT_EQ(machine.gpus[1].pci_bus_id, "0000:61:00.0");
  EXPECT_EQ(machine.gpus[1].multiprocessors, 82);
  EXPECT_EQ(machine.gpus[1].copy_engines, 2);
  EXPECT_EQ(machine.gpus[1].memory_bytes, 25327697920u);
  EXPECT_GT(machine.gpus[1].free_bytes, 20 * GiB);
  EXPECT_LE(machine.gpus[1].free_bytes, machine.gpus[1].memory_bytes);
  ASSERT_EQ(machine.links.size(), 2u);
  for (const PeerLink& link : machine.links) {
    EXPECT_TRUE(is_yes(link.can_access.value));
    EXPECT_EQ(link.links_up, 4);
    EXPECT_EQ(link.nvlink_version, "3.1");
    EXPECT_NEAR(link.raw_gbs_per_link.value_or(0), 14.0625, 0.001);
  }
  ASSERT_EQ(machine.pools.size(), 3u);
  EXPECT_EQ(machine.pools[0].id, "host0");
  EXPECT_EQ(machine.pools[0].cores, 64);
  EXPECT_EQ(machine.pools[0].largest_cache_bytes, 256 * MiB);
  EXPECT_EQ(machine.pools[0].available_bytes, 244 * GiB);
  EXPECT_EQ(machine.pools[2].id, "gpu1");
  EXPECT_EQ(machine.pools[2].largest_cache_bytes, 6 * MiB);
}

TEST(Discover, ThreeOfFourLinksUp) {
  gpusim::MachineFile file = builtin("dual-rtx3090-nvlink");
  file.links[0].up = 3;
  const Machine machine = discovered(file);
  EXPECT_EQ(machine.links.at(0).links_up, 3);
  EXPECT_EQ(machine.links.at(0).links_present, 4);
  EXPECT_THAT(machine.findings,
              ElementsAre(Field(&Finding::advice, HasSubstr("reseat the bridge"))));
}

TEST(Discover, PairWithoutPeerAccess) {
  const Machine machine = discovered(builtin("dual-rtx4090"));
  EXPECT_EQ(machine.machine_class, Class::discrete_pcie) << machine.reason;
  for (const PeerLink& link : machine.links) {
    EXPECT_TRUE(is_no(link.can_access.value));
    EXPECT_TRUE(is_no(link.nvlink.value));
    EXPECT_EQ(link.links_up, 0);
    EXPECT_FALSE(link.raw_gbs_per_link.has_value());
  }
  EXPECT_EQ(machine.links.at(0).allowed.read.raw, "GNS");
  EXPECT_THAT(machine.findings, IsEmpty());
}

TEST(Discover, ADriverThatDoesNotStartIsNotTakenForNone) {
  gpusim::MachineFile file = builtin("hgx-h100-8");
  file.driver.start_error = 802;
  const Machine waiting = discovered(file);
  EXPECT_EQ(waiting.machine_class, Class::no_gpu);
  EXPECT_THAT(waiting.advice, ElementsAre(HasSubstr("nvidia-fabricmanager")));
  EXPECT_THAT(waiting.findings,
              ElementsAre(Field(&Finding::code, FindingCode::cuda_fabric_not_ready)));
  file = builtin("dual-rtx3090-nvlink");
  file.cuda_version = CUDART_VERSION - 1000;
  file.driver_version = "535.129.03";
  file.host.container = true;
  EXPECT_THAT(discovered(file).advice, ElementsAre(HasSubstr("535.129.03 is too old")));
}

// A build for other GPUs says so of a simulated one as of a real one.
TEST(Discover, GpusThatTheBuildHasNoCodeForAreNamed) {
  const Machine machine = discovered(builtin("dgx1-v100-8"));
  Signals signals;
  read_cuda(signals);
  ASSERT_FALSE(signals.architectures.empty());
  if (has_code_for(signals.architectures, 7, 0)) {
    EXPECT_THAT(machine.findings, IsEmpty());
  } else {
    ASSERT_EQ(machine.findings.size(), 1u);
    EXPECT_EQ(machine.findings[0].severity, Severity::error);
    EXPECT_THAT(machine.findings[0].what, HasSubstr("compute capability 7.0"));
    EXPECT_EQ(machine.findings[0].subjects.size(), 8u);
  }
}

// A KVM guest with QEMU's root port over an H100 (16 GT/s x32), and with one of 2.5 GT/s x1.
TEST(Discover, AGuestsEmulatedRootPortMakesNoCeiling) {
  gpusim::MachineFile file = builtin("kvm-guest-h100");
  for (const auto& [generation, width] : {std::pair{4, 32}, std::pair{1, 1}}) {
    file.bridges.at(0).generation = generation;
    file.bridges.at(0).width = width;
    const Machine machine = discovered(file);
    EXPECT_NEAR(machine.gpus.at(0).pcie.ceiling.value_or(Ceiling{}).gbs, 63.02, 0.01);
    EXPECT_THAT(machine.acs_redirect.raw, HasSubstr("a virtual machine's"));
    EXPECT_THAT(machine.iommu.raw, HasSubstr("of the virtual machine"));
    EXPECT_THAT(machine.findings, IsEmpty());
  }
}

TEST(Discover, LinksThatSleepAreUp) {
  gpusim::MachineFile file = builtin("dual-rtx3090-nvlink");
  file.links[0].sleeps = true;
  const Machine machine = discovered(file);
  EXPECT_EQ(machine.links.at(0).links_up, 4);
  EXPECT_EQ(machine.machine_class, Class::discrete_nvlink);
  EXPECT_THAT(machine.findings, IsEmpty());
}

// A GeForce's memory runs below its highest clock while CUDA works on it.
TEST(Discover, MemoryClocksAreReadUnderLoad) {
  gpusim::MachineFile file = builtin("dual-rtx3090-nvlink");
  file.driver.clocks_ramp = false;
  Machine machine = discovered(file);
  EXPECT_FALSE(machine.gpus.at(1).memory_clock.has_value());
  HealthWatch(machine).read_memory_clocks({1}, machine);
  EXPECT_FALSE(machine.gpus.at(0).memory_clock.has_value());
  EXPECT_EQ(machine.gpus.at(1).memory_clock, (MemoryClock{9501, 9751}));
}

TEST(Discover, AGpuWithADisplayIsKnownByItsWatchdog) {
  gpusim::MachineFile file = builtin("dual-rtx3090-nvlink");
  file.gpus[0].attributes["KernelExecTimeout"] = 1;
  EXPECT_THAT(discovered(file).advice, ElementsAre(HasSubstr("kernels of gpu0 that last")));
}

TEST(Discover, SparkIsOnePool) {
  const Machine machine = discovered(builtin("dgx-spark"));
  EXPECT_EQ(machine.machine_class, Class::unified_pool) << machine.reason;
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_EQ(machine.gpus[0].pci_bus_id, "000f:01:00.0");
  EXPECT_THAT(machine.links, IsEmpty());
  ASSERT_EQ(machine.pools.size(), 1u);
  EXPECT_EQ(machine.pools[0].cores, 20);
  EXPECT_EQ(machine.pools[0].total_bytes, 128520671232u);
  // What the kernel says is available, not CUDA's free figure.
  EXPECT_EQ(machine.gpus[0].free_bytes, machine.pools[0].available_bytes);
  EXPECT_EQ(machine.pools[0].largest_cache_bytes, 48 * MiB);
  EXPECT_THAT(machine.evidence, Contains(Field(&Evidence::answer, "NVIDIA_DGX_Spark")));
  EXPECT_THAT(machine.evidence, Contains(Field(&Evidence::answer, "8 links x 43125 MB/s")));
}

TEST(Discover, AJetsonThatNvmlDoesNotListIsNoError) {
  const Machine machine = discovered(builtin("jetson-agx-orin"));
  EXPECT_EQ(machine.machine_class, Class::unified_pool) << machine.reason;
  EXPECT_THAT(machine.modifiers, IsEmpty());
  EXPECT_THAT(machine.proof_verdict, HasSubstr("not confirmed by NVML"));
  EXPECT_FALSE(machine.gpus.at(0).nvlinks_up.has_value());
  EXPECT_FALSE(machine.gpus[0].pcie.ceiling.has_value());
  EXPECT_DOUBLE_EQ(machine.pools.at(0).ceiling.value().gbs, 204.8);
}

TEST(Discover, EightCardsOnSwitches) {
  const Machine machine = discovered(builtin("hgx-h100-8"));
  EXPECT_EQ(machine.machine_class, Class::discrete_nvlink) << machine.reason;
  ASSERT_EQ(machine.links.size(), 56u);
  for (const PeerLink& link : machine.links) {
    EXPECT_EQ(link.links_up, 18);
    EXPECT_TRUE(link.through_switch);
    EXPECT_NEAR(link.nvlink_ceiling.value().gbs, 18 * 26.562, 0.001);
    EXPECT_EQ(link.way,
              link.from / 4 == link.to / 4 ? PciTopologyLevel::node : PciTopologyLevel::sys)
        << link.from << " to " << link.to;
  }
  EXPECT_EQ(machine.gpus[7].numa_node, 1);
  EXPECT_EQ(machine.gpus[7].cpus, "52-103");
}

TEST(Discover, NoGpuIsAMachineToo) {
  const Machine machine = discovered(builtin("no-gpu"));
  EXPECT_EQ(machine.machine_class, Class::no_gpu);
  EXPECT_THAT(machine.reason, HasSubstr("cudaError"));
  EXPECT_THAT(machine.gpus, IsEmpty());
  EXPECT_EQ(machine.driver_cuda_version, 0);
  EXPECT_EQ(machine.driver_version, "");
  ASSERT_EQ(machine.pools.size(), 1u);
  EXPECT_EQ(machine.pools[0].cores, 8);
  EXPECT_EQ(machine.pools[0].available_bytes, 28 * GiB);
  EXPECT_THAT(machine.advice, ElementsAre(HasSubstr("No NVIDIA driver is loaded")));
}

TEST(Discover, WithoutNvmlTheLinkIsNotConfirmed) {
  gpusim::MachineFile file = builtin("dual-rtx3090-nvlink");
  file.nvml = false;
  const Machine machine = discovered(file);
  EXPECT_EQ(machine.machine_class, Class::discrete_unknown_link) << machine.reason;
  EXPECT_EQ(machine.links.at(0).nvlink.value, Tri::unknown);
  EXPECT_GT(machine.gpus.at(0).free_bytes, 0u);  // then CUDA's own figure
}

TEST(Discover, IdleLinksAreReadAgainUnderLoad) {
  gpusim::MachineFile file = builtin("dual-rtx3090-nvlink");
  file.driver.clocks_ramp = false;  // the link comes up at once
  Machine machine = discovered(file);
  EXPECT_EQ(machine.gpus.at(0).pcie.current, (PcieSpeed{1, 16}));
  EXPECT_TRUE(is_yes(machine.gpus[0].pcie.idle.value));
  void* memory = nullptr;
  ASSERT_EQ(cudaMalloc(&memory, 1 << 20), cudaSuccess);
  ASSERT_EQ(cudaMemset(memory, 0, 1 << 20), cudaSuccess);
  const PcieWatch watch;
  watch.read({0}, machine);
  cudaFree(memory);
  EXPECT_EQ(machine.gpus[0].pcie.under_load, (PcieSpeed{4, 16}));
  EXPECT_FALSE(machine.gpus.at(1).pcie.under_load.has_value());
  EXPECT_THAT(findings_under_load(machine), IsEmpty());
}

TEST(Discover, HiddenGpuIsNoticed) {
  ::setenv("CUDA_VISIBLE_DEVICES", "1", 1);
  const Machine machine = discovered(builtin("dual-rtx3090-nvlink"));
  ::unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_EQ(machine.machine_class, Class::single_gpu);
  EXPECT_THAT(machine.modifiers, ElementsAre(Modifier::hidden_gpus));
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_EQ(machine.gpus[0].pci_bus_id, "0000:61:00.0");
  EXPECT_THAT(machine.findings,
              Contains(Field(&Finding::what, HasSubstr("CUDA_VISIBLE_DEVICES=\"1\""))));
  ASSERT_EQ(machine.hidden.size(), 1u);
  EXPECT_EQ(machine.hidden[0].pci_bus_id, "0000:41:00.0");
  EXPECT_EQ(machine.hidden[0].uuid, "GPU-5eed3090-0000-4000-8000-000000000000");
}

TEST(Discover, AMalformedTopologyIsNamed) {
  gpusim::MachineFile file = builtin("no-gpu");
  file.host.topology = "cores:many";
  gpusim::open(file);
  const auto machine = discover();
  ASSERT_FALSE(machine.has_value());
  EXPECT_EQ(machine.error().kind, ErrorKind::usage);
  EXPECT_THAT(machine.error().message, HasSubstr("cores:many"));
}

// Last, since a process that has left NVML behind does not ask it again.
TEST(Discover, NvmlThatHangsIsLeftBehind) {
  gpusim::MachineFile file = builtin("dual-rtx3090-nvlink");
  file.faults.push_back({.kind = gpusim::FaultKind::nvml_hang, .from = -1, .to = -1});
  gpusim::open(file);
  Signals signals;
  read_cuda(signals);
  EXPECT_FALSE(nvml_left_behind());
  read_nvml_within(std::chrono::milliseconds(20), signals);
  EXPECT_TRUE(nvml_left_behind());
  EXPECT_EQ(signals.nvml.value, Tri::unknown);
  EXPECT_EQ(signals.nvml.raw, "no answer within 20 ms");
  EXPECT_FALSE(signals.nvml_count.has_value());
  const Machine machine = describe(signals);
  EXPECT_EQ(machine.machine_class, Class::discrete_unknown_link);
  EXPECT_THAT(machine.reason, HasSubstr("no answer within 20 ms"));
  // Nobody asks it again, not even during a run.
  Machine asked_again = machine;
  asked_again.gpus.at(0).pcie.current = PcieSpeed{1, 16};
  PcieWatch().read({0}, asked_again);
  EXPECT_FALSE(asked_again.gpus[0].pcie.under_load.has_value());
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
