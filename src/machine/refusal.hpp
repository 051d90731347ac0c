// SPDX-License-Identifier: Apache-2.0
// What the driver's words for a refused peer access mean, for everybody who has to say it.
#pragma once

#include <string>

namespace peerbench::machine {

struct Refusal {
  std::string why;   ///< a sentence without its full stop; empty for "OK" and words it does not use
  std::string hint;  ///< when that is usual, or what helps; may be empty
};

/// The word as nvidia-smi topo -p2p prints it: "CNS", "GNS", "TNS", "DR", "NS", "U".
Refusal refusal(const std::string& word);

}  // namespace peerbench::machine
