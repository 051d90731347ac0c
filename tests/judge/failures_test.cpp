// SPDX-License-Identifier: Apache-2.0
#include "judge/failures.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../result/sample_cells.hpp"
#include "../result/sample_machines.hpp"
#include "judge/conclusion.hpp"
#include "judge/requirements.hpp"

namespace peerbench::judge {
namespace TEST_FILE {

using machine::figure;
using machine::Finding;
using machine::FindingCode;
using machine::pair_subject;
using result::Cell;
using result::Status;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Cell copy(const std::string& kind, int from, int to, double gbs) {
  Cell cell;
  rename(cell, fmt::format("peer/ce/{}/uni/gpu{}-gpu{}/bytes:268435456", kind, from, to));
  cell.status = Status::ok;
  cell.median = gbs;
  return cell;
}

Cell ended(Cell cell, Status status, const std::string& error = "") {
  cell.status = status;
  cell.error = error;
  cell.median.reset();
  return cell;
}

Cell all_reduce(const std::string& gpus, Status status, const std::string& error = "") {
  Cell cell;
  rename(cell, fmt::format("collective/nccl/all_reduce/gpus:{}/float/bytes:1048576", gpus));
  return ended(cell, status, error);
}

/// GPUs joined over PCIe, whose pairs copy at 20 GB/s directly and 10 staged, both directions.
result::Run gpus(int count) {
  result::Run run;
  result::add_gpus(run, count, "a GPU");
  for (int from = 0; from < count; ++from) {
    for (int to = 0; to < count; ++to) {
      if (from == to) continue;
      run.cells.push_back(copy("push", from, to, 20));
      run.cells.push_back(copy("staged", from, to, 10));
    }
  }
  return run;
}

/// Changes the cells of that kind of all pairs for which `of` holds.
template <typename Of, typename Change>
void change(result::Run& run, result::Kind kind, const Of& of, const Change& how) {
  for (Cell& cell : run.cells) {
    if (cell.key.kind == kind &&
        of(*result::gpu_of(cell.key.source), *result::gpu_of(cell.key.destination))) {
      cell = how(cell);
    }
  }
}

auto with_gpu(int gpu) {
  return [=](int from, int to) { return from == gpu || to == gpu; };
}
const auto corrupt = [](const Cell& cell) { return ended(cell, Status::corrupt); };
const auto slow = [](Cell cell) {
  cell.below_peers = 20;
  cell.median = 5;
  return cell;
};

/// The conclusion of a run with what failed in it.
result::Conclusion concluded(result::Run run) {
  run.machine.machine_class = machine::Class::discrete_pcie;
  for (auto& link : run.machine.links) {
    link.can_access.value = Tri::yes;
    link.nvlink.value = Tri::no;
  }
  run.findings = failure_findings(run);
  return conclude(run);
}

TEST(Failures, NcclThatNeverEndsBesideGoodCopiesIsAFinding) {
  result::Run run = gpus(2);
  run.cells.push_back(all_reduce("0,1", Status::hang));
  run.cells.push_back(all_reduce("0,1", Status::hang));
  const auto found = failure_findings(run);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, FindingCode::nccl_hangs);
  EXPECT_THAT(found[0].subjects, ElementsAre(pair_subject(0, 1)));
  EXPECT_EQ(figure(found[0].figures, "cells"), 2);
  EXPECT_EQ(found[0].what,
            "NCCL over gpu0 and gpu1 never ends, while copies between these GPUs are good (20 GB/s "
            "directly)");
  EXPECT_THAT(found[0].advice, HasSubstr("NCCL_P2P_DISABLE=1"));
}

TEST(Failures, WithoutADirectWayNcclSharesMemoryOfTheHost) {
  result::Run run = gpus(2);
  std::erase_if(run.cells, [](const Cell& cell) { return cell.key.kind == result::Kind::push; });
  run.cells.push_back(all_reduce("0,1", Status::hang));
  const auto found = failure_findings(run);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].what, HasSubstr("(10 GB/s through host memory)"));
  EXPECT_THAT(found[0].advice, AllOf(HasSubstr("NCCL_SHM_DISABLE=1"), Not(HasSubstr("P2P"))));
}

TEST(Failures, ALostRankIsToldFromOtherErrorsByItsCode) {
  result::Run run = gpus(2);
  run.cells.push_back(all_reduce("0,1", Status::error, "ncclRemoteError"));
  EXPECT_EQ(failure_findings(run).at(0).code, FindingCode::nccl_loses_rank);
  run.cells.back().error = "ncclUnhandledCudaError";
  const auto found = failure_findings(run);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, FindingCode::nccl_fails);
  EXPECT_THAT(found[0].what, HasSubstr("(ncclUnhandledCudaError)"));
  EXPECT_EQ(concluded(run).answer, result::Answer::degraded);
}

