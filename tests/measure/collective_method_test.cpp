// SPDX-License-Identifier: Apache-2.0
// Collectives beside NVIDIA's nccl-tests on the same simulated machine.
#include <gtest/gtest.h>

#include <ostream>

#include "measure/statistics.hpp"
#include "tests/measure/nccl_tests_method.hpp"
#include "tests/support/simulated_machine.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

struct Case {
  const char* machine;
  int gpus;
  Bytes bytes;
};

void PrintTo(const Case& row, std::ostream* out) { *out << row.machine << " " << row.bytes; }

class AsNcclTests : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    // The two methods warm up differently; that is not what is compared.
    peerbench::support::open_machine(GetParam().machine,
                                     R"({"noise_cv": 0, "driver": {"clocks_ramp": false}})");
    for (int gpu = 0; gpu < GetParam().gpus; ++gpu) gpus_.push_back(gpu);
  }

  double of_nccl_tests(Collective op, int graphs = 0) {
    const auto library = NcclLibrary::load("");
    const auto ranks = NcclRanks::connect(*library, gpus_, std::chrono::seconds(30));
    EXPECT_TRUE(ranks.has_value());
    return ranks ? NcclTestsMethod(*ranks, op, GetParam().bytes).busbw(graphs) : 0;
  }

  double ours(Collective op, Launch launch) {
    MeasureOptions options;
    options.sampling.min_samples = options.sampling.max_samples = 1;
    options.sampling.max_warm_up = 1;
    const auto measured = session_.measure(
        {.op = op, .gpus = gpus_, .launch = launch, .bytes = GetParam().bytes}, options);
    EXPECT_EQ(measured.outcome, Outcome::ok) << measured.reason;
    return measured.samples.empty() ? 0 : summarize(measured.samples).median;
  }

  std::vector<int> gpus_;
  NcclSession session_{""};
};

constexpr Collective collectives[] = {Collective::all_reduce, Collective::all_gather,
                                      Collective::reduce_scatter, Collective::all_to_all,
                                      Collective::broadcast};

TEST_P(AsNcclTests, OperationsThatTheHostLaunches) {
  for (const Collective op : collectives) {
    const double theirs = of_nccl_tests(op);
    EXPECT_NEAR(ours(op, Launch::eager), theirs, 0.02 * theirs) << row_of(op).name;
  }
}

TEST_P(AsNcclTests, OperationsInGraphs) {
  for (const Collective op : collectives) {
    const double theirs = of_nccl_tests(op, 10);
    EXPECT_NEAR(ours(op, Launch::graph), theirs, 0.02 * theirs) << row_of(op).name;
  }
}

INSTANTIATE_TEST_SUITE_P(Machines, AsNcclTests,
                         ::testing::Values(Case{"hgx-h100-8", 8, MiB},
                                           Case{"hgx-h100-8", 8, 16 * MiB},
                                           Case{"dual-rtx3090-nvlink", 2, MiB},
                                           Case{"dual-rtx3090-nvlink", 2, 16 * MiB}));

}  // namespace TEST_FILE
}  // namespace peerbench::measure
