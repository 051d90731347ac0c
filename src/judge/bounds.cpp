// SPDX-License-Identifier: Apache-2.0
#include "judge/bounds.hpp"

#include <algorithm>
#include <iterator>

#include "judge/host_link.hpp"
#include "judge/peer_link.hpp"

namespace peerbench::judge {

namespace {

enum class Carrier { c2c, host_pcie, peer_pcie, nvlink, p100_memory, gpu_memory, shared_memory };
enum class Issuer { any, copy_engine, kernel };
enum class Way { any, to_gpu, to_host, both };

struct Line {
  Carrier carrier;
  Issuer issuer;
  Way way;
  Bound bound;
};

/// The first line that fits holds. The figures of the sources stand, with the verdict they get, in
/// tests/judge/published.tsv.
constexpr Line lines[] = {
    // Of the 447 to 450 GB/s that the C2C links of a GH200 carry each way.
    {Carrier::c2c,
     Issuer::any,
     Way::both,
     {0.35, "364 of 894 GB/s, https://github.com/NVIDIA/nvbandwidth/issues/23"}},
    {Carrier::c2c,
     Issuer::any,
     Way::to_host,
     {0.60,
      "295 to 298 GB/s (66 %), https://github.com/microsoft/superbenchmark "
      "tests/data/nvbandwidth_results.log"}},
    {Carrier::c2c,
     Issuer::any,
     Way::any,
     {0.65,
      "copies 342 to 380 GB/s, kernels 328 to 342, "
      "https://dnhkng.github.io/posts/gh200-benchmarking/"}},

    // Kernels read the host with small requests, of which a GPU has only so many under way.
    {Carrier::host_pcie,
     Issuer::kernel,
     Way::to_host,
     {0.60, "52.8 of 63 GB/s (H100), https://github.com/NVIDIA/nvbandwidth/issues/24"}},
    {Carrier::host_pcie,
     Issuer::kernel,
     Way::any,
     {0.45,
      "35.0 to 35.4 of 63 GB/s (H100, H20, H800), "
      "https://github.com/NVIDIA/nvbandwidth/issues/24"}},
    // Both ways share the host's memory and its root complex; nobody has published a healthy sum.
    {Carrier::host_pcie, Issuer::copy_engine, Way::both, {0.45, "assumed"}},
    {Carrier::host_pcie,
     Issuer::copy_engine,
     Way::any,
     {0.55, "19.2 of 31.5 GB/s (A100), https://github.com/siboehm/bench gpu/pcie"}},

    {Carrier::peer_pcie,
     Issuer::any,
     Way::any,
     {0.55,
      "18.6 of 31.5 GB/s (8x A100, NVLink not in use, a public log); across sockets 39 of 63, "
      "https://github.com/local-inference-lab/rtx6kpro"}},

    // A link that is down lowers the ceiling itself. Kernels send packets of 128 bytes, half as
    // long as a copy engine's.
    {Carrier::nvlink,
     Issuer::any,
     Way::both,
     {0.60,
      "413 of 619 GB/s between some pairs of one healthy 8x A100 (518 between others), ABCI "
      "node A"}},
    {Carrier::nvlink,
     Issuer::any,
     Way::any,
     {0.70,
      "236 of 319 GB/s (2x H100 PCIe, 64 MB); bridges 87 to 92 %, switches 77 to 83 %, "
      "https://github.com/NVIDIA/nccl/issues/1264"}},

    // The first HBM2, by the driver's copies: nobody has published what kernels reach.
    {Carrier::p100_memory,
     Issuer::any,
     Way::any,
     {0.60,
      "500 of 732 GB/s (P100 SXM2), https://github.com/uuudown/Tartan "
      "microbenchmark/scale_up_p2p_test/dgx1_ascending.txt"}},
    // The driver copies within a GPU by engine or kernel as it likes.
    {Carrier::gpu_memory,
     Issuer::copy_engine,
     Way::any,
     {0.40,
      "2232 of 4917 GB/s (H20-3e), https://github.com/NVIDIA/nvbandwidth/issues/48; H100 2474 "
      "to 2526 of 3352, https://github.com/NVIDIA/nccl/issues/1264"}},
    {Carrier::gpu_memory,
     Issuer::any,
     Way::any,
     {0.70, "87 to 93 % (H200), https://github.com/NVIDIA/cccl/issues/2086"}},
    {Carrier::shared_memory, Issuer::copy_engine, Way::any, {0.40, "as of a memory of its own"}},
    {Carrier::shared_memory,
     Issuer::any,
     Way::any,
     {0.60,
      "161 to 164 of 273 GB/s (GB10 in use), "
      "https://github.com/parallelArchitect/nvidia-uma-fault-probe; 152.8 of 204.8 (Orin), "
      "https://github.com/infinigence/ApxInf/pull/74"}},
};

/// Compute capability 6.0 is the P100 alone (CUDA programming guide, compute capabilities).
bool is_p100(const machine::Machine& machine, const result::Cell& cell) {
  const auto index = result::gpu_of(cell.key.source);
  const machine::Gpu* gpu = index ? machine::find_gpu(machine, *index) : nullptr;
  return gpu != nullptr && gpu->compute_major == 6 && gpu->compute_minor == 0;
}

Carrier carrier(const result::Cell& cell, const machine::Machine& machine) {
  if (over_c2c(machine, cell)) return Carrier::c2c;
  if (gpu_behind_host_link(machine, cell) != nullptr) return Carrier::host_pcie;
  if (cell.key.family == result::Family::pool) {
    if (machine.machine_class == machine::Class::unified_pool) return Carrier::shared_memory;
    return is_p100(machine, cell) ? Carrier::p100_memory : Carrier::gpu_memory;
  }
  const machine::PeerLink* link = peer_link(machine, cell);
  return link != nullptr && is_no(link->nvlink.value) ? Carrier::peer_pcie : Carrier::nvlink;
}

Way way(const result::Cell& cell) {
  if (cell.key.shape == result::Shape::bi) return Way::both;
  return cell.key.kind == result::Kind::d2h || cell.key.op == result::Op::write ? Way::to_host
                                                                                : Way::to_gpu;
}

}  // namespace

Bound good_from(const result::Cell& cell, const machine::Machine& machine) {
  const Carrier by = carrier(cell, machine);
  const Issuer from = cell.key.engine == result::Engine::ce ? Issuer::copy_engine : Issuer::kernel;
  const Way to = way(cell);
  const Line& line = *std::ranges::find_if(lines, [&](const Line& one) {
    return one.carrier == by && (one.issuer == Issuer::any || one.issuer == from) &&
           (one.way == Way::any || one.way == to);
  });
  Bound bound = line.bound;
  // One engine copies one way after the other: half of both is all there is.
  const machine::Gpu* gpu = gpu_behind_host_link(machine, cell);
  const bool takes_turns =
      gpu != nullptr && gpu->copy_engines == 1 && to == Way::both && from == Issuer::copy_engine;
  if (takes_turns) bound.share /= 2;
  return bound;
}

}  // namespace peerbench::judge
