// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hwloc.h>

#include <filesystem>
#include <set>
#include <string>
#include <tuple>

#include "base/units.hpp"
#include "sim/machine_file_loader.hpp"

namespace gpusim {
namespace TEST_FILE {

using peerbench::GiB;
using peerbench::MiB;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string machines = PEERBENCH_SOURCE_DIR "/src/sim/machines/";

MachineFile builtin(const std::string& name) {
  auto machine = load_machine_file(machines + name + ".json");
  EXPECT_TRUE(machine.has_value()) << (machine ? "" : machine.error().message);
  return machine.value_or(MachineFile{});
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// A small machine with one thing replaced; `from` must occur.
std::string changed(const std::string& from, const std::string& to) {
  std::string text = R"({
    // a comment
    "schema": "peerbench.machine/1", "name": "two", "summary": "two GPUs",
    "driver_version": "580.95.05", "cuda_version": 13000, "noise_cv": 0.01,
    "host": {"topology": "pack:1 numa:1 core:2 pu:1",
             "memory_bytes": "8 GiB", "available_bytes": "4 GiB"},
    "gpus": [
      {"name": "A", "pci_bus_id": "0000:01:00.0", "uuid": "GPU-a", "pci_device_id": "0x220410DE",
       "compute_major": 8, "compute_minor": 6, "multiprocessors": 82,
       "memory_bytes": 25327697920, "l2_bytes": "6 MiB", "attributes": {"Integrated": 0},
       "local_copy_gbs": {"value": 830, "source": "a log"},
       "copy_latency_us": {"value": 1.5, "inferred": true},
       "kernel_latency_us": {"value": 2.5, "inferred": true}},
      {"name": "B", "pci_bus_id": "0000:02:00.0", "uuid": "GPU-b", "pci_device_id": "0x220410DE",
       "compute_major": 8, "compute_minor": 6, "multiprocessors": 82,
       "memory_bytes": 25327697920, "l2_bytes": "6 MiB",
       "local_copy_gbs": {"value": 830, "source": "a log"},
       "copy_latency_us": {"value": 1.5, "inferred": true},
       "kernel_latency_us": {"value": 2.5, "inferred": true}}
    ],
    "links": [{"kind": "nvlink", "a": 0, "b": 1, "links": 4, "up": 3, "nvlink_version": 5,
               "raw_gbs_per_link": {"value": 14.0625, "source": "nvidia-smi"},
               "copy_efficiency": {"value": 0.9, "inferred": true},
               "copy_latency_us": {"value": 2.0, "inferred": true}}],
    "peers": [{"from": 0, "to": 1, "access": true, "read": "OK"}],
    "faults": [{"kind": "bit-flip", "from": -1, "to": 1}]
  })";
  return replaced(std::move(text), from, to);
}

/// The same for a machine that uses everything a file may leave out.
std::string changed_rich(const std::string& from, const std::string& to) {
  std::string text = R"({
    "schema": "peerbench.machine/1", "name": "rich", "summary": "everything",
    "driver_version": "580.95.05", "cuda_version": 13000,
    "environment": {"CUDA_VISIBLE_DEVICES": "0", "EMPTY": ""},
    "host": {"topology": "pack:1 numa:1 core:2 pu:1",
             "memory_bytes": "8 GiB", "available_bytes": "4 GiB",
             "wsl": true, "container": true, "device_tree_model": "a board",
             "tegra_release": "# R36, release", "iommu": "DMA-FQ", "hypervisor": true},
    "bridges": [{"address": "0000:40:01.1", "generation": 5, "width": 16, "acs": "on",
                 "device_id": "1b36:000c", "emulated": true,
                 "uplink_gbs": {"value": 26, "source": "a log"}},
                {"address": "0000:42:00.0"}],
    "gpus": [
      {"name": "A", "pci_bus_id": "0000:43:00.0", "uuid": "GPU-a",
       "compute_major": 9, "compute_minor": 0, "multiprocessors": 132,
       "memory_bytes": "80 GiB", "l2_bytes": "50 MiB", "memory_clock_load_khz": 9501000,
       "pci_path": ["pci0000:40", "0000:40:01.1", "0000:42:00.0"],
       "pcie_generation": 4, "pcie_width": 8, "pcie_max_generation": 5, "pcie_max_width": 16,
       "cpus": "0-15,32-47", "nvlink_ports": 18, "mig": "enabled",
       "mig_name": "A MIG 1g.10gb", "mig_uuid": "MIG-a", "mig_multiprocessors": 16,
       "mig_memory_bytes": "10 GiB", "virtualization": "passthrough", "addressing_mode": "hmm",
       "local_copy_gbs": {"value": 830, "source": "a log"},
       "peer_gbs": {"value": 20, "source": "a log"},
       "peer_copy_latency_us": {"value": 2, "source": "a log"},
       "peer_read_latency_us": {"value": 3, "source": "a log"},
       "copy_latency_us": {"value": 1.5, "inferred": true},
       "kernel_latency_us": {"value": 2.5, "inferred": true}},
      {"name": "B", "pci_bus_id": "0000:00:00.0", "uuid": "GPU-b",
       "compute_major": 8, "compute_minor": 7, "multiprocessors": 16,
       "memory_bytes": "8 GiB", "l2_bytes": "4 MiB", "mig": "disabled",
       "cuda_hidden": true, "in_pci": false,
       "local_copy_gbs": {"value": 130, "source": "a log"},
       "copy_latency_us": {"value": 1.5, "inferred": true},
       "kernel_latency_us": {"value": 2.5, "inferred": true}},
      {"name": "C", "pci_bus_id": "0000:61:00.0", "uuid": "GPU-c",
       "compute_major": 8, "compute_minor": 6, "multiprocessors": 82,
       "memory_bytes": "24 GiB", "l2_bytes": "6 MiB", "nvml_hidden": true,
       "pcie_generation": 3, "pcie_width": 4,
       "local_copy_gbs": {"value": 830, "source": "a log"},
       "copy_latency_us": {"value": 1.5, "inferred": true},
       "kernel_latency_us": {"value": 2.5, "inferred": true}}
    ],
    "links": [{"kind": "nvswitch", "a": 0, "links": 12, "up": 12, "sleeps": true, "nvlink_version": 6,
               "switches": ["0000:c4:00.0", "0000:c5:00.0"],
               "raw_gbs_per_link": {"value": 26.562, "source": "nvidia-smi"},
               "copy_efficiency": {"value": 0.8, "inferred": true},
               "copy_latency_us": {"value": 2.0, "inferred": true}},
              {"kind": "nvlink", "a": 0, "b": 2, "links": 2, "up": 2, "nvlink_version": 6,
               "raw_gbs_per_link": {"value": 26.562, "source": "nvidia-smi"},
               "copy_efficiency": {"value": 0.8, "inferred": true},
               "copy_latency_us": {"value": 2.0, "inferred": true}}],
    "peer_default": {"access": true, "read": "OK"},
    "peers": [{"from": 0, "to": 1, "access": false, "read": "GNS"}],
    "faults": [{"kind": "nvml-hang"}]
})";
  return replaced(std::move(text), from, to);
}

