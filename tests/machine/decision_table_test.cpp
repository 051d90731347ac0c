// SPDX-License-Identifier: Apache-2.0
// The decision table of the design's machine classes, row by row, and the situations in which a
// careless reader of the same signals would go wrong. Each row: signals, class, modifiers, and what
// the page must (or must not) say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "hand_made_signals.hpp"
#include "machine/discover.hpp"

namespace peerbench::machine {
namespace TEST_FILE {

using ::testing::HasSubstr;
using ::testing::Not;

struct Row {
  const char* name;
  std::function<Signals()> signals;
  Class machine_class;
  std::vector<Modifier> modifiers;
  const char* says;        ///< somewhere in reason, evidence, proof, findings or advice
  const char* never_says;  ///< nowhere
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

Signals no_gpu() {
  Signals signals;
  signals.runtime_version = 13000;
  signals.cuda_error = "cudaErrorNoDevice";
  signals.nvml = unknown("libnvidia-ml.so.1 could not be loaded");
  signals.wsl = signals.kernel_module = no("not loaded");
  return signals;
}

Signals orin() {
  Signals signals = spark();
  signals.gpus[0].gpu.host_page_tables = no();
  signals.gpus[0].gpu.concurrent_managed = no();
  signals.gpus[0].c2c_links = 0;
  signals.gpus[0].in_nvml = no("neither PCI bus id nor UUID found");
  signals.gpus[0].nvlinks_asked = unknown("neither PCI bus id nor UUID found");
  signals.gpus[0].framebuffer = unknown("neither PCI bus id nor UUID found");
  signals.product = "NVIDIA Jetson AGX Orin Developer Kit";
  return signals;
}

Signals thor() {
  Signals signals = spark();
  signals.gpus[0].gpu.model = "NVIDIA Thor";
  signals.gpus[0].gpu.pci_bus_id = "0000:01:00.0";
  signals.gpus[0].framebuffer = yes("NVML_SUCCESS");
  signals.gpus[0].pcie_current = PcieSpeed{1, 1};
  return signals;
}

Signals bridged() {
  Signals signals = discrete_machine(2, yes());
  add_links(signals.gpus[0], 1, 4);
  add_links(signals.gpus[1], 0, 4);
  return signals;
}

Signals switched(int gpus, const Signal& access) {
  Signals signals = discrete_machine(gpus, access);
  for (GpuSignals& gpu : signals.gpus) add_switch_links(gpu, 18);
  return signals;
}

Signals with(Signals signals, const std::function<void(Signals&)>& change) {
  change(signals);
  return signals;
}

void in_pci(Signals& signals, const std::vector<std::string>& addresses) {
  signals.pci_gpus = addresses;
  signals.pci_listed = yes(std::to_string(addresses.size()));
}

const Row rows[] = {
    {"row0_no_gpu", no_gpu, Class::no_gpu, {}, "No NVIDIA driver is loaded", "peer link: none"},
    {"row0_no_gpu_but_nvml_shows_some",
     [] {
       return with(no_gpu(), [](Signals& s) {
         s.nvml = yes("NVML_SUCCESS");
         s.nvml_count = 2;
         s.kernel_module = yes("580.95.05");
         s.driver_cuda_version = 13000;
         s.cuda_visible_devices = "";
       });
     },
     Class::no_gpu,
     {Modifier::hidden_gpus},
     "CUDA_VISIBLE_DEVICES is \"\"",
     "peer link: none"},
    {"row0_a_card_without_a_driver",
     [] { return with(no_gpu(), [](Signals& s) { in_pci(s, {"0000:41:00.0"}); }); },
     Class::no_gpu,
     {},
     "shows a GPU of NVIDIA (0000:41:00.0)",
     "if the machine has an NVIDIA GPU"},
    {"row1_wsl2_is_no_class_of_its_own",
     [] {
       return with(discrete_machine(1, no()), [](Signals& s) { s.wsl = yes("/dev/dxg exists"); });
     },
     Class::single_gpu,
     {Modifier::wsl2},
     "NVML and peer information are limited",
     "hidden from this process"},
    {"row2_virtual_gpu",
     [] {
       return with(discrete_machine(1, no()),
                   [](Signals& s) { s.gpus[0].virtual_gpu = yes("mode 2"); });
     },
     Class::single_gpu,
     {Modifier::virtual_gpu},
     "cannot see what the whole card is joined to",
     "peer link: none"},
    {"row2_mig_slice",
     [] {
       return with(switched(1, no()), [](Signals& s) {
         s.gpus[0].mig = yes("mode 1");
         s.nvml_count = 8;
       });
     },
     Class::single_gpu,
     {Modifier::mig},
     "slices have no peer access",
     "peer link: none"},
    {"row3_spark",
     spark,
     Class::unified_pool,
     {},
     "uses the host's page tables",
     "peer (GPU-to-GPU) NVLink: not known"},
    {"row3_thor_looks_discrete_to_nvml",
     thor,
     Class::unified_pool,
     {},
     "peer link: none (confirmed by 1, 2, 3)",
     "PCIe 1.0"},
    {"row4_orin",
     orin,
     Class::unified_pool,
     {},
     "page tables of its own",
     "(confirmed by 1, 2, 3)"},
    {"row5_grace_hopper",
     [] { return grace_hopper(1); },
     Class::coherent_superchip,
     {},
     "it is not a peer link",
     "GPUs share"},
    {"row5_two_of_them_have_no_peer_link",
     [] { return grace_hopper(2); },
     Class::coherent_superchip,
     {},
     "0 of 2 ordered pairs",
     "NVLink is up"},
    {"row6_bridge", bridged, Class::discrete_nvlink, {}, "NVLink is up on 2 of 2", "not confirmed"},
    {"row6_switch_without_addresses",
     [] { return switched(8, yes()); },
     Class::discrete_nvlink,
     {},
     "NVLink is up on 56 of 56",
     "not confirmed"},
    {"row7_pcie_only",
     [] { return discrete_machine(2, yes()); },
     Class::discrete_pcie,
     {},
     "joined by PCIe only",
     "not confirmed"},
    {"row7b_nvml_unknown",
     [] { return with(bridged(), [](Signals& s) { forget_nvml(s); }); },
     Class::discrete_unknown_link,
     {},
     "not confirmed",
     "PCIe only"},
    {"row8_single_card",
     [] { return discrete_machine(1, no()); },
     Class::single_gpu,
     {},
     "a peer link needs two",
     "hidden from this process"},

    {"risk_one_of_eight_visible",
     [] {
       return with(switched(1, no()), [](Signals& s) {
         s.nvml_count = 8;
         s.cuda_visible_devices = "3";
       });
     },
     Class::single_gpu,
     {Modifier::hidden_gpus},
     "7 GPUs of this machine are hidden",
     "peer link: none"},
    {"risk_container_was_given_one_of_two",
     [] {
       return with(discrete_machine(1, no()), [](Signals& s) {
         s.container = yes("/.dockerenv exists");
         in_pci(s, {"0000:01:00.0", "0000:02:00.0"});
       });
     },
     Class::single_gpu,
     {Modifier::hidden_gpus},
     "the kernel's PCI tree shows them, the driver does not",
     "peer link: none"},
    {"risk_container_that_hides_pci_too",
     [] { return with(spark(), [](Signals& s) { s.container = yes("/.dockerenv exists"); }); },
     Class::unified_pool,
     {},
     "none visible to this process; other GPUs of the machine are not excluded",
     "(confirmed by 1, 2, 3)"},
    {"risk_container_of_a_spark_with_all_of_pci",
     [] {
       return with(spark(), [](Signals& s) {
         s.container = yes("/.dockerenv exists");
         in_pci(s, {"000f:01:00.0"});
       });
     },
     Class::unified_pool,
     {},
     "peer link: none (confirmed by 1, 2, 3)",
     "not excluded"},
    {"risk_container_without_nvml",
     [] {
       return with(discrete_machine(1, no()), [](Signals& s) {
         forget_nvml(s);
         s.container = yes("/.dockerenv exists");
       });
     },
     Class::single_gpu,
     {},
     "not confirmed by NVML",
     "(confirmed by 1, 2, 3)"},
    {"risk_c2c_is_no_peer_link",
     [] { return with(grace_hopper(2), [](Signals& s) { s.gpus[0].c2c_links = 10; }); },
     Class::coherent_superchip,
     {},
     "not a peer link",
     "NVLink is up"},
    {"risk_placeholder_pcie_of_a_spark",
     [] { return with(spark(), [](Signals& s) {
            s.gpus[0].pcie_current = PcieSpeed{1, 1};
          }); },
     Class::unified_pool,
     {},
     "one pool",
     "lanes"},
    {"risk_host_page_tables_alone",
     [] {
       return with(discrete_machine(1, no()),
                   [](Signals& s) { s.gpus[0].gpu.host_page_tables = yes(); });
     },
     Class::coherent_superchip,
     {},
     "chip-to-chip",
     "one pool"},
    {"risk_memory_information_of_a_virtual_gpu",
     [] {
       return with(discrete_machine(1, no()), [](Signals& s) {
         s.gpus[0].framebuffer = no("NVML_ERROR_NOT_SUPPORTED");
         s.gpus[0].virtual_gpu = yes("mode 2");
       });
     },
     Class::single_gpu,
     {Modifier::virtual_gpu},
     "its own memory",
     "one pool"},
    {"risk_carveout_with_memory_information",
     [] { return with(spark(), [](Signals& s) { s.gpus[0].framebuffer = yes("NVML_SUCCESS"); }); },
     Class::unified_pool,
     {},
     "one pool",
     "its own memory"},
    {"risk_link_down_is_not_no_link",
     [] {
       Signals signals = discrete_machine(2, no());
       add_links(signals.gpus[0], 1, 0, 4);
       add_links(signals.gpus[1], 0, 0, 4);
       return signals;
     },
     Class::discrete_pcie,
     {},
     "the GPUs have links, all down",
     "no NVLink and"},
    {"risk_mig_with_links_up",
     [] {
       return with(switched(2, no()), [](Signals& s) {
         for (GpuSignals& gpu : s.gpus) gpu.mig = yes("mode 1");
       });
     },
     Class::discrete_nvlink,
     {Modifier::mig},
     "no peer access",
     "peer link: none"},
    {"risk_attribute_the_runtime_does_not_know",
     [] {
       return with(discrete_machine(1, no()),
                   [](Signals& s) { s.gpus[0].gpu.integrated = unknown("cudaErrorInvalidValue"); });
     },
     Class::single_gpu,
     {},
     "could not be asked (cudaErrorInvalidValue)",
     "one pool"},
    {"risk_two_integrated_gpus",
     [] {
       return with(discrete_machine(2, no()), [](Signals& s) {
         for (GpuSignals& gpu : s.gpus) gpu.gpu.integrated = gpu.gpu.host_page_tables = yes();
       });
     },
     Class::unified_pool,
     {},
     "0 of 2 ordered pairs",
     "own memory"},
    {"risk_mixed_station",
     [] {
       return with(discrete_machine(2, no()), [](Signals& s) {
         s.gpus[0].gpu.host_page_tables = yes();
         s.gpus[0].memory_node = yes("node 1");
       });
     },
     Class::mixed,
     {},
     "1 are coherent with the host",
     "one pool"},
};

/// All that a reader is told.
std::string words(const Machine& machine) {
  std::string text = machine.reason + "\n" + machine.proof_verdict + "\n";
  for (const auto* lines : {&machine.evidence, &machine.proof}) {
    for (const Evidence& line : *lines) {
      text += line.asked + ": " + line.answer + ": " + line.meaning + "\n";
    }
  }
  for (const Finding& finding : machine.findings)
    text += finding.what + "\n" + finding.advice + "\n";
  for (const std::string& line : machine.advice) text += line + "\n";
  return text;
}

class DecisionTable : public ::testing::TestWithParam<Row> {};

TEST_P(DecisionTable, Row) {
  const Row& row = GetParam();
  const Machine machine = describe(row.signals());
  EXPECT_STREQ(name(machine.machine_class), name(row.machine_class)) << machine.reason;
  EXPECT_EQ(machine.modifiers, row.modifiers);
  EXPECT_THAT(words(machine), HasSubstr(row.says));
  EXPECT_THAT(words(machine), Not(HasSubstr(row.never_says)));
}

INSTANTIATE_TEST_SUITE_P(Rows, DecisionTable, ::testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace TEST_FILE
}  // namespace peerbench::machine
