// SPDX-License-Identifier: Apache-2.0
// Each call of the CUDA runtime fails once and for ever, with each of some errors, in the middle of
// each kind of cell: nothing that was not measured where it says is ok, the reason names what
// failed, and what comes later is measured again.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

#include "result/exit_code.hpp"
#include "tests/bench/failing_calls.hpp"

namespace peerbench::bench {
namespace TEST_FILE {

using gpusim::Fault;
using gpusim::FaultKind;
using result::Cell;
using result::Status;
using support::Ran;
using support::run_cells;
using support::spec_named;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Kinds of work by how they use the runtime, on the GPU that a program does not begin with where
/// that can be chosen.
const std::vector<std::string> kinds = {"peer/ce/push/uni/gpu0-gpu1/bytes",
                                        "peer/ce/staged/uni/gpu1-gpu0/by-address",
                                        "peer/ce/staged/bi/gpu0-gpu1/bytes",
                                        "peer/sm/pull/bi/gpu0-gpu1",
                                        "latency/ce/staged/gpu1-gpu0",
                                        "latency/ce/submission/push/gpu1-gpu0",
                                        "latency/sm/ping-pong/gpu0-gpu1",
                                        "latency/sm/chase/gpu1-gpu0/bytes:131072",
                                        "latency/sm/chase/host0-gpu1/pinned/bytes:131072",
                                        "host/ce/both/bi/host0-gpu1/pinned",
                                        "host/ce/h2d/uni/host0-gpu1/pageable",
                                        "pool/ce/copy/gpu1/device",
                                        "pool/sm/triad/gpu1/managed",
                                        "pool/sm/write/gpu1/pinned",
                                        "pool/sm/read/gpu1/managed/touch:cpu",
                                        "pool/sm/read/gpu1/managed/from-host",
                                        "pool/cpu/read/host0/managed",
                                        "pool/together/read/gpu1+host0/gpu-on:device/threads",
                                        "collective/nccl/all_reduce/gpus:0,1/float/bytes",
                                        "collective/nccl/send/gpus:0,1/half/graph",
                                        "split/"};

/// What is measured after it: what uses both GPUs; after direct copies staged ones, which must not
/// go directly because peer access could not be taken back.
std::string follower_of(const std::string& kind) {
  if (kind.starts_with("peer/ce/push")) return "peer/ce/staged/uni/gpu0-gpu1/bytes";
  return kind.starts_with("peer/sm") ? "pool/sm/copy/gpu1/device" : "peer/sm/push/uni/gpu1-gpu0";
}

/// Calls that only give something back, or ask what a cell can do without: a cell that was measured
/// all the same is good.
bool can_be_done_without(const std::string& call) {
  constexpr std::array calls = {
      "cudaFree",
      "cudaFreeHost",
      "cudaStreamDestroy",
      "cudaEventDestroy",
      "cudaGraphDestroy",
      "cudaGraphExecDestroy",
      "cudaDeviceDisablePeerAccess",
      "cudaSetDevice",           ///< back to the GPU of the scope around
      "cudaDeviceGetAttribute",  ///< whether a watchdog watches kernels: assumed, where unknown
  };
  return std::ranges::find(calls, call) != calls.end();
}

/// How reasons call it: some calls are made by functions of this project that are named instead.
std::vector<std::string> names_of(const std::string& call) {
  if (call.ends_with("LaunchKernel")) return {"launch_", "launching a kernel for "};
  if (call == "cudaStreamCreateWithPriority") return {"cudaStreamCreateWithFlags"};
  if (call == "cudaFuncGetAttributes") return {"load_all"};
  if (call.starts_with("cudaOccupancy")) return {"saturating_blocks"};
  if (call == "cudaGetDevice" || call == "cudaDeviceGetAttribute") {
    return {call, "saturating_blocks"};
  }
  if (call == "cudaEventQuery" || call == "cudaStreamQuery") return {call, "waiting for "};
  return {call};
}

bool is_sticky(const Fault& fault) {
  return std::ranges::any_of(gpusim::sticky_errors(), [&](const gpusim::NamedError& error) {
    return fault.code == error.word;
  });
}

/// No way between two GPUs is a property of the machine, and no failure.
bool is_refusal(const Fault& fault) {
  return fault.call == "cudaDeviceEnablePeerAccess" &&
         (fault.code == "cudaErrorMapBufferObjectFailed" ||
          fault.code == "cudaErrorPeerAccessUnsupported");
}

std::string describe(const Fault& fault) {
  const bool for_ever = fault.times > 1;
  return fmt::format("{} {} {}, after {}", fault.call, for_ever ? "always answers" : "once answers",
                     fault.code, gpusim::good_before(fault));
}

std::vector<std::string> not_of_both(const std::set<std::string>& a,
                                     const std::set<std::string>& b) {
  std::vector<std::string> only;
  std::ranges::set_symmetric_difference(a, b, std::back_inserter(only));
  return only;
}

/// A kind of cell, what follows it, and how both use the runtime when nothing fails.
class FailingCalls : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    specs_ = {spec_named(GetParam()), spec_named(follower_of(GetParam()))};
    alone_ = run_cells({specs_.front()}).calls;
    healthy_ = run_cells(specs_, std::nullopt, true);
    ASSERT_EQ(healthy_.cells.size(), 2u);
    for (const Cell& cell : healthy_.cells) ASSERT_EQ(cell.status, Status::ok) << cell.reason;
  }