std::string complaint(const std::string& text) {
  const auto machine = parse_machine_file(text, "two.json");
  if (machine) return "accepted";
  EXPECT_EQ(machine.error().kind, ErrorKind::usage);
  return machine.error().message;
}

TEST(MachineFile, EveryFieldArrives) {
  const auto machine = parse_machine_file(changed("two", "two"), "two.json");
  ASSERT_TRUE(machine.has_value()) << machine.error().message;
  EXPECT_EQ(machine->path, "two.json");
  EXPECT_EQ(machine->cuda_version, 13000);
  EXPECT_DOUBLE_EQ(machine->noise_cv, 0.01);
  EXPECT_EQ(machine->host.memory_bytes, 8 * GiB);
  ASSERT_EQ(machine->gpus.size(), 2u);
  EXPECT_EQ(machine->gpus[1].pci_device_id, 0x220410DEu);
  EXPECT_EQ(machine->gpus[0].l2_bytes, 6 * MiB);
  EXPECT_EQ(machine->gpus[0].attributes.count("Integrated"), 1u);
  EXPECT_DOUBLE_EQ(machine->gpus[0].local_copy_gbs.value, 830);
  EXPECT_EQ(machine->gpus[0].local_copy_gbs.source, "a log");
  EXPECT_FALSE(machine->gpus[0].read_gbs.has_value());
  EXPECT_TRUE(machine->gpus[0].copy_latency_us.inferred);
  ASSERT_EQ(machine->links.size(), 1u);
  EXPECT_EQ(machine->links[0].up, 3);
  EXPECT_TRUE(machine->peers.at(0).access);
  EXPECT_EQ(machine->peers.at(0).write, "NS");
  EXPECT_EQ(machine->faults.at(0).kind, FaultKind::bit_flip);
}

TEST(MachineFile, TheDriversStartErrorIsOneThatDriversGive) {
  const auto with = [](const char* value) {
    return changed(R"("noise_cv": 0.01,)",
                   std::string(R"("driver": {"start_error": )") + value + "},");
  };
  const auto machine = parse_machine_file(with("802"), "two.json");
  ASSERT_TRUE(machine.has_value()) << machine.error().message;
  EXPECT_EQ(machine->driver.start_error, 802);
  EXPECT_THAT(
      complaint(with("2")),
      HasSubstr("driver.start_error is 2; it must be 0 or one of 34, 35, 36, 46, 100, 101, 802"));
}

