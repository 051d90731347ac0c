// SPDX-License-Identifier: Apache-2.0
// Offsets and numbers: PCI Express Base Specification, chapter 7 (Type 1 header, PCI Express
// Capability, Advanced Error Reporting, Access Control Services); the kernel names the same ones in
// include/uapi/linux/pci_regs.h.
#include "sim/core/pci_config.hpp"

#include <cstddef>
#include <cstdint>

namespace gpusim {
namespace {

constexpr std::size_t header_bytes = 64, whole_bytes = 4096;
constexpr std::size_t express_at = 0x40;                  // in the list of capabilities
constexpr std::size_t errors_at = 0x100, acs_at = 0x148;  // in the list of extended ones

void put(std::string& bytes, std::size_t at, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) {
    bytes[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
  }
}

/// Identifier, version and place of the next one.
std::uint32_t extended(unsigned id, unsigned version, std::size_t next) {
  return id | version << 16 | static_cast<std::uint32_t>(next) << 20;
}

}  // namespace

std::string pci_config(const Bridge& bridge, PortType type) {
  std::string bytes(whole_bytes, '\0');
  put(bytes, 0x04, 0x0007, 2);      // command: I/O, memory, bus master
  put(bytes, 0x06, 0x0010, 2);      // status: there is a list of capabilities
  put(bytes, 0x09, 0x060400, 3);    // class: PCI bridge
  put(bytes, 0x0E, 0x01, 1);        // type 1 header
  put(bytes, 0x34, express_at, 1);  // first capability

  put(bytes, express_at, 0x10, 2);  // PCI Express, the last one
  put(bytes, express_at + 2, 2u | static_cast<unsigned>(type) << 4, 2);
  const auto link = static_cast<std::uint32_t>(bridge.generation | bridge.width << 4);
  put(bytes, express_at + 0x0C, link, 4);  // link capabilities: speed, width

  put(bytes, errors_at, extended(0x0001, 2, acs_at), 4);
  put(bytes, acs_at, extended(0x000D, 1, 0), 4);
  constexpr std::uint32_t validation = 1 << 0, request_redirect = 1 << 2,
                          completion_redirect = 1 << 3, upstream_forwarding = 1 << 4;
  constexpr std::uint32_t all =
      validation | request_redirect | completion_redirect | upstream_forwarding;
  put(bytes, acs_at + 4, all, 2);
  put(bytes, acs_at + 6, bridge.acs == "on" ? all : 0, 2);

  if (bridge.acs == "unreadable") bytes.resize(header_bytes);
  return bytes;
}

}  // namespace gpusim
