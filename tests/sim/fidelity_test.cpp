// SPDX-License-Identifier: Apache-2.0
// Copies on the built-in machines take as long as they took on real ones. Each row is a published
// measurement of such a machine, with where it was published; what the simulator was given to
// reproduce it stands in machines/NAME.json. The figures are typed in here a second time, so that a
// slip in a machine file or in the model of its links shows.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <string>

#include "tests/sim/fidelity.hpp"

namespace gpusim {
namespace TEST_FILE {

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
  host_to_device_busy,  ///< while twice the bytes go the other way; only one way counted
  device_to_host_busy,
  far_host_to_device,  ///< from memory of the NUMA node that is not the GPU's
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
constexpr const char* quad_3090 = "github.com/dbkinghorn/Notes multi-gpu-notes.md lines 3-77";
constexpr const char* patched =
    "nine RTX PRO 6000 and RTX 5090, EPYC 9575F, driver 610.43.03 patched";
constexpr const char* nf5468 = "github.com/wubh576/nvbandwidth_5090 myresults/result.json";
constexpr const char* pro6000 =
    "github.com/local-inference-lab/rtx6kpro hardware/pcie-bandwidth.md";
constexpr const char* wrx90 = "github.com/local-inference-lab/rtx6kpro hardware/wrx90-cpayne-8gpu";
constexpr const char* ac922 =
    "github.com/IBM/CAST p2pBandwidthLatencyTest.sh, three links: half of six";
constexpr const char* gb200 = "github.com/stas00/ml-engineering network/README.md, GB200 NVL tray";
constexpr const char* gb300 =
    "github.com/stas00/ml-engineering network/README.md, GB300 DGX Station";
constexpr const char* laptop = "nvbandwidth 0.8 of an RTX 3050 Laptop GPU";
constexpr const char* spark = "github.com/NNNtrance, three DGX Spark, copy";

constexpr const char* words[] = {"peer_write",          "peer_read",         "peer_both",
                                 "peer_small_write",    "peer_small_read",   "staged",
                                 "staged_both",         "staged_small",      "local",
                                 "host_to_device",      "device_to_host",    "host_to_device_busy",
                                 "device_to_host_busy", "far_host_to_device"};

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
  {"gh200", What::host_to_device_busy, 0, 0, 176.9, 0.05, gh200},
  {"gh200", What::device_to_host_busy, 0, 0, 187.3, 0.05, gh200},
  {"dual-gh200", What::host_to_device, 1, 1, 378, 0.05, dual_gh200},
  {"dual-gh200", What::device_to_host, 0, 0, 297.5, 0.05, dual_gh200},
  {"dual-gh200", What::far_host_to_device, 0, 0, 132.5, 0.05, dual_gh200},
  {"dual-gh200", What::staged, 0, 1, 57.5, 0.05, dual_gh200},
  {"single-h200", What::host_to_device, 0, 0, 55.43, 0.05, h200},
  {"single-h200", What::device_to_host, 0, 0, 55.06, 0.05, h200},
  {"single-h200", What::local, 0, 0, 4010, 0.05, h200_local},
  {"quad-rtx3090-pairs", What::staged, 0, 2, 5.89, 0.05, quad_3090},
  {"quad-rtx3090-pairs", What::staged_both, 1, 3, 8.75, 0.05, quad_3090},
  {"quad-rtx3090-pairs", What::staged_small, 0, 1, 10.34, 0.10, quad_3090},
  {"dual-rtx5090-patched-p2p", What::peer_write, 0, 1, 55.64, 0.05, patched},
  {"dual-rtx5090-patched-p2p", What::peer_both, 0, 1, 111.17, 0.05, patched},
  {"dual-rtx5090-patched-p2p", What::peer_small_write, 1, 0, 0.38, 0.05, patched},
  {"dual-rtx5090-patched-p2p", What::staged, 0, 1, 43.28, 0.05, patched},
  {"dual-rtx5090-patched-p2p", What::staged_both, 0, 1, 56.91, 0.05, patched},
  {"dual-rtx5090-patched-p2p", What::staged_small, 0, 1, 14.32, 0.05, patched},
  {"dual-rtx5090-patched-p2p", What::local, 1, 1, 1660, 0.05, patched},
  {"dual-rtx5090-patched-p2p", What::host_to_device, 0, 0, 56.4, 0.05, nf5468},
  {"dual-rtx5090-patched-p2p", What::device_to_host, 1, 1, 57.0, 0.05, nf5468},
  {"quad-rtxpro6000", What::peer_write, 0, 3, 55.61, 0.05, pro6000},
  {"quad-rtxpro6000", What::peer_both, 1, 2, 111.06, 0.05, pro6000},
  {"quad-rtxpro6000", What::peer_small_write, 2, 3, 0.38, 0.05, pro6000},
  {"quad-rtxpro6000", What::local, 3, 3, 1416, 0.05, pro6000},
  {"quad-rtxpro6000", What::host_to_device, 0, 0, 55.08, 0.05, wrx90},
  {"quad-rtxpro6000", What::device_to_host, 3, 3, 56.39, 0.05, wrx90},
  {"dgx2-v100-16", What::peer_write, 0, 15, 137.76, 0.05, ac922},
  {"dgx2-v100-16", What::peer_both, 8, 3, 272.2, 0.05, ac922},
  {"gb200-tray", What::peer_write, 0, 3, 746.79, 0.05, gb200},
  {"gb200-tray", What::local, 2, 2, 5816, 0.05, gb200},
  {"dgx-station-gb300", What::host_to_device, 0, 0, 359.05, 0.05, gb300},
  {"dgx-station-gb300", What::device_to_host, 0, 0, 377.15, 0.05, gb300},
  {"dgx-station-gb300", What::host_to_device_busy, 0, 0, 175, 0.05, gb300},
  {"dgx-station-gb300", What::device_to_host_busy, 0, 0, 172, 0.05, gb300},
  {"hgx-b200-8", What::peer_write, 0, 7, 746.79, 0.05, gb200},
  {"single-rtx4090", What::local, 0, 0, 918, 0.05, k4090},
  {"laptop-gpu", What::host_to_device, 0, 0, 12.98, 0.05, laptop},
  {"laptop-gpu", What::device_to_host, 0, 0, 13.17, 0.05, laptop},
};
// clang-format on

class PublishedTest : public FidelityTest, public testing::WithParamInterface<Row> {
 protected:
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
      case What::far_host_to_device: {
        const int before = peerbench_sim_host_node(1 - row.from);
        const double us = host_copy_us(row.from, true);
        peerbench_sim_host_node(before);
        return gbs(once, us);
      }
      case What::host_to_device_busy:
      case What::device_to_host_busy:
        return gbs(once, busy_host_copy_us(row.from, row.what == What::host_to_device_busy));
    }
    return 0;
  }
};

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

}  // namespace TEST_FILE
}  // namespace gpusim
