// SPDX-License-Identifier: Apache-2.0
#include "base/checked.hpp"

#include <gmock/gmock.h>

namespace peerbench {
namespace TEST_FILE {

TEST(Checked, SuccessIsNoError) { EXPECT_TRUE(check_cuda(cudaSuccess, "call()").has_value()); }

TEST(Checked, FailureCarriesExpressionCodeTextAndPlace) {
  const auto failed = PEERBENCH_CUDA(cudaErrorMemoryAllocation);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().kind, ErrorKind::device);
  EXPECT_THAT(failed.error().message, testing::StartsWith("cudaErrorMemoryAllocation: "
                                                          "cudaErrorMemoryAllocation ("));
  EXPECT_THAT(failed.error().message, testing::HasSubstr("checked_test.cpp:"));
}

Expected<int> forwards(Expected<void> result) {
  PEERBENCH_TRY(result);
  return 1;
}

TEST(Checked, TryReturnsTheError) {
  EXPECT_EQ(forwards({}).value(), 1);
  EXPECT_EQ(forwards(fail(ErrorKind::io, "why")).error().message, "why");
}

TEST(Checked, KnowsWhatAnErrorTakesAway) {
  for (const cudaError_t code :
       {cudaErrorIllegalAddress, cudaErrorECCUncorrectable, cudaErrorLaunchTimeout, cudaErrorAssert,
        cudaErrorHardwareStackError, cudaErrorIllegalInstruction, cudaErrorMisalignedAddress,
        cudaErrorInvalidAddressSpace, cudaErrorInvalidPc, cudaErrorLaunchFailure}) {
    EXPECT_EQ(loss_of(code), Loss::context) << cudaGetErrorName(code);
  }
  for (const cudaError_t code : {cudaErrorUnknown, cudaErrorDevicesUnavailable}) {
    EXPECT_EQ(loss_of(code), Loss::gpu) << cudaGetErrorName(code);
  }
  for (const cudaError_t code : {cudaSuccess, cudaErrorNotReady, cudaErrorMemoryAllocation,
                                 cudaErrorInvalidValue, cudaErrorPeerAccessUnsupported}) {
    EXPECT_EQ(loss_of(code), Loss::none) << cudaGetErrorName(code);
  }
}

// Whoever gave something back is told nothing, but it was the first to see that all is lost.
TEST(Checked, AForgivenFailureIsNamedWhereItWasTheFirst) {
  const auto why = [](cudaError_t code) { return check_cuda(code, "later()").error().message; };
  PEERBENCH_FORGIVE(cudaSuccess);
  PEERBENCH_FORGIVE(cudaErrorInvalidValue);
  EXPECT_THAT(why(cudaErrorInvalidValue), testing::Not(testing::HasSubstr("first")));
  forgive_cuda(cudaErrorLaunchFailure, "earlier()");
  forgive_cuda(cudaErrorIllegalAddress, "second()");
  EXPECT_THAT(why(cudaErrorLaunchFailure),
              testing::AllOf(testing::StartsWith("later(): cudaErrorLaunchFailure"),
                             testing::HasSubstr("; the first call to fail so was earlier(): "
                                                "cudaErrorLaunchFailure")));
  EXPECT_THAT(why(cudaErrorIllegalAddress), testing::Not(testing::HasSubstr("first")));
  forget_forgiven();
  EXPECT_THAT(why(cudaErrorLaunchFailure), testing::Not(testing::HasSubstr("first")));
}

}  // namespace TEST_FILE
}  // namespace peerbench