  std::uint64_t times_of_follower(const std::string& call) const {
    const auto at = alone_.find(call);
    return healthy_.calls.at(call).made - (at == alone_.end() ? 0 : at->second.made);
  }

  void expect_cause(const Cell& cell, const Fault& fault) {
    EXPECT_THAT(cell.reason, HasSubstr(fault.code)) << cell.name;
    const auto names = names_of(fault.call);
    EXPECT_TRUE(std::ranges::any_of(names, [&](const std::string& name) {
      return cell.reason.find(name) != std::string::npos;
    })) << cell.reason;
  }

  /// The one during which the call failed first.
  void expect_honest(const Cell& cell, const Fault& fault) {
    switch (cell.status) {
      case Status::ok:
        EXPECT_TRUE(can_be_done_without(fault.call));
        return;
      case Status::unsupported:
        EXPECT_TRUE(is_refusal(fault)) << cell.reason;
        return expect_cause(cell, fault);
      case Status::error:
        return expect_cause(cell, fault);
      default:
        ADD_FAILURE() << cell.name << " ended as " << result::to_string(cell.status) << ": "
                      << cell.reason;
    }
  }

  /// The one after it.
  void expect_measured_again(const Cell& cell, const Fault& fault) {
    const bool uses_it = times_of_follower(fault.call) > 0;
    if (fault.times == 1 && !is_sticky(fault)) {
      EXPECT_EQ(cell.status, Status::ok) << cell.reason;
    } else if (is_sticky(fault)) {
      EXPECT_NE(cell.status, Status::ok);
      if (cell.status == Status::error) expect_cause(cell, fault);
    } else if (cell.status == Status::ok) {
      EXPECT_TRUE(!uses_it || can_be_done_without(fault.call));
    }
  }

  void try_with(const Fault& fault) {
    SCOPED_TRACE(describe(fault));
    const Ran ran = run_cells(specs_, fault);
    ++tried_;
    EXPECT_GT(ran.calls.at(fault.call).failed, 0u) << "it was never called";
    ASSERT_EQ(ran.cells.size(), 2u);
    expect_honest(ran.cells.front(), fault);
    expect_measured_again(ran.cells.back(), fault);

    result::Run run;
    run.cells = ran.cells;
    const bool failed = std::ranges::count(run.cells, Status::error, &Cell::status) > 0;
    const bool measured = std::ranges::count(run.cells, Status::ok, &Cell::status) > 0;
    if (failed) {
      EXPECT_EQ(result::exit_code(run),
                measured ? result::ExitCode::some_failed : result::ExitCode::internal);
    }
    // The simulator does the same again, and says what that was.
    const bool all = std::ranges::count(run.cells, Status::ok, &Cell::status) == 2;
    if (all) {
      EXPECT_THAT(not_of_both(run_cells(specs_, fault, true).done, healthy_.done), IsEmpty());
    }
  }

