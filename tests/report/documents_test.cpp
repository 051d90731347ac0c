// SPDX-License-Identifier: Apache-2.0
// The pages as a whole: what the header, the closing line and the paragraphs say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

#include "../result/sample_machines.hpp"
#include "report/exporters.hpp"
#include "report/page.hpp"
#include "report/tables.hpp"
#include "table_words.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using result::Status;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// On one endless line a paragraph, so that wrapping hides nothing.
std::string page(const result::Run& run) {
  return to_terminal(run_document(concluded(run), every_table), 100000, false);
}

std::string machine_page(const result::Run& run) {
  return to_terminal(machine_document(run), 100000, false);
}

TEST(RunDocument, SaysSimulatedOrMeasured) {
  auto run = result::dual_rtx3090_nvlink();
  EXPECT_THAT(page(run), HasSubstr("measured: on this machine"));
  EXPECT_THAT(page(run), Not(HasSubstr("SIMULATED")));
  run.simulated = result::Simulated{"dual-rtx3090-nvlink"};
  EXPECT_THAT(page(run),
              HasSubstr("SIMULATED machine dual-rtx3090-nvlink: no hardware was measured"));
  EXPECT_THAT(page(run), Not(HasSubstr("on this machine, ")));
  EXPECT_THAT(to_terminal(machine_document(run), 80, false), HasSubstr("SIMULATED"));
  EXPECT_THAT(to_markdown(run_document(concluded(run), every_table)), HasSubstr("SIMULATED"));
  EXPECT_THAT(to_csv(run), HasSubstr("SIMULATED dual-rtx3090-nvlink"));
}

TEST(RunDocument, SaysHowMuchOfTheHostsMemoryWasLeft) {
  auto run = result::dgx_spark();
  run.machine.pools.front().available_bytes = 30 * GiB;
  run.machine.pools.front().total_bytes = 120 * GiB;
  EXPECT_THAT(to_terminal(run_document(concluded(run), every_table), 200, false),
              HasSubstr("; 30 GiB of 120 GiB available\n"));
  run.machine.pools.front().available_bytes = 0;  // not known
  EXPECT_THAT(page(run), Not(HasSubstr("available")));
}

TEST(RunDocument, SaysHowPcieRanUnderLoad) {
  result::Run run = result::dual_rtx3090_nvlink();
  for (auto& gpu : run.machine.gpus) gpu.pcie = {};
  EXPECT_THAT(page(run), Not(HasSubstr("under load")));
  for (auto& gpu : run.machine.gpus) {
    gpu.pcie.current = machine::PcieSpeed{1, 16};
    gpu.pcie.under_load = machine::PcieSpeed{4, 16};
  }
  EXPECT_THAT(page(run), HasSubstr("gpu0, gpu1 4.0 x16 under load, 1.0 x16 idle"));
  run.machine.gpus[1].pcie.under_load = machine::PcieSpeed{3, 16};
  EXPECT_THAT(page(run), HasSubstr("gpu0 4.0 x16 under load, 1.0 x16 idle; gpu1 3.0 x16"));
}

TEST(RunDocument, VerifiedIsSaidOnlyWhenEverythingWas) {
  auto run = result::dual_rtx3090_nvlink();
  EXPECT_THAT(page(run), HasSubstr("verified: all data"));
  run.cells[0].verified = false;
  EXPECT_THAT(page(run), Not(HasSubstr("verified: all data")));
  run = result::dual_rtx3090_nvlink();
  run.cells[0] = result::unmeasured(run.cells[0], Status::corrupt, "12 bytes differ.");
  EXPECT_THAT(page(run), Not(HasSubstr("verified: all data")));
}

TEST(RunDocument, StagedIsExplainedOnceAndOnlyBesideNvlink) {
  const std::string nvlink = page(result::dual_rtx3090_nvlink());
  const auto at = nvlink.find("It is not the PCIe P2P rate");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(nvlink.find("It is not the PCIe P2P rate", at + 1), std::string::npos);
  EXPECT_THAT(page(result::dual_rtx4090()), Not(HasSubstr("It is not the PCIe P2P rate")));
}

TEST(RunDocument, OneChipHasNoPeerNvlinkAndShowsTheEvidence) {
  const std::string text = page(result::dgx_spark());
  EXPECT_THAT(text, HasSubstr("No peer (GPU-to-GPU) NVLink"));
  EXPECT_THAT(text, HasSubstr("[4] NVLink-C2C = 8 links x 43125 MB/s -> joins CPU and GPU"));
  EXPECT_THAT(text, HasSubstr("verdict: peer link: none (confirmed by 1, 2, 3)"));
  EXPECT_THAT(text, Not(HasSubstr("GPU to GPU")));
}

TEST(RunDocument, AFileFromBeforeTheProofShowsItsEvidence) {
  auto run = result::dgx_spark();
  run.machine.proof.clear();
  EXPECT_THAT(page(run), HasSubstr("No peer (GPU-to-GPU) NVLink on this machine"));
  EXPECT_THAT(page(run), HasSubstr("- NVML: NVLink-C2C links: 8 x 43.125 GB/s"));
}

