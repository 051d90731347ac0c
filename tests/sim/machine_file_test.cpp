#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hwloc.h>

#include <filesystem>
#include <set>
#include <string>

#include "base/units.hpp"
#include "sim/machine_file_loader.hpp"

namespace peerbench::sim {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string machines = PEERBENCH_SOURCE_DIR "/src/sim/machines/";

MachineFile builtin(const std::string& name) {
  auto machine = load_machine_file(machines + name + ".json");
  EXPECT_TRUE(machine.has_value()) << (machine ? "" : machine.error().message);
  return machine.value_or(MachineFile{});
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
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
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
  EXPECT_EQ(machine->faults.at(0).kind, "bit-flip");
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
        Wrong{"0x220410DE", "220410DE", "gpus[0].pci_device_id", "hexadecimal"},
        Wrong{"0000:02:00.0", "0000:01:00.0", "gpus[1].pci_bus_id", "its own"},
        Wrong{"4 GiB", "9 GiB", "host.available_bytes", "more than memory_bytes"},
        Wrong{"8 GiB", "8 gigabytes", "host.memory_bytes", "24 GiB"},
        Wrong{"\"gpus\": [", "\"gpus\": [3, ", "gpus[0]", "object"},
        Wrong{"\"noise_cv\": 0.01", "\"noise_cv\": null", "noise_cv", "must be a number"}));

TEST(MachineFile, BrokenJsonIsAUsageErrorWithTheLine) {
  EXPECT_THAT(complaint("{\n\"schema\": \n}"), AllOf(HasSubstr("two.json"), HasSubstr("line 3")));
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
    EXPECT_EQ(hwloc_get_obj_by_type(topology, HWLOC_OBJ_NUMANODE, 0)->attr->numanode.local_memory,
              machine.host.memory_bytes)
        << machine.name;
    hwloc_topology_destroy(topology);
  }
  for (const char* name : {"dual-rtx3090-nvlink", "dual-rtx4090", "dgx-spark", "no-gpu"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
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

}  // namespace
}  // namespace peerbench::sim
