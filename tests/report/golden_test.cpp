// SPDX-License-Identifier: Apache-2.0
// Whole pages compared byte by byte with tests/golden/. After a wanted change look at the
// difference, then write them anew: PEERBENCH_UPDATE_GOLDEN=1 ctest -R Golden
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "../result/sample_cells.hpp"
#include "../result/sample_machines.hpp"
#include "../result/sample_runs.hpp"
#include "report/render.hpp"
#include "table_words.hpp"

namespace peerbench::report {
namespace TEST_FILE {

struct Page {
  const char* extension;
  Format format;
};
constexpr Page pages[] = {
    {"txt", Format::terminal}, {"md", Format::markdown}, {"csv", Format::csv}};

void expect_golden(const std::string& file, const std::string& text) {
  const std::string path = std::string(PEERBENCH_SOURCE_DIR) + "/tests/golden/" + file;
  if (std::getenv("PEERBENCH_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    GTEST_SKIP() << "wrote " << path;
  }
  std::ifstream golden(path, std::ios::binary);
  ASSERT_TRUE(golden.is_open()) << path << " is missing; PEERBENCH_UPDATE_GOLDEN=1 writes it";
  const std::string wanted{std::istreambuf_iterator<char>(golden), {}};
  EXPECT_EQ(text, wanted) << path;
}

/// One page a format; what stands in pages of other machines their tables' tests say.
TEST(GoldenRun, DualCardInEveryFormat) {
  for (const Page& page : pages) {
    const auto text =
        render(page.format, concluded(result::dual_rtx3090_nvlink()), {.view = every_table});
    ASSERT_TRUE(text.has_value()) << text.error().message;
    expect_golden(fmt::format("dual-rtx3090-nvlink.{}", page.extension), *text);
  }
}

/// Documents have no wording of pages: every machine has one, and the schema is tried on them.
class Golden : public testing::TestWithParam<result::Sample> {};

TEST_P(Golden, Document) {
  const auto text = render(Format::json, concluded(GetParam().run));
  ASSERT_TRUE(text.has_value()) << text.error().message;
  expect_golden(GetParam().name + ".json", *text);
}

TEST_P(Golden, MachineOnTheTerminal) {
  const auto text = render_machine(Format::terminal, GetParam().run);
  ASSERT_TRUE(text.has_value()) << text.error().message;
  expect_golden(GetParam().name + ".machine.txt", *text);
}

class GoldenMachine : public testing::TestWithParam<result::Sample> {};

TEST_P(GoldenMachine, AtTheWidthOfItsSize) {
  const auto& [name, run] = GetParam();
  const auto write = [&, &sample = name, &shown = run](int width, Format format,
                                                       const char* extension) {
    const auto text = render_machine(format, shown, {.width = width});
    ASSERT_TRUE(text.has_value()) << text.error().message;
    expect_golden(sample + extension, *text);
  };
  write(80, Format::terminal, ".machine.txt");
  if (run.machine.gpus.size() == 2) write(0, Format::json, ".machine.json");
  if (run.machine.gpus.size() == 4) write(0, Format::markdown, ".machine.md");
}

/// Eight GPUs at switches with all that a page of many GPUs can hold: a slow pair, a low one,
/// wrong data, a hang, small copies and many flows.
result::Run eight_cards() {
  using result::Status;
  result::Run run = result::hgx_8();
  const auto name = [](int card) { return fmt::format("gpu{}", card); };
  const result::Reference ceiling{478.125, "raw rate reported by NVML: 18 links x 26.562 GB/s"};
  result::Cell all = result::peer_cell("push", "uni", "gpu0", "gpu1", 3050);
  rename(all, "peer/ce/push/all-to-all/gpus:0,1,2,3,4,5,6,7/bytes:268435456");
  all.flows.clear();
  for (const auto& link : run.machine.links) {
    const std::string from = name(link.from), to = name(link.to);
    auto push = result::peer_cell("push", "uni", from, to, 392.6 + link.from - 0.5 * link.to);
    if (link.from == 3 && link.to == 5) {
      push.median = 340;
      push.below_peers = 394.1;
    }
    push.ceiling = ceiling;
    push.efficiency = *push.median / ceiling.value;
    push.verdict = result::Verdict::good;
    auto pull = push;
    rename(pull, fmt::format("peer/ce/pull/uni/{}-{}/bytes:268435456", from, to));
    if (link.from == 0 && link.to == 1) pull = result::unmeasured(pull, Status::hang, "No end.");
    if (link.from == 6) pull = result::unmeasured(pull, Status::unsupported, "Refused.");
    run.cells.push_back(push);
    run.cells.push_back(pull);
    run.cells.push_back(result::peer_cell("staged", "uni", from, to, 37.4));
    if (link.from < link.to) {
      run.cells.push_back(result::peer_cell("push", "bi", from, to, 774.2 - link.from));
      run.cells.push_back(result::peer_cell("staged", "bi", from, to, 52.4));
    }
    auto small = result::peer_cell("push", "uni", from, to, 2.78);
    rename(small, fmt::format("latency/ce/push/{}-{}/bytes:16", from, to));
    small.unit = "us";
    small.counts = result::Counts::none;
    small.counting_rule.clear();
    run.cells.push_back(small);
    all.flows.push_back({from, to, from, 54.5});
  }
  run.cells.push_back(all);
  return run;
}

TEST(GoldenRun, EightCardsFitBothWidths) {
  for (const int width : {80, 120}) {
    const auto text =
        render(Format::terminal, concluded(eight_cards()), {.width = width, .view = every_table});
    ASSERT_TRUE(text.has_value()) << text.error().message;
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), static_cast<std::size_t>(width)) << line;
    }
  }
}

TEST(GoldenRun, EightCardsByteByByte80) {
  expect_golden("hgx-8.txt", *render(Format::terminal, concluded(eight_cards()),
                                     {.width = 80, .view = every_table}));
}

std::string identifier(const testing::TestParamInfo<result::Sample>& sample) {
  std::string name = sample.param.name;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Machines, Golden, testing::ValuesIn(result::samples()), identifier);
INSTANTIATE_TEST_SUITE_P(Machines, GoldenMachine, testing::ValuesIn(result::machine_samples()),
                         identifier);

}  // namespace TEST_FILE
}  // namespace peerbench::report
