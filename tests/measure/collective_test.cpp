// SPDX-License-Identifier: Apache-2.0
// Collectives measured on simulated machines of round figures.
#include "measure/collective.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/left_behind.hpp"
#include "base/simulation.hpp"
#include "measure/statistics.hpp"
#include "tests/sim/switched_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CollectiveTest : public testing::Test {
 protected:
  void TearDown() override {
    unsetenv("NCCL_P2P_DISABLE");
    gpusim::close();
  }

  /// Joined GPUs on a host whose calls take no time but those that ask whether work has ended.
  static gpusim::MachineFile cards(int count, bool linked = true) {
    gpusim::MachineFile machine = gpusim::machine_of(count, linked);
    machine.host.calls.query_us = 0.4;
    return machine;
  }

  static Measurement measure(const gpusim::MachineFile& machine, CollectiveRequest request) {
    gpusim::open(machine);
    NcclSession session("");
    return session.measure(request, options());
  }

  static MeasureOptions options() {
    MeasureOptions options;
    options.sampling.min_samples = 3;
    options.sampling.max_samples = 3;
    options.sampling.max_warm_up = 1;
    return options;
  }

  static CollectiveRequest over(std::vector<int> gpus, Collective op = Collective::all_reduce,
                                Bytes bytes = 3 * MiB) {
    return {.op = op, .gpus = std::move(gpus), .bytes = bytes};
  }
};

TEST_F(CollectiveTest, EachOfThemMovesTheRightNumbers) {
  gpusim::open(cards(3));
  NcclSession session("");
  for (const CollectiveRow& row : collective_rows()) {
    if (row.op == Collective::send) continue;  // of two
    for (const auto real : {kernels::Real::single, kernels::Real::half}) {
      CollectiveRequest request = over({0, 1, 2}, row.op, 12 * 1000);
      request.real = real;
      const auto measured = session.measure(request, options());
      EXPECT_EQ(measured.outcome, Outcome::ok) << row.name << ": " << measured.reason;
      EXPECT_TRUE(measured.verified) << row.name;
      EXPECT_EQ(measured.collective.use.transport, "P2P");
      EXPECT_EQ(measured.samples.size(), 3u);
    }
  }
}

// The ring's hops carry 47.28 GB/s (4 lines of 12 GB/s, times 0.985), whatever the operation: what
// differs is how much of the size they carry, and that is what busbw takes out.
TEST_F(CollectiveTest, BusbwIsTheRateOfTheLinks) {
  gpusim::open(cards(4));
  NcclSession session("");
  for (const CollectiveRow& row : collective_rows()) {
    if (row.op == Collective::all_to_all) continue;  // it sends to all at once, in one step
    if (row.op == Collective::send) continue;        // of two
    const auto measured = session.measure(over({0, 1, 2, 3}, row.op, 16 * MiB), options());
    ASSERT_EQ(measured.outcome, Outcome::ok) << row.name << ": " << measured.reason;
    const double busbw = summarize(measured.samples).median;
    EXPECT_LT(busbw, 47.28) << row.name;
    EXPECT_GT(busbw, 47.28 * 0.92) << row.name;
  }
}

TEST_F(CollectiveTest, ASmallOneTakesItsSteps) {
  const auto measured = measure(cards(4), over({0, 1, 2, 3}, Collective::all_reduce, 16));
  ASSERT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  // 6.6 us and 2 (n - 1) steps of 0.6 us; the host launches in no time on this machine.
  EXPECT_NEAR(summarize(measured.collective.seconds).median, (6.6 + 6 * 0.6) * 1e-6, 0.1e-6);
}

TEST_F(CollectiveTest, ASendGoesOneWayBetweenTwo) {
  gpusim::open(cards(3));
  NcclSession session("");
  CollectiveRequest request = over({0, 2}, Collective::send, 16 * MiB);
  for (const Launch launch : {Launch::eager, Launch::graph}) {
    request.launch = launch;
    const auto sent = session.measure(request, options());
    ASSERT_EQ(sent.outcome, Outcome::ok) << sent.reason;
    EXPECT_TRUE(sent.verified);
    EXPECT_GT(summarize(sent.samples).median, 47.28 * 0.9);
  }
  const auto of_three = session.measure(over({0, 1, 2}, Collective::send), options());
  EXPECT_EQ(of_three.outcome, Outcome::unsupported);
  EXPECT_THAT(of_three.reason, HasSubstr("two ranks"));
}

