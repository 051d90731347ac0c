// Copies on the built-in machines take as long as they took on real ones. Each row is a published
// measurement of such a machine, with where it was published; what the simulator was given to
// reproduce it stands in machines/NAME.json. The figures are typed in here a second time, so that a
// slip in a machine file or in the model of its links shows.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "sim/machine_file_loader.hpp"
#include "tests/sim/cudart/fixture.hpp"

namespace peerbench::sim {
namespace {

/// What is measured between `from` and `to`. GB/s counts bytes that arrive, both ways in sum; of a
/// local copy bytes read and written. Small is one copy of 16 bytes, in us.
enum class What {
  peer_write,  ///< peer access on, issued by the source
  peer_read,   ///< issued by the destination
  peer_both,
  peer_small_write,
  peer_small_read,
  staged,  ///< peer access off
  staged_both,
  staged_small,
  local,
  host_to_device,
  device_to_host,
};

struct Row {
  const char* machine;
  What what;
  int from, to;
  double value;
  double tolerance;  ///< share of the value
  const char* source;
};

constexpr const char* k3090 = "github.com/dbkinghorn/Notes 2x4090-notes.md lines 1834-1879";
constexpr const char* k4090 = "github.com/dbkinghorn/Notes update-P2P.md lines 167-213";
constexpr const char* stelline = "github.com/luigifcruz/stelline puget-threadripper-pro-wrx90.md";
constexpr const char* genoa = "two RTX 5090, EPYC Genoa, reply in an NVIDIA/nccl issue, 2025-02-20";
constexpr const char* a6000 = "github.com/siboehm/bench gpu/nvlink/README.md";
constexpr const char* azure = "github.com/sushruta/sushruta.github.io 2024-03-30-nvlink-and-gpu";
constexpr const char* hgx_a100 = "github.com/stas00/ml-engineering network/README.md, 8x A100";
constexpr const char* abci_a = "ABCI benchmark page, compute node A, GPUs 4 to 7";
constexpr const char* a100_down = "8-GPU HGX A100 whose NVLink was not in use, driver 525.125.06";
constexpr const char* hgx_h100 = "HGX H100, Xeon 8462Y+, p2pBandwidthLatencyTest";
constexpr const char* hgx_h100_nv = "HGX H100, Xeon 8462Y+, nvbandwidth 0.10";
constexpr const char* abci_v = "ABCI benchmark page, compute node V, 4x V100-SXM2";
constexpr const char* tartan =
    "github.com/uuudown/Tartan microbenchmark/scale_up_p2p_test/dgx1_ascending.txt";
constexpr const char* p100 = "github.com/ma595/gpu_nvlink out/p2p/p100_p2p.out";
constexpr const char* gh200 =
    "github.com/microsoft/superbenchmark tests/data/nvbandwidth_results.log";
constexpr const char* dual_gh200 =
    "github.com/dnhkng/dnhkng.github.io 2026-04-25-gh200-benchmarking";
constexpr const char* h200 = "github.com/stas00/ml-engineering network/README.md, 8x H200";
constexpr const char* h200_local = "github.com/samuel-bohman/AI-benchmarking-guide ND_H200_v5";
constexpr const char* spark = "github.com/NNNtrance, three DGX Spark, copy";

constexpr const char* words[] = {
    "peer_write",  "peer_read",    "peer_both", "peer_small_write", "peer_small_read", "staged",
    "staged_both", "staged_small", "local",     "host_to_device",   "device_to_host"};

std::string text(const Row& row) {
  return fmt::format("{}_{}_gpu{}_gpu{}", row.machine, words[static_cast<int>(row.what)], row.from,
                     row.to);
}

void PrintTo(const Row& row, std::ostream* out) { *out << text(row) << " from " << row.source; }

// clang-format off
const Row rows[] = {
  {"dual-rtx3090-nvlink", What::staged, 0, 1, 11.29, 0.05, k3090},
  {"dual-rtx3090-nvlink", What::staged_both, 0, 1, 16.74, 0.05, k3090},
  {"dual-rtx3090-nvlink", What::staged_small, 0, 1, 10.91, 0.10, k3090},
  {"dual-rtx3090-nvlink", What::local, 0, 0, 830, 0.05, k3090},
  {"dual-rtx4090", What::staged, 0, 1, 22.04, 0.05, k4090},
  {"dual-rtx4090", What::staged_both, 0, 1, 30.86, 0.05, k4090},
  {"dual-rtx4090", What::staged_small, 0, 1, 10.55, 0.10, k4090},
  {"dual-rtx4090", What::local, 0, 0, 918, 0.05, k4090},
  {"dual-rtx6000ada", What::peer_write, 0, 1, 26.32, 0.05, stelline},
  {"dual-rtx6000ada", What::peer_both, 0, 1, 52.11, 0.05, stelline},
  {"dual-rtx6000ada", What::peer_small_write, 0, 1, 1.13, 0.05, stelline},
  {"dual-rtx6000ada", What::staged, 0, 1, 22.27, 0.05, stelline},
  {"dual-rtx6000ada", What::staged_both, 0, 1, 31.44, 0.05, stelline},
  {"dual-rtx6000ada", What::staged_small, 0, 1, 10.68, 0.05, stelline},
  {"dual-rtx6000ada", What::local, 1, 1, 815.63, 0.05, stelline},
  {"dual-rtx5090", What::staged, 0, 1, 38.58, 0.05, genoa},
  {"dual-rtx5090", What::staged_both, 0, 1, 42.91, 0.05, genoa},
  {"dual-rtx5090", What::staged_small, 0, 1, 12.79, 0.05, genoa},
  {"dual-a6000-nvlink", What::peer_both, 0, 1, 102.05, 0.05, a6000},
  {"dual-a100-pcie-nvlink", What::peer_write, 0, 1, 275.2, 0.05, azure},
  {"dual-a100-pcie-nvlink", What::peer_both, 0, 1, 515.85, 0.05, azure},
  {"dual-a100-pcie-nvlink", What::peer_small_write, 0, 1, 2.29, 0.05, azure},
  {"dual-a100-pcie-nvlink", What::staged, 0, 1, 21.59, 0.05, azure},
  {"dual-a100-pcie-nvlink", What::staged_both, 0, 1, 28.31, 0.05, azure},
  {"dual-a100-pcie-nvlink", What::staged_small, 0, 1, 18.29, 0.20, azure},
  {"dual-a100-pcie-nvlink", What::local, 1, 1, 1515, 0.05, azure},
  {"quad-a100-pcie-pairs", What::peer_write, 2, 3, 275.2, 0.05, azure},
  {"quad-a100-pcie-pairs", What::peer_both, 0, 1, 515.85, 0.05, azure},
  {"quad-a100-pcie-pairs", What::peer_small_write, 2, 3, 2.29, 0.05, azure},
  {"quad-a100-pcie-pairs", What::staged, 0, 1, 21.59, 0.05, azure},
  // Named P2P=Enabled there; without a bridge the pair has no peer access.
  {"quad-a100-pcie-pairs", What::staged, 1, 2, 21.61, 0.05, azure},
  {"quad-a100-pcie-pairs", What::staged_both, 1, 2, 28.31, 0.05, azure},
  {"quad-a100-pcie-pairs", What::staged_small, 0, 3, 18.29, 0.20, azure},
  {"quad-a100-pcie-pairs", What::local, 3, 3, 1515, 0.05, azure},
  {"hgx-a100-8", What::peer_write, 0, 7, 274.38, 0.05, hgx_a100},
  {"hgx-a100-8", What::peer_both, 2, 5, 518.2, 0.05, abci_a},
  {"hgx-a100-8", What::peer_small_write, 0, 1, 2.87, 0.10, abci_a},
  {"hgx-a100-8", What::staged, 0, 7, 19.71, 0.05, a100_down},
  {"hgx-a100-8", What::staged_both, 0, 7, 27.84, 0.05, a100_down},
  {"hgx-a100-8", What::staged_small, 0, 7, 20.13, 0.10, a100_down},
  {"hgx-a100-8", What::local, 6, 6, 1584, 0.05, hgx_a100},
  {"hgx-h100-8", What::peer_write, 0, 1, 392.62, 0.05, hgx_h100},
  {"hgx-h100-8", What::peer_read, 7, 3, 395.1, 0.05, hgx_h100_nv},
  {"hgx-h100-8", What::peer_both, 2, 6, 774.23, 0.05, hgx_h100},
  {"hgx-h100-8", What::peer_small_write, 5, 4, 2.78, 0.05, hgx_h100},
  {"hgx-h100-8", What::staged, 0, 1, 37.4, 0.05, hgx_h100},
  {"hgx-h100-8", What::staged_both, 0, 4, 52.39, 0.05, hgx_h100},
  {"hgx-h100-8", What::staged_small, 0, 1, 16.48, 0.05, hgx_h100},
  {"hgx-h100-8", What::host_to_device, 0, 0, 55.36, 0.05, hgx_h100_nv},
  {"hgx-h100-8", What::device_to_host, 7, 7, 55.2, 0.05, hgx_h100_nv},
  {"hgx-h100-8", What::local, 0, 0, 2897, 0.05, hgx_h100},
  {"dgx1-v100-8", What::peer_both, 0, 3, 96.9, 0.05, abci_v},
  {"dgx1-v100-8", What::peer_both, 3, 7, 48.45, 0.05, "half of two links"},
  {"dgx1-v100-8", What::peer_small_write, 0, 4, 1.92, 0.05, abci_v},
  {"dgx1-v100-8", What::staged_both, 0, 5, 15.65, 0.05, abci_v},
  {"dgx1-p100-8", What::peer_write, 0, 4, 18.41, 0.05, tartan},
  {"dgx1-p100-8", What::peer_both, 3, 7, 36.82, 0.05, tartan},
  // Below one switch.
  {"dgx1-p100-8", What::staged, 0, 1, 9.19, 0.08, tartan},
  {"dgx1-p100-8", What::staged_both, 6, 7, 9.37, 0.05, tartan},
  {"dgx1-p100-8", What::staged, 0, 5, 10.07, 0.08, tartan},
  {"dgx1-p100-8", What::staged_both, 1, 2, 17.44, 0.05, tartan},
  {"dgx1-p100-8", What::staged_small, 0, 7, 19.56, 0.05, tartan},
  {"dgx1-p100-8", What::local, 4, 4, 500.21, 0.05, tartan},
  {"quad-p100-switch", What::peer_write, 0, 1, 13.19, 0.05, p100},
  {"quad-p100-switch", What::peer_read, 0, 3, 13.17, 0.05, p100},
  {"quad-p100-switch", What::peer_both, 1, 2, 25.05, 0.05, p100},
  {"quad-p100-switch", What::peer_small_write, 0, 1, 1.35, 0.05, p100},
  {"quad-p100-switch", What::peer_small_read, 0, 1, 8.27, 0.25, p100},
  {"quad-p100-switch", What::staged, 0, 1, 10.23, 0.05, p100},
  {"quad-p100-switch", What::staged_both, 2, 3, 10.57, 0.05, p100},
  {"quad-p100-switch", What::staged_small, 0, 3, 11.95, 0.06, p100},
  {"quad-p100-switch", What::local, 0, 0, 518.82, 0.05, p100},
  {"dgx-spark", What::local, 0, 0, 214.5, 0.05, spark},
  {"gh200", What::host_to_device, 0, 0, 370.13, 0.05, gh200},
  {"gh200", What::device_to_host, 0, 0, 295.15, 0.05, gh200},
  {"dual-gh200", What::host_to_device, 1, 1, 378, 0.05, dual_gh200},
  {"dual-gh200", What::device_to_host, 0, 0, 297.5, 0.05, dual_gh200},
  {"dual-gh200", What::staged, 0, 1, 57.5, 0.05, dual_gh200},
  {"single-h200", What::host_to_device, 0, 0, 55.43, 0.05, h200},
  {"single-h200", What::device_to_host, 0, 0, 55.06, 0.05, h200},
  {"single-h200", What::local, 0, 0, 4010, 0.05, h200_local},
};
// clang-format on

MachineFile builtin(const std::string& name) {
  auto machine = load_machine_file(PEERBENCH_SOURCE_DIR "/src/sim/machines/" + name + ".json");
  EXPECT_TRUE(machine.has_value()) << (machine ? "" : machine.error().message);
  // The spread around a figure is not the figure.
  if (machine) machine->noise_cv = 0;
  return machine.value_or(MachineFile{});
}

class FidelityTest : public RuntimeTest {
 protected:
  static constexpr std::size_t large = std::size_t{64} << 20;
  static constexpr std::size_t small = 16;
  /// So much that the start of a copy is nothing beside it, even at 4 TB/s.
  static constexpr std::size_t local_bytes = 4 * large;

