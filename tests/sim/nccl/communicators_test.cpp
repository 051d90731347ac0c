// SPDX-License-Identifier: Apache-2.0
// How communicators come and go, and what stands in their way.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "tests/sim/nccl/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

class Communicators : public SimulatedNccl {
 protected:
  void TearDown() override {
    for (const char* name : {"NCCL_P2P_DISABLE", "NCCL_P2P_LEVEL", "NCCL_DEBUG", "NCCL_DEBUG_FILE",
                             "NCCL_SHM_DISABLE"}) {
      unsetenv(name);
    }
    SimulatedNccl::TearDown();
  }

  static ncclUniqueId new_id() {
    ncclUniqueId id;
    EXPECT_EQ(NCCL(ncclGetUniqueId)(&id), ncclSuccess);
    return id;
  }

  /// Begins non-blocking communicators on GPUs 0 and `second`.
  void begin(int second = 1) {
    const ncclUniqueId id = new_id();
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    comms.resize(2);
    ASSERT_NCCL(NCCL(ncclGroupStart)());
    for (int rank = 0; rank < 2; ++rank) {
      ASSERT_CUDA(cudaSetDevice(rank == 0 ? 0 : second));
      ASSERT_EQ(NCCL(ncclCommInitRankConfig)(&comms[rank], 2, id, rank, &config), ncclInProgress);
    }
    EXPECT_EQ(NCCL(ncclGroupEnd)(), ncclInProgress);
  }

  ncclResult_t state(int rank = 0) {
    ncclResult_t result = ncclSuccess;
    EXPECT_EQ(NCCL(ncclCommGetAsyncError)(comm(rank), &result), ncclSuccess);
    return result;
  }

  void abort_all() {
    EXPECT_EQ(grouped([&](int rank) { NCCL(ncclCommAbort)(comm(rank)); }), ncclSuccess);
    comms.clear();
  }

  /// The state once `seconds` of virtual time have passed.
  ncclResult_t state_after(double seconds) {
    EXPECT_NE(peerbench_sim_spend(static_cast<std::uint64_t>(seconds * 1e9)), 0);
    return state();
  }
};

// The header it was built with says what a program may look for.
TEST_F(Communicators, EveryFunctionOfTheHeaderIsThere) {
  std::ifstream header(PEERBENCH_NCCL_HEADER);
  std::stringstream text;
  text << header.rdbuf();
  const std::string all = text.str();
  const std::regex declaration(R"((ncclResult_t|char ?\*|void)\s+(p?nccl[A-Z]\w*)\s*\()");
  std::set<std::string> names;
  for (std::sregex_iterator at(all.begin(), all.end(), declaration), end; at != end; ++at) {
    names.insert((*at)[2]);
  }
  EXPECT_GT(names.size(), 60u);
  for (const std::string& name : names) {
    EXPECT_NE(dlsym(library(), name.c_str()), nullptr) << name;
  }
  EXPECT_NE(dlsym(library(), "peerbench_simulated_nccl"), nullptr);
}

TEST_F(Communicators, WhatIsNotSimulatedSaysSoOnce) {
  testing::internal::CaptureStderr();
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(NCCL(ncclGroupSimulateEnd)(nullptr), ncclInvalidUsage);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "peerbench simulator: ncclGroupSimulateEnd is not simulated\n");
}

TEST_F(Communicators, RanksInAnotherProcessAreRefusedOnBothSides) {
  const ncclUniqueId id = new_id();
  ncclComm_t made = nullptr;
  const pid_t child = fork();
  if (child == 0) {
    _exit(NCCL(ncclCommInitRank)(&made, 2, id, 1) == ncclInvalidUsage ? 0 : 1);
  }
  testing::internal::CaptureStderr();
  EXPECT_EQ(NCCL(ncclCommInitRank)(&made, 2, id, 0), ncclInvalidUsage);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::HasSubstr("ranks of one NCCL communicator are in several processes"));
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(NCCL(ncclCommAbort)(made), ncclSuccess);
}

