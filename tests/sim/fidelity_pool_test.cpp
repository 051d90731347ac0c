// SPDX-License-Identifier: Apache-2.0
// Pools of memory on the built-in machines: what kernels and CPU threads get of them, alone and
// beside each other. Rows are published measurements of such machines, typed in a second time.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <utility>
#include <vector>

#include "kernels/move.hpp"
#include "tests/sim/fidelity.hpp"

namespace gpusim {
namespace TEST_FILE {

using kernels::Move;

enum class From { device, managed, pinned, plain };

struct Row {
  const char* machine;
  Move move;
  From from;
  double gbs;  ///< traffic
  double tolerance;
  const char* source;
};

constexpr const char* chips = "chipsandcheese.com/p/inside-nvidia-gb10s-memory-subsystem";
constexpr const char* trance = "github.com/NNNtrance, three DGX Spark";
constexpr const char* qhy = "qhy991, ApxInf pull request 74";
constexpr const char* grace = "github.com/dnhkng/dnhkng.github.io 2026-04-25-gh200-benchmarking";
constexpr const char* azure = "github.com/samuel-bohman/AI-benchmarking-guide ND_H200_v5";

// clang-format off
const Row rows[] = {
  {"dgx-spark", Move::read, From::device, 231, 0.05, chips},
  {"dgx-spark", Move::copy, From::device, 214.5, 0.05, trance},
  {"dgx-spark", Move::write, From::device, 197.5, 0.05, trance},
  // One pool: no published figure, so the row says only that the allocator makes no difference.
  {"dgx-spark", Move::read, From::pinned, 231, 0.05, chips},
  {"dgx-spark", Move::read, From::plain, 231, 0.05, chips},
  {"dgx-spark", Move::read, From::managed, 231, 0.05, chips},
  {"jetson-agx-orin", Move::read, From::device, 152.8, 0.05, qhy},
  {"jetson-agx-orin", Move::read, From::pinned, 152.8, 0.05, qhy},
  // Nothing is published of an AGX Thor: 60 to 95 % of its ceiling of 273.
  {"jetson-thor", Move::read, From::device, 212, 0.225, "property"},
  {"dual-gh200", Move::triad, From::device, 3728, 0.05, grace},
  {"dual-gh200", Move::read, From::pinned, 333, 0.10, grace},
  {"dual-gh200", Move::read, From::plain, 333, 0.10, grace},
  {"single-h200", Move::copy, From::device, 4010, 0.05, azure},
  {"single-h200", Move::triad, From::device, 4165, 0.05, azure},
  {"single-h200", Move::read, From::device, 4525, 0.05, azure},
};
// clang-format on

void PrintTo(const Row& row, std::ostream* out) { *out << row.machine << " from " << row.source; }

class PoolTest : public FidelityTest {
 protected:
  static constexpr std::size_t bytes = 2 * large;  // beyond every L2

  static void* memory(From from, std::size_t size) {
    void* pointer = nullptr;
    switch (from) {
      case From::device:
        return device_memory(0, size);
      case From::managed:
        EXPECT_EQ(cudaMallocManaged(&pointer, size, cudaMemAttachGlobal), cudaSuccess);
        return pointer;
      case From::pinned:
        EXPECT_EQ(cudaHostAlloc(&pointer, size, cudaHostAllocMapped), cudaSuccess);
        return pointer;
      case From::plain:
        break;
    }
    plain_.push_back(std::unique_ptr<std::byte[]>(new std::byte[size]));
    return plain_.back().get();
  }

  static void queue(Move move, void* a, void* b, void* c, std::size_t size, cudaStream_t stream) {
    unsigned blocks = 0;
    ASSERT_CUDA(kernels::saturating_blocks(move, blocks));
    switch (move) {
      case Move::read:
        if (sums_ == nullptr) sums_ = device_memory<std::uint64_t>(0, blocks * sizeof *sums_);
        EXPECT_EQ(kernels::launch_read(a, size, sums_, blocks, stream), cudaSuccess);
        return;
      case Move::write:
        EXPECT_EQ(kernels::launch_write(a, size, 1, blocks, stream), cudaSuccess);
        return;
      case Move::copy:
        EXPECT_EQ(kernels::launch_copy(b, a, size, blocks, stream), cudaSuccess);
        return;
      case Move::triad:
        EXPECT_EQ(kernels::launch_triad(static_cast<double*>(c), static_cast<const double*>(a),
                                        static_cast<const double*>(b), size / 8, blocks, stream),
                  cudaSuccess);
        return;
      case Move::chase:
      case Move::ping_pong:
        FAIL() << "no move of whole arrays";
    }
  }

  static double weight(Move move) { return move == Move::copy ? 2 : move == Move::triad ? 3 : 1; }

