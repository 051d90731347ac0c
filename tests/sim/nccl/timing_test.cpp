// SPDX-License-Identifier: Apache-2.0
// How long collectives take: by hand on the small machine, and against published figures on the
// built-in ones.
#include <ostream>

#include "sim/machine_file_loader.hpp"
#include "tests/sim/nccl/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

class Timing : public SimulatedNccl {
 protected:
  void TearDown() override {
    unsetenv("NCCL_P2P_DISABLE");
    SimulatedNccl::TearDown();
  }

  /// Time of an all-reduce in place, from when all ranks are there to when the first is done.
  double all_reduce_us(std::size_t bytes) {
    std::vector<std::byte*> memory;
    for (int rank = 0; rank < ranks(); ++rank) memory.push_back(device_memory(rank, bytes));
    const cudaEvent_t start = record(0);
    for (int rank = 1; rank < ranks(); ++rank) {
      EXPECT_EQ(cudaStreamWaitEvent(stream(rank), start, 0), cudaSuccess);
    }
    EXPECT_EQ(grouped([&](int rank) {
                NCCL(ncclAllReduce)
                (memory[rank], memory[rank], bytes / 4, ncclFloat, ncclSum, comm(rank),
                 stream(rank));
              }),
              ncclSuccess);
    const double us = elapsed_us(start, record(0));
    for (std::byte* each : memory) EXPECT_EQ(cudaFree(each), cudaSuccess);
    return us;
  }

  /// busbw of endless messages: what more bytes cost, so that the fixed time is not in it. As
  /// nccl-tests defines it for an all-reduce, algbw * 2 (n - 1) / n.
  double busbw() {
    constexpr double small = 16e6, large = 48e6;
    const double us = all_reduce_us(48000000) - all_reduce_us(16000000);
    return (large - small) / us / 1e3 * 2 * (ranks() - 1) / ranks();
  }
};

TEST_F(Timing, ASmallAllReduceIsAllLatency) {
  start(machine_of(4));
  // NCCL's tuning model, LL over NVLink: 6.6 us and 0.6 us for each of 2 (n - 1) steps.
  EXPECT_NEAR(all_reduce_us(8), 6.6 + 6 * 0.6, 0.05);
}

TEST_F(Timing, ALargeOneIsAsFastAsTheLinksAllow) {
  start(machine_of(4));
  // Four lines of compute capability 8.6 at NCCL's 12 GB/s, of which 0.985 are reached.
  EXPECT_NEAR(busbw(), 48 * 0.985, 0.2);
}

/// `count` GPUs of machine_of() with a link of one line between the pairs alone.
MachineFile meshed(int count, const std::vector<std::pair<int, int>>& pairs) {
  MachineFile machine = machine_of(count);
  const LinkBundle line = machine.links.front();
  machine.links.clear();
  for (const auto& [a, b] : pairs) {
    LinkBundle link = line;
    link.kind = "nvlink";
    link.a = a;
    link.b = b;
    link.links = link.up = 1;
    machine.links.push_back(link);
  }
  return machine;
}

constexpr double line = 12 * 0.985;  // one of compute capability 8.6, as above

TEST_F(Timing, RingsFillAMeshOfLinks) {
  // Each with each: there is no way to part the links of four GPUs into rings that each take some
  // whole, but half of each does.
  start(meshed(4, {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}}));
  EXPECT_NEAR(busbw(), 3 * line, 0.05 * line);
}

TEST_F(Timing, ALinkThatNoRingGoesOverIsLeftOut) {
  // A square and one diagonal: around the square there are two ways, over the diagonal none.
  start(meshed(4, {{0, 1}, {1, 2}, {2, 3}, {3, 0}, {0, 2}}));
  EXPECT_NEAR(busbw(), 2 * line, 0.05 * line);
}

TEST_F(Timing, AWiderLinkIsWorthNoMoreThanTheNarrowestOfItsRing) {
  MachineFile machine = meshed(3, {{0, 1}, {1, 2}, {2, 0}});
  machine.links[0].links = machine.links[0].up = 2;
  start(machine);
  EXPECT_NEAR(busbw(), 2 * line, 0.05 * line);
}

TEST_F(Timing, ACardSendsNoMoreThanItsKernelsCan) {
  MachineFile machine = meshed(3, {{0, 1}, {1, 2}, {2, 0}});
  machine.gpus[1].collective_gbs = Figure{15, "", true};
  start(machine);
  EXPECT_NEAR(busbw(), 15, 0.1);
}