TEST_F(Communicators, ASplitMakesOneOfEachColor) {
  start(machine_of(4));
  ncclComm_t made[4] = {};
  ASSERT_NCCL(grouped([&](int rank) {
    const int color = rank == 3 ? NCCL_SPLIT_NOCOLOR : rank % 2;
    NCCL(ncclCommSplit)(comm(rank), color, -rank, &made[rank], nullptr);
  }));
  EXPECT_EQ(made[3], nullptr);
  const int expected[][2] = {{2, 1}, {1, 0}, {2, 0}};  // how many, and which: by falling old rank
  for (int rank = 0; rank < 3; ++rank) {
    int count = 0, own = -1, device = -1;
    ASSERT_NCCL(NCCL(ncclCommCount)(made[rank], &count));
    ASSERT_NCCL(NCCL(ncclCommUserRank)(made[rank], &own));
    ASSERT_NCCL(NCCL(ncclCommCuDevice)(made[rank], &device));
    EXPECT_EQ(count, expected[rank][0]) << rank;
    EXPECT_EQ(own, expected[rank][1]) << rank;
    EXPECT_EQ(device, rank);
  }
  float* memory[] = {holds(0, std::vector<float>{1}), nullptr, holds(2, std::vector<float>{2})};
  ASSERT_NCCL(NCCL(ncclGroupStart)());
  for (int rank : {0, 2}) {
    ASSERT_NCCL(NCCL(ncclAllReduce)(memory[rank], memory[rank], 1, ncclFloat, ncclSum, made[rank],
                                    stream(rank)));
  }
  ASSERT_NCCL(NCCL(ncclGroupEnd)());
  for (int rank : {0, 2}) EXPECT_EQ(read(rank, memory[rank], 1)[0], 3);
  for (int rank = 0; rank < 3; ++rank) ASSERT_NCCL(NCCL(ncclCommDestroy)(made[rank]));
}

TEST_F(Communicators, VersionIsThatOfTheHeader) {
  int version = 0;
  ASSERT_NCCL(NCCL(ncclGetVersion)(&version));
  EXPECT_EQ(version, NCCL_VERSION_CODE);
}

TEST_F(Communicators, OneForEachCardKnowsItsPlace) {
  start(machine_of(4));
  for (int rank = 0; rank < 4; ++rank) {
    int count = 0, device = -1, number = -1;
    ASSERT_NCCL(NCCL(ncclCommCount)(comm(rank), &count));
    ASSERT_NCCL(NCCL(ncclCommCuDevice)(comm(rank), &device));
    ASSERT_NCCL(NCCL(ncclCommUserRank)(comm(rank), &number));
    EXPECT_EQ(count, 4);
    EXPECT_EQ(device, rank);
    EXPECT_EQ(number, rank);
  }
}

TEST_F(Communicators, ThreadsWaitForEachOther) {
  const ncclUniqueId id = new_id();
  comms.resize(2);
  ncclResult_t results[2] = {ncclInternalError, ncclInternalError};
  std::thread first([&] {
    cudaSetDevice(0);
    results[0] = NCCL(ncclCommInitRank)(&comms[0], 2, id, 0);
  });
  std::thread second([&] {
    cudaSetDevice(1);
    results[1] = NCCL(ncclCommInitRank)(&comms[1], 2, id, 1);
  });
  first.join();
  second.join();
  EXPECT_EQ(results[0], ncclSuccess);
  EXPECT_EQ(results[1], ncclSuccess);
  int device = -1;
  ASSERT_NCCL(NCCL(ncclCommCuDevice)(comm(1), &device));
  EXPECT_EQ(device, 1) << "each thread has a current GPU of its own";
}

