// SPDX-License-Identifier: Apache-2.0
// Peer access, on simulated machines: what cannot be is told from what failed, and nothing is left
// on for copies that are to be staged.
#include "measure/peer_access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/measurement.hpp"
#include "sim/core/state.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using peerbench::support::open_machine;
using ::testing::HasSubstr;

Plan copy(bool peer_access) {
  return {{{.source = gpu(0), .destination = gpu(1), .issuer = gpu(0), .bytes = MiB}}, peer_access};
}

TEST(PeerAccess, WhatCannotBeIsUnsupportedAndWhatFailsIsAnError) {
  const auto kind_of = [](const std::string& code) {
    open_machine("dual-rtx3090-nvlink", R"({"faults": [{"kind": "call-fails", "call":
        "cudaDeviceEnablePeerAccess", "code": ")" +
                                            code + "\"}]}");
    const auto made = PeerAccess::enable(copy(true));
    EXPECT_FALSE(made.has_value()) << code;
    if (made) return ErrorKind::internal;
    EXPECT_THAT(made.error().message, HasSubstr("cudaDeviceEnablePeerAccess: " + code));
    return made.error().kind;
  };
  for (const char* code : {"cudaErrorMapBufferObjectFailed", "cudaErrorPeerAccessUnsupported"}) {
    EXPECT_EQ(kind_of(code), ErrorKind::unsupported) << code;
  }
  for (const char* code : {"cudaErrorUnknown", "cudaErrorDevicesUnavailable",
                           "cudaErrorMemoryAllocation", "cudaErrorLaunchFailure"}) {
    EXPECT_EQ(kind_of(code), ErrorKind::device) << code;
  }
}

// As NCCL leaves it on, and as a cell does whose cudaDeviceDisablePeerAccess failed.
TEST(PeerAccess, StagedCopiesAreStagedWhateverWasLeftOn) {
  open_machine("dual-rtx3090-nvlink");
  ASSERT_TRUE(PeerAccess::disable(copy(false)).has_value()) << "it was off";
  EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess);
  ASSERT_EQ(cudaSetDevice(0), cudaSuccess);
  ASSERT_EQ(cudaDeviceEnablePeerAccess(1, 0), cudaSuccess);
  const Measurement measured = measure_plan(copy(false), {});
  EXPECT_EQ(measured.outcome, Outcome::ok) << measured.reason;
  EXPECT_EQ(gpusim::link_bytes(0, true), 0u) << "it went over the NVLinks";
}

TEST(PeerAccess, StagedCopiesAreNotMeasuredWhereItCannotBeTakenBack) {
  open_machine("dual-rtx3090-nvlink", R"({"faults": [
      {"kind": "call-fails", "call": "cudaDeviceDisablePeerAccess"}]})");
  const Measurement measured = measure_plan(copy(false), {});
  EXPECT_EQ(measured.outcome, Outcome::error);
  EXPECT_THAT(measured.reason, HasSubstr("cudaDeviceDisablePeerAccess: cudaErrorUnknown"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