TEST_F(CollectiveTest, ASendThatArrivesWrongShows) {
  gpusim::MachineFile machine = cards(2);
  machine.faults = {{.kind = gpusim::FaultKind::bit_flip, .from = 0, .to = 1, .per_gib = 0}};
  EXPECT_EQ(measure(machine, over({0, 1}, Collective::send)).outcome, Outcome::corrupt);
  // What comes back over the bad way is nothing of a send from the other side.
  EXPECT_EQ(measure(machine, over({1, 0}, Collective::send)).outcome, Outcome::ok);
}

TEST_F(CollectiveTest, AGraphIsReplayedWithoutTheHostsTime) {
  gpusim::MachineFile machine = cards(2);
  machine.host.calls.launch_us = 20;  // two of them are more than the operation takes
  gpusim::open(machine);
  NcclSession session("");
  CollectiveRequest request = over({0, 1}, Collective::all_reduce, 16);
  const auto eager = session.measure(request, options());
  request.launch = Launch::graph;
  const auto graph = session.measure(request, options());
  ASSERT_EQ(graph.outcome, Outcome::ok) << graph.reason;
  EXPECT_TRUE(graph.verified);
  // Two launches of 20 us for all operations of a graph.
  EXPECT_NEAR(summarize(graph.collective.seconds).median, (6.6 + 2 * 0.6) * 1e-6, 0.4e-6);
  EXPECT_GT(summarize(eager.collective.seconds).median, 35e-6);
}

TEST_F(CollectiveTest, BytesThatAreNotDivisibleAreRefused) {
  EXPECT_FALSE(divides(over({0, 1, 2}, Collective::all_gather, 8)));
  EXPECT_TRUE(divides(over({0, 1, 2}, Collective::all_reduce, 8)));
  const auto measured = measure(cards(3), over({0, 1, 2}, Collective::all_gather, 8));
  EXPECT_EQ(measured.outcome, Outcome::unsupported);
  EXPECT_THAT(measured.reason, HasSubstr("cannot be divided"));
}

TEST_F(CollectiveTest, WrongDataShow) {
  gpusim::MachineFile machine = cards(3);
  machine.faults = {{.kind = gpusim::FaultKind::bit_flip, .from = 0, .to = 1, .per_gib = 0}};
  const auto measured = measure(machine, over({0, 1, 2}));
  EXPECT_EQ(measured.outcome, Outcome::corrupt);
  EXPECT_THAT(measured.reason, HasSubstr("rank 1 (gpu1)"));
}

TEST_F(CollectiveTest, StaleDataShow) {
  gpusim::MachineFile machine = cards(2);
  machine.faults = {{.kind = gpusim::FaultKind::stale, .from = 0, .to = 1, .per_gib = 0}};
  EXPECT_EQ(measure(machine, over({0, 1})).outcome, Outcome::corrupt);
}

TEST_F(CollectiveTest, TwoRanksOnOneCardAreAReason) {
  const auto measured = measure(cards(2), over({0, 0}));
  EXPECT_EQ(measured.outcome, Outcome::unsupported);
  EXPECT_THAT(measured.reason, HasSubstr("Duplicate GPU"));
}

TEST_F(CollectiveTest, NoSharedMemoryIsAReason) {
  gpusim::MachineFile machine = cards(2, false);
  machine.faults = {{.kind = gpusim::FaultKind::no_shared_memory}};
  const auto measured = measure(machine, over({0, 1}));
  EXPECT_EQ(measured.outcome, Outcome::unsupported);
  EXPECT_THAT(measured.reason, HasSubstr("--shm-size"));
}

TEST_F(CollectiveTest, ADriverThatIsTooOldIsAReason) {
  gpusim::MachineFile machine = cards(2);
  machine.faults = {{.kind = gpusim::FaultKind::nccl_version}};
  EXPECT_THAT(measure(machine, over({0, 1})).reason, HasSubstr("younger driver"));
}

TEST_F(CollectiveTest, AGraphIsUploadedBeforeItIsTimed) {
  // Uploading takes longer than all samples together, and the first launch would wait for it.
  gpusim::MachineFile machine = cards(2);
  machine.driver.graph_upload_us = 1e6;
  gpusim::open(machine);
  NcclSession session("");
  CollectiveRequest request = over({0, 1}, Collective::all_reduce, 16);
  request.launch = Launch::graph;
  MeasureOptions patient = options();
  patient.sampling.max_warm_up = 0;
  const auto graph = session.measure(request, patient);
  ASSERT_EQ(graph.outcome, Outcome::ok) << graph.reason;
  for (const double seconds : graph.collective.seconds) EXPECT_NEAR(seconds, 7.8e-6, 0.4e-6);
}