TEST(RunDocument, NothingIsClaimedOfPeerLinksWhereAnotherGpuIsHidden) {
  auto run = result::dgx_spark();
  run.machine.proof.clear();
  run.machine.modifiers = {machine::Modifier::hidden_gpus};
  run.machine.evidence = {{"nvmlDeviceGetCount", "2", "1 more than CUDA shows"}};
  for (const auto& text : {page(run), machine_page(run)}) {
    EXPECT_THAT(text, Not(HasSubstr("No peer (GPU-to-GPU) NVLink")));
    EXPECT_THAT(text, HasSubstr("1 more than CUDA shows"));
  }
}

TEST(RunDocument, WithoutAGpuItSaysWhatIsMissingAndHowToLookAtASimulatedMachine) {
  const std::string text = page(result::no_gpu());
  EXPECT_THAT(text, HasSubstr("install one from your distribution"));
  EXPECT_THAT(text, HasSubstr("peerbench --simulate dual-rtx3090-nvlink"));
  EXPECT_THAT(text, HasSubstr("peerbench machines"));
}

TEST(RunDocument, TheVerdictIsAboutTheMostSeriousThing) {
  auto run = result::dual_rtx3090_nvlink();
  const auto verdict = [&] { return verdict_line(concluded(run)); };
  EXPECT_THAT(verdict(), StartsWith("GOOD  "));
  run.cells[1].verdict = result::Verdict::low;
  run.cells[0].verdict = result::Verdict::low;
  EXPECT_THAT(verdict(), StartsWith("LOW  "));
  run.cells[3] = result::unmeasured(run.cells[3], Status::hang, "no progress");
  EXPECT_THAT(verdict(), AllOf(StartsWith("HANG  "), HasSubstr("never ended")));
  run.cells[2] = result::unmeasured(run.cells[2], Status::corrupt, "12 bytes differ");
  EXPECT_THAT(page(run), Not(HasSubstr("Use staged copies"))) << "these are the corrupt ones";
  EXPECT_THAT(verdict(), AllOf(StartsWith("CORRUPT  "), HasSubstr("arrived wrong")));
  EXPECT_THAT(page(run), HasSubstr("'peer/ce/staged/uni/gpu0-gpu1/bytes:268435456'"))
      << "how to repeat it";
  run.cells.clear();
  EXPECT_EQ(verdict(), "UNKNOWN  Nothing was measured.\n");
  run.settings.filter = "^collective/";
  EXPECT_THAT(page(run), HasSubstr("matches --filter '^collective/'"));
}

TEST(Verdict, TheDocumentationListsAllOfItsWords) {
  std::ifstream file(std::string(PEERBENCH_SOURCE_DIR) + "/docs/answers.md");
  const std::regex row(R"(\| ([A-Z ]+) \| `([a-z-]+)` \| .*)");
  std::vector<std::string> listed, known;
  std::smatch found;
  for (std::string line; std::getline(file, line);) {
    if (std::regex_match(line, found, row)) listed.push_back(found.str(1) + " " + found.str(2));
  }
  for (const auto answer : result::all_of<result::Answer>) {
    known.push_back(std::string(headline_word(answer)) + " " + name(answer));
  }
  EXPECT_EQ(std::multiset<std::string>(listed.begin(), listed.end()),
            std::multiset<std::string>(known.begin(), known.end()));
}

TEST(Verdict, OfOneChipSaysHowSureItIs) {
  auto run = result::dgx_spark();
  run.machine.no_peer_link = machine::Certainty::confirmed;
  EXPECT_THAT(page(run), HasSubstr("No peer link, confirmed: "));
  run.machine.no_peer_link = machine::Certainty::not_by_nvml;
  EXPECT_THAT(page(run), HasSubstr("No peer link, though NVML could not be asked: "));
}

TEST(Verdict, OfALowRateSaysThatAllLinksAreUpOnlyWhereThatIsKnown) {
  auto run = result::dual_rtx3090_nvlink();
  for (auto& cell : run.cells) {
    if (cell.ceiling) cell.verdict = result::Verdict::low;
  }
  EXPECT_THAT(verdict_line(concluded(run)), StartsWith("LOW  All links are up, yet GPU to GPU"));
  for (auto& link : run.machine.links) link.links_present.reset();
  EXPECT_THAT(verdict_line(concluded(run)), StartsWith("LOW  GPU to GPU reaches"));
}

TEST(RunDocument, FindingsAreShownWithTheirAdvice) {
  auto run = result::dual_rtx3090_nvlink();
  EXPECT_THAT(page(run), HasSubstr("Findings: none."));
  run.findings = {{.what = "gpu1 runs at PCIe 1.1.", .advice = "Reseat the card."}};
  EXPECT_THAT(page(run), HasSubstr("  - gpu1 runs at PCIe 1.1.\n    -> Reseat the card.\n"));
}