TEST(MachineFile, AnEntryIsTheSameAsAnEarlierOneButForWhatItGives) {
  const std::string second = changed("0000:02:00.0", "0000:02:00.0");
  const auto begin = second.find(R"({"name": "B")"), end = second.find("],", begin);
  ASSERT_NE(begin, std::string::npos);
  const std::string twin =
      R"({"same_as": 0, "pci_bus_id": "0000:02:00.0", "uuid": "GPU-b", "multiprocessors": 80,
          "attributes": {"ConcurrentManagedAccess": 1}})";
  const auto machine = parse_machine_file(
      replaced(replaced(second, second.substr(begin, end - begin), twin), R"("read": "OK"}])",
               R"("read": "OK"}, {"same_as": 0, "from": 1, "to": 0}])"),
      "two.json");
  ASSERT_TRUE(machine.has_value()) << machine.error().message;
  ASSERT_EQ(machine->gpus.size(), 2u);
  EXPECT_EQ(machine->gpus[1].name, "A");
  EXPECT_EQ(machine->gpus[1].uuid, "GPU-b");
  EXPECT_EQ(machine->gpus[1].multiprocessors, 80);
  EXPECT_EQ(machine->gpus[1].local_copy_gbs.source, "a log");
  // An object is given as a whole: nothing of the other one's is left in it.
  EXPECT_EQ(machine->gpus[1].attributes,
            (std::map<std::string, int>{{"ConcurrentManagedAccess", 1}}));
  EXPECT_EQ(machine->gpus[0].multiprocessors, 82);
  ASSERT_EQ(machine->peers.size(), 2u);
  EXPECT_EQ(machine->peers[1].from, 1);
  EXPECT_EQ(machine->peers[1].read, "OK");
}

TEST(MachineFile, AnEntryCannotBeTheSameAsALaterOneOrWhereNothingRepeats) {
  EXPECT_THAT(complaint(changed(R"("name": "A",)", R"("same_as": 0,)")),
              HasSubstr("gpus[0].same_as is 0; it must be the place in the list of one before"));
  EXPECT_THAT(complaint(changed(R"("name": "B",)", R"("same_as": 1,)")),
              HasSubstr("gpus[1].same_as is 1;"));
  EXPECT_THAT(complaint(changed(R"("name": "B",)", R"("same_as": "A",)")),
              HasSubstr(R"(gpus[1].same_as is "A";)"));
  EXPECT_THAT(complaint(changed(R"("name": "B",)", R"("same_as": 0,)")), HasSubstr("accepted"));
  EXPECT_THAT(complaint(changed(R"("kind": "bit-flip",)", R"("same_as": 0, "kind": "bit-flip",)")),
              HasSubstr("faults[0].same_as"));
}

TEST(MachineFile, EverythingThatMayBeLeftOutArrives) {
  const auto machine = parse_machine_file(changed_rich("rich", "rich"), "rich.json");
  ASSERT_TRUE(machine.has_value()) << machine.error().message;
  EXPECT_EQ(machine->environment.at("CUDA_VISIBLE_DEVICES"), "0");
  EXPECT_EQ(machine->environment.at("EMPTY"), "");
  EXPECT_TRUE(machine->host.wsl);
  EXPECT_TRUE(machine->host.container);
  EXPECT_EQ(machine->host.device_tree_model, "a board");
  EXPECT_EQ(machine->host.tegra_release, "# R36, release");
  EXPECT_EQ(machine->host.iommu, "DMA-FQ");
  EXPECT_TRUE(machine->host.hypervisor);
  EXPECT_EQ(machine->bridges.at(0).generation, 5);
  EXPECT_EQ(machine->bridges.at(0).width, 16);
  EXPECT_EQ(machine->bridges.at(0).acs, "on");
  EXPECT_DOUBLE_EQ(machine->bridges.at(0).uplink_gbs->value, 26);
  EXPECT_TRUE(machine->bridges.at(0).emulated);
  EXPECT_EQ(machine->bridges.at(0).device_id, "1b36:000c");
  EXPECT_FALSE(machine->bridges.at(1).emulated);
  const GpuDescription& gpu = machine->gpus.at(0);
  EXPECT_EQ(gpu.memory_clock_load_khz, 9501000);
  EXPECT_EQ(gpu.pci_path, (std::vector<std::string>{"pci0000:40", "0000:40:01.1", "0000:42:00.0"}));
  EXPECT_EQ(gpu.pcie_max_generation, 5);
  EXPECT_EQ(gpu.pcie_max_width, 16);
  EXPECT_EQ(gpu.cpus, "0-15,32-47");
  EXPECT_EQ(gpu.nvlink_ports, 18);
  EXPECT_EQ(gpu.mig, "enabled");
  EXPECT_EQ(gpu.mig_slices.at(0).name, "A MIG 1g.10gb");
  EXPECT_EQ(gpu.mig_slices.at(0).uuid, "MIG-a");
  EXPECT_EQ(gpu.mig_slices.at(0).multiprocessors, 16);
  EXPECT_EQ(gpu.mig_slices.at(0).memory_bytes, 10 * GiB);
  EXPECT_EQ(gpu.virtualization, "passthrough");
  EXPECT_EQ(gpu.addressing_mode, "hmm");
  EXPECT_DOUBLE_EQ(gpu.peer_gbs->value, 20);
  EXPECT_DOUBLE_EQ(gpu.peer_copy_latency_us->value, 2);
  EXPECT_DOUBLE_EQ(gpu.peer_read_latency_us->value, 3);
  EXPECT_TRUE(machine->gpus.at(1).cuda_hidden);
  EXPECT_FALSE(machine->gpus.at(1).in_pci);
  EXPECT_TRUE(machine->gpus.at(2).nvml_hidden);
  EXPECT_TRUE(machine->links.at(0).to_switch());
  EXPECT_TRUE(machine->links.at(0).sleeps);
  EXPECT_EQ(machine->links.at(0).b, -1);
  EXPECT_EQ(machine->links.at(0).switches,
            (std::vector<std::string>{"0000:c4:00.0", "0000:c5:00.0"}));
  EXPECT_TRUE(machine->peer_default.value().access);
  EXPECT_EQ(machine->peer_default.value().read, "OK");
  EXPECT_EQ(machine->faults.at(0).kind, FaultKind::nvml_hang);
}

