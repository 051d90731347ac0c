// SPDX-License-Identifier: Apache-2.0
// A record of what the simulated machine did: one JSON object a line, in virtual-time order.
#pragma once

#include <fstream>
#include <string>

#include "sim/core/engine.hpp"
#include "sim/core/topology.hpp"

namespace gpusim {

class Trace {
 public:
  /// Writes to `path` from now on; an empty path stops. False when it cannot be written.
  bool open(const std::string& path);
  bool on() const { return file_.is_open(); }

  /// Keys: op, gpu, stream, source, destination, bytes, start_ns, end_ns, resources, path, name.
  void write(const Operation& operation, const Topology& topology);
  /// Work of CPU threads on host memory.
  void write_host(const std::string& operation, std::uint64_t bytes, double start_ns,
                  double end_ns);

 private:
  std::ofstream file_;
};

}  // namespace gpusim
