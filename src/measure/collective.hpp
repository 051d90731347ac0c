// SPDX-License-Identifier: Apache-2.0
// Measures one collective of NCCL over several GPUs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/numbers.hpp"
#include "measure/measurement.hpp"
#include "measure/nccl_ranks.hpp"

namespace peerbench::measure {

enum class Collective {
  all_reduce,
  all_gather,
  reduce_scatter,
  all_to_all,
  broadcast,
  send_recv,  ///< round a ring: each rank to the next
  send,       ///< one way, of two ranks only
};

/// What is the same of a collective wherever it runs. Formulas as in NVIDIA's nccl-tests
/// (doc/PERFORMANCE.md there): algbw = size / time, busbw = algbw x factor, so that busbw can be
/// held against a link's one-way rate whatever the number of ranks.
struct CollectiveRow {
  Collective op;
  const char* name;       ///< "all_reduce"
  bool parts_from;        ///< each rank gives, or...
  bool parts_to;          ///< ...gets one of `ranks` parts of the size, instead of all of it
  const char* size_rule;  ///< what the size is
  const char* factor;     ///< in words
  double (*busbw_factor)(int ranks);
};
const std::vector<CollectiveRow>& collective_rows();
const CollectiveRow& row_of(Collective op);

/// How the operations are launched.
enum class Launch {
  eager,  ///< one call of the host after another
  graph,  ///< a CUDA graph that holds them, replayed
};
const char* name(Launch launch);
/// What the time of one operation is, in words.
const char* counted_time(Launch launch);
const char* name(kernels::Real real);  ///< "half", "float"

struct CollectiveRequest {
  Collective op = Collective::all_reduce;
  std::vector<int> gpus;
  kernels::Real real = kernels::Real::single;
  Launch launch = Launch::eager;
  Bytes bytes = 0;  ///< see CollectiveRow::size_rule
};

/// Whether the size can be divided into whole numbers for each rank.
bool divides(const CollectiveRequest& request);

/// NCCL for the length of a run: loaded once, connected once for GPUs that are measured in turn.
class NcclSession {
 public:
  /// `path`: as of NcclLibrary::load. Nothing is loaded before the first measurement.
  explicit NcclSession(std::string path) : path_(std::move(path)) {}

  Measurement measure(const CollectiveRequest& request, const MeasureOptions& options);

 private:
  Expected<NcclRanks*> ranks_of(const std::vector<int>& gpus);

  std::string path_;
  std::optional<Expected<NcclLibrary>> library_;
  std::optional<NcclRanks> ranks_;
  std::vector<int> refused_;  ///< GPUs that did not connect
  Error why_refused_;
};

}  // namespace peerbench::measure