  static void enable(int gpu, int peer) {
    ASSERT_CUDA(cudaSetDevice(gpu));
    ASSERT_CUDA(cudaDeviceEnablePeerAccess(peer, 0));
  }

  /// An event that does not complete before the host has queued what comes behind it, so that the
  /// host's calls are not measured.
  static cudaEvent_t start_late(int gpu, cudaStream_t stream) {
    constexpr std::size_t bytes = large / 8;
    auto* source = device_memory(gpu, bytes);
    auto* destination = device_memory(gpu, bytes);
    for (int i = 0; i < 16; ++i) {
      EXPECT_EQ(cudaMemcpyAsync(destination, source, bytes, cudaMemcpyDeviceToDevice, stream),
                cudaSuccess);
    }
    return record_on(stream);
  }

  /// One copy from GPU to GPU in a stream of `issuer`.
  static double copy_us(int issuer, int from, int to, std::size_t bytes) {
    auto* source = device_memory(from, bytes);
    auto* destination = device_memory(to, bytes);
    const cudaStream_t stream = stream_on(issuer);
    const auto start = start_late(issuer, stream);
    EXPECT_EQ(cudaMemcpyPeerAsync(destination, to, source, from, bytes, stream), cudaSuccess);
    return elapsed_us(start, record_on(stream));
  }

