// SPDX-License-Identifier: Apache-2.0
// What a GPU does to its pool, as cells.
#include <gmock/gmock.h>

#include <algorithm>

#include "cards.hpp"

namespace peerbench::bench {
namespace TEST_FILE {

using ::testing::ElementsAre;

TEST(GpuPoolSpecs, CountTheTrafficOfTheirOperation) {
  auto specs = quick(gpu_pool_specs(with_gpus(1), {}));
  std::erase_if(specs, [](const Spec& spec) { return spec.cell.memory != "device"; });
  // 4 GiB in all arrays of a cell together.
  EXPECT_THAT(names(specs), ElementsAre("pool/ce/copy/gpu0/device/bytes:2147483648",
                                        "pool/sm/copy/gpu0/device/bytes:2147483648",
                                        "pool/sm/read/gpu0/device/bytes:4294967296",
                                        "pool/sm/write/gpu0/device/bytes:4294967296",
                                        "pool/sm/triad/gpu0/device/bytes:1432354816"));
  std::vector<double> weights;
  for (const Spec& spec : specs) {
    weights.push_back(spec.bytes_weight);
    EXPECT_EQ(spec.cell.counts, result::Counts::traffic);
    ASSERT_EQ(spec.plan()->transfers.size(), 1u);
    EXPECT_EQ(spec.cell.op, measure::name(spec.plan()->transfers[0].op));
    EXPECT_EQ(spec.cell.engine, measure::name(spec.plan()->transfers[0].engine));
    EXPECT_EQ(spec.cell.memory, to_string(spec.plan()->transfers[0].memory));
    EXPECT_THAT(spec.cell.notes, ::testing::Contains(::testing::HasSubstr("4 GiB in total")));
  }
  EXPECT_THAT(weights, ElementsAre(2, 2, 1, 1, 3));
}

/// One pool of 128 GiB, of which 120 GiB are available, with CPU caches of 64 MiB.
machine::Machine one_chip(Tri managed, Tri pageable) {
  machine::Machine machine = with_gpus(1);
  machine.machine_class = machine::Class::unified_pool;
  machine::Gpu& gpu = machine.gpus[0];
  gpu.integrated = {Tri::yes, "1"};
  gpu.managed = {managed, ""};
  gpu.pageable_access = {pageable, ""};
  gpu.concurrent_managed = {managed, ""};
  machine::Pool pool;
  pool.id = "host0";
  pool.cores = 20;
  pool.largest_cache_bytes = 64 * MiB;
  pool.total_bytes = 128 * GiB;
  pool.available_bytes = 120 * GiB;
  machine.pools = {pool};
  return machine;
}

std::vector<std::string> kinds(const std::vector<Spec>& specs, const std::string& memory) {
  std::vector<std::string> all;
  for (const Spec& spec : specs) {
    if (spec.cell.memory != memory || spec.cell.engine != "sm") continue;
    const auto& transfer = spec.plan()->transfers.at(0);
    EXPECT_EQ(to_string(transfer.memory), memory);
    const bool by_cpu = transfer.first_touch == measure::FirstTouch::cpu;
    if (memory == "managed" || memory == "pageable") {
      EXPECT_EQ(spec.cell.first_touch, by_cpu ? "cpu" : "gpu");
    } else {
      EXPECT_EQ(spec.cell.first_touch, "");
    }
    all.push_back(spec.cell.op + (by_cpu ? " cpu" : "") +
                  (transfer.from_host_each_time ? " from-host" : ""));
  }
  return all;
}

TEST(GpuPoolSpecs, OfOnePoolEveryAllocatorIsMeasured) {
  const auto specs = quick(gpu_pool_specs(one_chip(Tri::yes, Tri::yes), {}));
  for (const char* memory : {"managed", "pageable"}) {
    EXPECT_THAT(kinds(specs, memory), ElementsAre("copy", "read", "write", "triad", "read cpu"));
  }
  EXPECT_THAT(kinds(specs, "pinned"), ElementsAre("copy", "read", "write", "triad"));
  EXPECT_THAT(names(specs),
              ::testing::Contains("pool/sm/read/gpu0/pageable/touch:cpu/bytes:1073741824"));
}

// One cell says why, not five.
TEST(GpuPoolSpecs, WhatTheDriverRefusesIsAskedOnce) {
  const auto specs = quick(gpu_pool_specs(one_chip(Tri::yes, Tri::no), {}));
  EXPECT_THAT(kinds(specs, "pageable"), ElementsAre("read"));
}

TEST(GpuPoolSpecs, OfACardTheHostsMemoryIsReadOnly) {
  machine::Machine machine = with_gpus(1);
  machine.gpus[0].managed = machine.gpus[0].concurrent_managed = {Tri::yes, "1"};
  machine.gpus[0].pageable_access = {Tri::no, "0"};
  const auto specs = quick(gpu_pool_specs(machine, {}));
  EXPECT_THAT(kinds(specs, "pinned"), ElementsAre("read"));
  EXPECT_THAT(kinds(specs, "managed"), ElementsAre("read"));
  EXPECT_THAT(kinds(specs, "pageable"), ElementsAre());
  const auto all = gpu_pool_specs(machine, {});
  EXPECT_THAT(kinds(all, "pinned"), ElementsAre("copy", "read", "write", "triad"));
  EXPECT_THAT(kinds(all, "managed"),
              ElementsAre("copy", "read", "write", "triad", "read cpu", "read from-host"));
}

// 8 GiB stay free and no more than a quarter is taken of what the system calls available; of a
// GPU, of what CUDA calls free.
TEST(GpuPoolSpecs, KeepWithinTheMemoryThatIsThere) {
  machine::Machine machine = one_chip(Tri::yes, Tri::yes);
  machine.gpus[0].free_bytes = 10 * MiB;  // page cache
  EXPECT_EQ(quick(gpu_pool_specs(machine, {}))[0].cell.bytes, 2 * GiB);
  machine.pools[0].available_bytes = 8 * GiB + 600 * MiB;
  EXPECT_EQ(quick(gpu_pool_specs(machine, {}))[0].cell.bytes, 300 * MiB);
  machine.pools[0].available_bytes = 300 * MiB;  // not four times the caches
  const Spec refused = quick(gpu_pool_specs(machine, {}))[0];
  EXPECT_THAT(refused.why_not, ::testing::HasSubstr("64 MiB"));

  machine::Machine card = with_gpus(1);
  card.gpus[0].free_bytes = 800 * MiB;
  EXPECT_EQ(quick(gpu_pool_specs(card, {}))[0].cell.bytes, 100 * MiB);
}

TEST(GpuPoolSpecs, SizesThatWereAskedForMustFitToo) {
  result::Settings settings;
  settings.sizes = {8 * GiB, 40 * GiB};
  for (const Spec& spec : quick(gpu_pool_specs(one_chip(Tri::yes, Tri::yes), settings))) {
    const int arrays = spec.cell.op == "triad" ? 3 : spec.cell.op == "copy" ? 2 : 1;
    const bool fits = *spec.cell.bytes * static_cast<Bytes>(arrays) <= 30 * GiB;
    EXPECT_EQ(spec.why_not.empty(), fits) << spec.cell.name << ": " << spec.why_not;
    if (!fits) {
      EXPECT_THAT(spec.why_not, ::testing::HasSubstr("a quarter of the pool's"));
    }
  }
  // Managed memory of a GPU comes from the host's, which has less.
  machine::Machine card = one_chip(Tri::yes, Tri::yes);
  card.machine_class = machine::Class::single_gpu;
  card.gpus[0].integrated = {Tri::no, "0"};
  card.gpus[0].free_bytes = 80 * GiB;
  card.pools[0].available_bytes = 3 * GiB;
  for (const Spec& spec : quick(gpu_pool_specs(card, settings))) {
    if (spec.cell.op != "read" || spec.cell.bytes != 8 * GiB) continue;
    EXPECT_EQ(spec.why_not.empty(), spec.cell.memory == "device") << spec.cell.name;
  }
}

TEST(GpuPoolSpecs, ATriadTakesWholeNumbers) {
  result::Settings settings;
  settings.sizes = {7, 1001};
  const auto all = names(quick(gpu_pool_specs(with_gpus(1), settings)));
  EXPECT_THAT(all, ::testing::Contains("pool/sm/triad/gpu0/device/bytes:1000"));
  EXPECT_EQ(std::ranges::count_if(all, [](const auto& n) { return n.find("triad") != n.npos; }), 1);
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
