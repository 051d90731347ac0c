// SPDX-License-Identifier: Apache-2.0
// Our declarations of NCCL's interface against its own header.
#include <gtest/gtest.h>
#include <nccl.h>

#include <cstddef>

#include "measure/nccl_api.hpp"

namespace nccl = peerbench::measure::nccl;

TEST(NcclAbi, OurDeclarationsAreThoseOfTheHeader) {
  EXPECT_EQ(static_cast<int>(ncclUnhandledCudaError), nccl::unhandled_cuda_error);
  EXPECT_EQ(static_cast<int>(ncclSystemError), nccl::system_error);
  EXPECT_EQ(static_cast<int>(ncclInternalError), nccl::internal_error);
  EXPECT_EQ(static_cast<int>(ncclInvalidArgument), nccl::invalid_argument);
  EXPECT_EQ(static_cast<int>(ncclInvalidUsage), nccl::invalid_usage);
  EXPECT_EQ(static_cast<int>(ncclRemoteError), nccl::remote_error);
  EXPECT_EQ(static_cast<int>(ncclInProgress), nccl::in_progress);
  EXPECT_EQ(static_cast<int>(ncclFloat16), nccl::float16);
  EXPECT_EQ(static_cast<int>(ncclFloat32), nccl::float32);
  EXPECT_EQ(static_cast<int>(ncclSum), nccl::sum);
  EXPECT_EQ(sizeof(ncclUniqueId), sizeof(nccl::UniqueId));
  EXPECT_EQ(sizeof(ncclResult_t), sizeof(nccl::Result));
  EXPECT_EQ(sizeof(ncclDataType_t), sizeof(nccl::DataType));
  EXPECT_EQ(sizeof(ncclRedOp_t), sizeof(nccl::Reduction));
}

TEST(NcclAbi, OurConfigurationIsTheBeginningOfTheHeaders) {
  const ncclConfig_t theirs = NCCL_CONFIG_INITIALIZER;
  const nccl::Config ours;
  EXPECT_LE(ours.size, sizeof(ncclConfig_t));
  EXPECT_EQ(ours.magic, theirs.magic);
  EXPECT_EQ(ours.blocking, theirs.blocking);
  EXPECT_EQ(ours.split_share, theirs.splitShare);
  EXPECT_EQ(offsetof(nccl::Config, version), offsetof(ncclConfig_t, version));
  EXPECT_EQ(offsetof(nccl::Config, blocking), offsetof(ncclConfig_t, blocking));
  EXPECT_EQ(offsetof(nccl::Config, max_ctas), offsetof(ncclConfig_t, maxCTAs));
  EXPECT_EQ(offsetof(nccl::Config, net_name), offsetof(ncclConfig_t, netName));
  EXPECT_EQ(offsetof(nccl::Config, split_share), offsetof(ncclConfig_t, splitShare));
}
