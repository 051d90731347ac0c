// SPDX-License-Identifier: Apache-2.0
// Saved signals: nothing is lost on the way out and back, nothing that identifies anybody gets
// out, and what is no such document is refused with the place.
#include "result/signals_file.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace peerbench::result {
namespace TEST_FILE {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Signal yes(const char* raw) { return {Tri::yes, raw}; }
Signal no(const char* raw) { return {Tri::no, raw}; }

machine::GpuSignals full_gpu(int ordinal) {
  machine::GpuSignals gpu;
  gpu.gpu.ordinal = ordinal;
  gpu.gpu.model = "Some GPU";
  gpu.gpu.pci_bus_id = "0000:01:00.0";
  gpu.gpu.uuid = "GPU-5eed0000-0000-4000-8000-000000000001";
  gpu.gpu.memory_bytes = Bytes{1} << 40;
  gpu.gpu.integrated = no("0");
  gpu.pci_device_id = "10de:2204";
  gpu.memory_clock_khz = 9751000;
  gpu.memory_bus_bits = 384;
  gpu.in_nvml = yes("PCI bus id");
  gpu.memory_node = no("none");
  gpu.framebuffer = yes("NVML_SUCCESS");
  gpu.mig = no("mode 0");
  gpu.virtual_gpu = {Tri::unknown, "NVML_ERROR_UNKNOWN"};
  gpu.exec_timeout = no("0");
  gpu.nvlinks_asked = yes("2 links");
  machine::NvlinkPort port;
  port.up = yes("1");
  port.peer_capable = yes("NVML_SUCCESS");
  port.remote = machine::NvlinkPort::Remote::gpu;
  port.remote_pci = "0000:02:00.0";
  port.version = 5;
  port.mbps = 14062.5;
  gpu.ports = {port, {}};
  gpu.c2c_links = 3;
  gpu.c2c_mbps = 43125;
  gpu.addressing_mode = "HMM";
  gpu.bar1_bytes = 256 * MiB;
  gpu.pcie_current = {1, 16};
  gpu.pcie_card_max = {4, 16};
  gpu.pcie_link_max = {4, 8};
  gpu.pci_root = "pci0000:00";
  gpu.pci_path = {
      {"0000:00:01.0", machine::PcieSpeed{1, 8}, machine::PcieSpeed{4, 8}, yes("set"), "1022:1483"},
      {}};
  gpu.iommu_group = 0;
  gpu.iommu_type = "DMA-FQ";
  gpu.numa_node = 0;
  gpu.cpus = "0-15";
  gpu.compute_mode = 0;
  gpu.other_processes = 1;
  gpu.persistence = yes("on");
  gpu.fabric = no("in progress");
  gpu.fabric_degraded = no("0x0");
  return gpu;
}

SavedSignals full() {
  SavedSignals saved;
  saved.tool = {"peerbench", "1.2.3", "abc"};
  saved.saved = "2026-01-31T12:00:00Z";
  saved.simulated = Simulated{"some-machine"};
  saved.note = "typed by hand";
  machine::Signals& signals = saved.signals;
  signals.cuda_count = 2;
  signals.cuda_error = "cudaErrorUnknown";
  signals.driver_cuda_version = 13000;
  signals.runtime_version = 12040;
  signals.architectures = "75-real,120-virtual";
  signals.driver_version = "580.95.05";
  signals.nvml = yes("NVML_SUCCESS");
  signals.nvml_count = 0;
  signals.pci_listed = yes("/sys/bus/pci/devices");
  signals.pci_gpus = {"0000:01:00.0", "0000:02:00.0"};
  signals.pci_off_bus = {"0000:04:00.0"};
  signals.confidential = no("off");
  signals.imex_channels = no("none");
  signals.hidden = {{"Other GPU", "0000:03:00.0", machine::Hiding::lost, true}};
  signals.gpus = {full_gpu(0), full_gpu(1)};
  machine::PairSignals pair;
  pair.from = 0;
  pair.to = 1;
  pair.can_access = yes("1");
  pair.allowed = {yes("OK"), no("CNS"), no("GNS"), yes("OK"), no("NS")};
  pair.way = machine::PciTopologyLevel::phb;
  pair.native_atomics = yes("1");
  pair.cuda_rank = 0;
  signals.pairs = {pair, pair};
  std::swap(signals.pairs[1].from, signals.pairs[1].to);
  signals.wsl = no("Linux version 6.8.0");
  signals.container = yes("/.dockerenv exists");
  signals.virtual_machine = no("no hypervisor flag");
  signals.kernel_module = yes("580.95.05");
  signals.product = "Some box";
  signals.kernel = "6.8.0";
  signals.cuda_visible_devices = "";
  signals.nvidia_visible_devices = "all";
  machine::Pool pool;
  pool.id = "host0";
  pool.total_bytes = 64 * GiB;
  pool.numa_node = 0;
  signals.pools = {pool};
  signals.iommu = no("no groups");
  return saved;
}

using Json = nlohmann::ordered_json;

TEST(SignalsFile, NamesEveryField) {
  const Json document = Json::parse(signals_text(full(), {.identify = true}));
  EXPECT_EQ(document["schema"], "peerbench.signals/1");
  EXPECT_EQ(document["simulated"]["machine"], "some-machine");
  const Json& signals = document["signals"];
  // As many keys as the structs have fields, all of which full() sets.
  EXPECT_EQ(signals.size(), 26u);
  EXPECT_EQ(signals["gpus"][0].size(), 30u);
  EXPECT_EQ(signals["gpus"][0]["ports"][0].size(), 6u);
  EXPECT_EQ(signals["gpus"][0]["pci_path"][0].size(), 5u);
  EXPECT_EQ(signals["pairs"][0].size(), 7u);
  EXPECT_EQ(signals["pairs"][0]["allowed"].size(), 5u);
  EXPECT_EQ(signals["cuda_visible_devices"], "");
  EXPECT_EQ(signals["gpus"][0]["pcie_link_max"]["width"], 8);
  EXPECT_EQ(signals["gpus"][0]["pcie_card_max"]["width"], 16);
  EXPECT_EQ(signals["pairs"][0]["way"], "PHB");
  // Nothing asked about the second port: it is there, and says nothing.
  EXPECT_EQ(signals["gpus"][0]["ports"][1], Json::object());
}

TEST(SignalsFile, TheSchemaKnowsEveryKeyThatIsWrittenAndNoOther) {
  std::ifstream file(std::string(PEERBENCH_SOURCE_DIR) + "/src/result/signals.schema.json");
  const Json schema = Json::parse(file);
  const Json document = Json::parse(signals_text(full(), {.identify = true}));
  const auto expect_same = [](const Json& written, const Json& described) {
    std::vector<std::string> are, should;
    for (const auto& [key, value] : written.items()) are.push_back(key);
    for (const auto& [key, value] : described["properties"].items()) should.push_back(key);
    EXPECT_THAT(are, ::testing::UnorderedElementsAreArray(should));
  };
  const Json& defs = schema["$defs"];
  const Json& signals = document["signals"];
  expect_same(document, schema);
  expect_same(signals, defs["signals"]);
  expect_same(signals["gpus"][0], defs["gpu_signals"]);
  expect_same(signals["gpus"][0]["ports"][0], defs["nvlink_port"]);
  expect_same(signals["gpus"][0]["pci_path"][0], defs["pci_port"]);
  expect_same(signals["pairs"][0], defs["pair"]);
  expect_same(signals["pairs"][0]["allowed"], defs["peer_capabilities"]);
}

TEST(SignalsFile, ComesBackAsItWas) {
  const std::string text = signals_text(full(), {.identify = true});
  const auto back = signals_from_text(text);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(signals_text(*back, {.identify = true}), text);
  EXPECT_EQ(back->note, "typed by hand");
  EXPECT_EQ(back->tool.version, "1.2.3");
  const machine::GpuSignals& gpu = back->signals.gpus[1];
  EXPECT_EQ(gpu.gpu.uuid, full().signals.gpus[1].gpu.uuid);
  EXPECT_EQ(gpu.ports[0].remote, machine::NvlinkPort::Remote::gpu);
  EXPECT_EQ(gpu.ports[0].mbps, 14062.5);
  EXPECT_EQ(gpu.ports[1].up.value, Tri::unknown);
  EXPECT_EQ(gpu.pcie_current, (machine::PcieSpeed{1, 16}));
  EXPECT_EQ(gpu.iommu_group, 0);
  EXPECT_EQ(back->signals.nvml_count, 0);
  EXPECT_EQ(back->signals.cuda_visible_devices, "");
  EXPECT_EQ(back->signals.pairs[0].allowed.write.raw, "CNS");
}

TEST(SignalsFile, WhatIsLeftOutIsUnknownAndNeverNo) {
  const auto read = signals_from_text(R"({"schema": "peerbench.signals/1", "signals":
      {"cuda_count": 0, "gpus": [], "pairs": [], "pools": [], "of a later version": 1}})");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->signals.nvml.value, Tri::unknown);
  EXPECT_FALSE(read->signals.nvml_count.has_value());
  EXPECT_FALSE(read->signals.cuda_visible_devices.has_value());
  EXPECT_FALSE(read->simulated.has_value());
}