TEST(RunDocument, FindingsStandAboveTheTablesAndNoneTwice) {
  auto run = result::dual_rtx3090_nvlink();
  run.findings = {{.what = "Hot.", .advice = "Clean the fan."}, {.what = "Slow."}};
  run.machine.findings = {{.what = "Hot.", .advice = "Clean the fan."},
                          {.what = "Half seated.", .advice = "Seat it anew."}};
  for (const auto& [text, table] : {std::pair{page(run), "GPU to GPU, one way"},
                                    std::pair{machine_page(run), "What joins the GPUs"}}) {
    EXPECT_THAT(text, HasSubstr("Findings\n  - Hot.\n    -> Clean the fan.\n  - Slow.\n"
                                "  - Half seated.\n    -> Seat it anew.\n"));
    EXPECT_LT(text.find("Findings"), text.find(table));
  }
}

TEST(MachineDocument, CountsNamesAndSaysWhy) {
  const std::string text = machine_page(result::dual_rtx3090_nvlink());
  EXPECT_THAT(text, HasSubstr("2 x NVIDIA GeForce RTX 3090\n"));
  EXPECT_THAT(text, HasSubstr("discrete-nvlink: 4 NVLinks of gpu0 lead to gpu1"));
  EXPECT_THAT(text, HasSubstr("cudaDeviceCanAccessPeer(gpu0, gpu1): 1 (peer access can be"));
  EXPECT_THAT(text, HasSubstr("CUDA 13.0"));
}

TEST(MachineDocument, SaysWhichCardIsWhichWhenTheyAreNotAlike) {
  EXPECT_THAT(machine_page(result::unlike_pair()),
              HasSubstr("1 x NVIDIA RTX 6000 Ada Generation (gpu0), 1 x NVIDIA RTX PRO 6000 "
                        "Blackwell Max-Q Workstation Edition (gpu1)"));
  result::Run run;
  result::add_gpus(run, 2, "");
  EXPECT_THAT(machine_page(run), HasSubstr("2 x GPU of unknown model"));
}

TEST(MachineDocument, TheHostsLineHoldsOnlyWhatIsKnown) {
  const auto host = [](Signal iommu, Signal acs) -> std::string {
    auto run = result::dual_rtx4090();
    run.machine.iommu = std::move(iommu);
    run.machine.acs_redirect = std::move(acs);
    for (const auto& [label, text] : machine_document(run).header) {
      if (label == "host") return text.words;
    }
    return "";
  };
  EXPECT_EQ(host({}, {}), "");
  EXPECT_EQ(host({Tri::no, "no groups"}, {}), "IOMMU off (no groups)");
  EXPECT_EQ(host({}, {Tri::unknown, "only root"}), "ACS not known (only root)");
  EXPECT_EQ(host({Tri::yes, "DMA-FQ"}, {Tri::yes, ""}),
            "IOMMU on (DMA-FQ); ACS sends peer traffic up to the host");
  EXPECT_EQ(host({Tri::yes, ""}, {Tri::no, ""}),
            "IOMMU on; ACS lets peer traffic pass between ports");
}

TEST(MachineDocument, PartsComeInTheirOrderAndEmptyOnesNotAtAll) {
  const auto titles = [](const result::Run& run) {
    std::vector<std::string> made;
    for (const auto& block : machine_document(run).blocks) {
      std::visit([&](const auto& part) { made.push_back(part.title); }, block);
    }
    return made;
  };
  EXPECT_THAT(
      titles(result::half_seated_bridge()),
      ElementsAre("Findings", "GPUs", "How each GPU reaches the host", "What joins the GPUs",
                  "What may talk to what", "Ceilings", "Memory pools", "Why this class"));
  EXPECT_THAT(titles(result::dgx_spark()),
              ElementsAre("The GPU", "NVLink-C2C: joins GPU and CPU inside the package, not GPUs",
                          "Ceilings", "Memory pools",
                          "No peer (GPU-to-GPU) NVLink is visible: the proof", "Why this class"));
  EXPECT_THAT(titles(result::no_gpu()),
              ElementsAre("Memory pools", "Why this class", "What is missing"));
  EXPECT_THAT(titles(result::single_of_eight()),
              Contains("GPUs of this machine that CUDA does not show"));
}

TEST(MachineDocument, EvidenceThatCardsShareIsOneLine) {
  result::Run run;
  result::add_gpus(run, 4, "model");
  run.machine.evidence = {{"count", "4", ""},
                          {"gpu0 NVLinks", "4 up", "fine"},
                          {"gpu1 NVLinks", "3 up", "not fine"},
                          {"gpu2 NVLinks", "4 up", "fine"},
                          {"gpu3 NVLinks", "4 up", "fine"},
                          {"gpuX NVLinks", "4 up", "fine"}};
  const auto document = machine_document(run);
  const auto& section = std::get<Section>(document.blocks.back());
  std::vector<std::string> lines;
  for (const Text& line : section.lines) lines.push_back(line.words);
  EXPECT_THAT(lines, ElementsAre("count: 4", "gpu0, gpu2, gpu3 NVLinks: 4 up (fine)",
                                 "gpu1 NVLinks: 3 up (not fine)", "gpuX NVLinks: 4 up (fine)"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