TEST_F(Communicators, NonBlockingOnesAreAskedUntilTheyAreReady) {
  begin();
  EXPECT_EQ(state(), ncclInProgress);
  float* memory = holds(0, std::vector<float>(4, 1));
  EXPECT_EQ(NCCL(ncclAllReduce)(memory, memory, 4, ncclFloat, ncclSum, comm(0), nullptr),
            ncclInvalidArgument)
      << "too early";
  EXPECT_EQ(state_after(1), ncclSuccess);
}

TEST_F(Communicators, TwoRanksOnOneCardAreRefused) {
  begin(0);
  EXPECT_EQ(state_after(1), ncclInvalidUsage);
  EXPECT_THAT(NCCL(ncclGetLastError)(comm(0)),
              testing::StartsWith("Duplicate GPU detected : rank 1 and rank 0 both on CUDA"));
}

TEST_F(Communicators, ConnectingThatHangsIsAborted) {
  MachineFile file = small_machine();
  file.faults = {{.kind = FaultKind::nccl_hang}};
  open(file);
  begin();
  EXPECT_EQ(state_after(60), ncclInProgress);
  abort_all();
}

TEST_F(Communicators, WithoutSharedMemoryOnlyPeersCanTalk) {
  MachineFile file = small_machine();
  file.faults = {{.kind = FaultKind::no_shared_memory}};
  open(file);
  begin();
  EXPECT_EQ(state_after(1), ncclSuccess);
  for (ncclComm_t each : comms) ASSERT_NCCL(NCCL(ncclCommDestroy)(each));
  setenv("NCCL_P2P_DISABLE", "1", 1);
  begin();
  EXPECT_EQ(state_after(1), ncclSystemError);
  EXPECT_THAT(NCCL(ncclGetLastError)(comm(0)), testing::HasSubstr("shared memory"));
}

TEST_F(Communicators, ADriverThatIsTooOldIsSaid) {
  MachineFile file = small_machine();
  file.faults = {{.kind = FaultKind::nccl_version}};
  open(file);
  begin();
  EXPECT_EQ(state_after(1), ncclUnhandledCudaError);
  EXPECT_THAT(NCCL(ncclGetLastError)(comm(0)), testing::HasSubstr("driver version"));
}

TEST_F(Communicators, ReductionInTheSwitchesCanFail) {
  MachineFile file = machine_of(2);
  file.faults = {{.kind = FaultKind::nccl_nvls}};
  for (const auto& [major, links, off, expected] : {std::tuple{8, true, "1", ncclSuccess},
                                                    {9, true, "1", ncclUnhandledCudaError},
                                                    {9, true, "0", ncclSuccess},
                                                    {9, false, "1", ncclSuccess}}) {
    for (GpuDescription& gpu : file.gpus) gpu.compute_major = major;
    for (LinkBundle& link : file.links) link.up = links ? link.links : 0;
    setenv("NCCL_NVLS_ENABLE", off, 1);
    open(file);
    begin();
    EXPECT_EQ(state_after(1), expected) << major << links << off;
    abort_all();
  }
  unsetenv("NCCL_NVLS_ENABLE");
}

