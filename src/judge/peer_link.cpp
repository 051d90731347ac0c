#include "judge/peer_link.hpp"

#include <charconv>

namespace peerbench::judge {

std::optional<int> gpu_index(const std::string& place) {
  if (!place.starts_with("gpu")) return std::nullopt;
  int index = 0;
  const char* end = place.data() + place.size();
  const auto result = std::from_chars(place.data() + 3, end, index);
  if (result.ec != std::errc() || result.ptr != end || index < 0) return std::nullopt;
  return index;
}

const machine::PeerLink* peer_link(const machine::Machine& machine, const result::Cell& cell) {
  const auto from = gpu_index(cell.src);
  const auto to = gpu_index(cell.dst);
  if (!from || !to) return nullptr;
  for (const machine::PeerLink& link : machine.links) {
    if (link.from == *from && link.to == *to) return &link;
  }
  return nullptr;
}

}  // namespace peerbench::judge
