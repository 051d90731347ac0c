// SPDX-License-Identifier: Apache-2.0
// What joins the ranks: directly or through shared memory of the host, and in which order around a
// ring. The rules are those of NCCL 2.28's src/graph/paths.cc, ncclTopoCheckP2p.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "sim/nccl/clique.hpp"
#include "sim/pci_tree.hpp"

namespace gpusim {
namespace {

/// How long connecting takes. A choice of ours: what users see is between 0.1 and some seconds.
constexpr double connect_ns = 100e6;

/// NCCL_P2P_LEVEL's words, nearest first; its old numbers leave NVL out.
enum class Level { local, nvlink, one_switch, switches, host, system };

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The farthest that may talk directly. Without a setting as far as PCIe switches, and any two
/// GPUs on the processors of AMD; files of machines do not name the processor, so any two here.
Level farthest(std::size_t cards) {
  if (environment("NCCL_P2P_DISABLE") == "1") return Level::local;
  const std::string level = environment("NCCL_P2P_LEVEL");
  if (level == "LOC" || level == "0") return Level::local;
  if (level == "NVL") return Level::nvlink;
  if (level == "PIX" || level == "1") return Level::one_switch;
  if (level == "PXB" || level == "2") return Level::switches;
  if (level == "PHB" || level == "3") return Level::host;
  if (level == "SYS" || level == "4" || level == "5") return Level::system;
  return cards <= 2 ? Level::system : Level::switches;
}

Level between(const SimulatedMachine& machine, int from, int to) {
  if (machine.linked(from, to)) return Level::nvlink;
  switch (pci_distance(machine.file().gpus[static_cast<std::size_t>(from)],
                       machine.file().gpus[static_cast<std::size_t>(to)])) {
    case PciDistance::same_board:
    case PciDistance::one_switch:
      return Level::one_switch;
    case PciDistance::switches:
      return Level::switches;
    case PciDistance::host:
      return Level::host;
    default:
      return Level::system;
  }
}

void fail(Clique& clique, ncclResult_t result, const std::string& text) {
  clique.result = result;
  clique.failure = text;
  for (ncclComm* member : clique.members) member->last_error = text;
  complain(nullptr, result, text);
}

/// Two ranks on one GPU, in the words of the real one (src/init.cc).
bool cards_are_distinct(const SimulatedMachine& machine, Clique& clique) {
  for (int a = 0; a < clique.ranks(); ++a) {
    for (int b = 0; b < a; ++b) {
      if (clique.gpu(a) != clique.gpu(b)) continue;
      const auto& gpu = machine.file().gpus[static_cast<std::size_t>(clique.gpu(a))];
      fail(clique, ncclInvalidUsage,
           fmt::format("Duplicate GPU detected : rank {} and rank {} both on CUDA device {}", a, b,
                       gpu.pci_bus_id));
      return false;
    }
  }
  return true;
}

/// The switches' own reduction, which NCCL sets up on GPUs of compute capability 9.0 and up unless
/// NCCL_NVLS_ENABLE is 0 (NCCL user guide, "NCCL_NVLS_ENABLE"); the words are those of a multicast
/// object that cannot be bound.
bool sets_up_nvls(const SimulatedMachine& machine, Clique& clique) {
  const MachineFile& file = machine.file();
  const auto can = [&](const LinkBundle& link) {
    return link.to_switch() && link.up > 0 &&
           file.gpus[static_cast<std::size_t>(link.a)].compute_major >= 9;
  };
  if (!has_fault(file, FaultKind::nccl_nvls) || environment("NCCL_NVLS_ENABLE") == "0" ||
      std::ranges::none_of(file.links, can)) {
    return true;
  }
  fail(clique, ncclUnhandledCudaError, "transport/nvls.cc: Cuda failure 1 'invalid argument'");
  return false;
}

/// One hop of a ring; fails where nothing leads there.
bool link(SimulatedMachine& machine, Clique& clique, int rank, int next) {
  const int a = clique.gpu(rank), b = clique.gpu(next);
  const bool direct = transport_between(machine, a, b) == Transport::p2p;
  if (!direct && environment("NCCL_SHM_DISABLE") == "1") {
    fail(clique, ncclSystemError, fmt::format("No transport found for rank {}", rank));
    return false;
  }
  if (!direct && has_fault(machine.file(), FaultKind::no_shared_memory)) {
    fail(clique, ncclSystemError,
         "Error while creating shared memory segment /dev/shm/nccl-peerbench (size 9637888)");
    return false;
  }
  if (direct) {
    machine.enable_peer(a, b);
    machine.enable_peer(b, a);
  } else {
    clique.staged.insert({a, b});
  }
  const ncclComm& member = *clique.members[static_cast<std::size_t>(rank)];
  inform(member, fmt::format("Channel 00/0 : {}[{}] -> {}[{}] via {}", rank, member.ordinal, next,
                             clique.members[static_cast<std::size_t>(next)]->ordinal,
                             direct ? "P2P/direct pointer" : "SHM/direct/direct"));
  return true;
}

bool link_neighbours(SimulatedMachine& machine, Clique& clique) {
  for (int rank : clique.ring) {
    for (int next = 0; next < clique.ranks(); ++next) {
      if (next == rank || clique.part(rank, next) == 0) continue;
      if (!link(machine, clique, rank, next)) return false;
    }
  }
  return true;
}

/// The summary of the chosen graph: the path class of its farthest hop.
void describe(const SimulatedMachine& machine, const Clique& clique) {
  static constexpr const char* words[] = {"LOC", "NVL", "PIX", "PXB", "PHB", "SYS"};
  Level farthest = Level::local;
  for (int rank : clique.ring) {
    if (clique.next(rank) == rank) continue;
    farthest =
        std::max(farthest, between(machine, clique.gpu(rank), clique.gpu(clique.next(rank))));
  }
  inform(*clique.members.front(),
         fmt::format("Pattern 4, crossNic 0, nChannels 1, bw 0.000000/0.000000, type {}/PIX, "
                     "sameChannels 1",
                     words[static_cast<int>(farthest)]));
}

}  // namespace

int Clique::next(int rank) const {
  const auto place = static_cast<std::size_t>(position[static_cast<std::size_t>(rank)]);
  return ring[(place + 1) % ring.size()];
}

int Clique::previous(int rank) const {
  const auto place = static_cast<std::size_t>(position[static_cast<std::size_t>(rank)]);
  return ring[(place + ring.size() - 1) % ring.size()];
}

MeetingPtr Clique::meet(int parties, int movers) {
  std::erase_if(meetings, [](const auto& each) { return each.expired(); });
  auto made = std::make_shared<Meeting>();
  made->parties = parties;
  made->movers = movers;
  meetings.push_back(made);
  return made;
}

Transport transport_between(const SimulatedMachine& machine, int from, int to) {
  const bool allowed = machine.can_access(from, to) && machine.can_access(to, from);
  const bool near = between(machine, from, to) <= farthest(machine.visible().size());
  return allowed && near ? Transport::p2p : Transport::shared_memory;
}

void connect(SimulatedMachine& machine, Clique& clique) {
  clique.ready_ns = machine.host_ns() + connect_ns;
  clique.hung =
      has_fault(machine.file(), FaultKind::nccl_hang) ||
      (has_fault(machine.file(), FaultKind::nccl_hang_blocking) && clique.members[0]->blocking);
  if (clique.hung) return;
  clique.connected = true;
  inform(*clique.members.front(),
         fmt::format("NCCL version {}.{}.{}+simulated", NCCL_MAJOR, NCCL_MINOR, NCCL_PATCH));
  if (has_fault(machine.file(), FaultKind::nccl_version)) {
    // The text of cudaErrorInsufficientDriver, which is what an old driver answers.
    fail(clique, ncclUnhandledCudaError,
         "Cuda failure 35 'CUDA driver version is insufficient for CUDA runtime version'");
    return;
  }
  if (!cards_are_distinct(machine, clique) || !sets_up_nvls(machine, clique)) return;
  arrange_rings(machine, clique);
  describe(machine, clique);
  if (link_neighbours(machine, clique)) inform(*clique.members.front(), "Connected all rings");
}

}  // namespace gpusim
