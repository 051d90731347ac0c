// SPDX-License-Identifier: Apache-2.0
#include "result/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "sample_machines.hpp"
#include "sample_runs.hpp"

namespace peerbench::result {
namespace TEST_FILE {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

/// The message with which a document is refused; "" when it is read.
std::string refusal(const Json& document) {
  const auto run = from_json(document.dump());
  if (run) return "";
  EXPECT_EQ(run.error().kind, ErrorKind::usage);
  return run.error().message;
}

TEST(Json, TopLevelIsWhatTheFormatPromises) {
  const Json document = to_json(dual_rtx3090_nvlink());
  EXPECT_THAT(keys(document), ElementsAre("schema", "tool", "started", "simulated", "machine",
                                          "settings", "cells", "findings", "estimates"));
  EXPECT_EQ(document["schema"], "peerbench.result/1");
  EXPECT_TRUE(document["simulated"].is_null());
  EXPECT_EQ(document["estimates"], Json::array());
  EXPECT_EQ(document["machine"]["class"], "discrete-nvlink");
  EXPECT_EQ(to_json(dual_rtx4090())["simulated"]["machine"], "dual-rtx4090");
}

TEST(Json, CellSaysWhatItIsInTheFormatsWords) {
  const Json cell = to_json(dual_rtx3090_nvlink())["cells"][0];
  EXPECT_EQ(cell["name"], "peer/ce/push/uni/gpu0-gpu1/bytes:268435456");
  EXPECT_EQ(cell["status"], "ok");
  EXPECT_EQ(cell["verdict"], "good");
  EXPECT_EQ(cell["counts"], "one-way");
  EXPECT_EQ(cell["peer_access"], true);
  EXPECT_EQ(cell["median"], 51.02);
  EXPECT_EQ(cell["bytes"], 268435456);
  EXPECT_EQ(cell["samples"].size(), 5u);
  EXPECT_EQ(cell["ceiling"]["value"], 56.25);
  Cell unknown = peer_cell("push", "uni", "gpu0", "gpu1", 1);
  result::Run run;
  run.cells = {unknown};
  EXPECT_EQ(to_json(run)["cells"][0]["verdict"], "no-ceiling");
}

TEST(Json, UnmeasuredNumbersAreNullAndWhatDoesNotApplyIsAbsent) {
  const Json cell = to_json(dual_rtx4090())["cells"][0];
  ASSERT_EQ(cell["status"], "unsupported");
  for (const char* key : {"median", "min", "max", "p05", "p95", "cv", "efficiency", "ceiling"}) {
    ASSERT_TRUE(cell.contains(key)) << key;
    EXPECT_TRUE(cell[key].is_null()) << key;
  }
  for (const char* key : {"verdict", "threads", "first_touch", "wire", "verified", "ranks"}) {
    EXPECT_FALSE(cell.contains(key)) << key;
  }
  EXPECT_EQ(cell["n"], 0);
}

TEST(Json, AFigureThatIsNoNumberIsNeverWrittenAsOne) {
  result::Run run;
  run.cells = {peer_cell("push", "uni", "gpu0", "gpu1", 1)};
  run.cells[0].median = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(Json::parse(to_text(run))["cells"][0]["median"].is_null());
}

TEST(Json, TextThatIsNotUtf8DoesNotStopTheFile) {
  result::Run run;
  run.cells = {peer_cell("push", "uni", "gpu0", "gpu1", 1)};
  run.cells[0].reason = "broken \xff byte";
  EXPECT_EQ(Json::parse(to_text(run))["cells"][0]["reason"], "broken \xef\xbf\xbd byte");
}

TEST(Json, WhatIdentifiesTheMachineIsWrittenOnlyWhenAsked) {
  const result::Run run = dual_rtx3090_nvlink();
  const std::string uuid = run.machine.gpus[1].uuid;
  ASSERT_FALSE(uuid.empty());
  EXPECT_THAT(to_text(run), Not(HasSubstr(uuid)));
  EXPECT_THAT(to_text(run, {.identify = true}), HasSubstr(uuid));
}

TEST(Json, EveryRunComesBackAsItWas) {
  for (const Sample& sample : samples()) {
    result::Run run = sample.run;
    run.findings = {{.what = "gpu0 is hot", .advice = "clean the fan"},
                    machine::make_finding(machine::FindingCode::nvlink_refused,
                                          {machine::pair_subject(0, 1), {{1}, 3, ""}},
                                          {{"links_up", 4}}, {{"driver", "GNS"}})};
    run.machine.modifiers = {machine::Modifier::wsl2, machine::Modifier::hidden_gpus};
    run.settings.sizes = {4 * KiB, 64 * GiB};
    run.settings.gpus = {0, 1};
    run.settings.pairs = {{0, 1}, {1, 0}};
    run.settings.filter = "peer/.*";
    run.cells[0].band = Band{50, 53, "two logs"};
    run.cells[0].basis =
        Basis{Cause::links_down, 0.7, "published", {{"links_up", 3}}, {{"healthy", "links"}}};
    run.cells[0].samples.push_back(0.1 + 0.2);
    const std::string text = to_text(run, {.identify = true});
    const auto back = from_json(text);
    ASSERT_TRUE(back.has_value()) << sample.name << ": " << back.error().message;
    EXPECT_EQ(to_text(*back, {.identify = true}), text) << sample.name;
    // A field that is neither written nor read would pass the comparison of texts.
    EXPECT_EQ(back->cells[0].samples, run.cells[0].samples);
    EXPECT_EQ(back->cells[0].band->high, 53);
    EXPECT_EQ(back->cells[0].basis.has_value(), back->cells[0].status == Status::ok);
    if (back->cells[0].basis) {
      ASSERT_TRUE(back->cells[0].basis);
      EXPECT_EQ(back->cells[0].basis->cause, Cause::links_down);
      EXPECT_EQ(back->cells[0].basis->threshold, 0.7);
      EXPECT_EQ(back->cells[0].basis->source, "published");
      EXPECT_EQ(back->cells[0].basis->figures, run.cells[0].basis->figures);
      EXPECT_EQ(back->cells[0].basis->quotes, run.cells[0].basis->quotes);
    }
    EXPECT_EQ(back->settings.pairs, run.settings.pairs);
    EXPECT_EQ(back->settings.sizes, run.settings.sizes);
    EXPECT_EQ(back->machine.modifiers, run.machine.modifiers);
    EXPECT_EQ(back->machine.machine_class, run.machine.machine_class);
    EXPECT_EQ(back->machine.gpus.size(), run.machine.gpus.size());
    EXPECT_EQ(back->machine.advice, run.machine.advice);
    EXPECT_EQ(back->findings[0].advice, "clean the fan");
    EXPECT_FALSE(back->findings[0].code);
    EXPECT_EQ(back->findings[1].code, machine::FindingCode::nvlink_refused);
    EXPECT_EQ(back->findings[1].severity, machine::Severity::error);
    EXPECT_EQ(back->findings[1].subjects, run.findings[1].subjects);
    EXPECT_EQ(back->findings[1].figures, run.findings[1].figures);
    EXPECT_EQ(back->findings[1].quotes, run.findings[1].quotes);
  }
}

/// A cell in which everything has a value, and no two the same; so many that its name cannot say
/// them all.
Cell full_cell() {
  Cell cell = peer_cell("pull", "uni", "gpu0", "gpu1", 50);
  cell.name = "with everything";
  cell.flows = {{"gpu0", "gpu1", "gpu1", 51}};
  cell.first_touch = "host0";
  cell.cores = "one-big";
  cell.threads = 3;
  cell.ranks = 4;
  cell.dtype = "float";
  cell.key.launch = Launch::graph;
  cell.key.exchange = Exchange::parts;
  cell.key.by_address = cell.key.host_resident = true;
  cell.numa_node = 7;
  cell.key.background = BackgroundLoad{5, MemoryKind::managed};
  cell.ceiling = Reference{60, "driver"};
  cell.band = Band{48, 52, "logs"};
  cell.efficiency = 0.83;
  cell.verdict = Verdict::good;
  cell.verdict_reason = "fast enough";
  cell.below_peers = 60;
  cell.basis =
      Basis{Cause::reached, 0.7, "published", {{"memory_mhz", 800}}, {{"healthy", "links"}}};
  cell.wire = "nvlink";
  cell.settled = false;
  cell.gpus = {0, 1};
  cell.transport = "P2P";
  cell.time_us = 12.5;
  cell.algbw = 41.25;
  cell.notes = {"how"};
  cell.error = "cudaErrorUnknown";
  return cell;
}

/// A machine of which everything is known, however unlikely together.
void fill(machine::Machine& machine) {
  const machine::Ceiling ceiling = pcie_ceiling({4, 16});
  machine::Gpu& gpu = machine.gpus[0];
  gpu.cpus = "0-15,32-47";
  gpu.bar1_bytes = 256 * MiB;
  machine::PcieLink& pcie = gpu.pcie;
  pcie.current = machine::PcieSpeed{1, 1};
  pcie.under_load = machine::PcieSpeed{2, 2};
  pcie.card_max = machine::PcieSpeed{3, 4};
  pcie.slot_max = machine::PcieSpeed{4, 8};
  pcie.narrowest = machine::PcieSpeed{5, 16};
  pcie.narrowest_at = "0000:40:01.1";
  pcie.idle = {Tri::no, "busy"};
  pcie.root = "pci0000:40";
  pcie.bridges = {"0000:40:01.1"};
  pcie.ceiling = ceiling;
  gpu.memory_clock = machine::MemoryClock{9501, 9751};
  gpu.nvml_index = 2;
  gpu.nvlinks_up = 3;
  gpu.nvlinks_present = 4;
  gpu.c2c_links = 10;
  gpu.c2c_ceiling = ceiling;
  machine::PeerLink& link = machine.links[0];
  link.allowed = capabilities("GNS", "NS", "OK");
  link.way = machine::PciTopologyLevel::node;
  link.way_source = "sysfs";
  link.native_atomics = {Tri::yes, "1"};
  link.cuda_rank = 0;
  link.through_switch = true;
  link.nvlink_ceiling = nvlink_ceiling(3, 14.0625);
  link.pcie_ceiling = ceiling;
  machine.pools[0].ceiling = ceiling;
  machine.pools[0].cpus = "0-7";
  machine.pools[0].groups = {{"big", true, 4, "4-7", "Cortex-X925"}};
  machine.hidden = {{"NVIDIA T400", "0000:09:00.0", machine::Hiding::lost, false, "GPU-9"}};
  machine.iommu = {Tri::yes, "DMA-FQ"};
  machine.acs_redirect = {Tri::unknown, "only root may read it"};
  machine.proof = {{"count", "1", "no pair"}};
  machine.no_peer_link = machine::Certainty::this_process_only;
  machine.one_pool_steps = {1};
  machine.proof_verdict = "none";
}

Json published_schema() {
  std::ifstream file(std::string(PEERBENCH_SOURCE_DIR) + "/src/result/result.schema.json");
  return Json::parse(file);
}

TEST(Json, ARunSaysWhetherItEnded) {
  result::Run run = dual_rtx3090_nvlink();
  EXPECT_FALSE(to_json(run).contains("ended")) << "nothing was planned";
  EXPECT_FALSE(is_unfinished(from_json(to_text(run)).value()));
  run.planned = 7;
  EXPECT_TRUE(to_json(run)["ended"].is_null());
  EXPECT_TRUE(is_unfinished(from_json(to_text(run)).value()));
  run.ended = "2026-01-31T12:01:00Z";
  result::Run read = from_json(to_text(run)).value();
  EXPECT_EQ(read.planned, 7);
  EXPECT_EQ(read.ended, run.ended);
  EXPECT_FALSE(is_unfinished(read));
  run.interrupted = Interruption::sigterm;
  read = from_json(to_text(run)).value();
  EXPECT_EQ(read.interrupted, Interruption::sigterm);
  EXPECT_TRUE(is_unfinished(read));
}

TEST(Json, TheSchemaKnowsEveryKeyThatIsWrittenAndNoOther) {
  const Json schema = published_schema();
  result::Run run = dual_rtx3090_nvlink();
  run.cells = {full_cell()};
  run.cells[0].skip = Skip::time_limit;
  run.planned = 2;
  run.interrupted = Interruption::sigint;
  run.settings.time_limit_seconds = 60;
  fill(run.machine);
  run.settings.filter = "peer";
  run.settings.full = true;
  run.settings.soak_seconds = 5;
  run.settings.split = SplitMessages{"llama-3-8b", 4096, {1, 2048}, 2};
  run.machine.gpus[0].numa_node = 1;
  run.simulated = Simulated{"name"};
  run.fits = {{"peer/ce/push/uni/gpu0-gpu1", 2.5, 51, 127500, 19, 0.001}};
  run.findings = {machine::make_finding(machine::FindingCode::peer_access_disputed,
                                        {machine::pair_subject(0, 1)}, {{"figure", 1}},
                                        {{"nvml", "GNS"}})};
  run.signals = Replayed{"box.json", "2026-01-31T12:00:00Z"};
  run.checks = {{"nvlink", Outcome::not_met, "why", {{"asked", "no", ""}}, "advice"}};
  PeerGroup group{Join::nvlink,
                  true,
                  3,
                  4,
                  "OK",
                  {{0, 1}},
                  Spread{1, 2, 3},
                  Spread{4, 5, 6},
                  Spread{7, 8, 9},
                  Spread{10, 11, 12},
                  42.2,
                  56.25,
                  0.9,
                  0.7,
                  true,
                  {0, 1},
                  Band{1, 2, "others"}};
  AnswerLine line{Measured::all_reduce,
                  Spread{1, 2, 3},
                  Spread{4, 5, 6},
                  Spread{1, 1, 1},
                  Spread{2, 2, 2},
                  Spread{3, 3, 3},
                  0.8,
                  true,
                  1024,
                  "P2P",
                  2};
  run.conclusion = Conclusion{Answer::degraded,
                              {group},
                              {line},
                              {{"cpu_load_ns", 113}},
                              {machine::FindingCode::nvlinks_partly_down},
                              63,
                              1};
  const Json document = to_json(run, {.identify = true});
  const auto expect_same = [](const Json& written, const Json& described) {
    EXPECT_THAT(keys(written), testing::UnorderedElementsAreArray(keys(described["properties"])));
  };
  const Json& defs = schema["$defs"];
  const Json& machine = document["machine"];
  expect_same(document, schema);
  expect_same(document["tool"], defs["tool"]);
  expect_same(document["simulated"], defs["simulated"]);
  expect_same(document["settings"], defs["settings"]);
  expect_same(document["settings"]["split"], defs["split_messages"]);
  expect_same(document["fits"][0], defs["fit"]);
  expect_same(document["findings"][0], defs["finding"]);
  expect_same(document["signals"], defs["replayed"]);
  const Json& conclusion = document["conclusion"];
  expect_same(conclusion, defs["conclusion"]);
  expect_same(conclusion["groups"][0], defs["peer_group"]);
  expect_same(conclusion["groups"][0]["one_way"], defs["spread"]);
  expect_same(conclusion["lines"][0], defs["answer_line"]);
  const auto again = from_json(document.dump());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(to_json(*again)["conclusion"], conclusion);
  expect_same(document["checks"][0], defs["check"]);
  expect_same(machine, defs["machine"]);
  expect_same(machine["gpus"][0], defs["gpu"]);
  expect_same(machine["gpus"][0]["managed"], defs["signal"]);
  expect_same(machine["gpus"][0]["pcie"], defs["pcie_link"]);
  expect_same(machine["gpus"][0]["pcie"]["narrowest"], defs["pcie_speed"]);
  expect_same(machine["gpus"][0]["pcie"]["ceiling"], defs["ceiling"]);
  expect_same(machine["links"][0]["allowed"], defs["peer_capabilities"]);
  expect_same(machine["hidden"][0], defs["hidden_gpu"]);
  expect_same(machine["links"][0], defs["link"]);
  expect_same(machine["pools"][0], defs["pool"]);
  expect_same(machine["pools"][0]["groups"][0], defs["core_group"]);
  expect_same(machine["evidence"][0], defs["evidence"]);
  expect_same(document["cells"][0], defs["cell"]);
  expect_same(document["cells"][0]["flows"][0], defs["flow"]);
  expect_same(document["cells"][0]["ceiling"], defs["reference"]);
  expect_same(document["cells"][0]["band"], defs["band"]);
  expect_same(document["cells"][0]["basis"], defs["basis"]);

  const auto back = from_json(document.dump());
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(to_json(*back, {.identify = true}), document);
}

/// A document as the first version wrote it: without what the schema does not require.
void strip(Json& value, const Json& described, const Json& defs) {
  const Json& schema =
      described.contains("$ref")
          ? defs[described["$ref"].get<std::string>().substr(std::string("#/$defs/").size())]
          : described;
  if (value.is_array()) {
    for (Json& item : value) strip(item, schema["items"], defs);
  }
  if (!value.is_object()) return;
  const Json required = schema.value("required", Json::array());
  for (const std::string& key : keys(value)) {
    if (std::ranges::find(required, Json(key)) == required.end()) {
      value.erase(key);
    } else {
      strip(value[key], schema["properties"][key], defs);
    }
  }
}

TEST(Json, AFileWithoutTheKeysThatCameLaterIsReadAsUnknown) {
  const Json schema = published_schema();
  result::Run run = dual_rtx3090_nvlink();
  fill(run.machine);
  Json document = to_json(run);
  strip(document["machine"], schema["$defs"]["machine"], schema["$defs"]);
  ASSERT_FALSE(document["machine"]["links"][0].contains("allowed")) << "nothing was stripped";
  const auto back = from_json(document.dump());
  ASSERT_TRUE(back.has_value()) << back.error().message;
  const machine::Machine& machine = back->machine;
  EXPECT_EQ(machine.iommu.value, Tri::unknown);
  EXPECT_TRUE(machine.hidden.empty());
  EXPECT_TRUE(machine.proof.empty());
  const machine::Gpu& gpu = machine.gpus.at(0);
  EXPECT_EQ(gpu.bar1_bytes, 0u);
  EXPECT_EQ(gpu.numa_node, -1);
  EXPECT_EQ(gpu.nvlinks_up, std::nullopt);
  EXPECT_EQ(gpu.c2c_links, 0);
  EXPECT_EQ(gpu.pcie.current, std::nullopt);
  EXPECT_EQ(gpu.pcie.idle.value, Tri::unknown);
  const machine::PeerLink& link = machine.links.at(0);
  EXPECT_EQ(link.allowed.read.value, Tri::unknown);
  EXPECT_EQ(link.way, machine::PciTopologyLevel::unknown);
  EXPECT_FALSE(link.nvlink_ceiling.has_value());
  EXPECT_FALSE(link.through_switch);
}

TEST(Json, WhatIsNotKnownOfAMachineIsLeftOut) {
  const Json machine = to_json(without_nvml())["machine"];
  for (const char* key : {"iommu", "acs_redirect", "hidden", "proof", "no_peer_link",
                          "one_pool_steps", "proof_verdict"}) {
    EXPECT_FALSE(machine.contains(key)) << key;
  }
  EXPECT_FALSE(machine["gpus"][0].contains("nvlinks_up"));
  EXPECT_FALSE(machine["gpus"][1].contains("pcie"));
  EXPECT_EQ(keys(machine["gpus"][0]["pcie"]), std::vector<std::string>{"slot_max"});
  EXPECT_FALSE(machine["links"][0].contains("allowed"));
  EXPECT_EQ(machine["links"][0]["way"], "PHB");
  EXPECT_TRUE(machine["links"][0]["links_up"].is_null());
  // Asked and not answered is worth keeping: who refused is in the raw value.
  EXPECT_EQ(to_json(unlike_pair())["machine"]["acs_redirect"],
            (Json{{"value", "unknown"}, {"raw", "only root may read it"}}));
}

TEST(Json, EveryMachineComesBackAsItWas) {
  for (const Sample& sample : machine_samples()) {
    const std::string text = to_text(sample.run, {.identify = true});
    const auto back = from_json(text);
    ASSERT_TRUE(back.has_value()) << sample.name << ": " << back.error().message;
    EXPECT_EQ(to_text(*back, {.identify = true}), text) << sample.name;
  }
}

TEST(Json, AnotherSchemaIsRefusedByName) {
  Json document = to_json(no_gpu());
  document["schema"] = "peerbench.result/9";
  EXPECT_THAT(refusal(document), HasSubstr("\"peerbench.result/9\""));
  document.erase("schema");
  EXPECT_THAT(refusal(document), HasSubstr("not named"));
  EXPECT_THAT(refusal(Json::array()), HasSubstr("not named"));
  EXPECT_THAT(from_json("{\"schema\": ").error().message, HasSubstr("not a complete JSON"));
}

TEST(Json, AMalformedFieldIsRefusedWithItsPlace) {
  const Json document = to_json(dual_rtx3090_nvlink());
  const auto with = [&](const char* pointer, const Json& value) {
    Json changed = document;
    changed[Json::json_pointer(pointer)] = value;
    return refusal(changed);
  };
  ASSERT_EQ(refusal(document), "");
  EXPECT_THAT(with("/cells/2/median", "11.3"), HasSubstr("cells[2].median is not a number"));
  EXPECT_THAT(with("/cells/0/status", "fine"), HasSubstr("cells[0].status is \"fine\""));
  EXPECT_THAT(with("/cells/0/bytes", -1), HasSubstr("cells[0].bytes is negative"));
  EXPECT_THAT(with("/cells/0/n", 1.5), HasSubstr("cells[0].n is not a whole number"));
  EXPECT_THAT(with("/cells/0/peer_access", 1), HasSubstr("cells[0].peer_access is not true"));
  EXPECT_THAT(with("/cells/0/samples/1", "x"), HasSubstr("cells[0].samples is not a number"));
  EXPECT_THAT(with("/settings/pairs", {1}), HasSubstr("settings.pairs"));
  EXPECT_THAT(with("/machine", 7), HasSubstr("machine. is not an object"));
  EXPECT_THAT(with("/cells", 7), HasSubstr("cells is not an array"));
  EXPECT_THAT(with("/machine/links/1/way", "XYZ"), HasSubstr("machine.links[1].way is \"XYZ\""));
  EXPECT_THAT(with("/machine/gpus/0/bar1_bytes", -1), HasSubstr("bar1_bytes is negative"));
  EXPECT_THAT(with("/machine/gpus/0/pcie/current/width", "x16"),
              HasSubstr("pcie.current.width is not a whole number"));
  EXPECT_THAT(with("/machine/links/0/nvlink_ceiling/gbs", nullptr),
              HasSubstr("nvlink_ceiling.gbs is not a number"));
  Json without = document;
  without["cells"][1].erase("status");
  EXPECT_THAT(refusal(without), HasSubstr("cells[1].status is missing"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::result