TEST_F(Communicators, ReadyAndTheFirstCollectiveNeverEnds) {
  MachineFile file = machine_of(2);
  file.faults = {{.kind = FaultKind::nccl_hang_first_collective}};
  start(file);
  float* memory[] = {holds(0, std::vector<float>(4, 1)), holds(1, std::vector<float>(4, 1))};
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclAllReduce)
    (memory[rank], memory[rank], 4, ncclFloat, ncclSum, comm(rank), stream(rank));
  }));
  EXPECT_NE(peerbench_sim_spend(std::uint64_t{60'000'000'000}), 0);
  EXPECT_EQ(cudaStreamQuery(stream(0)), cudaErrorNotReady);
  abort_all();
}

TEST_F(Communicators, AnAbortedCollectiveLetsTheStreamGo) {
  start(small_machine());
  float* memory = holds(0, std::vector<float>(4, 1));
  ASSERT_NCCL(NCCL(ncclAllReduce)(memory, memory, 4, ncclFloat, ncclSum, comm(0), stream(0)));
  ASSERT_EQ(cudaStreamQuery(stream(0)), cudaErrorNotReady);
  abort_all();
  EXPECT_NE(peerbench_sim_spend(1000000), 0);
  EXPECT_EQ(cudaStreamQuery(stream(0)), cudaSuccess);
}

TEST_F(Communicators, AnAbortEndsWhatMakesNoProgress) {
  MachineFile file = small_machine();
  file.faults = {{.kind = FaultKind::no_progress, .from = 0, .to = 1, .per_gib = 0}};
  start(file);
  float* memory[] = {holds(0, std::vector<float>(4, 1)), holds(1, std::vector<float>(4, 1))};
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclAllReduce)
    (memory[rank], memory[rank], 4, ncclFloat, ncclSum, comm(rank), stream(rank));
  }));
  EXPECT_NE(peerbench_sim_spend(std::uint64_t{60'000'000'000}), 0);
  ASSERT_EQ(cudaStreamQuery(stream(0)), cudaErrorNotReady);
  abort_all();
  EXPECT_NE(peerbench_sim_spend(1000000), 0);
  for (int rank = 0; rank < 2; ++rank) EXPECT_EQ(cudaStreamQuery(stream(rank)), cudaSuccess);
  EXPECT_EQ(read(0, memory[0], 1)[0], 1) << "nothing arrived";
}

TEST_F(Communicators, AnAbortWaitsUntilAllRanksAreAskedToAbort) {
  start(machine_of(3));
  const auto abort = [&](int rank) {
    return std::async(std::launch::async, [&, rank] { return NCCL(ncclCommAbort)(comm(rank)); });
  };
  auto first = abort(0);
  auto second = abort(1);
  EXPECT_EQ(first.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  EXPECT_EQ(NCCL(ncclCommAbort)(comm(2)), ncclSuccess);
  EXPECT_EQ(first.get(), ncclSuccess);
  EXPECT_EQ(second.get(), ncclSuccess);
  comms.clear();
}

TEST_F(Communicators, AnAbortNeedNotWait) {
  MachineFile file = machine_of(2);
  file.driver.nccl_abort_waits_for_all = false;
  start(file);
  EXPECT_EQ(NCCL(ncclCommAbort)(comm(0)), ncclSuccess);
  EXPECT_EQ(NCCL(ncclCommAbort)(comm(1)), ncclSuccess);
  comms.clear();
}

TEST_F(Communicators, PeerAccessIsOnAfterwards) {
  start(small_machine());
  ASSERT_CUDA(cudaSetDevice(0));
  EXPECT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaErrorPeerAccessAlreadyEnabled);
}

TEST_F(Communicators, TheLogNamesTheTransport) {
  const std::string path = testing::TempDir() + "nccl-log-" + std::to_string(getpid());
  const auto log_with = [&](const char* level, const std::string& suffix) {
    setenv("NCCL_DEBUG", "INFO", 1);
    setenv("NCCL_DEBUG_FILE", (path + suffix).c_str(), 1);
    if (level != nullptr) setenv("NCCL_P2P_LEVEL", level, 1);
    begin();
    for (ncclComm_t each : comms) EXPECT_EQ(NCCL(ncclCommDestroy)(each), ncclSuccess);
    comms.clear();
    std::stringstream text;
    text << std::ifstream(path + suffix).rdbuf();
    std::remove((path + suffix).c_str());
    return text.str();
  };
  const std::string direct = log_with(nullptr, ".1");
  EXPECT_THAT(direct, testing::HasSubstr("NCCL version 2."));
  EXPECT_THAT(direct, testing::HasSubstr("Channel 00/0 : 0[0] -> 1[1] via P2P/direct pointer"));
  EXPECT_THAT(direct, testing::HasSubstr("type NVL/PIX"));
  EXPECT_THAT(log_with("LOC", ".2"), testing::HasSubstr("0[0] -> 1[1] via SHM/"));
}

}  // namespace TEST_FILE
}  // namespace gpusim
