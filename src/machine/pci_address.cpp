// SPDX-License-Identifier: Apache-2.0
#include "machine/pci_address.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <regex>

namespace peerbench::machine {

namespace {

struct Written {
  std::optional<unsigned long> domain;
  unsigned long bus = 0, device = 0;
  std::optional<unsigned long> function;
};

std::optional<Written> read_written(const std::string& text) {
  static const std::regex form(
      "(?:([0-9a-f]{1,8}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})(?:\\.([0-7]))?", std::regex::icase);
  std::smatch parts;
  if (!std::regex_match(text, parts, form)) return std::nullopt;
  const auto part = [&](std::size_t index) -> std::optional<unsigned long> {
    if (!parts[index].matched) return std::nullopt;
    return std::stoul(parts[index].str(), nullptr, 16);
  };
  return Written{part(1), *part(2), *part(3), part(4)};
}

}  // namespace

std::string canonical_pci(const std::string& text) {
  unsigned domain = 0, bus = 0, device = 0, function = 0;
  if (std::sscanf(text.c_str(), "%x:%x:%x.%x", &domain, &bus, &device, &function) < 3) return "";
  // NVML gives switches FFFFFFFF:FF:FF.0 or fffffff:ffff:ff, which no function of a real bus has.
  if (bus > 0xff || device > 0x1f || domain >= 0xfffffff) return "";
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", domain, bus, device, function);
}

bool is_pci_address(const std::string& text) { return read_written(text).has_value(); }

bool same_pci(const std::string& written, const std::string& address) {
  const auto meant = read_written(written), is = read_written(address);
  return meant && is && meant->bus == is->bus && meant->device == is->device &&
         meant->domain.value_or(is->domain.value_or(0)) == is->domain.value_or(0) &&
         meant->function.value_or(is->function.value_or(0)) == is->function.value_or(0);
}

}  // namespace peerbench::machine
