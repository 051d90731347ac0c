// SPDX-License-Identifier: Apache-2.0
// What the messages of a split model take, by hand.
#include "judge/link_curves.hpp"
#include "../result/sample_cells.hpp"

#include <gmock/gmock.h>

#include "round_figures.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

using ::testing::HasSubstr;

TEST(LinkCurves, APipelineAddsItsBoundariesAndBreaksWhereOneIsMissing) {
  result::Run run = pair_of_cards();
  auto third = run.machine.gpus[0];
  third.ordinal = 2;
  run.machine.gpus.push_back(third);
  run.cells = {read(0, 800), copy("push", "uni", 0, 1, 50, 2000),
               copy("push", "uni", 1, 2, 10, 2000)};
  auto estimate = made(run, request());
  EXPECT_NEAR(link(estimate, Parallel::pipeline, Step::decode, LinkWay::peer).ms.value_or(0),
              2000 / 50e9 * 1e3 + 2000 / 10e9 * 1e3, nearly);
  run.cells[2].status = result::Status::unsupported;
  run.cells[2].median.reset();
  run.cells[2].reason = "refused here";
  estimate = made(run, request());
  const auto& cost = link(estimate, Parallel::pipeline, Step::decode, LinkWay::peer);
  EXPECT_FALSE(cost.ms.has_value());
  EXPECT_EQ(cost.reason, "refused here");
  auto asked = request();
  asked.cards = 2;
  estimate = made(run, asked);
  EXPECT_TRUE(link(estimate, Parallel::pipeline, Step::decode, LinkWay::peer).ms.has_value())
      << "the third GPU is no part of it";
}

