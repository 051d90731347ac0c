// SPDX-License-Identifier: Apache-2.0
// Which ways copies take, and what they share there: computed by hand from round figures.
#include "sim/core/topology.hpp"

#include <gtest/gtest.h>

#include "sim/core/fair_share.hpp"
#include "tests/sim/small_machine.hpp"

namespace gpusim {
namespace TEST_FILE {

/// GB/s of each route when all flow at once.
std::vector<double> rates(const Topology& topology, const std::vector<Route>& routes) {
  std::vector<Demand> demands;
  for (const Route& route : routes) demands.push_back({route.uses, route.cap});
  return max_min_rates(demands, topology.capacities());
}

double rate(const Topology& topology, const Route& route) { return rates(topology, {route})[0]; }

/// `count` GPUs whose links (50 GB/s each way) lead to switches.
MachineFile switched_machine(int count) {
  MachineFile file = small_machine();
  const LinkBundle direct = file.links[0];
  file.links.clear();
  while (static_cast<int>(file.gpus.size()) < count) {
    file.gpus.push_back(small_gpu(static_cast<int>(file.gpus.size())));
  }
  for (int gpu = 0; gpu < count; ++gpu) {
    LinkBundle bundle = direct;
    bundle.kind = "nvswitch";
    bundle.a = gpu;
    bundle.b = -1;
    file.links.push_back(bundle);
  }
  return file;
}

TEST(Topology, ThroughSwitchesEachGpuHasItsOwnLinks) {
  const MachineFile file = switched_machine(4);
  const Topology topology(file);
  EXPECT_DOUBLE_EQ(rate(topology, topology.peer_copy(0, 0, 1)), 50);
  EXPECT_DOUBLE_EQ(topology.linked_gbs(0, 3), 50);
  // Two pairs apart do not meet.
  EXPECT_EQ(rates(topology, {topology.peer_copy(0, 0, 1), topology.peer_copy(2, 2, 3)}),
            (std::vector<double>{50, 50}));
  // Out of one GPU, and into one.
  EXPECT_EQ(rates(topology, {topology.peer_copy(0, 0, 1), topology.peer_copy(0, 0, 2)}),
            (std::vector<double>{25, 25}));
  EXPECT_EQ(rates(topology, {topology.peer_copy(0, 0, 1), topology.peer_copy(2, 2, 1)}),
            (std::vector<double>{25, 25}));
  EXPECT_EQ(rates(topology, {topology.peer_copy(0, 0, 1), topology.peer_copy(1, 1, 0)}),
            (std::vector<double>{50, 50}));
}

TEST(Topology, BothWaysOfAGpusSwitchLinksShareTheirSum) {
  MachineFile file = switched_machine(3);
  for (LinkBundle& bundle : file.links) bundle.both_ways_efficiency = Figure{0.8, "", true};
  const Topology topology(file);
  EXPECT_EQ(rates(topology, {topology.peer_copy(0, 0, 1), topology.peer_copy(1, 1, 0)}),
            (std::vector<double>{40, 40}));
  // A ring loads every GPU both ways.
  EXPECT_EQ(rates(topology, {topology.peer_copy(0, 0, 1), topology.peer_copy(1, 1, 2),
                             topology.peer_copy(2, 2, 0)}),
            (std::vector<double>{40, 40, 40}));
}

TEST(Topology, AGpuWhoseSwitchLinksAreDownGoesOverPcie) {
  MachineFile file = switched_machine(3);
  file.links[1].up = 0;
  const Topology topology(file);
  EXPECT_DOUBLE_EQ(rate(topology, topology.peer_copy(0, 0, 1)), 20);
  EXPECT_DOUBLE_EQ(topology.linked_gbs(0, 1), 0);
  EXPECT_DOUBLE_EQ(rate(topology, topology.peer_copy(0, 0, 2)), 50);
  // The slower of two unlike ends decides.
  file.links[2].up = 2;
  const Topology halved(file);
  EXPECT_DOUBLE_EQ(rate(halved, halved.peer_copy(0, 0, 2)), 25);
  EXPECT_DOUBLE_EQ(halved.linked_gbs(0, 2), 25);
}

TEST(Topology, PeerKernelsTakeTheSwitchesToo) {
  const MachineFile file = switched_machine(3);
  const Topology topology(file);
  double bytes = 0;
  const Route push = topology.kernel(0, {{KernelTraffic::Where::peer, 1, true, 1e6}}, bytes);
  EXPECT_EQ(rates(topology, {push, topology.peer_copy(2, 2, 1)}), (std::vector<double>{25, 25}));
}

// The state that a chase writes is 16 bytes of its own memory; its loads are what takes time.
TEST(Topology, LoadsThatWaitForEachOtherTakeTheirMemorysTimeEach) {
  using Where = KernelTraffic::Where;
  MachineFile file = small_machine();
  file.gpus[0].load_latency_ns = Figure{500, "", true};
  const auto load_ns = [&](Where where, int owner, int reader) {
    double bytes = 0;
    const Topology topology(file);
    const Route route = topology.kernel(reader, {{where, owner, false, 8, 1000}}, bytes);
    EXPECT_DOUBLE_EQ(bytes, 8000);
    return route.dependent_ns / 1000;
  };
  EXPECT_DOUBLE_EQ(load_ns(Where::own, -1, 0), 500);
  EXPECT_DOUBLE_EQ(load_ns(Where::own, -1, 1), 600) << "assumed";
  EXPECT_DOUBLE_EQ(load_ns(Where::host, -1, 0), 1500) << "assumed";
  EXPECT_DOUBLE_EQ(load_ns(Where::peer, 0, 1), 500 + 2 * 250) << "what the owner's memory takes";
  EXPECT_DOUBLE_EQ(load_ns(Where::peer, 1, 0), 600 + 2 * 250);
  EXPECT_DOUBLE_EQ(load_ns(Where::managed, -1, 0), 25e3) << "a page fault, assumed";
  file.gpus[0].page_fault_us = Figure{30, "", true};
  EXPECT_DOUBLE_EQ(load_ns(Where::managed, -1, 0), 30e3);
  file.gpus[0].host_load_latency_ns = Figure{772, "", true};
  file.links[0].load_latency_ns = Figure{900, "", true};
  file.gpus[1].peer_load_latency_ns = Figure{2000, "", true};
  EXPECT_DOUBLE_EQ(load_ns(Where::host, -1, 0), 772);
  EXPECT_DOUBLE_EQ(load_ns(Where::peer, 0, 1), 900);
  file.links.clear();
  EXPECT_DOUBLE_EQ(load_ns(Where::peer, 0, 1), 2000);
  EXPECT_DOUBLE_EQ(load_ns(Where::peer, 1, 0), 600 + 2 * 450);
}

TEST(Topology, StoresAndLoadsAcrossALinkTakeWhatTheFileSaysOfEach) {
  MachineFile file = small_machine();
  EXPECT_DOUBLE_EQ(Topology(file).store_latency_ns(0, 1), 250 + 600);
  file.links[0].store_latency_ns = Figure{400, "", true};
  EXPECT_DOUBLE_EQ(Topology(file).store_latency_ns(1, 0), 400);
  EXPECT_DOUBLE_EQ(Topology(file).load_latency_ns(1, {KernelTraffic::Where::peer, 0, false, 8, 1}),
                   600 + 2 * 250);
  file.links.clear();
  EXPECT_DOUBLE_EQ(Topology(file).store_latency_ns(1, 0), 450 + 600);
  file.gpus[1].peer_store_latency_ns = Figure{700, "", true};
  double bytes = 0;
  const Route route =
      Topology(file).kernel(0, {{KernelTraffic::Where::peer, 1, true, 8, 10}}, bytes);
  EXPECT_DOUBLE_EQ(route.dependent_ns, 10 * (700 + 1050)) << "there and back, ten times";
  EXPECT_DOUBLE_EQ(Topology(file).store_latency_ns(1, 0), 700);
  EXPECT_DOUBLE_EQ(Topology(file).store_latency_ns(0, 1), 450 + 600);
}

TEST(Topology, PeersOverPcieHaveARateOfTheirOwn) {
  MachineFile file = small_machine();
  file.links.clear();
  for (GpuDescription& gpu : file.gpus) gpu.peer_gbs = Figure{26, "", true};
  const Topology faster(file);
  EXPECT_DOUBLE_EQ(rate(faster, faster.peer_copy(0, 0, 1)), 26);
  EXPECT_DOUBLE_EQ(rate(faster, faster.host_to_device(1)), 20);
  EXPECT_DOUBLE_EQ(rate(faster, faster.device_to_host(0)), 20);
  // They share the GPU's link.
  EXPECT_EQ(rates(faster, {faster.peer_copy(0, 0, 1), faster.host_to_device(1)}),
            (std::vector<double>{13, 13}));

  file.gpus[1].peer_gbs = Figure{15, "", true};
  const Topology slower(file);
  EXPECT_DOUBLE_EQ(rate(slower, slower.peer_copy(0, 0, 1)), 15);
  EXPECT_DOUBLE_EQ(rate(slower, slower.host_to_device(1)), 20);
}

TEST(Topology, PushAndPullOverPcieDifferInLatency) {
  MachineFile file = small_machine();
  file.links.clear();
  const Topology plain(file);
  EXPECT_DOUBLE_EQ(plain.peer_copy(0, 0, 1).latency_ns, 1000);
  file.gpus[0].peer_copy_latency_us = Figure{2, "", true};
  file.gpus[1].peer_copy_latency_us = Figure{3, "", true};
  const Topology pushed(file);
  EXPECT_DOUBLE_EQ(pushed.peer_copy(0, 0, 1).latency_ns, 2000);
  EXPECT_DOUBLE_EQ(pushed.peer_copy(1, 0, 1).latency_ns, 3000);  // a pull without a figure
  file.gpus[1].peer_read_latency_us = Figure{5, "", true};
  const Topology pulled(file);
  EXPECT_DOUBLE_EQ(pulled.peer_copy(0, 0, 1).latency_ns, 2000);
  EXPECT_DOUBLE_EQ(pulled.peer_copy(1, 0, 1).latency_ns, 5000);
}

/// Two GPUs on one switch, a third on a root port of its own, both root ports limited.
MachineFile bridged_machine() {
  MachineFile file = small_machine();
  file.links.clear();
  file.host.staging.reset();
  file.gpus.push_back(small_gpu(2));
  file.gpus[0].pci_path = {"pci0000:40", "0000:40:01.1", "0000:41:00.0", "0000:42:00.0"};
  file.gpus[1].pci_path = {"pci0000:40", "0000:40:01.1", "0000:41:00.0", "0000:42:01.0"};
  file.gpus[2].pci_path = {"pci0000:60", "0000:60:01.1"};
  Bridge shared, own;
  shared.address = "0000:40:01.1";
  shared.uplink_gbs = Figure{24, "", true};
  own.address = "0000:60:01.1";
  own.uplink_gbs = Figure{10, "", true};
  file.bridges = {shared, own};
  return file;
}

TEST(Topology, CopiesWithTheHostShareThePortsAboveThem) {
  const MachineFile file = bridged_machine();
  const Topology topology(file);
  EXPECT_DOUBLE_EQ(rate(topology, topology.host_to_device(0)), 20);
  EXPECT_EQ(rates(topology, {topology.host_to_device(0), topology.host_to_device(1)}),
            (std::vector<double>{12, 12}));
  // Each direction has its own.
  EXPECT_EQ(rates(topology, {topology.host_to_device(0), topology.device_to_host(1)}),
            (std::vector<double>{20, 20}));
  EXPECT_EQ(rates(topology, {topology.device_to_host(0), topology.device_to_host(1)}),
            (std::vector<double>{12, 12}));
  EXPECT_DOUBLE_EQ(rate(topology, topology.host_to_device(2)), 10);
  EXPECT_EQ(topology.name(topology.device_to_host(2).uses.at(1).resource),
            "bridge:0000:60:01.1-host");
  EXPECT_EQ(topology.name(topology.host_to_device(2).uses.at(1).resource),
            "bridge:host-0000:60:01.1");
  double bytes = 0;
  const Route read = topology.kernel(2, {{KernelTraffic::Where::host, -1, false, 1e6}}, bytes);
  EXPECT_DOUBLE_EQ(rate(topology, read), 10);
}

TEST(Topology, PeersBelowOneSwitchDoNotGoUpToTheHost) {
  const MachineFile file = bridged_machine();
  const Topology topology(file);
  EXPECT_EQ(rates(topology, {topology.peer_copy(0, 0, 1), topology.host_to_device(0)}),
            (std::vector<double>{20, 20}));
  EXPECT_EQ(rates(topology, {topology.peer_copy(0, 0, 1), topology.device_to_host(1)}),
            (std::vector<double>{20, 20}));
  // To another root port they do, on both sides.
  EXPECT_DOUBLE_EQ(rate(topology, topology.peer_copy(0, 0, 2)), 10);
  EXPECT_EQ(rates(topology, {topology.peer_copy(1, 1, 2), topology.device_to_host(0)}),
            (std::vector<double>{10, 14}));
}

TEST(Topology, StagedCopiesGoUpToTheHostAndDownAgain) {
  const MachineFile file = bridged_machine();
  const Topology topology(file);
  EXPECT_DOUBLE_EQ(rate(topology, topology.staged_copy(0, 1)), 20);
  EXPECT_EQ(rates(topology, {topology.staged_copy(0, 1), topology.host_to_device(0)}),
            (std::vector<double>{12, 12}));
  EXPECT_DOUBLE_EQ(rate(topology, topology.staged_copy(0, 2)), 10);
}

}  // namespace TEST_FILE
}  // namespace gpusim
