// SPDX-License-Identifier: Apache-2.0
#include "report/describe_work.hpp"

#include <gtest/gtest.h>

namespace peerbench::report {
namespace TEST_FILE {

/// Two GPUs that an NVLink joins, and a third one over PCIe.
machine::Machine three_gpus() {
  machine::Machine machine;
  for (const auto& [from, to, linked] : {std::tuple(0, 1, Tri::yes), std::tuple(0, 2, Tri::no)}) {
    machine::PeerLink link;
    link.from = from;
    link.to = to;
    link.nvlink.value = linked;
    machine.links.push_back(link);
  }
  return machine;
}

std::string words(const std::string& name) {
  result::Cell cell;
  result::set_key(cell, result::completed(result::parse_name(name).value()));
  return describe_work(cell, three_gpus());
}

TEST(DescribeWork, SaysWhatIsMeasuredOverWhat) {
  EXPECT_EQ(words("peer/ce/push/uni/gpu0-gpu1/bytes:67108864"),
            "GPU 0 to GPU 1 over NVLink, copy engine, 64 MiB");
  EXPECT_EQ(words("peer/sm/pull/uni/gpu0-gpu2/bytes:67108864"),
            "GPU 0 to GPU 2 over PCIe, copy kernel, pulled, 64 MiB");
  EXPECT_EQ(words("peer/ce/staged/bi/gpu0-gpu1/bytes:67108864"),
            "GPU 0 and GPU 1 through host memory, both ways, copy engine, 64 MiB");
  EXPECT_EQ(words("host/ce/h2d/uni/host0-gpu0/pinned/bytes:16777216"),
            "the host to GPU 0, pinned memory, 16 MiB");
  EXPECT_EQ(words("pool/sm/read/gpu0/device/bytes:1073741824"),
            "memory of GPU 0, read, device, 1 GiB");
  EXPECT_EQ(words("collective/nccl/all_reduce/gpus:0,1/float/bytes:1073741824"),
            "NCCL all-reduce over 2 GPUs, 1 GiB");
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