TEST(MachineFile, AnEmulatedPortMayClaimLessThanItsCardNegotiated) {
  EXPECT_EQ(complaint(changed_rich(
                R"({"address": "0000:42:00.0"})",
                R"({"address": "0000:42:00.0", "generation": 1, "width": 1, "emulated": true})")),
            "accepted");
  EXPECT_THAT(complaint(changed_rich("1b36:000c", "0x1b36")),
              HasSubstr("bridges[0].device_id is \"0x1b36\"; it must be like"));
}

TEST(MachineFile, GraphsAndAbortsAreAsTheDriverSectionSays) {
  const auto usual = parse_machine_file(changed_rich("rich", "rich"), "rich.json");
  ASSERT_TRUE(usual.has_value()) << usual.error().message;
  EXPECT_DOUBLE_EQ(usual->driver.graph_upload_us, 5000);
  EXPECT_TRUE(usual->driver.nccl_abort_waits_for_all);
  const auto changed = parse_machine_file(
      changed_rich("\"peer_default\"",
                   R"("driver": {"graph_upload_us": 7, "nccl_abort_waits_for_all": false},
                      "peer_default")"),
      "rich.json");
  ASSERT_TRUE(changed.has_value()) << changed.error().message;
  EXPECT_DOUBLE_EQ(changed->driver.graph_upload_us, 7);
  EXPECT_FALSE(changed->driver.nccl_abort_waits_for_all);
}

TEST(MachineFile, WhatIsLeftOutFollowsFromTheRest) {
  const auto machine = parse_machine_file(changed_rich("rich", "rich"), "rich.json");
  ASSERT_TRUE(machine.has_value()) << machine.error().message;
  // A port that is not described is as its GPU negotiated.
  EXPECT_EQ(machine->bridges.at(1).generation, 4);
  EXPECT_EQ(machine->bridges.at(1).width, 8);
  EXPECT_EQ(machine->bridges.at(1).acs, "unreadable");
  EXPECT_FALSE(machine->bridges.at(1).uplink_gbs.has_value());
  // The third card has a host bridge and a port of its own, and does no more than it negotiated.
  const GpuDescription& gpu = machine->gpus.at(2);
  EXPECT_EQ(gpu.pci_path, (std::vector<std::string>{"pci0000:60", "0000:60:01.0"}));
  ASSERT_EQ(machine->bridges.size(), 3u);
  EXPECT_EQ(machine->bridges[2].address, "0000:60:01.0");
  EXPECT_EQ(machine->bridges[2].generation, 3);
  EXPECT_EQ(machine->bridges[2].width, 4);
  EXPECT_EQ(gpu.pcie_max_generation, 3);
  EXPECT_EQ(gpu.pcie_max_width, 4);
  EXPECT_EQ(gpu.nvlink_ports, 2);
  EXPECT_EQ(gpu.mig, "");
  EXPECT_EQ(gpu.addressing_mode, "");
  EXPECT_FALSE(gpu.peer_gbs.has_value());
  // One that is not in PCI has no path.
  EXPECT_TRUE(machine->gpus.at(1).pci_path.empty());

  const auto small = parse_machine_file(changed("two", "two"), "two.json");
  ASSERT_TRUE(small.has_value());
  EXPECT_EQ(small->host.iommu, "off");
  EXPECT_FALSE(small->host.wsl || small->host.container);
  EXPECT_FALSE(small->peer_default.has_value());
  EXPECT_EQ(small->gpus.at(0).nvlink_ports, 4);
}