  /// Traffic in GB/s of one kernel, the arrays touched by another one before.
  static double kernel_gbs(Move move, From from, std::size_t size = bytes) {
    void* a = memory(from, size);
    void* b = weight(move) > 1 ? memory(from, size) : nullptr;
    void* c = weight(move) > 2 ? memory(from, size) : nullptr;
    const cudaStream_t stream = stream_on(0);
    queue(move, a, b, c, size, stream);
    const auto start = record_on(stream);
    queue(move, a, b, c, size, stream);
    return gbs(weight(move) * static_cast<double>(size), elapsed_us(start, record_on(stream)));
  }

  static void open(MachineFile machine) {
    sums_ = nullptr;
    // Figures are those of arrays so large that the start of a kernel is nothing beside them.
    for (GpuDescription& gpu : machine.gpus) gpu.kernel_latency_us.value = 0;
    gpusim::open(std::move(machine));
  }

  void TearDown() override {
    FidelityTest::TearDown();
    plain_.clear();
  }

  /// Rates of the CPU and of read kernels while both are at work, GB/s.
  struct Both {
    double cpu = 0, gpu = 0;
  };
  /// `alone_gbs`: what the kernels read of it with an idle CPU.
  static Both together(double alone_gbs = 231, From from = From::device) {
    const int repeats = static_cast<int>(16 * std::max(1.0, alone_gbs / 231));
    void* a = memory(from, bytes);
    const cudaStream_t stream = stream_on(0);
    queue(Move::read, a, nullptr, nullptr, bytes, stream);
    EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    const auto start = record_on(stream);
    for (int i = 0; i < repeats; ++i) queue(Move::read, a, nullptr, nullptr, bytes, stream);
    const auto end = record_on(stream);
    const std::uint64_t before = peerbench_sim_now_ns();
    const std::uint64_t moved = 100'000'000;  // done long before the kernels are
    EXPECT_EQ(peerbench_sim_host_traffic("read", moved, 0, "", 0), 0);
    const auto took = static_cast<double>(peerbench_sim_now_ns() - before);
    EXPECT_EQ(cudaEventQuery(end), cudaErrorNotReady);
    const double all = elapsed_us(start, end);
    // What the kernels did not lose to the CPU they read at their own rate.
    const double alone_us = all - took * 1e-3;
    const double read = static_cast<double>(bytes) * repeats;
    return {static_cast<double>(moved) / took, (read - alone_us * alone_gbs * 1e3) / (took)};
  }

