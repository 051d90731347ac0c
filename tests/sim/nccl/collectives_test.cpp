// SPDX-License-Identifier: Apache-2.0
// What the collectives do to data.
#include <cuda_fp16.h>

#include <numeric>

#include "tests/sim/nccl/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

using Floats = std::vector<float>;

constexpr std::size_t count = 12;

/// What rank gives at `index`: small whole numbers, whose sums and products of four are exact.
float given(int rank, std::size_t index) {
  return static_cast<float>(1 + (3 * static_cast<std::size_t>(rank) + index) % 7);
}

class Collectives : public SimulatedNccl {
 protected:
  void SetUp() override {
    SimulatedNccl::SetUp();
    start(machine_of(4));
    for (int rank = 0; rank < 4; ++rank) {
      Floats values(4 * count);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = given(rank, i);
      from.push_back(holds(rank, values));
      to.push_back(holds(rank, Floats(4 * count, -1)));
    }
  }

  Floats received(int rank, std::size_t elements) {
    return read(rank, to[static_cast<std::size_t>(rank)], elements);
  }

  /// Element `index` of all ranks, folded.
  template <typename Fold>
  static float folded(std::size_t index, const Fold& fold) {
    float value = given(0, index);
    for (int rank = 1; rank < 4; ++rank) value = fold(value, given(rank, index));
    return value;
  }
  static float sum(std::size_t index) {
    return folded(index, [](float a, float b) { return a + b; });
  }

  std::vector<float*> from, to;
};

TEST_F(Collectives, AllReduceGivesEachRankTheSum) {
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclAllReduce)(from[rank], to[rank], count, ncclFloat, ncclSum, comm(rank), stream(rank));
  }));
  for (int rank = 0; rank < 4; ++rank) {
    const Floats got = received(rank, count + 1);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(got[i], sum(i)) << rank << " " << i;
    EXPECT_EQ(got[count], -1) << "past the end";
  }
}

TEST_F(Collectives, GatherCollectsAtTheRootAndScatterHandsOut) {
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclGather)(from[rank], to[rank], count, ncclFloat, 2, comm(rank), stream(rank));
  }));
  const Floats gathered = received(2, 4 * count);
  for (std::size_t i = 0; i < gathered.size(); ++i) {
    EXPECT_EQ(gathered[i], given(static_cast<int>(i / count), i % count)) << i;
  }
  EXPECT_EQ(received(0, 1)[0], -1) << "only the root receives";
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclScatter)(from[rank], to[rank], count, ncclFloat, 1, comm(rank), stream(rank));
  }));
  for (int rank = 0; rank < 4; ++rank) {
    const Floats got = received(rank, count);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(got[i], given(1, rank * count + i)) << rank;
  }
  EXPECT_EQ(NCCL(ncclGather)(from[0], to[0], count, ncclFloat, 4, comm(0), stream(0)),
            ncclInvalidArgument);
}

TEST_F(Collectives, AnOperationOfItsOwnMultipliesWhatEachRankGives) {
  ncclRedOp_t operations[4];
  for (int rank = 0; rank < 4; ++rank) {
    float scalar = static_cast<float>(rank + 1);
    float* on_device = holds(rank, Floats{scalar});
    const bool device = rank % 2 == 0;
    ASSERT_NCCL(NCCL(ncclRedOpCreatePreMulSum)(
        &operations[rank], device ? on_device : &scalar, ncclFloat,
        device ? ncclScalarDevice : ncclScalarHostImmediate, comm(rank)));
    scalar = 0;  // it was read before
  }
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclAllReduce)
    (from[rank], to[rank], count, ncclFloat, operations[rank], comm(rank), stream(rank));
  }));
  for (int rank = 0; rank < 4; ++rank) {
    const Floats got = received(rank, count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(got[i], given(0, i) + 2 * given(1, i) + 3 * given(2, i) + 4 * given(3, i)) << rank;
    }
  }
  EXPECT_EQ(
      NCCL(ncclAllReduce)(from[0], to[0], count, ncclDouble, operations[0], comm(0), stream(0)),
      ncclInvalidArgument)
      << "of another type";
  ASSERT_NCCL(NCCL(ncclRedOpDestroy)(operations[0], comm(0)));
  EXPECT_EQ(NCCL(ncclRedOpDestroy)(operations[0], comm(0)), ncclInvalidArgument);
  EXPECT_EQ(NCCL(ncclRedOpDestroy)(ncclSum, comm(0)), ncclInvalidArgument);
}

