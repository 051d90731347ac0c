// SPDX-License-Identifier: Apache-2.0
// What each kind of transfer really does: who issues it, between which memories, over which way, as
// the simulator's trace tells; and what lies in the owner's memory afterwards.
#include "measure/transfer_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "measure/measurement.hpp"
#include "measure/peer_access.hpp"
#include "sim/core/state.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using nlohmann::json;
using peerbench::support::open_machine;
using ::testing::HasSubstr;

constexpr const char* quiet = R"({"noise_cv": 0, "driver": {"ideal": true}})";
constexpr Bytes size = 8 * MiB;

/// One sample of one repetition, as the simulator saw it: everything but gates.
std::vector<json> trace_of(const Plan& plan) {
  // Tests run side by side, each in a process of its own.
  const std::string path =
      ::testing::TempDir() + "peerbench_stream_trace_" + std::to_string(getpid()) + ".jsonl";
  std::optional<PeerAccess> access;
  if (plan.peer_access) access.emplace(PeerAccess::enable(plan).value());
  auto runner = Runner::create(plan);
  EXPECT_TRUE(runner.has_value()) << runner.error().message;
  EXPECT_TRUE(runner->poison_destinations() && runner->fill_sources(7));
  EXPECT_TRUE(gpusim::set_trace(path));
  EXPECT_TRUE(runner->sample(1).has_value());
  EXPECT_TRUE(gpusim::set_trace(""));
  EXPECT_EQ(runner->find_corruption(7).value(), "");
  EXPECT_NE(runner->find_corruption(8).value(), "") << "another round's data must not pass";
  std::vector<json> operations;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    json entry = json::parse(line);
    if (entry["op"] == "copy" || entry["op"] == "kernel") operations.push_back(std::move(entry));
  }
  std::remove(path.c_str());
  return operations;
}

struct Kind {
  const char* name;
  Transfer transfer;
  bool peer_access;
  // What the trace must say.
  const char* operation;
  const char* kernel;
  const char* path;
};

const Kind kinds[] = {
    {"ce_push", {gpu(0), gpu(1), gpu(0), Engine::ce, size}, true, "copy", "", "peer"},
    {"ce_pull", {gpu(0), gpu(1), gpu(1), Engine::ce, size}, true, "copy", "", "peer"},
    {"ce_staged", {gpu(0), gpu(1), gpu(0), Engine::ce, size}, false, "copy", "", "staged"},
    {"sm_push",
     {gpu(0), gpu(1), gpu(0), Engine::sm, size},
     true,
     "kernel",
     "peerbench_copy",
     "peer"},
    {"sm_push_back",
     {gpu(1), gpu(0), gpu(1), Engine::sm, size},
     true,
     "kernel",
     "peerbench_copy",
     "peer"},
    {"sm_pull",
     {gpu(0), gpu(1), gpu(1), Engine::sm, size},
     true,
     "kernel",
     "peerbench_copy",
     "peer"},
    {"ce_local", {gpu(1), gpu(1), gpu(1), Engine::ce, size}, false, "copy", "", "local"},
    {"sm_local",
     {gpu(1), gpu(1), gpu(1), Engine::sm, size},
     false,
     "kernel",
     "peerbench_copy",
     "local"},
    {"sm_odd_size",
     {gpu(1), gpu(1), gpu(1), Engine::sm, size - 5},
     false,
     "kernel",
     "peerbench_copy",
     "local"},
    {"sm_triad",
     {gpu(1), gpu(1), gpu(1), Engine::sm, size, Op::triad},
     false,
     "kernel",
     "peerbench_triad",
     "local"},
    {"ce_h2d", {host(), gpu(1), gpu(1), Engine::ce, size}, false, "copy", "", "host"},
    {"ce_d2h", {gpu(1), host(), gpu(1), Engine::ce, size}, false, "copy", "", "host"},
    {"ce_h2d_pageable",
     {host(), gpu(1), gpu(1), Engine::ce, size, Op::copy, MemoryKind::pageable},
     false,
     "copy",
     "",
     "host"},
    {"ce_d2h_pageable",
     {gpu(1), host(), gpu(1), Engine::ce, size, Op::copy, MemoryKind::pageable},
     false,
     "copy",
     "",
     "host"},
    {"sm_h2d",
     {host(), gpu(1), gpu(1), Engine::sm, size},
     false,
     "kernel",
     "peerbench_copy",
     "host"},
    {"sm_d2h",
     {gpu(1), host(), gpu(1), Engine::sm, size},
     false,
     "kernel",
     "peerbench_copy",
     "host"},
};

class EachKind : public ::testing::TestWithParam<Kind> {};

TEST_P(EachKind, DoesWhatItsNameSays) {
  open_machine("dual-rtx3090-nvlink", quiet);
  const auto& [ignored, transfer, peer_access, operation, kernel, path] = GetParam();
  const auto operations = trace_of({{transfer}, peer_access});
  ASSERT_EQ(operations.size(), 1u);
  const json& done = operations.front();
  EXPECT_EQ(done["op"], operation);
  EXPECT_EQ(done.value("name", ""), kernel);
  EXPECT_EQ(done["gpu"], transfer.issuer.index) << "issuer";
  EXPECT_EQ(done["source"], name(transfer.source));
  EXPECT_EQ(done["destination"], name(transfer.destination));
  EXPECT_EQ(done["path"], path);
  EXPECT_EQ(done["bytes"], transfer.bytes);
}