  inline static std::vector<std::unique_ptr<std::byte[]>> plain_;
  inline static std::uint64_t* sums_ = nullptr;
};

class PublishedPoolTest : public PoolTest, public testing::WithParamInterface<Row> {};

TEST_P(PublishedPoolTest, IsReproduced) {
  const Row& row = GetParam();
  open(builtin(row.machine));
  EXPECT_NEAR(kernel_gbs(row.move, row.from), row.gbs, row.tolerance * row.gbs) << row.source;
}

std::string name_of(const testing::TestParamInfo<Row>& info) {
  constexpr const char* moves[] = {"read", "write", "copy", "triad"};
  constexpr const char* froms[] = {"device", "managed", "pinned", "pageable"};
  std::string name =
      fmt::format("{}_{}_{}", info.param.machine, moves[static_cast<int>(info.param.move)],
                  froms[static_cast<int>(info.param.from)]);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Rows, PublishedPoolTest, testing::ValuesIn(rows), name_of);

// cudaMalloc and managed memory 2008 GB/s, pinned and plain 333, of a kernel that does not reach
// what triad does: what it shows is which go together.
TEST_F(PoolTest, ASuperchipsAllocatorsSplitInTwo) {
  open(builtin("dual-gh200"));
  const double device = kernel_gbs(Move::read, From::device);
  EXPECT_NEAR(kernel_gbs(Move::read, From::managed), device, 0.02 * device);
  EXPECT_GT(device, 5 * kernel_gbs(Move::read, From::pinned));
}

// 18 to 29 GB/s where CPU and GPU take turns.
TEST_F(PoolTest, ManagedMemoryComesToTheGpuThatReadsIt) {
  open(builtin("dual-gh200"));
  void* a = memory(From::managed, bytes);
  const cudaStream_t stream = stream_on(0);
  const auto start = record_on(stream);
  queue(Move::read, a, nullptr, nullptr, bytes, stream);
  const auto here = record_on(stream);
  queue(Move::read, a, nullptr, nullptr, bytes, stream);
  const auto end = record_on(stream);
  const double first = gbs(static_cast<double>(bytes), elapsed_us(start, here));
  EXPECT_GE(first, 18) << grace;
  EXPECT_LE(first, 29) << grace;
  EXPECT_GT(gbs(static_cast<double>(bytes), elapsed_us(here, end)), 1000);
}

TEST_F(PoolTest, WhatTheL2HoldsIsReadFaster) {
  for (const char* name : {"dgx-spark", "jetson-agx-orin", "jetson-thor", "gh200", "single-h200"}) {
    const MachineFile machine = builtin(name);
    open(machine);
    const std::size_t l2 = machine.gpus[0].l2_bytes;
    const double within = kernel_gbs(Move::read, From::device, l2);
    const double beyond = kernel_gbs(Move::read, From::device, 3 * l2);
    EXPECT_GT(within, 1.1 * beyond) << name;
  }
}

// Together no more than the pool gives, and the CPU has the smaller part of it.
TEST_F(PoolTest, CpuAndGpuCompeteForOnePool) {
  open(builtin("dgx-spark"));
  const Both both = together();
  EXPECT_NEAR(both.cpu, 60, 0.02 * 60);
  EXPECT_NEAR(both.gpu, 180, 0.02 * 180);
}

// 113 ns alone and 351 ns beside a GPU that reads 231 GB/s.
TEST_F(PoolTest, LoadsOfTheCpuTakeLongerBesideTheGpu) {
  open(builtin("dgx-spark"));
  const auto load_ns = [] {
    constexpr std::uint64_t loads = 1000;
    const std::uint64_t before = peerbench_sim_now_ns();
    EXPECT_EQ(peerbench_sim_host_chase(loads, "", 0), 0);
    return static_cast<double>(peerbench_sim_now_ns() - before) / loads;
  };
  EXPECT_NEAR(load_ns(), 113, 0.05 * 113) << chips;
  void* a = memory(From::device, bytes);
  const cudaStream_t stream = stream_on(0);
  for (int i = 0; i < 8; ++i) queue(Move::read, a, nullptr, nullptr, bytes, stream);
  EXPECT_NEAR(load_ns(), 351, 0.05 * 351) << chips;
  EXPECT_EQ(cudaStreamQuery(stream), cudaErrorNotReady);
}

// What the GPU reads of its own memory costs the CPU nothing; of the CPU's both get half of what it
// gives, which is inferred. No published figure to compare.
TEST_F(PoolTest, OnASuperchipTheyCompeteForTheCpusMemoryOnly) {
  open(builtin("gh200"));
  const Both apart = together(3728, From::device);
  EXPECT_NEAR(apart.cpu, 440, 0.02 * 440);
  EXPECT_NEAR(apart.gpu, 3728, 0.02 * 3728);
  const Both shared = together(333, From::pinned);
  EXPECT_NEAR(shared.cpu, 245, 0.02 * 245);
  EXPECT_NEAR(shared.gpu, 245, 0.02 * 245);
}

TEST_F(PoolTest, LoadsTakeLongerBesideAGpuOnTheSameMemoryOnly) {
  open(builtin("gh200"));
  const auto took = [](From from) {
    void* a = memory(from, bytes);
    const cudaStream_t stream = stream_on(0);
    for (int i = 0; i < 64; ++i) queue(Move::read, a, nullptr, nullptr, bytes, stream);
    constexpr std::uint64_t loads = 1000;
    const std::uint64_t before = peerbench_sim_now_ns();
    EXPECT_EQ(peerbench_sim_host_chase(loads, "", 0), 0);
    const auto ns = static_cast<double>(peerbench_sim_now_ns() - before) / loads;
    EXPECT_EQ(cudaStreamQuery(stream), cudaErrorNotReady);
    EXPECT_EQ(cudaStreamSynchronize(stream), cudaSuccess);
    return ns;
  };
  EXPECT_NEAR(took(From::device), 180, 0.05 * 180);
  EXPECT_NEAR(took(From::pinned), 270, 0.05 * 270);
}

TEST_F(PoolTest, WithoutALimitTheyDoNotCompete) {
  MachineFile machine = builtin("dgx-spark");
  machine.host.pool.shared_gbs.reset();
  open(machine);
  const Both both = together();
  EXPECT_NEAR(both.cpu, 160, 0.02 * 160);
  EXPECT_NEAR(both.gpu, 231, 0.02 * 231);
}

// The memory of a GPU is not the host's.
TEST_F(PoolTest, ACardsOwnTrafficTakesNothingFromTheHost) {
  open(builtin("single-h200"));
  void* a = memory(From::device, bytes);
  const cudaStream_t stream = stream_on(0);
  for (int i = 0; i < 64; ++i) queue(Move::read, a, nullptr, nullptr, bytes, stream);
  const std::uint64_t before = peerbench_sim_now_ns();
  ASSERT_EQ(peerbench_sim_host_traffic("read", 100'000'000, 0, "", 0), 0);
  const auto took = static_cast<double>(peerbench_sim_now_ns() - before);
  EXPECT_NEAR(1e8 / took, 246, 0.02 * 246);
}

}  // namespace TEST_FILE
}  // namespace gpusim
