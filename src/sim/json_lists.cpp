// SPDX-License-Identifier: Apache-2.0
#include "sim/json_lists.hpp"

namespace gpusim {

using nlohmann::json;

bool take_over(json& list, std::size_t index, const std::string& path, Problem& problem) {
  json& object = list[index];
  const auto same_as = object.find("same_as");
  if (same_as == object.end()) return true;
  if (!same_as->is_number_unsigned() || same_as->get<std::uint64_t>() >= index) {
    problem.set(path + ".same_as",
                fmt::format("is {}; it must be the place in the list of one before this, from 0",
                            same_as->dump()));
    return false;
  }
  json whole = list[same_as->get<std::size_t>()];
  object.erase(same_as);
  whole.update(object);
  object = std::move(whole);
  return true;
}

}  // namespace gpusim