INSTANTIATE_TEST_SUITE_P(Transfers, EachKind, ::testing::ValuesIn(kinds),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST(TransferStream, AReadLoadsItsArrayAndAWriteStoresIt) {
  open_machine("dual-rtx3090-nvlink", quiet);
  const Transfer read{gpu(1), gpu(1), gpu(1), Engine::sm, size, Op::read};
  const auto reads = trace_of({{read}, false});
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(reads[0]["name"], "peerbench_read");
  EXPECT_EQ(reads[0]["source"], "gpu1");
  EXPECT_FALSE(reads[0].contains("destination"));
  const Transfer write{gpu(1), gpu(1), gpu(1), Engine::sm, size, Op::write};
  const auto writes = trace_of({{write}, false});
  ASSERT_EQ(writes.size(), 1u);
  EXPECT_EQ(writes[0]["name"], "peerbench_write");
  EXPECT_EQ(writes[0]["destination"], "gpu1");
  EXPECT_FALSE(writes[0].contains("source"));
}

// The expected sum is computed by a kernel that never looks at the memory, also for sizes that are
// no multiple of 8.
TEST(TransferStream, AReadMustFindTheSumOfWhatWasPutThere) {
  open_machine("dual-rtx3090-nvlink", quiet);
  for (const Bytes bytes : {Bytes{1}, Bytes{8}, size - 5}) {
    auto stream =
        TransferStream::create({gpu(1), gpu(1), gpu(1), Engine::sm, bytes, Op::read}, false);
    ASSERT_TRUE(stream.has_value()) << stream.error().message;
    ASSERT_TRUE(stream->poison_destination() && stream->fill_source(7));
    EXPECT_THAT(stream->find_corruption(7).value(), HasSubstr("the sum that gpu1 read of"))
        << "nothing was read yet";
    const auto scope = DeviceScope::enter(1);
    ASSERT_TRUE(scope.has_value());
    ASSERT_TRUE(stream->queue() &&
                cudaStreamSynchronize(stream->cuda_stream().get()) == cudaSuccess);
    EXPECT_EQ(stream->find_corruption(7).value(), "") << bytes;
    EXPECT_EQ(stream->find_corruption(7).value(), "") << "asking again changes nothing";
    EXPECT_THAT(stream->find_corruption(8).value(), HasSubstr("the sum that gpu1 read of"));
  }
}

// Another call, the same wire.
TEST(TransferStream, ACopyByAddressIsAnotherCallOverTheSameWire) {
  open_machine("dual-rtx3090-nvlink", quiet);
  for (const bool peer_access : {true, false}) {
    Transfer transfer{gpu(0), gpu(1), gpu(0), Engine::ce, size};
    const auto told = trace_of({{transfer}, peer_access});
    transfer.by_address = true;
    const auto by_address = trace_of({{transfer}, peer_access});
    ASSERT_TRUE(told.size() == 1 && by_address.size() == 1);
    EXPECT_EQ(told[0]["call"], "cudaMemcpyPeer");
    EXPECT_EQ(by_address[0]["call"], "cudaMemcpy");
    for (const char* same : {"gpu", "source", "destination", "path", "bytes", "resources"}) {
      EXPECT_EQ(told[0][same], by_address[0][same]) << same;
    }
    EXPECT_EQ(by_address[0]["path"], peer_access ? "peer" : "staged");
  }
}

TEST(TransferStream, ASubmissionIsOneCopyAtATimeByTheSource) {
  open_machine("dual-rtx3090-nvlink", quiet);
  Plan plan{{{gpu(0), gpu(1), gpu(0), Engine::ce, 16}}, true};
  plan.submission = true;
  const auto operations = trace_of(plan);
  ASSERT_EQ(operations.size(), 1u);
  EXPECT_EQ(operations[0]["gpu"], 0);
  EXPECT_EQ(operations[0]["destination"], "gpu1");
  EXPECT_EQ(operations[0]["call"], "cudaMemcpyPeer");
}

TEST(TransferStream, PinnedMemoryIsAskedForNearTheCard) {
  open_machine("dual-rtx3090-nvlink", quiet);
  Transfer transfer{host(), gpu(1), gpu(1), Engine::ce, size};
  EXPECT_TRUE(measure_plan({{transfer}, false}, {}).notes.empty());
  transfer.host_node = 1;
  EXPECT_THAT(
      measure_plan({{transfer}, false}, {}).notes,
      ::testing::ElementsAre(HasSubstr("NUMA node 1, the GPU's, of the simulated machine")));
  transfer.host_memory = MemoryKind::pageable;
  EXPECT_TRUE(measure_plan({{transfer}, false}, {}).notes.empty());
}

TEST(TransferStream, AChaseIsIssuedByWhoReads) {
  open_machine("dual-rtx3090-nvlink", quiet);
  for (const auto& [source, path] :
       {std::pair{gpu(0), "peer"}, {gpu(1), "local"}, {host(), "host"}}) {
    const auto operations = trace_of({{{.source = source,
                                        .destination = gpu(1),
                                        .issuer = gpu(1),
                                        .engine = Engine::sm,
                                        .bytes = size,
                                        .op = Op::chase,
                                        .steps = 1000}},
                                      source == gpu(0)});
    ASSERT_EQ(operations.size(), 1u);
    EXPECT_EQ(operations[0]["name"], "peerbench_chase");
    EXPECT_EQ(operations[0]["gpu"], 1) << "issuer";
    EXPECT_EQ(operations[0]["source"], name(source));
    EXPECT_EQ(operations[0]["path"], path);
    EXPECT_EQ(operations[0]["bytes"], 8000) << "a word a step";
  }
}

TEST(TransferStream, BothWaysByKernelsAreIssuedOnBothSidesInOneWindow) {
  open_machine("dual-rtx3090-nvlink", quiet);
  const auto operations = trace_of(
      {{{gpu(0), gpu(1), gpu(0), Engine::sm, size}, {gpu(1), gpu(0), gpu(1), Engine::sm, size}},
       true});
  ASSERT_EQ(operations.size(), 2u);
  EXPECT_NE(operations[0]["gpu"], operations[1]["gpu"]);
  for (const json& done : operations) {
    EXPECT_EQ(done["source"], name(gpu(done["gpu"].get<int>())));
  }
  EXPECT_LT(operations[0]["start_ns"].get<double>(), operations[1]["end_ns"].get<double>());
  EXPECT_LT(operations[1]["start_ns"].get<double>(), operations[0]["end_ns"].get<double>());
}

TEST(TransferStream, RefusesWhatNoGpuCanIssue) {
  open_machine("dual-rtx3090-nvlink", quiet);
  const auto refusal = [](const Transfer& transfer, bool peer_access) {
    const auto stream = TransferStream::create(transfer, peer_access);
    EXPECT_FALSE(stream.has_value());
    if (stream) return std::string();
    EXPECT_EQ(stream.error().kind, ErrorKind::unsupported);
    return stream.error().message;
  };
  EXPECT_THAT(refusal({gpu(0), gpu(1), gpu(0), Engine::cpu, size}, true),
              HasSubstr("copy engines"));
  EXPECT_THAT(refusal({gpu(0), gpu(1), host(), Engine::ce, size}, true), HasSubstr("copy engines"));
  EXPECT_THAT(refusal({gpu(0), gpu(0), gpu(0), Engine::ce, size, Op::read}, false),
              HasSubstr("only copy"));
  EXPECT_THAT(refusal({gpu(0), gpu(1), gpu(0), Engine::sm, size}, false), HasSubstr("peer access"));
  EXPECT_THAT(refusal({host(), host(), gpu(0), Engine::sm, size}, false), HasSubstr("own GPU"));
  EXPECT_THAT(refusal({gpu(0), gpu(1), gpu(0), Engine::sm, size, Op::read}, true),
              HasSubstr("own GPU"));
  EXPECT_THAT(refusal({gpu(0), gpu(1), gpu(0), Engine::sm, size, Op::chase}, true),
              HasSubstr("issued by the GPU that reads"));
  EXPECT_THAT(refusal({gpu(0), gpu(1), gpu(1), Engine::sm, size, Op::chase}, false),
              HasSubstr("peer access"));
  EXPECT_THAT(refusal({gpu(0), gpu(0), gpu(0), Engine::sm, 100, Op::chase}, false),
              HasSubstr("at least 256 B"));
  EXPECT_THAT(
      refusal({host(), gpu(0), gpu(0), Engine::sm, size, Op::copy, MemoryKind::pageable}, false),
      HasSubstr("pageable"));
}

class KernelFaults : public ::testing::TestWithParam<const char*> {};

TEST_P(KernelFaults, AreFoundByTheOwner) {
  open_machine("dual-rtx3090-nvlink", std::string(R"({"noise_cv": 0, "faults": [{"kind": ")") +
                                          GetParam() + R"(", "from": 0, "to": 1}]})");
  for (const Place issuer : {gpu(0), gpu(1)}) {
    const auto there = measure_plan({{{gpu(0), gpu(1), issuer, Engine::sm, size}}, true}, {});
    EXPECT_EQ(there.outcome, Outcome::corrupt) << GetParam() << ", issued by " << name(issuer);
    EXPECT_THAT(there.reason, HasSubstr("gpu1's own side"));
    const auto back = measure_plan({{{gpu(1), gpu(0), issuer, Engine::sm, size}}, true}, {});
    EXPECT_EQ(back.outcome, Outcome::ok) << back.reason;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, KernelFaults,
                         ::testing::Values("nothing-written", "part-written", "bit-flip", "stale",
                                           "swapped-pair"),
                         [](const auto& kind) {
                           std::string name = kind.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace TEST_FILE
}  // namespace peerbench::measure
