// The pages as a whole: what the header, the closing line and the paragraphs say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../result/sample_runs.hpp"
#include "report/exporters.hpp"
#include "report/tables.hpp"

namespace peerbench::report {
namespace {

using result::Status;
using testing::HasSubstr;
using testing::Not;

/// On one endless line a paragraph, so that wrapping hides nothing.
std::string page(const result::Run& run) { return to_terminal(run_document(run), 100000, false); }

TEST(RunDocument, SaysSimulatedOrMeasured) {
  auto run = result::dual_rtx3090_nvlink();
  EXPECT_THAT(page(run), HasSubstr("measured  on this machine"));
  EXPECT_THAT(page(run), Not(HasSubstr("SIMULATED")));
  run.simulated = result::Simulated{"dual-rtx3090-nvlink"};
  EXPECT_THAT(page(run),
              HasSubstr("SIMULATED machine dual-rtx3090-nvlink: no hardware was measured"));
  EXPECT_THAT(page(run), Not(HasSubstr("on this machine, ")));
  EXPECT_THAT(to_terminal(machine_document(run), 80, false), HasSubstr("SIMULATED"));
  EXPECT_THAT(to_markdown(run_document(run)), HasSubstr("SIMULATED"));
  EXPECT_THAT(to_csv(run), HasSubstr("SIMULATED dual-rtx3090-nvlink"));
}

TEST(RunDocument, VerifiedIsSaidOnlyWhenEverythingWas) {
  auto run = result::dual_rtx3090_nvlink();
  EXPECT_THAT(page(run), HasSubstr("verified  all data"));
  run.cells[0].verified = false;
  EXPECT_THAT(page(run), Not(HasSubstr("verified  all data")));
  run = result::dual_rtx3090_nvlink();
  run.cells[0] = result::unmeasured(run.cells[0], Status::corrupt, "12 bytes differ.");
  EXPECT_THAT(page(run), Not(HasSubstr("verified  all data")));
}

TEST(RunDocument, StagedIsExplainedOnceAndOnlyBesideNvlink) {
  const std::string nvlink = page(result::dual_rtx3090_nvlink());
  const auto at = nvlink.find("It is not the PCIe P2P rate");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(nvlink.find("It is not the PCIe P2P rate", at + 1), std::string::npos);
  EXPECT_THAT(page(result::dual_rtx4090()), Not(HasSubstr("P2P")));
}

TEST(RunDocument, OneChipHasNoPeerNvlinkAndShowsTheEvidence) {
  const std::string text = page(result::dgx_spark());
  EXPECT_THAT(text, HasSubstr("No peer (GPU-to-GPU) NVLink"));
  EXPECT_THAT(text, HasSubstr("NVLink-C2C links: 8 x 43.125 GB/s"));
  EXPECT_THAT(text, Not(HasSubstr("Card to card")));
}

TEST(RunDocument, WithoutAGpuItSaysWhatIsMissingAndHowToLookAtASimulatedMachine) {
  const std::string text = page(result::no_gpu());
  EXPECT_THAT(text, HasSubstr("install one from your distribution"));
  EXPECT_THAT(text, HasSubstr("peerbench --simulate dual-rtx3090-nvlink"));
  EXPECT_THAT(text, HasSubstr("peerbench machines"));
}

TEST(RunDocument, TheLastLineIsAboutTheMostSeriousThing) {
  auto run = result::dual_rtx3090_nvlink();
  const auto next = [&] { return run_document(run).next.at(0); };
  EXPECT_THAT(next(), HasSubstr("--output FILE"));
  run.cells[1].verdict = result::Verdict::low;
  EXPECT_THAT(next(), HasSubstr("'peer/ce/pull/uni/gpu0-gpu1/bytes:268435456'"));
  run.cells[3] = result::unmeasured(run.cells[3], Status::hang, "no progress");
  EXPECT_THAT(next(), HasSubstr("never ended"));
  EXPECT_THAT(next(), HasSubstr("'peer/ce/push/uni/gpu1-gpu0/bytes:268435456'"));
  run.cells[2] = result::unmeasured(run.cells[2], Status::corrupt, "12 bytes differ");
  EXPECT_THAT(next(), HasSubstr("arrived wrong"));
  run.cells.clear();
  EXPECT_THAT(next(), HasSubstr("Nothing was measured"));
}

TEST(RunDocument, FindingsAreShownWithTheirAdvice) {
  auto run = result::dual_rtx3090_nvlink();
  run.findings = {{"gpu1 runs at PCIe 1.1.", "Reseat the card."}};
  EXPECT_THAT(page(run), HasSubstr("gpu1 runs at PCIe 1.1. Reseat the card."));
}

TEST(MachineDocument, CountsNamesAndSaysWhy) {
  const std::string text =
      to_terminal(machine_document(result::dual_rtx3090_nvlink()), 100000, false);
  EXPECT_THAT(text, HasSubstr("2 x NVIDIA GeForce RTX 3090"));
  EXPECT_THAT(text, HasSubstr("discrete-nvlink: 4 NVLinks of gpu0 lead to gpu1"));
  EXPECT_THAT(text, HasSubstr("cudaDeviceCanAccessPeer(gpu0, gpu1): 1 (peer access can be"));
  EXPECT_THAT(text, HasSubstr("4 of 4"));
  EXPECT_THAT(text, HasSubstr("CUDA 13.0"));
}

TEST(MachineDocument, UnknownIsNeitherYesNorNo) {
  result::Run run;
  result::add_gpus(run, 2, "");
  for (auto& link : run.machine.links) {
    machine::PeerLink unknown;
    unknown.from = link.from;
    unknown.to = link.to;
    link = unknown;
  }
  const auto document = machine_document(run);
  const auto* table = std::get_if<Table>(&document.blocks.at(1));
  ASSERT_NE(table, nullptr);
  for (const auto& row : table->rows) {
    EXPECT_EQ(row[1].words, "unknown");
    EXPECT_EQ(row[2].words, "unknown");
    EXPECT_EQ(row[3].words, "unknown");
    EXPECT_EQ(row[4].words, "-");
  }
  EXPECT_THAT(to_markdown(document), HasSubstr("2 x GPU of unknown model"));
}

}  // namespace
}  // namespace peerbench::report
