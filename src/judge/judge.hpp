// Whether a measured rate is good: against its ceiling, with a reason a person can act on.
#pragma once

#include "machine/machine.hpp"
#include "result/run.hpp"

namespace peerbench::judge {

/// At least this part of its ceiling counts as good, by what carries the cell.
/// NVLink 0.75: copy engines reach 87 to 91 % of the raw rate over bridges where others measured
/// them, through switches 77 to 82 % (8x H100, both ways at once 740 to 773 of 956 GB/s,
/// https://github.com/NVIDIA/nccl/issues/1264), kernels about 80 % because their packets are half
/// as long (128 bytes of 256); a link that is down lowers the ceiling itself.
/// PCIe 0.60: peer copies reached 65 % (4x T4, PCIe 3.0, https://github.com/sadcup/nvbandwidth) to
/// 90 % (PCIe 5.0, https://github.com/local-inference-lab/rtx6kpro) of the rate after the line
/// code. NVLink-C2C of a GH200, of its 447 to 450 GB/s each way: to the GPU 0.65, since copies
/// reached 342 to 380 and kernels 328 to 342 (73 to 85 %); to the host 0.60, since healthy ones
/// came to 295 to 298 (66 %); both ways at once 0.35, since 364 of 894 were reached together (41 %;
/// https://github.com/NVIDIA/nvbandwidth/issues/23, https://github.com/microsoft/superbenchmark
/// tests/data/nvbandwidth_results.log, https://dnhkng.github.io/posts/gh200-benchmarking/).
/// Memory of a GPU 0.70: copies within cards reached 71 % (P100) to 91 % (RTX 4090), see the
/// sources of local_copy_gbs in src/sim/machines.
double good_from(const result::Cell& cell, const machine::Machine& machine);

/// Sets ceiling, band, efficiency, verdict and verdict_reason; the band decides no verdict. A cell
/// that is not ok, or has no median, gets no verdict beyond no_ceiling with the reason why.
void judge(result::Cell& cell, const machine::Machine& machine);

}  // namespace peerbench::judge