TEST(MachineFile, FaultsThatCountAndCardsThatOthersUse) {
  const auto machine = parse_machine_file(
      changed("\"kind\": \"bit-flip\"", "\"kind\": \"link-errors\", \"per_gib\": 2.5"), "two.json");
  ASSERT_TRUE(machine.has_value()) << machine.error().message;
  EXPECT_EQ(machine->faults.at(0).kind, FaultKind::link_errors);
  EXPECT_DOUBLE_EQ(machine->faults.at(0).per_gib, 2.5);
  const auto busy = parse_machine_file(
      changed("\"multiprocessors\": 82",
              "\"multiprocessors\": 82, \"busy_percent\": 40, \"throttle\": [\"sw-power-cap\"]"),
      "two.json");
  ASSERT_TRUE(busy.has_value()) << busy.error().message;
  EXPECT_EQ(busy->gpus.at(0).busy_percent, 40);
  EXPECT_EQ(busy->gpus.at(0).throttle, std::vector<std::string>{"sw-power-cap"});
}

TEST(MachineFile, FaultsThatNothingRecoversFrom) {
  const auto fault = [](const char* text) {
    const auto machine = parse_machine_file(changed("\"kind\": \"bit-flip\"", text), "two.json");
    EXPECT_TRUE(machine.has_value()) << machine.error().message;
    return machine ? machine->faults.at(0) : Fault{};
  };
  EXPECT_EQ(error_code(fault(R"("kind": "sticky-error")")), 700);
  EXPECT_EQ(error_code(fault(R"("kind": "gpu-lost")")), 999);
  const Fault sticky = fault(R"("kind": "sticky-error", "code": "cudaErrorECCUncorrectable",
                                "after": 20)");
  EXPECT_EQ(error_code(sticky), 214);
  EXPECT_EQ(sticky.after, 20u);
  const Fault call = fault(R"("kind": "call-never-returns", "call": "cudaMalloc", "after": 3)");
  EXPECT_EQ(call.call, "cudaMalloc");
  EXPECT_EQ(call.after, 3u);
}

TEST(MachineFile, PageableCopiesAreLateUnlessItSaysSo) {
  const auto late = [](const std::string& text) {
    return parse_machine_file(text, "two.json").value().driver.pageable_copies_late;
  };
  EXPECT_TRUE(late(changed("\"faults\"", "\"driver\": {}, \"faults\"")));
  EXPECT_FALSE(
      late(changed("\"faults\"", "\"driver\": {\"pageable_copies_late\": false}, \"faults\"")));
}

struct Wrong {
  const char* from;
  const char* to;
  const char* field;
  const char* hint;
};

class WrongMachineFile : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongMachineFile, NamesFileFieldAndWhatIsAllowed) {
  const Wrong& wrong = GetParam();
  EXPECT_THAT(complaint(changed(wrong.from, wrong.to)),
              AllOf(HasSubstr("two.json: "), HasSubstr(wrong.field), HasSubstr(wrong.hint)));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongMachineFile,
    ::testing::Values(
        Wrong{"peerbench.machine/1", "peerbench.machine/2", "schema", "peerbench.machine/1"},
        Wrong{"\"schema\": \"peerbench.machine/1\",", "", "schema", "is missing"},
        Wrong{"cuda_version", "cuda_versoin", "cuda_versoin", "did you mean \"cuda_version\"?"},
        Wrong{"\"multiprocessors\": 82", "\"multiprocessors\": \"82\"", "gpus[0].multiprocessors",
              "must be a whole number"},
        Wrong{"\"multiprocessors\": 82", "\"multiprocessors\": 0", "gpus[0].multiprocessors",
              "more than 0"},
        Wrong{"\"compute_major\": 8", "\"compute_major\": 8.5", "gpus[0].compute_major",
              "whole number"},
        Wrong{"\"value\": 830", "\"value\": -1", "gpus[0].local_copy_gbs.value", "more than 0"},
        Wrong{"\"value\": 1.5", "\"value\": -1.5", "gpus[0].copy_latency_us.value", "0 or more"},
        Wrong{", \"source\": \"a log\"", "", "gpus[0].local_copy_gbs", "has no source"},
        Wrong{"{\"value\": 830, \"source\": \"a log\"}", "830", "gpus[0].local_copy_gbs",
              "says where it comes from"},
        Wrong{"\"value\": 0.9", "\"value\": 1.2", "links[0].copy_efficiency.value", "at most 1"},
        Wrong{"\"b\": 1", "\"b\": 2", "links[0].b", "GPUs are 0 to 1"},
        Wrong{"\"b\": 1", "\"b\": 0", "links[0].b", "same GPU"},
        Wrong{"\"up\": 3", "\"up\": 5", "links[0].up", "more than the 4 links"},
        Wrong{"\"from\": 0, \"to\": 1", "\"from\": 0, \"to\": 7", "peers[0].to", "0 to 1"},
        Wrong{"\"read\": \"OK\"", "\"read\": \"yes\"", "peers[0].read", "GNS"},
        Wrong{"\"to\": 1}]", "\"to\": 9}]", "faults[0].to", "0 to 1"},
        Wrong{"bit-flip", "explode", "faults[0].kind", "no-progress"},
        Wrong{"\"kind\": \"bit-flip\"",
              "\"kind\": \"sticky-error\", \"code\": \"cudaErrorUnknown\"", "faults[0].code",
              "cudaErrorLaunchFailure"},
        Wrong{"\"kind\": \"bit-flip\"", "\"kind\": \"call-never-returns\"", "faults[0].call",
              "is missing"},
        Wrong{"\"kind\": \"bit-flip\"", "\"kind\": \"call-never-returns\", \"call\": \"malloc\"",
              "faults[0].call", "a call of the CUDA runtime"},
        Wrong{"\"to\": 1}]", "\"to\": 1, \"per_gib\": 3}]", "faults[0].per_gib",
              "not a known field"},
        Wrong{"bit-flip", "link-errors", "faults[0].per_gib", "is missing"},
        Wrong{"\"kind\": \"bit-flip\"", "\"kind\": \"pcie-replays\", \"per_gib\": 0",
              "faults[0].per_gib", "more than 0"},
        Wrong{"\"multiprocessors\": 82", "\"multiprocessors\": 82, \"busy_percent\": 101",
              "gpus[0].busy_percent", "more than 100"},
        Wrong{"\"multiprocessors\": 82", "\"multiprocessors\": 82, \"throttle\": [\"hot\"]",
              "gpus[0].throttle[0]", "sw-power-cap"},
        Wrong{"0x220410DE", "220410DE", "gpus[0].pci_device_id", "hexadecimal"},
        Wrong{"0000:02:00.0", "0000:01:00.0", "gpus[1].pci_bus_id", "its own"},
        Wrong{"4 GiB", "9 GiB", "host.available_bytes", "more than memory_bytes"},
        Wrong{"8 GiB", "8 gigabytes", "host.memory_bytes", "24 GiB"},
        Wrong{"\"gpus\": [", "\"gpus\": [3, ", "gpus[0]", "object"},
        Wrong{"\"noise_cv\": 0.01", "\"noise_cv\": null", "noise_cv", "must be a number"}));

