#include "judge/ceiling.hpp"

#include <fmt/format.h>

#include "judge/peer_link.hpp"

namespace peerbench::judge {

std::optional<result::Reference> ceiling_for(const machine::Machine& machine,
                                             const result::Cell& cell) {
  const bool over_the_link = cell.family == "peer" && cell.peer_access.value_or(false) &&
                             cell.counts == result::Counts::one_way && cell.unit == "GB/s";
  if (!over_the_link) return std::nullopt;
  const machine::PeerLink* link = peer_link(machine, cell);
  if (link == nullptr || !is_yes(link->nvlink.value)) return std::nullopt;
  if (link->links_up.value_or(0) == 0 || !link->raw_gbs_per_link) return std::nullopt;

  const int ways = cell.direction == "bi" ? 2 : 1;
  const double value = *link->raw_gbs_per_link * *link->links_up * ways;
  std::string source =
      fmt::format("NVLink{}{}, raw rate reported by NVML: {} link{} up x {:.3f} GB/s one way",
                  link->nvlink_version.empty() ? "" : " ", link->nvlink_version, *link->links_up,
                  *link->links_up == 1 ? "" : "s", *link->raw_gbs_per_link);
  if (ways == 2) source += " x 2 ways";
  return result::Reference{value, source + fmt::format(" = {:.2f} GB/s", value)};
}

}  // namespace peerbench::judge
