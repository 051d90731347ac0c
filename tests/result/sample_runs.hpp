// SPDX-License-Identifier: Apache-2.0
// Hand-made runs of the four machines that matter most, with figures that others published for
// them where there are any. They feed the tests of result/ and report/; nobody measured them.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "result/run.hpp"

namespace peerbench::result {

Run dual_rtx3090_nvlink();  ///< measured, link up, push, pull and staged, one way and both ways
Run dual_rtx4090();         ///< SIMULATED, peer access refused
Run dgx_spark();            ///< one chip, one pool
Run no_gpu();

struct Sample {
  std::string name;
  Run run;
};
inline void PrintTo(const Sample& sample, std::ostream* out) { *out << sample.name; }
std::vector<Sample> samples();

/// A cell with everything a well measured copy has. `rate` in GB/s.
Cell peer_cell(const std::string& kind, const std::string& direction, const std::string& src,
               const std::string& dst, double rate);
Cell pool_cell(const std::string& op, const std::string& place, int threads, double rate);

/// The same cell with another status: no figures, the reason given.
Cell unmeasured(Cell cell, Status status, const std::string& reason);

/// `count` GPUs of one model, named and numbered, with a link each way between all of them.
void add_gpus(Run& run, int count, const std::string& model);

}  // namespace peerbench::result
