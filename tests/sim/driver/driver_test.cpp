// SPDX-License-Identifier: Apache-2.0
// The drop-in libcuda under a program that uses the driver alone.
#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "sim/machine_file_loader.hpp"
#include "tests/sim/cudart/dropin.hpp"

namespace gpusim {
namespace TEST_FILE {

using testing::HasSubstr;

std::string run(const std::string& machine) {
  return output_of("unset PEERBENCH_SIMULATE CUDA_VISIBLE_DEVICES; " +
                   (machine.empty() ? "" : "PEERBENCH_SIMULATE=" + ideal(machine)) +
                   " LD_LIBRARY_PATH=" DRIVER_DIR " " DRIVER_PROBE " 2>&1");
}

TEST(Driver, AProgramOfTheDriverAloneSeesTheMachine) {
  const auto file = load_machine_file(machines + "dual-rtx3090-nvlink.json");
  ASSERT_TRUE(file.has_value());
  const std::string text = run("dual-rtx3090-nvlink");
  EXPECT_THAT(text, HasSubstr("devices 2\n"));
  for (const GpuDescription& gpu : file->gpus) {
    EXPECT_THAT(text, HasSubstr("device " + gpu.name + ", " + gpu.pci_bus_id + ", " +
                                std::to_string(gpu.memory_bytes) + " bytes, 8, 82\n"));
  }
  const LinkBundle& link = file->links.at(0);
  const double link_gbs = link.up * link.raw_gbs_per_link.value * link.copy_efficiency.value;
  EXPECT_NEAR(figure(text, "peer"), link_gbs, 0.01 * link_gbs) << text;
  const double staged_gbs = file->host.staging.value().one_way_gbs.value;
  EXPECT_NEAR(figure(text, "staged"), staged_gbs, 0.01 * staged_gbs) << text;
}

TEST(Driver, ItAnswersWithTheDriversCodes) {
  const std::string text = run("dual-rtx3090-nvlink");
  for (const char* line :
       {"before CUDA_ERROR_NOT_INITIALIZED", "no device CUDA_ERROR_INVALID_DEVICE",
        "no context CUDA_ERROR_INVALID_CONTEXT", "pending CUDA_ERROR_NOT_READY",
        "again CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED", "words 1020304 102abab", "text abcdefgh",
        "pointer 1 0 1 67108864, own", "pointer of nobody CUDA_ERROR_INVALID_VALUE", "by name 2",
        "no name CUDA_ERROR_NOT_FOUND", "current 1", "twice CUDA_ERROR_INVALID_VALUE",
        "released CUDA_ERROR_INVALID_CONTEXT"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + line + "\n"));
  }
  EXPECT_EQ(count(text, "module CUDA_ERROR_NOT_SUPPORTED"), 2) << text;
  EXPECT_EQ(count(text, "cuModuleLoad is not simulated"), 1) << text;
}

TEST(Driver, WithoutAMachineThereIsNoGpu) {
  EXPECT_THAT(run(""), HasSubstr("error cuInit(0): CUDA_ERROR_NO_DEVICE"));
}

// The header says what a program may link against.
TEST(Driver, ItHasEveryFunctionOfTheHeader) {
  std::ifstream header(CUDA_HEADER);
  std::stringstream text;
  text << header.rdbuf();
  const std::string all = text.str();
  const std::string exported =
      "\n" + output_of(DRIVER_NM " -D --defined-only " DRIVER_DIR "/libcuda.so.1 | sed 's/.* //'");
  const std::regex declaration(R"(CUresult +CUDAAPI +(cu[A-Z]\w*))");
  std::set<std::string> names;
  for (std::sregex_iterator at(all.begin(), all.end(), declaration), end; at != end; ++at) {
    names.insert((*at)[1]);
  }
  EXPECT_GT(names.size(), 400u);
  for (const std::string& name : names) EXPECT_THAT(exported, HasSubstr("\n" + name + "\n"));
}

}  // namespace TEST_FILE
}  // namespace gpusim