TEST_F(Collectives, FloatsOfEightBitsAreReducedSinceHopper) {
  const auto reduce = [&] {
    return grouped([&](int rank) {
      NCCL(ncclAllReduce)
      (from[rank], to[rank], 2, ncclFloat8e4m3, ncclSum, comm(rank), stream(rank));
    });
  };
  EXPECT_EQ(reduce(), ncclInvalidArgument);
  for (ncclComm_t each : comms) ASSERT_NCCL(NCCL(ncclCommDestroy)(each));
  MachineFile file = machine_of(4);
  for (auto& gpu : file.gpus) gpu.compute_major = 9;
  streams.clear();
  start(file);
  const unsigned char one = 0x38, fourteen = 0x56, most = 0x7e;  // 448 in e4m3
  for (int rank = 0; rank < 4; ++rank) {
    from[rank] = reinterpret_cast<float*>(
        holds(rank, std::vector<unsigned char>{rank == 0 ? fourteen : one, most}));
    to[rank] = reinterpret_cast<float*>(holds(rank, std::vector<unsigned char>{0, 0}));
  }
  ASSERT_NCCL(reduce());
  const auto got = read(1, reinterpret_cast<unsigned char*>(to[1]), 2);
  EXPECT_EQ(got[0], 0x58) << "14 + 1 is rounded to 15, + 1 to 16, + 1 to 16 (17 is a tie)";
  EXPECT_EQ(got[1], most) << "saturated";
}

TEST_F(Collectives, EachOperationIsItself) {
  const std::pair<ncclRedOp_t, float (*)(float, float)> operations[] = {
      {ncclProd, [](float a, float b) { return a * b; }},
      {ncclMax, [](float a, float b) { return std::max(a, b); }},
      {ncclMin, [](float a, float b) { return std::min(a, b); }},
      {ncclAvg, [](float a, float b) { return a + b; }},
  };
  for (const auto& [operation, fold] : operations) {
    ASSERT_NCCL(grouped([&, op = operation](int rank) {
      NCCL(ncclAllReduce)(from[rank], to[rank], count, ncclFloat, op, comm(rank), stream(rank));
    }));
    const Floats got = received(2, count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(got[i], folded(i, fold) / (operation == ncclAvg ? 4 : 1)) << operation;
    }
  }
}

TEST_F(Collectives, InPlaceAllReduceAddsAgainEachTime) {
  for (int time = 0; time < 2; ++time) {
    ASSERT_NCCL(grouped([&](int rank) {
      NCCL(ncclAllReduce)
      (from[rank], from[rank], count, ncclFloat, ncclSum, comm(rank), stream(rank));
    }));
  }
  const Floats got = read(3, from[3], count);
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(got[i], 4 * sum(i));
}

TEST_F(Collectives, ARepetitionSeesWhatWasWrittenMeanwhile) {
  const auto reduce = [&] {
    return grouped([&](int rank) {
      NCCL(ncclAllReduce)(from[rank], to[rank], 1, ncclFloat, ncclSum, comm(rank), stream(rank));
    });
  };
  ASSERT_NCCL(reduce());
  const float first = received(0, 1)[0];
  ASSERT_NCCL(reduce());
  EXPECT_EQ(received(0, 1)[0], first);
  const float more = given(1, 0) + 10;
  ASSERT_CUDA(cudaMemcpy(from[1], &more, sizeof more, cudaMemcpyHostToDevice));
  ASSERT_NCCL(reduce());
  EXPECT_EQ(received(0, 1)[0], first + 10);
  const float spoilt = 99;
  ASSERT_CUDA(cudaMemcpy(to[0], &spoilt, sizeof spoilt, cudaMemcpyHostToDevice));
  ASSERT_NCCL(reduce());
  EXPECT_EQ(received(0, 1)[0], first + 10);
}

TEST_F(Collectives, HalfSumsAreExactForWholeNumbers) {
  std::vector<__half*> halves;
  for (int rank = 0; rank < 4; ++rank) {
    std::vector<__half> values;
    for (std::size_t i = 0; i < count; ++i) values.push_back(__float2half(given(rank, i)));
    halves.push_back(holds(rank, values));
  }
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclAllReduce)
    (halves[rank], halves[rank], count, ncclHalf, ncclSum, comm(rank), stream(rank));
  }));
  const auto got = read(1, halves[1], count);
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(__half2float(got[i]), sum(i));
}

TEST_F(Collectives, ReduceScatterGivesEachRankItsPartOfTheSum) {
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclReduceScatter)
    (from[rank], to[rank], count, ncclFloat, ncclSum, comm(rank), stream(rank));
  }));
  for (int rank = 0; rank < 4; ++rank) {
    const Floats got = received(rank, count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(got[i], sum(static_cast<std::size_t>(rank) * count + i));
    }
  }
}

TEST_F(Collectives, AllGatherGivesEachRankAllParts) {
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclAllGather)(from[rank], to[rank], count, ncclFloat, comm(rank), stream(rank));
  }));
  for (int rank = 0; rank < 4; ++rank) {
    const Floats got = received(rank, 4 * count);
    for (std::size_t i = 0; i < 4 * count; ++i) {
      EXPECT_EQ(got[i], given(static_cast<int>(i / count), i % count));
    }
  }
}