class WrongRichFile : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongRichFile, NamesFieldAndWhatIsAllowed) {
  const Wrong& wrong = GetParam();
  EXPECT_THAT(complaint(changed_rich(wrong.from, wrong.to)),
              AllOf(HasSubstr(wrong.field), HasSubstr(wrong.hint)));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongRichFile,
    ::testing::Values(
        Wrong{"\"EMPTY\": \"\"", "\"EMPTY\": 1", "environment.EMPTY", "must be text"},
        Wrong{"\"EMPTY\"", "\"A=B\"", "environment.A=B", "no name of a variable"},
        Wrong{"\"DMA-FQ\"", "\"on\"", "host.iommu", "identity"},
        Wrong{"\"wsl\": true", "\"wsl\": 1", "host.wsl", "true or false"},
        Wrong{"\"address\": \"0000:40:01.1\"", "\"address\": \"40:01.1\"", "bridges[0].address",
              "0000:40:01.1"},
        Wrong{"\"address\": \"0000:42:00.0\"", "\"address\": \"0000:44:00.0\"",
              "bridges[1].address", "on no GPU's pci_path"},
        Wrong{"\"address\": \"0000:42:00.0\"", "\"address\": \"0000:40:01.1\"",
              "bridges[1].address", "again"},
        Wrong{"\"address\": \"0000:42:00.0\"", "\"address\": \"0000:42:00.0\", \"generation\": 3",
              "bridges[1].generation", "gpus[0] below it negotiated 4"},
        Wrong{"\"acs\": \"on\"", "\"acs\": \"yes\"", "bridges[0].acs", "unreadable"},
        Wrong{"{\"value\": 26, \"source\": \"a log\"}", "26", "bridges[0].uplink_gbs",
              "says where it comes from"},
        Wrong{"\"pci0000:40\"", "\"0000:40\"", "gpus[0].pci_path[0]", "host bridge"},
        Wrong{"\"0000:40:01.1\", \"0000:42", "\"0000:40:1.1\", \"0000:42", "gpus[0].pci_path[1]",
              "0000:40:01.1"},
        Wrong{"\"0000:40:01.1\", \"0000:42", "7, \"0000:42", "gpus[0].pci_path[1]", "must be text"},
        Wrong{"\"nvml_hidden\": true", "\"pci_path\": [\"pci0000:60\", \"0000:40:01.1\"]",
              "gpus[2].pci_path[1]", "another GPU puts it below pci0000:40"},
        Wrong{"\"in_pci\": false", "\"in_pci\": false, \"pci_path\": [\"pci0000:00\"]",
              "gpus[1].pci_path", "in_pci is false"},
        Wrong{"\"0000:43:00.0\"", "\"0000:43\"", "gpus[0].pci_bus_id", "lower case"},
        Wrong{"\"pcie_max_width\": 16", "\"pcie_max_width\": 4", "gpus[0].pcie_max_width",
              "less than the 8"},
        Wrong{"0-15,32-47", "0-15;32", "gpus[0].cpus", "0-15,32-47"},
        Wrong{"\"nvlink_ports\": 18", "\"nvlink_ports\": 13", "gpus[0].nvlink_ports", "14 links"},
        Wrong{"\"mig\": \"enabled\"", "\"mig\": \"on\"", "gpus[0].mig", "disabled, enabled"},
        Wrong{"\"mig\": \"enabled\"", "\"mig\": \"disabled\"", "gpus[0].mig",
              "where a slice is described"},
        Wrong{"\"mig_uuid\": \"MIG-a\",", "", "gpus[0].mig_uuid", "is missing"},
        Wrong{"MIG-a", "GPU-d", "gpus[0].mig_uuid", "MIG-"},
        Wrong{"\"mig_multiprocessors\": 16", "\"mig_multiprocessors\": 133", "gpus[0].mig",
              "larger than the GPU"},
        Wrong{"\"mig_name\": \"A MIG 1g.10gb\"", "\"mig_slices\": [{\"name\": \"A\"}]",
              "gpus[0].mig_slices[0].uuid", "is missing"},
        Wrong{"\"hmm\"", "\"hmm\", \"fabric\": {\"state\": \"lost\"}", "gpus[0].fabric.state",
              "in-progress"},
        Wrong{"\"passthrough\"", "\"vm\"", "gpus[0].virtualization", "vgpu"},
        Wrong{"\"hmm\"", "\"HMM\"", "gpus[0].addressing_mode", "ats"},
        Wrong{"\"cuda_hidden\": true", "\"cuda_hidden\": true, \"nvml_hidden\": true",
              "gpus[1].in_pci", "nobody would see it"},
        Wrong{"\"kind\": \"nvswitch\", \"a\": 0", "\"kind\": \"nvswitch\", \"a\": 0, \"b\": 1",
              "links[0].b", "not a known field"},
        Wrong{"\"kind\": \"nvlink\", \"a\": 0, \"b\": 2", "\"kind\": \"nvlink\", \"a\": 0",
              "links[1].b", "is missing"},
        Wrong{"\"kind\": \"nvlink\", \"a\": 0, \"b\": 2", "\"kind\": \"nvswitch\", \"a\": 0",
              "links[1].a", "described already"},
        Wrong{"0000:c5:00.0", "c5", "links[0].switches[1]", "0000:40:01.1"},
        Wrong{"{\"access\": true", "{\"to\": 1, \"access\": true", "peer_default.to",
              "not a known field"},
        Wrong{"{\"access\": true, ", "{", "peer_default.access", "is missing"}));

