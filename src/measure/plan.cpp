// SPDX-License-Identifier: Apache-2.0
#include "measure/plan.hpp"

#include <fmt/format.h>

namespace peerbench::measure {

std::string name(const Place& place) {
  return fmt::format("{}{}", place.kind == Place::Kind::host ? "host" : "gpu", place.index);
}

bool between_gpus(const Transfer& transfer) {
  return transfer.source.kind == Place::Kind::gpu &&
         transfer.destination.kind == Place::Kind::gpu && transfer.source != transfer.destination;
}

}  // namespace peerbench::measure