TEST_F(CollectiveTest, ASampleLastsAtLeastFiveMilliseconds) {
  gpusim::open(cards(2));
  NcclSession session("");
  session.measure(over({0, 1}, Collective::all_reduce, 16), options());
  const std::uint64_t before = peerbench_sim_now_ns();
  const auto measured = session.measure(over({0, 1}, Collective::all_reduce, 16), options());
  ASSERT_EQ(measured.samples.size(), 3u);
  EXPECT_GE(peerbench_sim_now_ns() - before, 4 * 5e6) << "one to warm up, and three";
}

TEST_F(CollectiveTest, ClocksThatChangedMeanwhileAreMeasuredAgain) {
  gpusim::open(cards(2));
  NcclSession session("");
  MeasureOptions options;
  std::size_t asked = 0;
  options.clocks = [&] { return std::vector{asked++ == 0 ? 1200 : 1900}; };
  const auto measured = session.measure(over({0, 1}), options);
  ASSERT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  EXPECT_EQ(asked, 3u) << "after warm-up, at the end, where they differ, and at the end again";
  EXPECT_EQ(measured.collective.seconds.size(), measured.samples.size());
}

TEST_F(CollectiveTest, LongOperationsAreNotRepeatedTwentyTimes) {
  gpusim::MachineFile machine = cards(2, false);
  machine.host.staging->one_way_gbs.value = machine.host.staging->total_gbs.value = 0.02;
  gpusim::open(machine);
  NcclSession session("");
  const auto measured = session.measure(over({0, 1}, Collective::send, 3 * MiB), options());
  ASSERT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  EXPECT_GT(measured.collective.seconds.front(), 0.1);
  EXPECT_LT(peerbench_sim_now_ns() * 1e-9, 15 * measured.collective.seconds.front());
}

TEST_F(CollectiveTest, AHostThatIsSlowerThanTheCardsIsSaid) {
  gpusim::MachineFile machine = cards(2);
  machine.host.calls.launch_us = 20;
  const auto slow = measure(machine, over({0, 1}, Collective::all_reduce, 16));
  EXPECT_THAT(slow.notes, ElementsAre(HasSubstr("takes 40.0 us to launch one on all of them")));
  EXPECT_THAT(measure(cards(2), over({0, 1}, Collective::all_reduce, 16)).notes, IsEmpty());
}

TEST_F(CollectiveTest, AnAllToAllIsNcclsOwnWhereItHasOne) {
  for (const char* file : {"", OLDER_NCCL}) {
    gpusim::open(cards(3));
    const std::string path = testing::TempDir() + "all-to-all-" + std::to_string(getpid());
    ASSERT_TRUE(gpusim::set_trace(path));
    NcclSession session(file);
    const auto measured = session.measure(over({0, 1, 2}, Collective::all_to_all), options());
    gpusim::set_trace("");
    std::stringstream trace;
    trace << std::ifstream(path).rdbuf();
    std::remove(path.c_str());
    ASSERT_EQ(measured.outcome, Outcome::ok) << measured.reason;
    EXPECT_TRUE(measured.verified);
    const bool newer = *file == '\0';
    EXPECT_EQ(measured.collective.version, newer ? NcclLibrary::load("")->version() : "2.21.5");
    EXPECT_EQ(trace.str().find("all_to_all") != std::string::npos, newer);
    EXPECT_THAT(measured.notes,
                ElementsAre(HasSubstr(newer ? "by ncclAlltoAll" : "has no ncclAlltoAll")));
  }
}

TEST_F(CollectiveTest, ConnectingThatHangsEndsInTimeAndIsNotTriedAgain) {
  gpusim::MachineFile machine = cards(2);
  machine.faults = {{.kind = gpusim::FaultKind::nccl_hang}};
  gpusim::open(machine);
  NcclSession session("");
  const auto first = session.measure(over({0, 1}), options());
  EXPECT_EQ(first.outcome, Outcome::hang);
  EXPECT_FALSE(first.still_running) << "the abort came back";
  EXPECT_THAT(first.reason, HasSubstr("did not get ready within 30 s"));
  const std::uint64_t after = peerbench_sim_now_ns();
  EXPECT_LT(after, 40e9);
  EXPECT_EQ(session.measure(over({0, 1}), options()).reason, first.reason);
  EXPECT_LT(peerbench_sim_now_ns() - after, 1e9);
}

TEST_F(CollectiveTest, AGpuThatHangsWhileItIsFilledCostsItsCell) {
  gpusim::MachineFile machine = cards(2);
  machine.faults = {{.kind = gpusim::FaultKind::no_progress, .from = 1, .to = 1}};
  const auto measured = measure(machine, over({0, 1}));
  EXPECT_EQ(measured.outcome, Outcome::hang);
  EXPECT_THAT(measured.reason, HasSubstr("filling 3 MiB of gpu1's memory did not end within 30 s"));
}