TEST(Failures, NcclThatCannotBeSetUpIsWorthKnowingAndOneThatIsNotThereIsNot) {
  result::Run run = gpus(2);
  run.cells.push_back(all_reduce("0,1", Status::unsupported, "ncclSystemError"));
  const auto found = failure_findings(run);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, FindingCode::nccl_refused);
  EXPECT_THAT(found[0].advice, HasSubstr("--shm-size"));
  EXPECT_EQ(concluded(run).answer, result::Answer::good) << "the GPUs and their links are";
  run.cells.back().error = "ncclUnhandledCudaError";
  EXPECT_THAT(failure_findings(run).at(0).advice, HasSubstr("built for the driver's CUDA"));
  run.cells.back().error.clear();
  EXPECT_THAT(failure_findings(run), IsEmpty()) << "not installed";
}

TEST(Failures, WhereCopiesFailTooNcclIsNotToBlame) {
  result::Run run = gpus(2);
  change(run, result::Kind::push, with_gpu(0), corrupt);
  run.cells.push_back(all_reduce("0,1", Status::hang));
  EXPECT_THAT(failure_findings(run), IsEmpty());
}

TEST(Failures, AccessThatCouldNotBeEnabledIsOneFindingForItsPairs) {
  result::Run run = gpus(4);
  change(run, result::Kind::push, with_gpu(3), [](const Cell& cell) {
    return ended(cell, Status::unsupported, "cudaErrorMapBufferObjectFailed");
  });
  const auto found = failure_findings(run);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].code, FindingCode::peer_access_not_enabled);
  EXPECT_THAT(found[0].subjects,
              ElementsAre(pair_subject(0, 3), pair_subject(1, 3), pair_subject(2, 3)));
  EXPECT_THAT(found[0].what, HasSubstr("(cudaErrorMapBufferObjectFailed)"));
  EXPECT_THAT(found[0].advice,
              AllOf(HasSubstr("Resizable BAR"), HasSubstr("VBIOS"), HasSubstr("iommu=pt")));
  EXPECT_EQ(found[1].code, FindingCode::bad_pairs_share_gpu);
  EXPECT_THAT(found[1].what, HasSubstr("all 3 bad pairs (3 refused) have gpu3 in common"));
}

TEST(Failures, WhatTheDriverNeverOfferedIsNone) {
  result::Run run = gpus(2);
  change(run, result::Kind::push, with_gpu(0),
         [](const Cell& cell) { return ended(cell, Status::unsupported); });
  EXPECT_THAT(failure_findings(run), IsEmpty());
}

TEST(BadPairs, OneGpuOfAllOfThemIsNamedAndWhatIsGood) {
  result::Run run = gpus(3);
  change(run, result::Kind::push, with_gpu(0), corrupt);
  const auto found = what_bad_pairs_share(run);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->code, FindingCode::bad_pairs_share_gpu);
  EXPECT_THAT(found->subjects,
              ElementsAre(machine::gpu_subject(0), pair_subject(0, 1), pair_subject(0, 2)));
  EXPECT_EQ(found->what, "both bad pairs (2 corrupt) have gpu0 in common; gpu1 <-> gpu2 is good");
  EXPECT_EQ(figure(found->figures, "staged_good_pairs"), 2);
  EXPECT_THAT(found->advice, HasSubstr("copy without peer access meanwhile"));
}

TEST(BadPairs, WhereStagedCopiesAreBadTooTheyAreNoRemedy) {
  result::Run run = gpus(3);
  for (const auto kind : {result::Kind::push, result::Kind::staged}) {
    change(run, kind, with_gpu(0), corrupt);
  }
  const auto found = what_bad_pairs_share(run);
  ASSERT_TRUE(found.has_value());
  EXPECT_THAT(found->advice, AllOf(HasSubstr("leave out what they share"),
                                   Not(HasSubstr("which is good between these GPUs"))));
}

TEST(BadPairs, TheWorstOfSlowOnesIsSaid) {
  result::Run run = gpus(4);
  change(run, result::Kind::push, with_gpu(2), slow);
  const auto found = what_bad_pairs_share(run);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->what,
            "all 3 bad pairs (3 slow: 5 against 20 GB/s) have gpu2 in common; gpu0 <-> gpu1, gpu0 "
            "<-> gpu3 and 1 more pair are good");
  EXPECT_THAT(found->advice, Not(HasSubstr("meanwhile")));
}

TEST(BadPairs, OneAloneOrThoseOfNothingInCommonShareNothing) {
  result::Run run = gpus(4);
  change(
      run, result::Kind::push, [](int from, int to) { return from + to == 1; }, corrupt);
  EXPECT_EQ(what_bad_pairs_share(run), std::nullopt) << "gpu0-gpu1 alone";
  change(
      run, result::Kind::push, [](int from, int to) { return from + to == 5; }, corrupt);
  EXPECT_EQ(what_bad_pairs_share(run), std::nullopt) << "and gpu2-gpu3";
  result::Run all = gpus(3);
  change(
      all, result::Kind::push, [](int, int) { return true; }, corrupt);
  EXPECT_EQ(what_bad_pairs_share(all), std::nullopt) << "nothing is good";
}