TEST_F(Timing, WithoutPeersBytesTakeTheWayThroughTheHost) {
  start(machine_of(4, false));
  // All four share the 12 GB/s of the staging, of which 0.75 are reached.
  EXPECT_NEAR(busbw(), 12 * 0.75 / 4, 0.02);
}

TEST_F(Timing, TheSlowestRankHoldsUpAll) {
  start(machine_of(2));
  std::byte* a = device_memory(0, 64);
  std::byte* b = device_memory(1, 64);
  const cudaEvent_t begin = record(0);
  std::byte* large = device_memory(1, 160000000);
  // A local copy of 80 MB at 800 GB/s of traffic takes 200 us.
  ASSERT_CUDA(
      cudaMemcpyAsync(large, large + 80000000, 80000000, cudaMemcpyDeviceToDevice, stream(1)));
  ASSERT_NCCL(grouped([&](int rank) {
    std::byte* mine = rank == 0 ? a : b;
    NCCL(ncclAllReduce)(mine, mine, 16, ncclFloat, ncclSum, comm(rank), stream(rank));
  }));
  EXPECT_NEAR(elapsed_us(begin, record(0)), 201 + 6.6 + 2 * 0.6, 1);
}

TEST_F(Timing, BytesCrossTheLinksThatTheCountersWatch) {
  start(small_machine());
  const std::uint64_t before = link_bytes(0, true);
  all_reduce_us(4000000);
  // Two ranks: 2 (n - 1) / n of the message each way.
  EXPECT_NEAR(static_cast<double>(link_bytes(0, true) - before), 4e6, 1e3);
}

struct Published {
  const char* machine;
  int ranks;
  bool peers;
  double busbw;
  double tolerance;
  bool inferred;  ///< measured on other GPUs with the same links
  const char* source;
};

constexpr const char* dgx1 =
    "https://github.com/uuudown/Tartan microbenchmark/scale_up_cl/nccl-v2/bandwidth.txt";

void PrintTo(const Published& row, std::ostream* out) { *out << row.machine << " " << row.ranks; }

class PublishedBusbw : public Timing, public testing::WithParamInterface<Published> {};

TEST_P(PublishedBusbw, IsReached) {
  const Published& row = GetParam();
  if (!row.peers) setenv("NCCL_P2P_DISABLE", "1", 1);
  auto file = load_machine_file(PEERBENCH_SOURCE_DIR "/src/sim/machines/" +
                                std::string(row.machine) + ".json");
  ASSERT_TRUE(file.has_value());
  file->noise_cv = 0;
  file->driver = ideal_driver();
  open(*file);
  comms.resize(static_cast<std::size_t>(row.ranks));
  ASSERT_NCCL(NCCL(ncclCommInitAll)(comms.data(), row.ranks, nullptr));
  for (int rank = 0; rank < row.ranks; ++rank) streams.push_back(stream_on(rank));
  EXPECT_NEAR(busbw(), row.busbw, row.tolerance * row.busbw)
      << row.source << (row.inferred ? " (inferred)" : "");
}

INSTANTIATE_TEST_SUITE_P(
    Rows, PublishedBusbw,
    testing::Values(
        Published{"dual-a6000-nvlink", 2, true, 47.45, 0.05, true,
                  "nccl-tests on a bridged A40 pair, the same four links"},
        Published{"hgx-a100-8", 8, true, 234.89, 0.05, false, "nccl-tests on 8x A100 SXM"},
        Published{"hgx-a100-8", 4, true, 234.7, 0.05, false, "nccl-tests on 4x A100 SXM, 8 GiB"},
        Published{"hgx-a100-8", 4, false, 5.2, 0.10, false,
                  "nccl-tests on four GPUs of a DGX A100, P2P disabled"},
        Published{"dgx1-p100-8", 2, true, 17.28, 0.10, false, dgx1},
        Published{"dgx1-p100-8", 3, true, 34.56, 0.10, false, dgx1},
        Published{"dgx1-p100-8", 4, true, 52.09, 0.10, false, dgx1},
        Published{"dgx1-p100-8", 8, true, 62.24, 0.10, false, dgx1},
        Published{"hgx-h100-8", 8, true, 367.61, 0.10, true,
                  "nccl-tests on 8x H200, the same links, ring"}),
    [](const auto& row) {
      std::string name = row.param.machine;
      std::erase(name, '-');
      return name + "_" + std::to_string(row.param.ranks) + (row.param.peers ? "" : "_staged");
    });

}  // namespace TEST_FILE
}  // namespace gpusim