TEST(SignalsFile, TellsOfNobodyUnlessAsked) {
  SavedSignals saved = full();
  saved.signals.cuda_visible_devices = "GPU-5eed0000,MIG-5eed0000-1111-4000-8000-000000000001";
  saved.signals.nvidia_visible_devices = "MIG-GPU-5eed0000-0000-4000-8000-000000000001/1/0";
  saved.signals.wsl.raw = "Linux version 6.8.0-45-generic (alice@workstation) (gcc 13.2.0) #45";
  saved.signals.kernel_module.raw = "NVRM version: Module 580.95.05 Release Build (dvs@U22-I3)";
  const std::string text = signals_text(saved);
  for (const char* secret : {"5eed", "alice", "workstation", "gcc", "U22"}) {
    EXPECT_THAT(text, Not(HasSubstr(secret)));
  }
  EXPECT_THAT(text, AllOf(HasSubstr("\"GPU-(left out),MIG-(left out)\""),
                          HasSubstr("MIG-GPU-(left out)/1/0"),
                          HasSubstr("\"Linux version 6.8.0-45-generic\""),
                          HasSubstr("Module 580.95.05 Release Build ((left out))")));
  EXPECT_THAT(signals_text(saved, {.identify = true}), HasSubstr("GPU-5eed0000-0000"));
}

