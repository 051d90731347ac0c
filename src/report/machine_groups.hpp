// SPDX-License-Identifier: Apache-2.0
// Names for several GPUs or pairs at once, so that eight alike take one line. Private to this
// module.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "machine/machine.hpp"
#include "report/groups.hpp"

namespace peerbench::report {

using Ordinals = std::vector<int>;
/// Ordered: bytes leave the first GPU and arrive at the second.
using Pairs = std::vector<std::pair<int, int>>;

/// "gpu0, gpu1", "gpu0..gpu3, gpu6".
std::string card_names(Ordinals cards);

/// The same, but "all 8 GPUs" when it is more than two and all there are.
std::string describe_cards(const Ordinals& cards, const machine::Machine& machine);

/// Names of pools: "host0, all 8 GPUs".
std::string describe_pools(const std::vector<std::string>& ids, const machine::Machine& machine);

/// The number in "gpu12"; none when the word is of another form.
std::optional<int> card_number(std::string_view word);

/// "gpu0 <-> gpu1, gpu2 -> gpu3"; more than three pairs are counted and listed in short, or counted
/// only: "all 28 pairs, both ways", and if `rest`, "the other 12 pairs, both ways".
std::string describe_pairs(const Pairs& pairs, const machine::Machine& machine, bool rest = false);

}  // namespace peerbench::report