TEST(BadPairs, ASwitchPartsThemFromTheGood) {
  result::Run run = gpus(5);
  for (int gpu : {0, 1, 2}) {
    run.machine.gpus[static_cast<std::size_t>(gpu)].pcie.bridges = {"0000:40:01.1", "0000:41:00.0"};
  }
  const auto below = [](int gpu) { return gpu < 3; };
  result::Run within = run;
  change(
      within, result::Kind::push, [&](int from, int to) { return below(from) && below(to); },
      corrupt);
  const auto inside = what_bad_pairs_share(within);
  ASSERT_TRUE(inside.has_value());
  EXPECT_EQ(inside->code, FindingCode::bad_pairs_below_switch);
  EXPECT_THAT(inside->what, HasSubstr("lie below the PCIe switch 0000:41:00.0; "));

  change(
      run, result::Kind::push, [&](int from, int to) { return below(from) != below(to); }, slow);
  const auto leaving = what_bad_pairs_share(run);
  ASSERT_TRUE(leaving.has_value());
  EXPECT_EQ(leaving->code, FindingCode::bad_pairs_leave_switch);
  change(
      run, result::Kind::push, [](int from, int to) { return from + to == 1; }, slow);
  EXPECT_EQ(what_bad_pairs_share(run), std::nullopt) << "one below it is bad as well";
}

TEST(BadPairs, SocketsPartThemFromTheGood) {
  result::Run run = gpus(4);
  for (std::size_t gpu = 0; gpu < 4; ++gpu) {
    run.machine.gpus[gpu].numa_node = gpu < 2 ? 0 : 1;
  }
  change(
      run, result::Kind::push, [](int from, int to) { return (from < 2) != (to < 2); }, corrupt);
  const auto found = what_bad_pairs_share(run);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->code, FindingCode::bad_pairs_cross_sockets);
  EXPECT_THAT(found->what, HasSubstr("all 4 bad pairs (4 corrupt) cross from one CPU socket"));
}

TEST(FailuresInTheVerdict, SayWhyOfAHangAndDegradeByALostRank) {
  result::Run run = gpus(2);
  run.cells.push_back(all_reduce("0,1", Status::hang));
  const auto hang = concluded(run);
  EXPECT_EQ(hang.answer, result::Answer::hang);
  EXPECT_THAT(hang.causes, ElementsAre(FindingCode::nccl_hangs));
  run.cells.back() = all_reduce("0,1", Status::error, "ncclRemoteError");
  const auto lost = concluded(run);
  EXPECT_EQ(lost.answer, result::Answer::degraded);
  EXPECT_THAT(lost.causes, ElementsAre(FindingCode::nccl_loses_rank));
}

TEST(FailuresInTheVerdict, AccessThatCannotBeEnabledIsRefused) {
  result::Run run = gpus(2);
  change(run, result::Kind::push, with_gpu(0),
         [](const Cell& cell) { return ended(cell, Status::unsupported, "cudaErrorUnknown"); });
  const auto made = concluded(run);
  EXPECT_EQ(made.answer, result::Answer::degraded);
  ASSERT_EQ(made.groups.size(), 1u);
  EXPECT_EQ(made.groups[0].join, result::Join::refused);
  EXPECT_EQ(made.groups[0].refusal, "cudaErrorUnknown");
  EXPECT_EQ(made.groups[0].staged_one_way->low, 10);
}

TEST(FailuresInTheVerdict, AccessThatCannotBeEnabledMeetsNoRequirementOfIt) {
  result::Run run = gpus(3);
  for (auto& link : run.machine.links) link.can_access.value = Tri::yes;
  const Requirement every{Requirement::Kind::p2p}, any{Requirement::Kind::any_p2p};
  EXPECT_EQ(check(run, every).outcome, result::Outcome::met);
  change(run, result::Kind::push, with_gpu(2), [](const Cell& cell) {
    return ended(cell, Status::unsupported, "cudaErrorMapBufferObjectFailed");
  });
  run.findings = failure_findings(run);
  const auto made = check(run, every);
  EXPECT_EQ(made.outcome, result::Outcome::not_met);
  EXPECT_THAT(made.reason,
              AllOf(HasSubstr("on 2 of 6 ordered pairs"), HasSubstr("enabling it fails")));
  EXPECT_THAT(made.advice, HasSubstr("Resizable BAR"));
  EXPECT_EQ(check(run, any).outcome, result::Outcome::met);
}

TEST(FailuresInTheVerdict, TheSlowestPairIsNamedAndWhatSlowOnesShareComesFirst) {
  result::Run run = gpus(4);
  change(run, result::Kind::push, with_gpu(2), slow);
  for (Cell& cell : run.cells) {
    if (cell.key.kind == result::Kind::push && cell.src == "gpu2" && cell.dst == "gpu1") {
      cell.median = 4;
    }
  }
  const auto made = concluded(run);
  EXPECT_EQ(made.answer, result::Answer::degraded);
  EXPECT_THAT(made.causes, ElementsAre(FindingCode::bad_pairs_share_gpu));
  ASSERT_EQ(made.groups.size(), 1u);
  EXPECT_EQ(result::pairs_in(made.groups[0]), 6);
  EXPECT_THAT(made.groups[0].slowest, ElementsAre(2, 1));
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
