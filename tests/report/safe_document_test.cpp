// SPDX-License-Identifier: Apache-2.0
#include "report/safe_document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "report/render.hpp"
#include "result/run.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using ::testing::HasSubstr;
using ::testing::Not;

/// A run whose every text that others write has an escape sequence and a UUID.
result::Run hostile() {
  const std::string text = "evil\x1b[31m GPU-12345678-aaaa-bbbb-cccc-1234567890ab";
  result::Run run;
  run.tool = {"peerbench", text, ""};
  run.simulated = result::Simulated{text};
  run.machine.reason = text;
  run.machine.driver_version = text;
  run.machine.evidence = {{text, text, text}};
  run.machine.advice = {text};
  machine::Gpu gpu;
  gpu.model = text;
  gpu.pci_bus_id = text;
  run.machine.gpus = {gpu};
  run.machine.machine_class = machine::Class::single_gpu;
  machine::Finding finding = machine::make_finding(machine::FindingCode::gpus_hidden_by_environment,
                                                   {}, {{"gpus", 1}}, {{"variable", text}});
  run.findings = {finding};
  return run;
}

TEST(SafeDocument, NoFormatHandsOnWhatATerminalObeysOrAnOwnerHides) {
  const auto without_color = RenderOptions{.width = 300};
  for (const Format format : {Format::terminal, Format::markdown, Format::csv, Format::json}) {
    for (const auto& page : {render(format, hostile(), without_color),
                             render_machine(format, hostile(), without_color),
                             render_check(format, hostile(), without_color)}) {
      if (!page) continue;  // csv holds cells only
      EXPECT_THAT(*page, Not(HasSubstr("\x1b"))) << name(format);
      EXPECT_THAT(*page, Not(HasSubstr("12345678-aaaa"))) << name(format);
    }
  }
  const auto page = render_machine(Format::terminal, hostile(), without_color);
  EXPECT_THAT(*page, HasSubstr("evil\\x1b[31m GPU-(left out)"));
  EXPECT_THAT(*render_machine(Format::terminal, hostile(), {.width = 300, .identify = true}),
              HasSubstr("evil\\x1b[31m GPU-12345678-aaaa"));
}

TEST(SafeDocument, CellsOfACsvAreSafeToo) {
  result::Run run = hostile();
  result::Cell cell;
  cell.name = "peer/\x1b[2J";
  cell.reason = "GPU-12345678-aaaa-bbbb-cccc-1234567890ab";
  run.cells = {cell};
  const auto table = render(Format::csv, run);
  EXPECT_THAT(*table, HasSubstr("\\x1b[2J"));
  EXPECT_THAT(*table, Not(HasSubstr("12345678-aaaa")));
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