TEST(SignalsFile, ResultsTellOfNobodyEither) {
  result::Run run;
  run.machine.evidence = {{"CUDA_VISIBLE_DEVICES", "\"GPU-5eed0000\"", "limits what CUDA shows"}};
  EXPECT_THAT(to_text(run), Not(HasSubstr("5eed")));
  EXPECT_THAT(to_text(run, {.identify = true}), HasSubstr("GPU-5eed0000"));
}

std::string refusal(const std::string& text) {
  const auto read = signals_from_text(text);
  if (read) return "accepted";
  EXPECT_EQ(read.error().kind, ErrorKind::usage);
  EXPECT_THAT(read.error().message, HasSubstr("--save-signals"));
  return read.error().message;
}

std::string changed(const std::string& pointer, const Json& value) {
  Json document = Json::parse(signals_text(full()));
  document[Json::json_pointer(pointer)] = value;
  return document.dump();
}

std::string without(const std::string& object, const std::string& key) {
  Json document = Json::parse(signals_text(full()));
  document[Json::json_pointer(object)].erase(key);
  return document.dump();
}

TEST(SignalsFile, RefusesWhatIsNoSuchDocument) {
  const std::string whole = signals_text(full());
  EXPECT_THAT(refusal(whole.substr(0, whole.size() / 2)), HasSubstr("not a complete JSON"));
  EXPECT_THAT(refusal(""), HasSubstr("not a complete JSON"));
  EXPECT_THAT(refusal("[]"), HasSubstr("not named"));
  EXPECT_THAT(refusal(changed("/schema", "peerbench.result/1")), HasSubstr("peerbench.result/1"));
  EXPECT_THAT(refusal(changed("/schema", "peerbench.signals/2")), HasSubstr("signals/2"));
}