TEST(MachineFile, BrokenJsonIsAUsageErrorWithTheLine) {
  EXPECT_THAT(complaint("{\n\"schema\": \n}"),
              AllOf(HasSubstr("two.json"), HasSubstr("line 3"), HasSubstr("correct it there")));
  EXPECT_THAT(complaint(""), HasSubstr("not JSON"));
  EXPECT_THAT(complaint("[]"), HasSubstr("one JSON object"));
}

TEST(MachineFile, WhatCannotBeReadIsAnInputOutputError) {
  for (const std::string& path : {machines + "no-such-machine.json", machines}) {
    const auto machine = load_machine_file(path);
    ASSERT_FALSE(machine.has_value());
    EXPECT_EQ(machine.error().kind, ErrorKind::io);
    EXPECT_THAT(machine.error().message, HasSubstr(path));
  }
}

TEST(MachineFile, EveryBuiltInMachineLoadsUnderItsOwnNameAndSaysWhereFiguresComeFrom) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(machines)) {
    if (entry.path().extension() != ".json") continue;
    const auto machine = builtin(entry.path().stem());
    EXPECT_EQ(machine.name, entry.path().stem());
    names.insert(machine.name);
    for (const auto& gpu : machine.gpus) EXPECT_FALSE(gpu.local_copy_gbs.source.empty());

    hwloc_topology_t topology = nullptr;
    ASSERT_EQ(hwloc_topology_init(&topology), 0);
    EXPECT_EQ(hwloc_topology_set_synthetic(topology, machine.host.topology.c_str()), 0);
    ASSERT_EQ(hwloc_topology_load(topology), 0) << machine.name;
    hwloc_uint64_t memory = 0;
    for (hwloc_obj_t node = nullptr;
         (node = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_NUMANODE, node)) != nullptr;) {
      memory += node->attr->numanode.local_memory;
    }
    EXPECT_EQ(memory, machine.host.memory_bytes) << machine.name;
    hwloc_topology_destroy(topology);
  }
  for (const char* name : {"dual-rtx3090-nvlink", "dual-rtx4090", "dgx-spark", "no-gpu"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

/// A machine whose driver section has this one field.
MachineFile with_driver(const std::string& field, const std::string& value) {
  const auto file = parse_machine_file(
      changed("\"noise_cv\": 0.01,", "\"driver\": {\"" + field + "\": " + value + "},"),
      "two.json");
  EXPECT_TRUE(file.has_value()) << field << ": " << file.error().message;
  return file.value_or(MachineFile{});
}

// Real drivers' ways are on where nothing is said.
TEST(MachineFile, EverySwitchOfTheDriverHasItsDefaultAndCanBeGiven) {
  const auto by_default = parse_machine_file(changed("a comment", "none"), "two.json");
  ASSERT_TRUE(by_default.has_value()) << by_default.error().message;
  using Driver = DriverBehaviour;
  for (const auto& [field, on] :
       {std::pair{"lazy_loading", &Driver::lazy_loading},
        {"clocks_ramp", &Driver::clocks_ramp},
        {"resident_kernels", &Driver::resident_kernels},
        {"directed_copy_engines", &Driver::directed_copy_engines},
        {"pageable_copies_late", &Driver::pageable_copies_late},
        {"nccl_abort_waits_for_all", &Driver::nccl_abort_waits_for_all}}) {
    EXPECT_TRUE(by_default->driver.*on) << field;
    EXPECT_FALSE(with_driver(field, "false").driver.*on) << field;
  }
  for (const auto& [field, number, expected] :
       {std::tuple{"load_us", &Driver::load_us, 300.0},
        {"first_copy_factor", &Driver::first_copy_factor, 5.0},
        {"isolated_kernel_us", &Driver::isolated_kernel_us, 5.0},
        {"next_kernel_us", &Driver::next_kernel_us, 1.0},
        {"engine_hop_us", &Driver::engine_hop_us, 3.0},
        {"device_wait_us", &Driver::device_wait_us, 8.0},
        {"context_ms", &Driver::context_ms, 150.0},
        {"map_us_per_gib", &Driver::map_us_per_gib, 1000.0}}) {
    EXPECT_EQ(by_default->driver.*number, expected) << field;
    EXPECT_EQ(with_driver(field, "12.5").driver.*number, 12.5) << field;
    const auto wrong = parse_machine_file(
        changed("\"noise_cv\": 0.01,", std::string("\"driver\": {\"") + field + "\": -1},"),
        "two.json");
    ASSERT_FALSE(wrong.has_value()) << field;
    EXPECT_THAT(wrong.error().message, HasSubstr(std::string("driver.") + field));
  }
  EXPECT_EQ(with_driver("map_us_per_gib", "0").driver.map_us_per_gib, 0);
  EXPECT_EQ(by_default->driver.staged_call_blocks, "earlier-work");
  EXPECT_EQ(with_driver("staged_call_blocks", "\"own-end\"").driver.staged_call_blocks, "own-end");
  EXPECT_EQ(by_default->host.calls.copy_us, 1.5);
  EXPECT_EQ(by_default->host.calls.staged_copy_us, 5.5);
  EXPECT_EQ(by_default->gpus[0].clock_idle_share, 0.25);
  EXPECT_EQ(by_default->gpus[0].clock_ramp_ms, 50);
}

TEST(MachineFile, TheBridgedPairIsAsPublished) {
  const auto machine = builtin("dual-rtx3090-nvlink");
  ASSERT_EQ(machine.links.size(), 1u);
  const auto& link = machine.links[0];
  EXPECT_EQ(link.up, 4);
  EXPECT_EQ(link.nvlink_version, 5);
  EXPECT_DOUBLE_EQ(link.raw_gbs_per_link.value, 14.0625);
  EXPECT_FALSE(link.raw_gbs_per_link.inferred);
  // 102.05 GB/s in sum for both ways, which nobody measured on a 3090.
  EXPECT_NEAR(2 * link.up * link.raw_gbs_per_link.value * link.copy_efficiency.value, 102.05, 0.1);
  EXPECT_TRUE(link.copy_efficiency.inferred);
  EXPECT_DOUBLE_EQ(machine.host.staging->one_way_gbs.value, 11.29);
  EXPECT_DOUBLE_EQ(machine.host.staging->total_gbs.value, 16.74);
  EXPECT_DOUBLE_EQ(machine.host.staging->copy_latency_us.value, 10.91);
}

TEST(MachineFile, TheSparkHasOnePoolAndNoPeer) {
  const auto machine = builtin("dgx-spark");
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_TRUE(machine.links.empty());
  EXPECT_FALSE(machine.gpus[0].framebuffer);
  EXPECT_EQ(machine.gpus[0].attributes.at("Integrated"), 1);
  EXPECT_EQ(machine.gpus[0].attributes.at("DirectManagedMemAccessFromHost"), 0);
  EXPECT_EQ(machine.gpus[0].c2c_links, 8);
  EXPECT_DOUBLE_EQ(machine.gpus[0].c2c_mbps_per_link, 43125);
}

}  // namespace TEST_FILE
}  // namespace gpusim
