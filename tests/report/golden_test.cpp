// Whole pages compared byte by byte with tests/golden/. After a wanted change look at the
// difference, then write them anew: PEERBENCH_UPDATE_GOLDEN=1 ctest -R Golden
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "../result/sample_machines.hpp"
#include "../result/sample_runs.hpp"
#include "report/render.hpp"

namespace peerbench::report {
namespace {

struct Page {
  const char* extension;
  Format format;
};
constexpr Page pages[] = {{"txt", Format::terminal},
                          {"md", Format::markdown},
                          {"csv", Format::csv},
                          {"json", Format::json}};

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

class Golden : public testing::TestWithParam<result::Sample> {};

TEST_P(Golden, RunInEveryFormat) {
  for (const Page& page : pages) {
    const auto text = render(page.format, GetParam().run);
    ASSERT_TRUE(text.has_value()) << text.error().message;
    expect_golden(fmt::format("{}.{}", GetParam().name, page.extension), *text);
  }
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
  if (run.machine.gpus.size() == 8) write(120, Format::terminal, ".machine.120.txt");
  if (run.machine.gpus.size() == 2) write(0, Format::json, ".machine.json");
  if (run.machine.gpus.size() == 4) write(0, Format::markdown, ".machine.md");
}

TEST(GoldenColor, DualCard) {
  const auto text =
      render(Format::terminal, result::dual_rtx3090_nvlink(), {.width = 80, .color = true});
  ASSERT_TRUE(text.has_value()) << text.error().message;
  expect_golden("dual-rtx3090-nvlink.color.txt", *text);
}

std::string identifier(const testing::TestParamInfo<result::Sample>& sample) {
  std::string name = sample.param.name;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Machines, Golden, testing::ValuesIn(result::samples()), identifier);
INSTANTIATE_TEST_SUITE_P(Machines, GoldenMachine, testing::ValuesIn(result::machine_samples()),
                         identifier);

}  // namespace
}  // namespace peerbench::report