  std::vector<Spec> specs_;
  support::CallCounts alone_;
  Ran healthy_;
  int tried_ = 0;
};

/// Kinds that take ten times as long as the others, with threads of the CPU or of NCCL.
bool is_slow(const std::string& kind) {
  return kind.starts_with("collective/") || kind.starts_with("pool/together/");
}

std::vector<std::string> errors_for(const std::string& call, bool few = false) {
  if (few) return {"cudaErrorUnknown", "cudaErrorLaunchFailure"};
  std::vector<std::string> errors = {"cudaErrorUnknown", "cudaErrorMemoryAllocation",
                                     "cudaErrorDevicesUnavailable", "cudaErrorLaunchFailure"};
  if (call == "cudaSetDevice") errors.emplace_back("cudaErrorInvalidDevice");
  if (call == "cudaDeviceEnablePeerAccess" || call == "cudaDeviceCanAccessPeer") {
    errors.emplace_back("cudaErrorMapBufferObjectFailed");
    errors.emplace_back("cudaErrorPeerAccessUnsupported");
  }
  return errors;
}

/// Which of so many calls fail beside the first: some, and where NCCL's threads and ranks choose
/// GPUs each of them.
std::vector<std::uint64_t> later_ones(const std::string& call, std::uint64_t made) {
  if (made < 2) return {};
  std::set<std::uint64_t> some = {made - 1};
  const bool each = call == "cudaSetDevice" && FailingCalls::GetParam().starts_with("collective/");
  const std::uint64_t step = each ? 1 : std::max<std::uint64_t>(1, made / 3);
  for (std::uint64_t after = step; after < made; after += step) some.insert(after);
  return {some.begin(), some.end()};
}

TEST_P(FailingCalls, AreNamedAndCostNothingElse) {
  for (const auto& [call, count] : alone_) {
    const auto fault = [&, &name = call](const std::string& code, std::uint64_t after) {
      return Fault{.kind = FaultKind::call_fails, .code = code, .after = after, .call = name};
    };
    for (const std::string& code : errors_for(call, is_slow(GetParam()))) {
      Fault first = fault(code, 0);
      try_with(first);
      if (is_sticky(first)) continue;  // once is for ever
      first.times = 1;
      try_with(first);
    }
    for (const std::uint64_t after : later_ones(call, count.made)) {
      Fault later = fault("cudaErrorUnknown", after);
      later.times = 1;
      try_with(later);
    }
  }
  std::printf("%d failures tried, of %zu calls\n", tried_, alone_.size());
}

// As behind a library that stands between a program and the runtime and keeps the GPU from being
// chosen: what is measured then is another GPU's, unless it is the same one.
TEST_P(FailingCalls, AGpuThatIsNotChosenIsNotMeasured) {
  const std::vector<Spec> alone = {specs_.front()};
  const auto right = run_cells(alone, std::nullopt, true).done;
  const std::uint64_t made = alone_.at("cudaSetDevice").made;
  for (const std::uint64_t after : {std::uint64_t{0}, std::uint64_t{1}, made / 3, 2 * made / 3}) {
    for (const std::uint64_t times : {std::uint64_t{1}, made}) {
      const Fault swallowed{.kind = FaultKind::call_fails,
                            .code = "cudaSuccess",
                            .after = after,
                            .call = "cudaSetDevice",
                            .times = times};
      SCOPED_TRACE(describe(swallowed));
      const Ran ran = run_cells(alone, swallowed, true);
      ASSERT_EQ(ran.cells.size(), 1u);
      if (ran.cells.front().status == Status::ok) {
        EXPECT_THAT(not_of_both(ran.done, right), IsEmpty());
      }
    }
  }
}