  /// Both ways at once, each issued by its source, until both have arrived.
  static double both_ways_us(int a, int b, std::size_t bytes) {
    auto* a_source = device_memory(a, bytes);
    auto* a_destination = device_memory(a, bytes);
    auto* b_source = device_memory(b, bytes);
    auto* b_destination = device_memory(b, bytes);
    const cudaStream_t back = stream_on(b), there = stream_on(a);
    const auto start = start_late(a, there);
    EXPECT_EQ(cudaStreamWaitEvent(back, start, 0), cudaSuccess);
    EXPECT_EQ(cudaMemcpyPeerAsync(b_destination, b, a_source, a, bytes, there), cudaSuccess);
    EXPECT_EQ(cudaMemcpyPeerAsync(a_destination, a, b_source, b, bytes, back), cudaSuccess);
    EXPECT_EQ(cudaSetDevice(b), cudaSuccess);
    const auto arrived = record_on(back);
    EXPECT_EQ(cudaStreamWaitEvent(there, arrived, 0), cudaSuccess);
    EXPECT_EQ(cudaSetDevice(a), cudaSuccess);
    return elapsed_us(start, record_on(there));
  }

  static double host_copy_us(int gpu, bool to_gpu) {
    auto* device = device_memory(gpu, large);
    void* host = nullptr;
    EXPECT_EQ(cudaMallocHost(&host, large), cudaSuccess);
    const cudaStream_t stream = stream_on(gpu);
    const auto start = start_late(gpu, stream);
    EXPECT_EQ(to_gpu ? cudaMemcpyAsync(device, host, large, cudaMemcpyHostToDevice, stream)
                     : cudaMemcpyAsync(host, device, large, cudaMemcpyDeviceToHost, stream),
              cudaSuccess);
    return elapsed_us(start, record_on(stream));
  }