TEST_F(Collectives, BroadcastAndReduceHaveARoot) {
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclBroadcast)
    (rank == 2 ? from[rank] : nullptr, to[rank], count, ncclFloat, 2, comm(rank), stream(rank));
  }));
  for (int rank = 0; rank < 4; ++rank) EXPECT_EQ(received(rank, count)[5], given(2, 5));
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclReduce)
    (from[rank], rank == 1 ? to[rank] : nullptr, count, ncclFloat, ncclSum, 1, comm(rank),
     stream(rank));
  }));
  EXPECT_EQ(received(1, count)[5], sum(5));
  EXPECT_EQ(received(0, count)[5], given(2, 5)) << "only the root receives";
}

TEST_F(Collectives, AllToAllIsTheSameByMessages) {
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclAlltoAll)(from[rank], to[rank], count, ncclFloat, comm(rank), stream(rank));
  }));
  const auto expect_exchanged = [&] {
    for (int rank = 0; rank < 4; ++rank) {
      const Floats got = received(rank, 4 * count);
      for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(got[i], given(static_cast<int>(i / count),
                                static_cast<std::size_t>(rank) * count + i % count));
      }
    }
  };
  expect_exchanged();
  to.clear();
  for (int rank = 0; rank < 4; ++rank) to.push_back(holds(rank, Floats(4 * count, 0)));
  ASSERT_NCCL(grouped([&](int rank) {
    for (int peer = 0; peer < 4; ++peer) {
      const std::size_t offset = static_cast<std::size_t>(peer) * count;
      NCCL(ncclSend)(from[rank] + offset, count, ncclFloat, peer, comm(rank), stream(rank));
      NCCL(ncclRecv)(to[rank] + offset, count, ncclFloat, peer, comm(rank), stream(rank));
    }
  }));
  expect_exchanged();
}

TEST_F(Collectives, RanksMayCallOneAfterTheOther) {
  // The first rank's stream waits for the others, whose calls come much later.
  for (int rank = 0; rank < 4; ++rank) {
    ASSERT_NCCL(NCCL(ncclAllReduce)(from[rank], to[rank], count, ncclFloat, ncclSum, comm(rank),
                                    stream(rank)));
    if (rank < 3) {
      EXPECT_EQ(cudaStreamQuery(stream(0)), cudaErrorNotReady);
      EXPECT_NE(peerbench_sim_spend(5000000), 0);
    }
  }
  EXPECT_EQ(received(0, count)[3], sum(3));
}

TEST_F(Collectives, WhatALinkSpoilsIsSpoiltInTheResult) {
  for (ncclComm_t each : comms) ASSERT_NCCL(NCCL(ncclCommDestroy)(each));
  comms.clear();
  streams.clear();
  MachineFile file = machine_of(4);
  file.faults = {{.kind = FaultKind::bit_flip, .from = 0, .to = 1, .per_gib = 0}};
  start(file);
  std::vector<float*> memory;
  for (int rank = 0; rank < 4; ++rank) memory.push_back(holds(rank, Floats(count, 1)));
  ASSERT_NCCL(grouped([&](int rank) {
    NCCL(ncclAllReduce)
    (memory[rank], memory[rank], count, ncclFloat, ncclSum, comm(rank), stream(rank));
  }));
  EXPECT_NE(read(1, memory[1], count), Floats(count, 4));
  EXPECT_EQ(read(2, memory[2], count), Floats(count, 4));
}

TEST_F(Collectives, WrongCallsAreRefusedWithAReason) {
  EXPECT_EQ(NCCL(ncclAllReduce)(from[0], to[0], count, ncclFloat, ncclSum, comm(0), stream(1)),
            ncclInvalidArgument);
  EXPECT_EQ(NCCL(ncclAllReduce)(from[0], to[0], 5 * count, ncclFloat, ncclSum, comm(0), stream(0)),
            ncclInvalidArgument);
  EXPECT_THAT(NCCL(ncclGetLastError)(comm(0)), testing::HasSubstr("too short"));
  EXPECT_EQ(NCCL(ncclBroadcast)(from[0], to[0], count, ncclFloat, 4, comm(0), stream(0)),
            ncclInvalidArgument);
  EXPECT_EQ(NCCL(ncclGroupEnd)(), ncclInvalidUsage);
}

TEST_F(Collectives, MemoryAndRegistration) {
  ASSERT_CUDA(cudaSetDevice(1));
  void* memory = nullptr;
  ASSERT_NCCL(NCCL(ncclMemAlloc)(&memory, 1 << 20));
  cudaPointerAttributes attributes{};
  ASSERT_CUDA(cudaPointerGetAttributes(&attributes, memory));
  EXPECT_EQ(attributes.device, 1);
  void* handle = nullptr;
  ASSERT_NCCL(NCCL(ncclCommRegister)(comm(1), memory, 1 << 20, &handle));
  ASSERT_NCCL(NCCL(ncclCommDeregister)(comm(1), handle));
  ASSERT_NCCL(NCCL(ncclMemFree)(memory));
  EXPECT_EQ(NCCL(ncclMemFree)(memory), ncclInvalidArgument);
}

}  // namespace TEST_FILE
}  // namespace gpusim
