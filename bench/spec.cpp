// SPDX-License-Identifier: Apache-2.0
#include "bench/spec.hpp"

namespace peerbench::bench {

// One word for each, in measure/ and in the names of cells.
result::Engine key_of(measure::Engine engine) {
  return result::value_named<result::Engine>(measure::name(engine)).value();
}
result::Op key_of(measure::Op op) {
  return result::value_named<result::Op>(measure::name(op)).value();
}
result::Op key_of(measure::HostOp op) {
  return result::value_named<result::Op>(measure::name(op)).value();
}
result::Op key_of(measure::Collective op) {
  return result::value_named<result::Op>(measure::row_of(op).name).value();
}

result::Launch key_of(measure::Launch launch) {
  return launch == measure::Launch::graph ? result::Launch::graph : result::Launch::eager;
}

result::Place host_place(const std::string& pool) { return result::parse_place(pool).value(); }

}  // namespace peerbench::bench