TEST(LinkCurves, ADecodeStepCostsTwoExchangesALayer) {
  const auto estimate = made(pair_of_cards(), request());
  const auto& cost = link(estimate, Parallel::tensor, Step::decode, LinkWay::peer);
  EXPECT_EQ(cost.message_bytes, 2000u);
  EXPECT_EQ(cost.messages, 20);
  EXPECT_EQ(cost.token_bytes, 40'000u) << "two GPUs send each all of it";
  EXPECT_EQ(cost.wire, "nvlink");
  // From 16 B in 4 us (the slower way) to 200 MB, both ways, in 4 ms.
  const double once = 4e-6 + (2000 - 16) * (4e-3 - 4e-6) / (200e6 - 16);
  ASSERT_TRUE(cost.ms.has_value());
  EXPECT_NEAR(*cost.ms, 20 * once * 1e3, nearly);
  EXPECT_THAT(cost.reason, HasSubstr("between latency/ce/push/gpu1-gpu0/bytes:16 and "
                                     "peer/ce/push/bi/gpu0-gpu1"));
  // The slower GPU reads half of weights and cache.
  const double memory = (1e9 + 20e6) / 2 / 400e9 * 1e3;
  EXPECT_EQ(estimate.read_gbs, 400);
  EXPECT_NEAR(estimate.memory_ms.value_or(0), memory, nearly);
  EXPECT_NEAR(cost.share.value_or(0), *cost.ms / (*cost.ms + memory), nearly);
  EXPECT_NEAR(estimate.most_tokens_s.value_or(0), 1e3 / (*cost.ms + memory), 1e-6);
}

TEST(LinkCurves, APipelineSendsOnceABoundaryAndReadsOneCardAfterTheOther) {
  const auto estimate = made(pair_of_cards(), request());
  const auto& cost = link(estimate, Parallel::pipeline, Step::decode, LinkWay::peer);
  EXPECT_EQ(cost.messages, 1);
  EXPECT_EQ(cost.token_bytes, 2000u);
  // From gpu0 to gpu1 only: the way back is no boundary.
  const double once = 2e-6 + (2000 - 16) * (1e-3 - 2e-6) / (60e6 - 16);
  EXPECT_NEAR(cost.ms.value_or(0), once * 1e3, nearly);
  // Half of the layers at 800 GB/s, half at 400; split by tensors both read a half at 400.
  EXPECT_NEAR(cost.share.value_or(0), *cost.ms / (*cost.ms + 1.5 * *estimate.memory_ms), nearly);
}

TEST(LinkCurves, ABatchSharesTheWeightsButNotTheCache) {
  auto asked = request();
  asked.batch = 8;
  const auto estimate = made(pair_of_cards(), asked);
  EXPECT_EQ(link(estimate, Parallel::tensor, Step::decode, LinkWay::peer).message_bytes, 16000u);
  EXPECT_EQ(estimate.read_bytes, (1'000'000'000u + 8 * 20'000'000u) / 2);
  asked.model.parameters = 4e9;  // a mixture of unknown experts: 1e9 a token, at most 4e9
  EXPECT_EQ(made(pair_of_cards(), asked).read_bytes, (4'000'000'000u + 8 * 20'000'000u) / 2);
}

TEST(LinkCurves, PrefillCarriesAChunkOfThePrompt) {
  auto asked = request();
  asked.context = 8000;
  const auto estimate = made(pair_of_cards(), asked);
  const auto& cost = link(estimate, Parallel::tensor, Step::prefill, LinkWay::peer);
  EXPECT_EQ(cost.tokens, prefill_chunk);
  EXPECT_EQ(cost.message_bytes, Bytes{prefill_chunk} * 2000);
  EXPECT_FALSE(cost.share.has_value()) << "compute bounds a prefill";
  asked.context = 100;
  EXPECT_EQ(made(pair_of_cards(), asked).prefill_tokens, 100);
}

TEST(LinkCurves, OutsideOfWhatWasMeasuredThereIsNoFigure) {
  auto asked = request();
  asked.model.hidden = 100'000;
  asked.batch = 2048;  // messages of 410 MB, halves of 205
  const auto estimate = made(pair_of_cards(), asked);
  const auto& cost = link(estimate, Parallel::tensor, Step::decode, LinkWay::peer);
  EXPECT_FALSE(cost.ms.has_value());
  EXPECT_THAT(cost.reason, HasSubstr("outside of what was measured, 16 B to"));
  const auto& staged = link(estimate, Parallel::tensor, Step::decode, LinkWay::staged);
  EXPECT_FALSE(staged.ms.has_value());
  EXPECT_THAT(staged.reason, HasSubstr("run --model"));
  EXPECT_FALSE(estimate.most_tokens_s.has_value());
}

TEST(LinkCurves, LargeExchangesAmongManyGoInParts) {
  result::Run run = pair_of_cards();
  run.machine.gpus.resize(2);
  for (int gpu = 2; gpu < 4; ++gpu) {
    auto more = run.machine.gpus[0];
    more.ordinal = gpu;
    run.machine.gpus.push_back(more);
  }
  Cell all = copy("push", "uni", 0, 1, 240, 100'000'000);
  rename(all, "peer/ce/push/all-to-all/gpus:0,1,2,3/bytes:100000000");
  for (int from = 0; from < 4; ++from) {
    for (int to = 0; to < 4; ++to) {
      if (from != to) {
        all.flows.push_back({fmt::format("gpu{}", from), fmt::format("gpu{}", to), "", {}});
      }
    }
  }
  run.cells.push_back(all);
  auto asked = request();
  asked.model.hidden = 50'000'000;
  const auto estimate = made(run, asked);
  const auto& cost = link(estimate, Parallel::tensor, Step::decode, LinkWay::peer);
  EXPECT_EQ(cost.message_bytes, 100'000'000u);
  EXPECT_EQ(cost.token_bytes, 20 * 150'000'000u) << "three quarters to the others and back";
  // All of it to all: 12 x 100 MB at 240 GB/s, 5 ms. In quarters and back: little more than half.
  const double start = 3 * 4e-6;
  const double quarter = start + (25e6 - 16) * (5e-3 - start) / (100e6 - 16);
  EXPECT_NEAR(cost.ms.value_or(0), 20 * 2 * quarter * 1e3, 1e-6);
}

TEST(LinkCurves, NcclSaysItsOwnTime) {
  result::Run run = pair_of_cards();
  for (const auto& [bytes, busbw] : {std::pair<Bytes, double>{1000, 0.1}, {3000, 0.2}}) {
    Cell cell =
        measured(fmt::format("collective/nccl/all_reduce/gpus:0,1/float/bytes:{}", bytes), busbw);
    cell.counts = result::Counts::busbw;
    cell.transport = "P2P";
    run.cells.push_back(cell);
  }
  const auto estimate = made(run, request());
  const auto& cost = link(estimate, Parallel::tensor, Step::decode, LinkWay::nccl);
  // 1000 B at 0.1 GB/s are 10 us, 3000 B at 0.2 are 15: two ranks count each byte once.
  EXPECT_NEAR(cost.ms.value_or(0), 20 * 12.5e-3, nearly);
  EXPECT_EQ(cost.wire, "P2P");
}

/// A message of just the size of round_model(): one token.
Cell message(const std::string& engine, const std::string& op, const std::string& kind,
             const std::string& mode, double us) {
  const bool nccl = engine == "nccl";
  const bool sum = op == "all_reduce";
  Cell cell = measured(nccl ? fmt::format("split/nccl/{}/gpus:0,1/half{}/bytes:2000", op,
                                          mode == "graph" ? "/graph" : "")
                            : fmt::format("split/ce/{}/{}/{}/bytes:2000", op, kind,
                                          sum ? "gpus:0,1/" + mode : "gpu0-gpu1"),
                       us);
  cell.unit = "us";
  if (sum && !nccl) cell.flows = {{"gpu0", "gpu1", "gpu0", {}}, {"gpu1", "gpu0", "gpu1", {}}};
  return cell;
}

TEST(LinkCurves, MessagesOfJustItsSizeAreTakenAsTheyAre) {
  result::Run run = pair_of_cards();
  run.cells.push_back(message("ce", "all_reduce", "push", "whole", 7));
  run.cells.push_back(message("ce", "boundary", "push", "", 3));
  run.cells.push_back(message("ce", "all_reduce", "staged", "whole", 30));
  const auto estimate = made(run, request());
  const auto& sum = link(estimate, Parallel::tensor, Step::decode, LinkWay::peer);
  EXPECT_NEAR(sum.ms.value_or(0), 20 * 7e-3, nearly);
  EXPECT_EQ(sum.reason, "split/ce/all_reduce/push/gpus:0,1/whole/bytes:2000");
  EXPECT_NEAR(link(estimate, Parallel::pipeline, Step::decode, LinkWay::peer).ms.value_or(0), 3e-3,
              nearly);
  EXPECT_NEAR(link(estimate, Parallel::tensor, Step::decode, LinkWay::staged).ms.value_or(0),
              20 * 30e-3, nearly);
}

TEST(LinkCurves, PartsAndBackAreTakenWhereTheyAreShorter) {
  result::Run run = pair_of_cards();
  run.cells = {read(0, 800), message("ce", "all_reduce", "push", "whole", 7),
               message("ce", "all_reduce", "push", "parts", 5)};
  auto estimate = made(run, request());
  auto cost = link(estimate, Parallel::tensor, Step::decode, LinkWay::peer);
  EXPECT_NEAR(cost.ms.value_or(0), 20 * 5e-3, nearly);
  EXPECT_EQ(cost.reason, "split/ce/all_reduce/push/gpus:0,1/parts/bytes:2000");
  run.cells[2].median = 9;
  estimate = made(run, request());
  cost = link(estimate, Parallel::tensor, Step::decode, LinkWay::peer);
  EXPECT_NEAR(cost.ms.value_or(0), 20 * 7e-3, nearly);
}

TEST(LinkCurves, DecodingReplaysGraphsAndAPromptIsLaunched) {
  result::Run run = pair_of_cards();
  run.cells = {read(0, 800), message("nccl", "all_reduce", "", "eager", 20),
               message("nccl", "boundary", "", "eager", 12)};
  auto asked = request();
  asked.context = 1;  // a prompt of one token has messages of the same size
  const auto ms = [&](Parallel parallel, Step step) {
    const auto estimate = made(run, asked);
    return link(estimate, parallel, step, LinkWay::nccl).ms.value_or(0);
  };
  EXPECT_NEAR(ms(Parallel::tensor, Step::decode), 20 * 20e-3, nearly) << "for want of a graph";
  run.cells.push_back(message("nccl", "all_reduce", "", "graph", 10));
  EXPECT_NEAR(ms(Parallel::tensor, Step::decode), 20 * 10e-3, nearly);
  EXPECT_NEAR(ms(Parallel::tensor, Step::prefill), 20 * 20e-3, nearly);
  EXPECT_NEAR(ms(Parallel::pipeline, Step::decode), 12e-3, nearly);
  asked.batch = 2;  // longer than any graph that was measured
  Cell longer = message("nccl", "all_reduce", "", "eager", 33);
  rekey(longer, [](auto& key) { key.bytes = 4000; });
  run.cells.push_back(longer);
  EXPECT_NEAR(ms(Parallel::tensor, Step::decode), 20 * 33e-3, nearly);
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
