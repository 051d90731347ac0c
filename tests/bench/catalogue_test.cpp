// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include "bench/harness.hpp"
#include "cards.hpp"

namespace peerbench::bench {
namespace TEST_FILE {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(KeyWords, AreThoseOfMeasuring) {
  using measure::Engine;
  using measure::HostOp;
  using measure::Op;
  for (const Engine engine : {Engine::ce, Engine::sm, Engine::cpu, Engine::nccl}) {
    EXPECT_STREQ(result::to_string(key_of(engine)), measure::name(engine));
  }
  for (const Op op : {Op::read, Op::write, Op::copy, Op::triad, Op::chase, Op::ping_pong}) {
    EXPECT_STREQ(result::to_string(key_of(op)), measure::name(op));
  }
  for (const HostOp op : {HostOp::read, HostOp::write, HostOp::copy, HostOp::triad}) {
    EXPECT_STREQ(result::to_string(key_of(op)), measure::name(op));
  }
  for (const measure::CollectiveRow& row : measure::collective_rows()) {
    EXPECT_STREQ(result::to_string(key_of(row.op)), row.name);
  }
}

TEST(PeerSpecs, EveryOrderedPairOneWayAndEveryPairBothWays) {
  EXPECT_THAT(names(quick(peer_specs(with_gpus(2), {}))),
              ElementsAre("peer/ce/push/uni/gpu0-gpu1/bytes:268435456",
                          "peer/ce/push/uni/gpu1-gpu0/bytes:268435456",
                          "peer/ce/pull/uni/gpu0-gpu1/bytes:268435456",
                          "peer/ce/pull/uni/gpu1-gpu0/bytes:268435456",
                          "peer/ce/staged/uni/gpu0-gpu1/bytes:268435456",
                          "peer/ce/staged/uni/gpu1-gpu0/bytes:268435456",
                          "peer/ce/push/bi/gpu0-gpu1/bytes:268435456",
                          "peer/ce/staged/bi/gpu0-gpu1/bytes:268435456",
                          "peer/sm/push/uni/gpu0-gpu1/bytes:268435456",
                          "peer/sm/push/uni/gpu1-gpu0/bytes:268435456",
                          "peer/sm/pull/uni/gpu0-gpu1/bytes:268435456",
                          "peer/sm/pull/uni/gpu1-gpu0/bytes:268435456"));
  EXPECT_EQ(quick(peer_specs(with_gpus(4), {})).size(), 5u * 12 + 2u * 6);
  // Beside these both ways by kernels, and all of the copy engines by address.
  EXPECT_EQ(peer_specs(with_gpus(4), {}).size(), 5u * 12 + 4u * 6 + 3u * 12 + 2u * 6);
  EXPECT_TRUE(quick(peer_specs(with_gpus(1), {})).empty());
}

TEST(PeerSpecs, CellsThatNeedPeerAccessKnowWhoRefusesIt) {
  machine::Machine machine = with_gpus(2);
  machine::PeerLink link;
  link.from = 0;
  link.to = 1;
  link.allowed.read = {Tri::no, "GNS"};
  machine.links.push_back(link);
  for (const Spec& spec : quick(peer_specs(machine, {}))) {
    const bool refused = spec.cell.peer_access.value_or(false) && spec.cell.src == "gpu0";
    EXPECT_EQ(spec.why_refused.starts_with("GNS, the driver"), refused) << spec.cell.name;
  }
}

TEST(PeerSpecs, NameSaysTheWayOfTheDataAndWhoIssues) {
  for (const Spec& spec : quick(peer_specs(with_gpus(2), {}))) {
    const measure::Transfer& first = spec.plan()->transfers.front();
    EXPECT_EQ(spec.cell.src, measure::name(first.source));
    EXPECT_EQ(spec.cell.dst, measure::name(first.destination));
    EXPECT_EQ(spec.plan()->peer_access, spec.cell.kind != "staged");
    for (const measure::Transfer& transfer : spec.plan()->transfers) {
      EXPECT_EQ(spec.cell.engine, measure::name(transfer.engine));
      EXPECT_EQ(transfer.op, measure::Op::copy);
    }
    EXPECT_EQ(first.issuer, spec.cell.kind == "pull" ? first.destination : first.source);
    if (spec.cell.direction == "uni") {
      EXPECT_EQ(spec.plan()->transfers.size(), 1u);
      EXPECT_EQ(spec.cell.issuer, measure::name(first.issuer));
    } else {
      ASSERT_EQ(spec.plan()->transfers.size(), 2u);
      EXPECT_EQ(spec.plan()->transfers[1].source, first.destination);
      EXPECT_EQ(spec.plan()->transfers[1].destination, first.source);
    }
  }
}

TEST(PeerSpecs, ASelectionLeavesTheOthersOut) {
  result::Settings settings;
  settings.pairs = {{2, 1}};
  for (const Spec& spec : quick(peer_specs(with_gpus(4), settings))) {
    EXPECT_THAT(spec.cell.name, ::testing::ContainsRegex("gpu1-gpu2|gpu2-gpu1"));
  }
  EXPECT_EQ(quick(peer_specs(with_gpus(4), settings)).size(), 12u);
  settings = {};
  settings.gpus = {0, 3};
  EXPECT_EQ(quick(peer_specs(with_gpus(4), settings)).size(), 12u);
  settings.gpus = {0};
  EXPECT_TRUE(quick(peer_specs(with_gpus(4), settings)).empty());
  EXPECT_EQ(quick(gpu_pool_specs(with_gpus(4), settings)).size(), 8u);
  EXPECT_EQ(host_specs(with_gpus(4), settings).size(), 8u);
}

TEST(PeerSpecs, SizesAreTakenAsGiven) {
  result::Settings settings;
  settings.sizes = {4 * KiB, MiB};
  settings.pairs = {{0, 1}};
  const auto all = names(quick(peer_specs(with_gpus(2), settings)));
  EXPECT_EQ(all.size(), 24u);
  EXPECT_EQ(all.front(), "peer/ce/push/uni/gpu0-gpu1/bytes:4096");
}

TEST(CopyBytes, ArePastTheCachesAndWithinTheMemory) {
  machine::Gpu gpu;
  gpu.free_bytes = 24 * GiB;
  gpu.l2_bytes = 6 * MiB;
  const auto peer_copy_bytes = [](const machine::Gpu& from, const machine::Gpu& to) {
    return peer_copy_size({}, from, to).bytes;
  };
  EXPECT_EQ(peer_copy_bytes(gpu, gpu), 256 * MiB);
  machine::Gpu large_cache = gpu;
  large_cache.l2_bytes = 72 * MiB;  // 4 x 72 = 288, in steps of 64
  EXPECT_EQ(peer_copy_bytes(gpu, large_cache), 320 * MiB);
  EXPECT_EQ(peer_copy_bytes(large_cache, gpu), 320 * MiB);
  machine::Gpu nearly_full = gpu;
  nearly_full.free_bytes = 800 * MiB;
  EXPECT_EQ(peer_copy_bytes(gpu, nearly_full), 100 * MiB);
}

TEST(HostSpecs, OneCopyEngineIsSaidWhereBothWaysAreAsked) {
  machine::Machine machine = with_gpus(2);
  machine.gpus[0].copy_engines = 1;
  machine.gpus[1].copy_engines = 2;
  for (const Spec& spec : quick(host_specs(machine, {}))) {
    const bool said = std::ranges::any_of(spec.cell.notes, [](const std::string& note) {
      return note.find("one copy engine") != std::string::npos;
    });
    EXPECT_EQ(said, spec.cell.name.starts_with("host/ce/both/bi/host0-gpu0/")) << spec.cell.name;
  }
}

TEST(CopyBytes, WithTheHostArePastItsLastLevelCacheToo) {
  machine::Machine machine = with_gpus(1, 80 * GiB);
  machine::Pool pool;
  pool.id = "host0";
  pool.cores = 72;
  pool.available_bytes = 400 * GiB;
  pool.largest_cache_bytes = 114 * MiB;
  machine.pools = {pool};
  const auto size = [&] { return host_copy_size(machine, machine.gpus[0]); };
  EXPECT_EQ(size().bytes, 512 * MiB) << "4 x 114 MiB in steps of 64";
  EXPECT_THAT(size().rule, HasSubstr("four times the last-level cache of the host"));
  machine.pools[0].available_bytes = 2 * GiB;
  EXPECT_EQ(size().bytes, 256 * MiB);
  EXPECT_THAT(size().rule, HasSubstr("an eighth of the memory that is free on the fuller side"));
  machine.pools[0].largest_cache_bytes = 4 * MiB;
  EXPECT_THAT(size().rule, HasSubstr("four times the L2"));
}

// 25 ms at most, over the slowest way between the two, to a power of two; 4 MiB at least.
TEST(CopyBytes, AreFewerOverSlowLinks) {
  machine::Machine machine = with_gpus(2);
  const auto size = [&] { return peer_copy_size(machine, machine.gpus[0], machine.gpus[1]); };
  const auto slot = [](double gbs) {
    machine::Ceiling ceiling;
    ceiling.gbs = gbs;
    return ceiling;
  };
  EXPECT_THAT(size().rule, HasSubstr("256 MiB a copy: at least 256 MiB, and four times the L2"));
  machine.gpus[0].pcie.ceiling = slot(15.75);
  EXPECT_EQ(size().bytes, 256 * MiB);
  machine.gpus[1].pcie.ceiling = slot(3.94);
  EXPECT_EQ(size().bytes, 64 * MiB) << "98.5 MB";
  EXPECT_THAT(size().rule, HasSubstr("64 MiB a copy: no copy is to take longer than 25 ms over the "
                                     "3.94 GB/s"));
  EXPECT_EQ(host_copy_size(machine, machine.gpus[1]).bytes, 64 * MiB);
  EXPECT_EQ(host_copy_size(machine, machine.gpus[0]).bytes, 256 * MiB);
  // Very slow ways are believed where the GPU itself runs so: ports may be made up.
  machine.gpus[1].pcie.ceiling = slot(0.25);
  EXPECT_EQ(size().bytes, 64 * MiB);
  EXPECT_EQ(host_copy_size(machine, machine.gpus[1]).bytes, 64 * MiB);
  machine.gpus[1].pcie.current = machine::PcieSpeed{5, 16};
  EXPECT_EQ(size().bytes, 64 * MiB);
  machine.gpus[1].pcie.current = machine::PcieSpeed{1, 1};
  EXPECT_EQ(size().bytes, 4 * MiB);
  machine.gpus[1].free_bytes = 8 * MiB;
  EXPECT_EQ(size().bytes, MiB) << "what memory allows comes first";
  machine.gpus[1] = machine.gpus[0];
  machine.gpus[1].ordinal = 1;
  machine::PeerLink link;
  link.from = 0;
  link.to = 1;
  link.nvlink_ceiling = slot(2);
  machine.links = {link};
  EXPECT_EQ(size().bytes, 32 * MiB);
}

TEST(PeerSpecs, SayTheRuleOfTheirSizeUnlessItWasAskedFor) {
  for (const Spec& spec : quick(peer_specs(with_gpus(2), {}))) {
    EXPECT_THAT(spec.cell.notes, ElementsAre(HasSubstr("256 MiB a copy")));
  }
  result::Settings settings;
  settings.sizes = {MiB};
  for (const Spec& spec : quick(peer_specs(with_gpus(2), settings))) {
    EXPECT_TRUE(spec.cell.notes.empty());
  }
}

TEST(PeerSpecs, ByAddressIsOfTheFullTier) {
  for (const Spec& spec : quick(peer_specs(with_gpus(2), {})))
    EXPECT_FALSE(spec.cell.key.by_address);
  result::Settings settings;
  settings.filter = "push/uni/.*/by-address";
  const auto specs = chosen(peer_specs(with_gpus(2), {}), settings);
  ASSERT_TRUE(specs.has_value());
  EXPECT_THAT(names(*specs), ElementsAre("peer/ce/push/uni/gpu0-gpu1/by-address/bytes:268435456",
                                         "peer/ce/push/uni/gpu1-gpu0/by-address/bytes:268435456"));
  for (const Spec& spec : *specs) {
    EXPECT_TRUE(spec.cell.key.by_address);
    EXPECT_TRUE(spec.plan()->transfers[0].by_address);
    EXPECT_TRUE(spec.plan()->peer_access);
  }
}

TEST(Chosen, AreTheQuickOnesAllOrThoseThatTheFilterFinds) {
  const std::vector<Spec> specs = catalogue(with_gpus(2), {});
  const auto names_of = [&](const std::string& filter, bool full = false) {
    result::Settings settings;
    settings.filter = filter;
    settings.full = full;
    const auto found = chosen(specs, settings);
    return found ? names(*found) : std::vector{found.error().message};
  };
  EXPECT_EQ(names_of(""), names(quick(specs)));
  EXPECT_EQ(names_of("", true), names(specs));
  EXPECT_LT(quick(specs).size(), specs.size());
  EXPECT_THAT(names_of("send_recv/.*/half/bytes:8$"),
              ElementsAre("collective/nccl/send_recv/gpus:0,1/half/bytes:8"));
  EXPECT_THAT(names_of("collective/nccl/send_recv/gpus:0,1/half/bytes:8"),
              ElementsAre("collective/nccl/send_recv/gpus:0,1/half/bytes:8"))
      << "and not those of 8192 bytes";
  EXPECT_THAT(names_of("("), ElementsAre(HasSubstr("is not a regular expression")));
}

TEST(Catalogue, OfManyCardsOnlyTheFirstIsMeasuredInDepthUnlessAsked) {
  const auto kernels = [](const std::vector<Spec>& specs) {
    return std::ranges::count_if(specs, [](const Spec& s) { return s.cell.engine == "sm"; });
  };
  const machine::Machine eight = with_gpus(8);
  EXPECT_EQ(kernels(quick(peer_specs(with_gpus(4), {}))), 2 * 12);
  EXPECT_EQ(kernels(quick(peer_specs(eight, {}))), 2 * 14);
  for (const Spec& spec : quick(peer_specs(eight, {}))) {
    if (spec.cell.engine != "sm" && spec.cell.kind != "pull") continue;
    EXPECT_TRUE(spec.cell.src == "gpu0" || spec.cell.dst == "gpu0") << spec.cell.name;
  }
  EXPECT_EQ(quick(gpu_pool_specs(eight, {})).size(), 8u + 7);
  EXPECT_EQ(quick(host_specs(eight, {})).size(), 8u * 3 + 2);
  EXPECT_EQ(kernels(peer_specs(eight, {})), 2 * 56 + 2 * 28);
  EXPECT_EQ(gpu_pool_specs(eight, {}).size(), 8u * (5 + 4 + 5 + 5));
  result::Settings some;
  some.gpus = {7, 2, 3, 4, 5};
  for (const Spec& spec : quick(gpu_pool_specs(eight, some))) {
    if (spec.cell.engine != "sm") continue;
    EXPECT_EQ(spec.cell.src, "gpu2") << spec.cell.name;
  }
}

TEST(HostSpecs, NameTheWayTheEngineAndTheMemory) {
  EXPECT_THAT(names(host_specs(with_gpus(1), {})),
              ElementsAre("host/ce/h2d/uni/host0-gpu0/pinned/bytes:268435456",
                          "host/ce/d2h/uni/gpu0-host0/pinned/bytes:268435456",
                          "host/ce/both/bi/host0-gpu0/pinned/bytes:268435456",
                          "host/sm/h2d/uni/host0-gpu0/pinned/bytes:268435456",
                          "host/sm/d2h/uni/gpu0-host0/pinned/bytes:268435456",
                          "host/sm/both/bi/host0-gpu0/pinned/bytes:268435456",
                          "host/ce/h2d/uni/host0-gpu0/pageable/bytes:268435456",
                          "host/ce/d2h/uni/gpu0-host0/pageable/bytes:268435456"));
  for (const Spec& spec : host_specs(with_gpus(1), {})) {
    const bool pageable = spec.cell.memory == "pageable";
    for (const measure::Transfer& transfer : spec.plan()->transfers) {
      EXPECT_EQ(transfer.host_memory == MemoryKind::pageable, pageable);
      EXPECT_EQ(transfer.issuer, measure::gpu(0));
    }
    EXPECT_EQ(spec.plan()->transfers.size(), spec.cell.direction == "bi" ? 2u : 1u);
    EXPECT_EQ(spec.cell.src, measure::name(spec.plan()->transfers[0].source));
    EXPECT_EQ(spec.cell.dst, measure::name(spec.plan()->transfers[0].destination));
  }
}

TEST(HostSpecs, MemoryOfAnotherNodeIsOfTheFullTier) {
  machine::Machine machine = with_gpus(1);
  machine.gpus[0].numa_node = 1;
  for (const int node : {0, 1, 2}) {
    machine::Pool pool;
    pool.id = "host" + std::to_string(node);
    pool.numa_node = node;
    pool.cores = node < 2 ? 8 : 0;  // the third is a GPU's
    machine.pools.push_back(pool);
  }
  std::vector<Spec> specs = host_specs(machine, {});
  for (const Spec& spec : quick(specs)) {
    EXPECT_THAT(spec.cell.name, ::testing::HasSubstr("host1")) << "its own node";
    EXPECT_EQ(spec.cell.numa_node, 1);
    EXPECT_FALSE(spec.plan()->transfers[0].far_node);
  }
  std::erase_if(specs, [&](const Spec& spec) { return !far_node(machine, spec.cell.key); });
  EXPECT_TRUE(quick(specs).empty());
  EXPECT_THAT(names(specs), ElementsAre("host/ce/h2d/uni/host0-gpu0/pinned/bytes:268435456",
                                        "host/ce/d2h/uni/gpu0-host0/pinned/bytes:268435456",
                                        "host/ce/both/bi/host0-gpu0/pinned/bytes:268435456"));
  for (const Spec& spec : specs) {
    for (const measure::Transfer& transfer : spec.plan()->transfers) {
      EXPECT_EQ(transfer.host_node, 0);
      EXPECT_TRUE(transfer.far_node);
    }
  }
}

// Not even where the GPU's own node has no memory: the first one that has is taken for it.
TEST(HostSpecs, NoTwoCellsAreOfOneNode) {
  machine::Machine machine = with_gpus(1);
  machine.gpus[0].numa_node = 5;
  for (const int node : {2, 3}) {
    machine::Pool pool;
    pool.numa_node = node;
    pool.cores = 8;
    machine.pools.push_back(pool);
  }
  std::vector<Spec> specs = host_specs(machine, {});
  std::erase_if(specs, [](const Spec& spec) {
    return spec.cell.key.engine != result::Engine::ce || spec.cell.key.kind != result::Kind::h2d ||
           spec.cell.key.memory != MemoryKind::pinned;
  });
  EXPECT_THAT(names(specs), ElementsAre("host/ce/h2d/uni/host2-gpu0/pinned/bytes:268435456",
                                        "host/ce/h2d/uni/host3-gpu0/pinned/bytes:268435456"));
}

// gpu1 runs no kernel of this build: its copies stay, and what gpu0 does alone is as ever.
TEST(Catalogue, AGpuWithoutCodeKeepsWhatNeedsNoKernel) {
  machine::Machine machine = with_gpus(2);
  machine.gpus[1].has_code = false;
  machine.gpus[1].compute_major = 7;
  const auto specs = catalogue(machine, {});
  const auto find = [&](const std::string& beginning) {
    const auto found = std::ranges::find_if(
        specs, [&](const Spec& spec) { return spec.cell.name.starts_with(beginning); });
    EXPECT_NE(found, specs.end()) << beginning;
    return found == specs.end() ? Spec{} : *found;
  };
  for (const char* const stays : {"peer/ce/push/uni/gpu0-gpu1/", "peer/ce/staged/bi/gpu0-gpu1/",
                                  "host/ce/h2d/uni/host0-gpu1/pinned", "pool/ce/copy/gpu1/",
                                  "latency/ce/submission/push/gpu0-gpu1"}) {
    EXPECT_EQ(find(stays).why_not, "") << stays;
    EXPECT_TRUE(find(stays).without_kernels) << stays;
  }
  for (const char* const cannot : {"peer/sm/push/uni/gpu0-gpu1/", "pool/sm/read/gpu1/",
                                   "collective/nccl/all_reduce/gpus:0,1/", "latency/sm/chase/"}) {
    EXPECT_EQ(find(cannot).why_not, "this build has no kernels for gpu1 (compute capability 7.0)")
        << cannot;
  }
  for (const char* const alone : {"pool/sm/read/gpu0/", "host/ce/h2d/uni/host0-gpu0/"}) {
    EXPECT_EQ(find(alone).why_not, "") << alone;
    EXPECT_FALSE(find(alone).without_kernels) << alone;
  }
}

TEST(HostSpecs, SayThatOnePoolIsNoLink) {
  machine::Machine machine = with_gpus(1);
  machine.machine_class = machine::Class::unified_pool;
  for (const Spec& spec : quick(host_specs(machine, {}))) {
    EXPECT_THAT(spec.cell.notes, ::testing::Contains(::testing::HasSubstr("within the pool")));
  }
}

/// Bytes that a cell holds at the same time.
Bytes footprint(const Spec& spec) {
  const result::CellKey& key = spec.cell.key;
  const auto arrays = static_cast<Bytes>(std::max(1, result::row_of(key.op)->arrays));
  const measure::Transfer* beside = spec.background_load();
  return arrays * key.bytes + (beside == nullptr ? 0 : beside->bytes);
}

// A DGX Spark whose memory others hold: what is measured must not push them into swap.
TEST(Catalogue, OfOnePoolNoMoreThanHalfOfWhatIsFreeIsTaken) {
  constexpr Bytes free = 6 * GiB;
  machine::Machine machine = with_gpus(1, free);
  machine.machine_class = machine::Class::unified_pool;
  machine.gpus[0].memory_bytes = 119 * GiB;
  machine.gpus[0].l2_bytes = 24 * MiB;
  machine.gpus[0].integrated.value = Tri::yes;
  machine::Pool pool;
  pool.id = "host0";
  pool.total_bytes = 119 * GiB;
  pool.available_bytes = free;
  pool.numa_node = 0;
  pool.cores = 4;
  pool.cpus = "0-3";
  pool.largest_cache_bytes = 24 * MiB;
  machine.pools.push_back(pool);
  const auto specs = catalogue(machine, {});
  EXPECT_FALSE(specs.empty());
  for (const Spec& spec : specs) EXPECT_LE(footprint(spec), free / 2) << spec.cell.name;
}

}  // namespace TEST_FILE
}  // namespace peerbench::bench