TEST_F(CollectiveTest, ABlockingConnectionThatHangsEndsInTime) {
  gpusim::MachineFile machine = cards(2);
  machine.faults = {{.kind = gpusim::FaultKind::nccl_hang_blocking}};
  gpusim::open(machine);
  const auto library = NcclLibrary::load("");
  ASSERT_TRUE(library.has_value()) << library.error().message;
  const auto ranks = NcclRanks::connect(*library, {0, 1}, std::chrono::milliseconds(500));
  ASSERT_FALSE(ranks.has_value());
  EXPECT_EQ(ranks.error().kind, ErrorKind::hang);
  EXPECT_THAT(ranks.error().message, HasSubstr("not as programs do it within 0.5 s"));
  EXPECT_TRUE(library->stuck());
}

// Before 2.22 an abort within a group is an error, and one after another waits for ever.
TEST_F(CollectiveTest, OlderAndNewerLibrariesAreAbortedSoThatTheyComeBack) {
  gpusim::MachineFile machine = cards(3);
  machine.faults = {{.kind = gpusim::FaultKind::nccl_hang}};
  for (const char* file : {"", OLDER_NCCL}) {
    gpusim::open(machine);
    const auto library = NcclLibrary::load(file);
    ASSERT_TRUE(library.has_value()) << library.error().message;
    const auto ranks = NcclRanks::connect(*library, {0, 1, 2}, std::chrono::seconds(20));
    ASSERT_FALSE(ranks.has_value());
    EXPECT_EQ(ranks.error().kind, ErrorKind::hang);
    EXPECT_FALSE(library->stuck()) << file;
  }
}

TEST_F(CollectiveTest, AnAbortThatHangsIsLeftBehind) {
  gpusim::MachineFile machine = cards(2);
  machine.faults = {{.kind = gpusim::FaultKind::nccl_hang},
                    {.kind = gpusim::FaultKind::nccl_hang_abort}};
  gpusim::open(machine);
  const auto library = NcclLibrary::load("");
  ASSERT_TRUE(library.has_value()) << library.error().message;
  const auto ranks = NcclRanks::connect(*library, {0, 1}, std::chrono::milliseconds(500));
  ASSERT_FALSE(ranks.has_value());
  EXPECT_EQ(ranks.error().kind, ErrorKind::hang);
  EXPECT_TRUE(library->stuck());
  EXPECT_TRUE(anything_left_behind());
}

TEST_F(CollectiveTest, AFirstCallThatDoesNotComeBackIsAHang) {
  gpusim::MachineFile machine = cards(2);
  machine.faults = {{.kind = gpusim::FaultKind::nccl_hang_first_call}};
  gpusim::open(machine);
  NcclSession session("");
  MeasureOptions impatient = options();
  impatient.limits.hang_after = std::chrono::milliseconds(500);
  const auto hung = session.measure(over({0, 1}), impatient);
  EXPECT_EQ(hung.outcome, Outcome::hang);
  EXPECT_TRUE(hung.still_running);
  EXPECT_THAT(hung.reason, HasSubstr("call of the first all_reduce did not come back"));
}

TEST_F(CollectiveTest, ALostRankCostsItsCellAndTheNextOneConnectsAnew) {
  gpusim::MachineFile machine = cards(2);
  machine.faults = {{.kind = gpusim::FaultKind::nccl_lost_rank}};
  gpusim::open(machine);
  NcclSession session("");
  for (const Launch launch : {Launch::eager, Launch::graph, Launch::eager}) {
    CollectiveRequest request = over({0, 1}, Collective::all_reduce, 4096);
    request.launch = launch;
    const auto lost = session.measure(request, options());
    EXPECT_EQ(lost.outcome, Outcome::error);
    EXPECT_FALSE(lost.still_running);
    EXPECT_THAT(lost.reason, HasSubstr("a rank was lost"));
  }
  EXPECT_LT(peerbench_sim_now_ns(), 60e9);
}

TEST_F(CollectiveTest, ALinkWithoutProgressEndsInTime) {
  gpusim::MachineFile machine = cards(2);
  machine.faults = {{.kind = gpusim::FaultKind::no_progress, .from = 0, .to = 1, .per_gib = 0}};
  const auto measured = measure(machine, over({0, 1}));
  EXPECT_EQ(measured.outcome, Outcome::hang);
  EXPECT_THAT(measured.reason, HasSubstr("did not end within 30 s"));
  EXPECT_LT(peerbench_sim_now_ns(), 60e9);
}

TEST_F(CollectiveTest, WithoutPeersNcclSaysItUsedSharedMemory) {
  const auto measured = measure(cards(2, false), over({0, 1}));
  ASSERT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  EXPECT_EQ(measured.collective.use.transport, "SHM");
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