TEST(SignalsFile, RefusesWithThePlace) {
  EXPECT_THAT(refusal(without("", "signals")), HasSubstr("signals is missing"));
  EXPECT_THAT(refusal(without("/signals", "cuda_count")), HasSubstr("signals.cuda_count"));
  EXPECT_THAT(refusal(without("/signals/pairs/0", "to")), HasSubstr("signals.pairs[0].to"));
  EXPECT_THAT(refusal(changed("/signals/gpus", 2)), HasSubstr("signals.gpus is not an array"));
  EXPECT_THAT(refusal(changed("/signals/nvml/value", "maybe")),
              AllOf(HasSubstr("signals.nvml.value"), HasSubstr("\"maybe\"")));
  EXPECT_THAT(refusal(changed("/signals/gpus/1/ports/0/remote", "moon")),
              AllOf(HasSubstr("signals.gpus[1].ports[0].remote"), HasSubstr("\"moon\"")));
  EXPECT_THAT(refusal(changed("/signals/pairs/0/way", "XYZ")), HasSubstr("\"XYZ\""));
  EXPECT_THAT(refusal(changed("/signals/gpus/0/c2c_links", "3")), HasSubstr("c2c_links"));
  EXPECT_THAT(refusal(changed("/signals/gpus/0/c2c_links", 5000000000)), HasSubstr("too large"));
  EXPECT_THAT(refusal(changed("/signals/gpus/0/bar1_bytes", -1)), HasSubstr("is negative"));
}

TEST(SignalsFile, RefusesSignalsThatContradictEachOther) {
  EXPECT_THAT(refusal(changed("/signals/cuda_count", 3)), HasSubstr("there are 2 gpus"));
  EXPECT_THAT(refusal(changed("/signals/gpus/1/gpu/ordinal", 0)), HasSubstr("ordinal is 0"));
  EXPECT_THAT(refusal(changed("/signals/pairs/0/to", 2)), HasSubstr("pair 0 -> 2"));
  EXPECT_THAT(refusal(changed("/signals/pairs/0/to", -1)), HasSubstr("pair 0 -> -1"));
  EXPECT_THAT(refusal(changed("/signals/pairs/0/to", 0)), HasSubstr("pair 0 -> 0"));
  EXPECT_THAT(refusal(changed("/signals/pairs/0", {{"from", 1}, {"to", 0}})), HasSubstr("twice"));
  EXPECT_THAT(refusal(changed("/signals/pairs", Json::array())), HasSubstr("2 ordered pairs"));
}

class SignalsOnDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("peerbench-signals-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_;
};

TEST_F(SignalsOnDisk, IsReplacedWholeAndLeavesNothingBeside) {
  const std::string path = (folder_ / "signals.json").string();
  std::ofstream(path) << "old";
  ASSERT_TRUE(write_signals_file(path, full()).has_value());
  const auto back = read_signals_file(path);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(signals_text(*back), signals_text(full()));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator{}), 1);
}

TEST_F(SignalsOnDisk, SaysWhereItFailed) {
  const auto written = write_signals_file((folder_ / "none" / "x.json").string(), full());
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().kind, ErrorKind::io);
  EXPECT_THAT(written.error().message, AllOf(HasSubstr("none/x.json"), HasSubstr("signals file"),
                                             HasSubstr("--save-signals")));
  const auto missing = read_signals_file((folder_ / "missing.json").string());
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().kind, ErrorKind::io);
  std::ofstream(folder_ / "other.json") << "{}";
  const auto other = read_signals_file((folder_ / "other.json").string());
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().kind, ErrorKind::usage);
  EXPECT_THAT(other.error().message, HasSubstr("other.json"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::result
