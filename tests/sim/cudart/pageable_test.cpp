// SPDX-License-Identifier: Apache-2.0
// Copies from pageable memory: when their calls return, when their bytes arrive, and who waits for
// that ("API synchronization behavior" of the CUDA runtime).
#include "tests/sim/cudart/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

class PageableTest : public RuntimeTest {
 protected:
  static constexpr std::size_t size = 8000;

  void SetUp() override {
    RuntimeTest::SetUp();
    begin();
  }
  void begin() {
    array = device_memory(0, size);
    report = device_memory<kernels::PatternReport>(0, sizeof *report);
    big = device_memory(0, 40 * MB);
    ASSERT_CUDA(cudaHostAlloc(reinterpret_cast<void**>(&pinned), 40 * MB, cudaHostAllocPortable));
    own = stream_on(0);
    kernels::fill_body<kernels::Content::pattern>(source.data(), size, 7, 0, 1);
  }
  /// Uploads that keep both copy engines of the GPU for 2 ms.
  void occupy_engines() {
    for (const cudaStream_t stream : {stream_on(0), stream_on(0)}) {
      ASSERT_CUDA(cudaMemcpyAsync(big, pinned, 20 * MB, cudaMemcpyHostToDevice, stream));
    }
  }
  /// How many words a kernel in `stream` finds that are not the source's.
  std::uint64_t wrong_words(cudaStream_t stream) {
    EXPECT_EQ(cudaMemsetAsync(report, 0, sizeof *report, stream), cudaSuccess);
    EXPECT_EQ(kernels::launch_check(array, size, 7, report, stream), cudaSuccess);
    EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    kernels::PatternReport found;
    EXPECT_EQ(cudaMemcpy(&found, report, sizeof found, cudaMemcpyDeviceToHost), cudaSuccess);
    return found.wrong_words;
  }

  std::byte* array = nullptr;
  std::byte* big = nullptr;
  std::byte* pinned = nullptr;
  kernels::PatternReport* report = nullptr;
  cudaStream_t own = nullptr;
  std::vector<unsigned char> source = std::vector<unsigned char>(size);
};

TEST_F(PageableTest, ANonBlockingStreamDoesNotWaitForIt) {
  occupy_engines();
  const std::uint64_t before = peerbench_sim_now_ns();
  ASSERT_CUDA(cudaMemcpy(array, source.data(), size, cudaMemcpyHostToDevice));
  EXPECT_LT(peerbench_sim_now_ns() - before, 1000u) << "the call does not wait for the engine";
  EXPECT_EQ(wrong_words(own), size / 8);
  ASSERT_CUDA(cudaStreamSynchronize(cudaStreamLegacy));
  EXPECT_EQ(wrong_words(own), 0u);
}

TEST_F(PageableTest, TheLegacyStreamAndItsOwnStreamWait) {
  occupy_engines();
  ASSERT_CUDA(cudaMemcpy(array, source.data(), size, cudaMemcpyHostToDevice));
  EXPECT_EQ(wrong_words(nullptr), 0u);
  ASSERT_CUDA(cudaMemset(array, 0, size));
  ASSERT_CUDA(cudaDeviceSynchronize());
  occupy_engines();
  ASSERT_CUDA(cudaMemcpyAsync(array, source.data(), size, cudaMemcpyHostToDevice, own));
  EXPECT_EQ(wrong_words(own), 0u);
}

TEST_F(PageableTest, TheSourceIsTheCallersAgain) {
  occupy_engines();
  ASSERT_CUDA(cudaMemcpyAsync(array, source.data(), size, cudaMemcpyHostToDevice, own));
  std::fill(source.begin(), source.end(), 0);
  EXPECT_EQ(wrong_words(own), 0u);
}

TEST_F(PageableTest, OfALargeOneTheLast64KiBAreLate) {
  std::vector<unsigned char> large(10 * MB);
  kernels::fill_body<kernels::Content::pattern>(large.data(), large.size(), 9, 0, 1);
  const double before = static_cast<double>(peerbench_sim_now_ns());
  ASSERT_CUDA(cudaMemcpyAsync(big, large.data(), large.size(), cudaMemcpyHostToDevice, own));
  const double all_us = 1 + 10e6 / 20e3, late_us = 65536 / 20e3;
  EXPECT_NEAR((static_cast<double>(peerbench_sim_now_ns()) - before) * 1e-3, all_us - late_us, 0.1);
  std::fill(large.begin(), large.end(), 0);
  ASSERT_CUDA(cudaStreamSynchronize(own));
  EXPECT_NEAR((static_cast<double>(peerbench_sim_now_ns()) - before) * 1e-3, all_us, 0.1);
  const auto arrived = read_back(big, large.size());
  EXPECT_EQ(kernels::check_body(arrived.data(), arrived.size(), 9, 0, 1).wrong_words, 0u);
}

TEST_F(PageableTest, ACopyThatHoldsTheCallerWaitsForTheStreamBeforeIt) {
  ASSERT_CUDA(cudaMemcpyAsync(big, pinned, 20 * MB, cudaMemcpyHostToDevice, nullptr));
  const double before = static_cast<double>(peerbench_sim_now_ns());
  ASSERT_CUDA(cudaMemcpy(array, source.data(), size, cudaMemcpyHostToDevice));
  EXPECT_NEAR((static_cast<double>(peerbench_sim_now_ns()) - before) * 1e-3, 1001, 0.2);
}

TEST_F(PageableTest, OnAMachineThatSaysSoTheCallWaits) {
  MachineFile file = small_machine();
  file.driver.pageable_copies_late = false;
  open(file);
  begin();
  occupy_engines();
  ASSERT_CUDA(cudaMemcpy(array, source.data(), size, cudaMemcpyHostToDevice));
  EXPECT_EQ(wrong_words(own), 0u);
}

}  // namespace TEST_FILE
}  // namespace gpusim
