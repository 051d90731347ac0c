// SPDX-License-Identifier: Apache-2.0
#include "machine/machine.hpp"

#include <algorithm>

#include "machine/signals.hpp"

namespace peerbench::machine {

const char* name(Class value) {
  switch (value) {
    case Class::discrete_nvlink:
      return "discrete-nvlink";
    case Class::discrete_pcie:
      return "discrete-pcie";
    case Class::discrete_unknown_link:
      return "discrete-unknown-link";
    case Class::single_gpu:
      return "single-gpu";
    case Class::unified_pool:
      return "unified-pool";
    case Class::coherent_superchip:
      return "coherent-superchip";
    case Class::mixed:
      return "mixed";
    case Class::no_gpu:
      break;
  }
  return "no-gpu";
}

const char* name(PciTopologyLevel value) {
  switch (value) {
    case PciTopologyLevel::same_board:
      return "board";
    case PciTopologyLevel::pix:
      return "PIX";
    case PciTopologyLevel::pxb:
      return "PXB";
    case PciTopologyLevel::phb:
      return "PHB";
    case PciTopologyLevel::node:
      return "NODE";
    case PciTopologyLevel::sys:
      return "SYS";
    case PciTopologyLevel::unknown:
      break;
  }
  return "?";
}

const char* name(Modifier value) {
  switch (value) {
    case Modifier::wsl2:
      return "wsl2";
    case Modifier::mig:
      return "mig";
    case Modifier::virtual_gpu:
      return "virtual-gpu";
    case Modifier::hidden_gpus:
      break;
  }
  return "hidden-gpus";
}

const char* to_string(Certainty value) {
  switch (value) {
    case Certainty::confirmed:
      return "confirmed";
    case Certainty::this_process_only:
      return "this-process-only";
    case Certainty::not_by_nvml:
      break;
  }
  return "not-by-nvml";
}

const char* name(Hiding value) {
  switch (value) {
    case Hiding::mig_without_slice:
      return "mig-without-slice";
    case Hiding::lost:
      return "lost";
    case Hiding::off_the_bus:
      return "off-the-bus";
    case Hiding::unknown:
      break;
  }
  return "unknown";
}

const char* name(NvlinkPort::Remote value) {
  switch (value) {
    case NvlinkPort::Remote::gpu:
      return "gpu";
    case NvlinkPort::Remote::nvswitch:
      return "nvswitch";
    case NvlinkPort::Remote::other:
      return "other";
    case NvlinkPort::Remote::unknown:
      break;
  }
  return "unknown";
}

const Gpu* find_gpu(const Machine& machine, int ordinal) {
  const auto at = std::ranges::find(machine.gpus, ordinal, &Gpu::ordinal);
  return at == machine.gpus.end() ? nullptr : &*at;
}

const PeerLink* find_link(const Machine& machine, int from, int to) {
  const auto at = std::ranges::find_if(
      machine.links, [&](const PeerLink& link) { return link.from == from && link.to == to; });
  return at == machine.links.end() ? nullptr : &*at;
}

}  // namespace peerbench::machine
