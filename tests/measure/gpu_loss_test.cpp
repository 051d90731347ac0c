// SPDX-License-Identifier: Apache-2.0
// What is left of GPUs after a failure, on simulated machines.
#include "measure/gpu_loss.hpp"

#include <gtest/gtest.h>

#include "measure/content.hpp"
#include "sim/core/state.hpp"
#include "sim/machine_file.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using peerbench::support::open_machine;

/// The fault strikes in the first work of GPU 1.
void open_with(gpusim::Fault fault) {
  open_machine("dual-rtx3090-nvlink");
  gpusim::MachineFile machine = *gpusim::open_machine();
  fault.to = 1;
  machine.faults = {fault};
  gpusim::open(machine);
  auto buffer = Buffer::allocate(gpu(1), MiB);
  ASSERT_TRUE(buffer.has_value());
  (void)fill(*buffer, 1);
}

TEST(GpuLoss, AHealthyGpuIsStillThereAndNothingChanges) {
  open_machine("dual-rtx3090-nvlink");
  ASSERT_EQ(cudaSetDevice(1), cudaSuccess);
  EXPECT_EQ(ask_about(0).loss, Loss::none);
  EXPECT_EQ(ask_about(0).error, cudaSuccess);
  int device = -1;
  ASSERT_EQ(cudaGetDevice(&device), cudaSuccess);
  EXPECT_EQ(device, 1);
}

TEST(GpuLoss, AStickyErrorTakesAllGpus) {
  for (const gpusim::NamedError& error : gpusim::sticky_errors()) {
    open_with({.kind = gpusim::FaultKind::sticky_error, .code = error.word});
    for (const int gpu : {0, 1}) {
      EXPECT_EQ(ask_about(gpu).loss, Loss::context) << error.word;
      EXPECT_EQ(ask_about(gpu).error, error.code);
    }
  }
}

TEST(GpuLoss, ALostGpuIsTheOnlyOne) {
  for (const gpusim::NamedError& error : gpusim::lost_gpu_errors()) {
    open_with({.kind = gpusim::FaultKind::gpu_lost, .code = error.word});
    EXPECT_EQ(ask_about(1).loss, Loss::gpu) << error.word;
    EXPECT_EQ(ask_about(1).error, error.code);
    EXPECT_EQ(ask_about(0).loss, Loss::none);
    EXPECT_EQ(cudaPeekAtLastError(), cudaSuccess) << "no launch is blamed for it later";
  }
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