  static double local_us(int gpu) {
    auto* source = device_memory(gpu, local_bytes);
    auto* destination = device_memory(gpu, local_bytes);
    const cudaStream_t stream = stream_on(gpu);
    const auto start = start_late(gpu, stream);
    EXPECT_EQ(cudaMemcpyAsync(destination, source, local_bytes, cudaMemcpyDeviceToDevice, stream),
              cudaSuccess);
    return elapsed_us(start, record_on(stream));
  }

  static double gbs(double bytes, double us) { return bytes / us * 1e-3; }

  static double measured(const Row& row) {
    const bool peers = row.what <= What::peer_small_read;
    if (peers) {
      enable(row.from, row.to);
      enable(row.to, row.from);
    }
    constexpr double once = large;
    switch (row.what) {
      case What::peer_write:
      case What::staged:
        return gbs(once, copy_us(row.from, row.from, row.to, large));
      case What::peer_read:
        return gbs(once, copy_us(row.to, row.from, row.to, large));
      case What::peer_both:
      case What::staged_both:
        return gbs(2 * once, both_ways_us(row.from, row.to, large));
      case What::peer_small_write:
      case What::staged_small:
        return copy_us(row.from, row.from, row.to, small);
      case What::peer_small_read:
        return copy_us(row.to, row.from, row.to, small);
      case What::local:
        return gbs(2 * static_cast<double>(local_bytes), local_us(row.from));
      case What::host_to_device:
      case What::device_to_host:
        return gbs(once, host_copy_us(row.from, row.what == What::host_to_device));
    }
    return 0;
  }
};

class PublishedTest : public FidelityTest, public testing::WithParamInterface<Row> {};

TEST_P(PublishedTest, IsReproduced) {
  const Row& row = GetParam();
  open(builtin(row.machine));
  EXPECT_NEAR(measured(row), row.value, row.tolerance * row.value) << row.source;
}

std::string name_of(const testing::TestParamInfo<Row>& info) {
  std::string name = text(info.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Rows, PublishedTest, testing::ValuesIn(rows), name_of);

TEST_F(FidelityTest, ThreeOfFourLinksGiveThreeQuarters) {
  const auto rate = [](const char* machine) {
    open(builtin(machine));
    enable(0, 1);
    return gbs(static_cast<double>(large), copy_us(0, 0, 1, large));
  };
  EXPECT_NEAR(rate("dual-rtx3090-nvlink-3of4") / rate("dual-rtx3090-nvlink"), 0.75, 0.01 * 0.75);
}

// In whole us by the host's clock, for both copies and the wait for them: 7 us from 128 B to 8 KiB,
// 9 us below, 28 us for 1 MiB.
TEST_F(FidelityTest, CopiesBothWaysOverABridgeByTheHostsClock) {
  constexpr std::size_t mebibyte = std::size_t{1} << 20;
  open(builtin("dual-a6000-nvlink"));
  enable(0, 1);
  enable(1, 0);
  auto* a_source = device_memory(0, mebibyte);
  auto* a_destination = device_memory(0, mebibyte);
  auto* b_source = device_memory(1, mebibyte);
  auto* b_destination = device_memory(1, mebibyte);
  const cudaStream_t there = stream_on(0), back = stream_on(1);
  const auto host_us = [&](std::size_t bytes) {
    const std::uint64_t start = peerbench_sim_now_ns();
    EXPECT_EQ(cudaMemcpyPeerAsync(b_destination, 1, a_source, 0, bytes, there), cudaSuccess);
    EXPECT_EQ(cudaMemcpyPeerAsync(a_destination, 0, b_source, 1, bytes, back), cudaSuccess);
    EXPECT_EQ(cudaStreamSynchronize(there), cudaSuccess);
    EXPECT_EQ(cudaStreamSynchronize(back), cudaSuccess);
    return static_cast<double>(peerbench_sim_now_ns() - start) * 1e-3;
  };
  const double small_us = host_us(4096);
  EXPECT_GE(small_us, 6.5) << a6000;
  EXPECT_LE(small_us, 9.5) << a6000;
  EXPECT_NEAR(gbs(mebibyte, host_us(mebibyte)), 37.4, 0.10 * 37.4) << a6000;
}

// PCIe 4.0 x4 carries 7.88 GB/s; a patched pair on such a slot staged 6.34 GB/s.
TEST_F(FidelityTest, AnX4SlotLimitsEveryCopyThroughIt) {
  open(builtin("dual-rtx3090-x4-slot"));
  for (int to : {0, 1}) {
    const double staged = gbs(static_cast<double>(large), copy_us(1 - to, 1 - to, to, large));
    EXPECT_LE(staged, 7.88);
    EXPECT_GE(staged, 5.0);
  }
  EXPECT_LE(gbs(static_cast<double>(large), host_copy_us(1, true)), 7.88);
  EXPECT_GE(gbs(static_cast<double>(large), host_copy_us(0, true)), 20);
}

// The log says CANNOT for every pair that is no neighbour in the mesh.
TEST_F(FidelityTest, PeerAccessOfADgx1EndsWhereItsLinksEnd) {
  open(builtin("dgx1-p100-8"));
  constexpr const char* neighbours[] = {"1234", "0235", "0136", "0127",
                                        "0567", "1467", "2457", "3456"};
  for (int from = 0; from < 8; ++from) {
    std::string found;
    for (int to = 0; to < 8; ++to) {
      int can = 0;
      if (from == to) continue;
      ASSERT_CUDA(cudaDeviceCanAccessPeer(&can, from, to));
      if (can != 0) found += static_cast<char>('0' + to);
    }
    EXPECT_EQ(found, neighbours[from]) << "of gpu" << from << ", " << tartan;
  }
}

// Two cards below the one switch do not meet the link up to the host; their staged copies do.
TEST_F(FidelityTest, PeerCopiesBelowOneSwitchDoNotShareItsUplink) {
  open(builtin("quad-p100-switch"));
  for (int gpu = 0; gpu < 4; ++gpu) enable(gpu, gpu ^ 1);
  const cudaStream_t first = stream_on(0), second = stream_on(2);
  auto* a = device_memory(0, large);
  auto* b = device_memory(1, large);
  auto* c = device_memory(2, large);
  auto* d = device_memory(3, large);
  const auto start = start_late(0, first);
  ASSERT_CUDA(cudaStreamWaitEvent(second, start, 0));
  ASSERT_CUDA(cudaMemcpyPeerAsync(d, 3, c, 2, large, second));
  ASSERT_CUDA(cudaMemcpyPeerAsync(b, 1, a, 0, large, first));
  const auto end = record_on(first);
  EXPECT_NEAR(gbs(static_cast<double>(large), elapsed_us(start, end)), 13.19, 0.05 * 13.19);
}

}  // namespace
}  // namespace peerbench::sim