std::string test_name(const ::testing::TestParamInfo<std::string>& param) {
  std::string name = param.param;
  std::ranges::replace_if(
      name, [](char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Kinds, FailingCalls, ::testing::ValuesIn(kinds), test_name);

/// Those that the objects of the product ask for, by the tool that lists symbols.
std::set<std::string> calls_of_the_product() {
  std::set<std::string> calls;
  FILE* const list = popen(PEERBENCH_NM " -u " PEERBENCH_PRODUCT, "r");
  EXPECT_NE(list, nullptr);
  if (list == nullptr) return calls;
  std::array<char, 512> line{};
  while (std::fgets(line.data(), line.size(), list) != nullptr) {
    const std::string text = line.data();
    const auto at = text.find(" cuda");
    if (at != std::string::npos) calls.insert(text.substr(at + 1, text.find('\n') - at - 1));
  }
  EXPECT_EQ(pclose(list), 0);
  return calls;
}

/// Asked before there are cells.
const std::set<std::string> calls_of_discovery = {
    "cudaGetDeviceCount",     "cudaGetDeviceProperties", "cudaDeviceGetPCIBusId",
    "cudaDeviceGetAttribute", "cudaDeviceCanAccessPeer", "cudaDeviceGetP2PAttribute"};

// What fails in none of them would be a call that no test knows.
TEST(CallsOfTheProduct, EachFailsInSomeKindOfCellOrInDiscovery) {
  std::set<std::string> used = {
      // Texts of errors, and the error that is kept.
      "cudaGetErrorName", "cudaGetErrorString", "cudaGetLastError",
      // The runtime answers these by itself; and where NVML knows what is free, nobody asks CUDA.
      "cudaRuntimeGetVersion", "cudaDriverGetVersion", "cudaMemGetInfo",
      // Others in disguise: they fail by another name.
      "cudaGetDeviceProperties_v2", "cudaOccupancyMaxActiveBlocksPerMultiprocessor",
      "cudaStreamCreateWithFlags"};
  used.insert(calls_of_discovery.begin(), calls_of_discovery.end());
  for (const std::string& kind : kinds) {
    for (const auto& [call, count] : run_cells({spec_named(kind)}).calls) used.insert(call);
  }
  const auto calls = calls_of_the_product();
  EXPECT_GT(calls.size(), 40u);
  for (const std::string& call : calls) {
    EXPECT_TRUE(used.contains(call)) << call << " is used, and no cell of this test calls it";
  }
}

// What could not be asked is not known, and is no reason to measure anything wrong.
TEST(CallsOfTheProduct, OfDiscoveryLeaveAMachineThatCanBeMeasured) {
  for (const std::string& call : calls_of_discovery) {
    for (const std::string& code : errors_for(call)) {
      const Fault fault{.kind = FaultKind::call_fails, .code = code, .call = call};
      SCOPED_TRACE(describe(fault));
      if (is_sticky(fault)) continue;  // nothing is left to be measured
      const auto machine = support::discover_with(fault);
      ASSERT_TRUE(machine.has_value()) << machine.error().message;
      EXPECT_EQ(machine->gpus.size(), call == "cudaGetDeviceCount" ? 0u : 2u);
      for (const machine::PeerLink& link : machine->links) {
        EXPECT_EQ(link.can_access.value,
                  call == "cudaDeviceCanAccessPeer" ? Tri::unknown : Tri::yes);
      }
      const Ran ran = run_cells(support::specs_of(*machine, "^(peer/sm/push|pool/ce)"));
      EXPECT_EQ(ran.cells.empty(), machine->gpus.empty());
      for (const Cell& cell : ran.cells) EXPECT_EQ(cell.status, Status::ok) << cell.reason;
    }
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
