// SPDX-License-Identifier: Apache-2.0
#include "machine/finding_rows.hpp"
#include "base/list_some.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "machine/finding_text.hpp"

namespace peerbench::machine {

namespace {

using Code = FindingCode;

/// "1 GPU of this machine (0000:41:00.0) is hidden from this process".
std::string hidden(const Finding& finding) {
  const long missing = count(finding, "gpus");
  const std::string& addresses = quote(finding, "addresses");
  return fmt::format("{} of this machine {}{} hidden from this process", with_count(missing, "GPU"),
                     addresses.empty() ? "" : "(" + addresses + ") ", missing == 1 ? "is" : "are");
}

std::string no_nvml(const Finding& finding) {
  return fmt::format(
      "NVML cannot be asked ({}): NVLinks, hidden GPUs and the driver's reasons are not known",
      quote(finding, "nvml"));
}

std::string no_code(const Finding& finding) {
  return fmt::format(
      "this build has no code for {}: on such a GPU its kernels cannot run, and copies are timed "
      "without a gate",
      quote(finding, "gpus"));
}

std::string in_use(const Finding& finding) {
  const long busy = count(finding, "busy_percent"), processes = count(finding, "processes");
  std::string what = who(finding);
  if (busy > 0) what += fmt::format(" was {} % busy before this run began", busy);
  if (processes > 0) {
    what += fmt::format("{} shared with {} other compute process{}", busy > 0 ? ", and is" : " is",
                        processes, processes == 1 ? "" : "es");
  }
  return what + ": its rates may be lower, and vary more, than the GPU's own";
}

std::string held_down(const Finding& finding) {
  return fmt::format("{}: {} clocks are held down: {}", who(finding), verb(finding, "its", "their"),
                     quote(finding, "reasons"));
}

std::string reads(const Finding& finding) {
  return fmt::format("{} says of itself that it is {}integrated, but {}", who(finding),
                     *finding.code == Code::memory_reads_as_one_pool ? "not " : "",
                     quote(finding, "reads"));
}

std::string around(const Finding& finding) {
  return fmt::format(
      "NCCL says it used {} over {} GPUs and reached {:.3g} GB/s busbw at most, while copies "
      "between any two of them reach {:.3g} GB/s directly",
      quote(finding, "transport"), finding.subjects.front().gpus.size(),
      figure(finding, "nccl_gbs"), figure(finding, "direct_gbs"));
}

constexpr FindingRow rows[] = {
    {Code::nvlinks_partly_down, "nvlinks-partly-down", Severity::warning,
     [](const Finding& f) {
       const long up = count(f, "links_up"), present = count(f, "links_present");
       if (up == 0) return fmt::format("{}: all {} NVLinks between them are down", who(f), present);
       return fmt::format(
           "{}: only {} of {} NVLinks are up, which costs the others' share of the rate", who(f),
           up, present);
     },
     "reseat the bridge, where there is one; compare nvidia-smi nvlink --status of both GPUs, and "
     "look for NVRM: Xid 74 in the kernel log"},
    {Code::nvlinks_all_down, "nvlinks-all-down", Severity::info,
     [](const Finding& f) { return who(f) + ": the GPUs have NVLinks, all down"; },
     "without a bridge or a switch that is normal; with a bridge, reseat it; with switches, see "
     "that nvidia-fabricmanager runs"},
    {Code::nvlinks_uneven, "nvlinks-uneven", Severity::warning,
     [](const Finding& f) {
       return fmt::format("{} {} {} NVLinks up of the {} that the board wires to such a GPU",
                          who(f), verb(f, "has", "have"), count(f, "links_up"),
                          count(f, "links_wired"));
     },
     "see nvidia-smi nvlink --status and the kernel log (lines with NVRM: Xid 74)"},
    {Code::nvlinks_miscounted, "nvlinks-miscounted", Severity::warning,
     [](const Finding& f) {
       return who(f) + ": the two GPUs do not count the same NVLinks between them";
     },
     "a link is being trained or failing: look again, then at the kernel log"},
    {Code::nvlink_refused, "nvlink-refused", Severity::error,
     [](const Finding& f) {
       return who(f) + ": NVLinks are up, but CUDA offers no peer access over them";
     },
     "see what nvidia-smi topo -p2p r says; on machines with switches nvidia-fabricmanager must "
     "run, and MIG slices have no peers"},
    {Code::nvlink_errors, "nvlink-errors", Severity::warning,
     [](const Finding& f) {
       return fmt::format(
           "{} {} during this run; what is sent again costs rate, and a link that errs may go down",
           who(f), quote(f, "counters"));
     },
     "reseat the NVLink bridge (or the module) and clean its contacts, then compare nvidia-smi "
     "nvlink -e before and after another run; if it goes on, replace the bridge"},
    {Code::peer_access_one_sided, "peer-access-one-sided", Severity::warning,
     [](const Finding& f) { return who(f) + ": CUDA offers peer access in one direction only"; },
     "staged copies are measured the other way; report it to NVIDIA with the signals of this "
     "machine (--save-signals)"},
    {Code::peer_access_disputed, "peer-access-disputed", Severity::warning,
     [](const Finding& f) {
       return fmt::format("{} ({}): CUDA offers peer access, NVML says it is not supported", who(f),
                          quote(f, "nvml"));
     },
     "trust only verified copies (peerbench checks all data); a patched driver or a wrong answer "
     "of the driver looks like this"},
    {Code::pairs_below_peers, "pairs-below-peers", Severity::info,
     [](const Finding& f) {
       return fmt::format(
           "{}: slower than the pairs that are joined alike, at worst {:.3g} against {:.3g} GB/s "
           "({})",
           who(f), figure(f, "worst_gbs"), figure(f, "peers_gbs"), quote(f, "worst"));
     },
     "compare the links of these GPUs with those of the others (nvidia-smi nvlink --status and "
     "--errorcounters, PCIe width under load); the GPU or slot that all of them share is the first "
     "suspect"},
    {Code::pcie_lanes_low, "pcie-lanes-low", Severity::warning,
     [](const Finding& f) {
       return fmt::format("{} {} on {} PCIe lanes, card and slot could use {}", who(f),
                          verb(f, "runs", "run"), count(f, "lanes"), count(f, "lanes_possible"));
     },
     "reseat the card or its riser and clean the contacts; see also the board's settings for "
     "splitting this slot's lanes"},
    {Code::pcie_slot_narrow, "pcie-slot-narrow", Severity::info,
     [](const Finding& f) {
       return fmt::format("{} can use {} PCIe lanes, {} {}", who(f), count(f, "lanes_of_card"),
                          verb(f, "its slot has", "their slots have"), count(f, "lanes_of_slot"));
     },
     "use a slot with all lanes from the CPU, if the board has one"},
    {Code::pcie_path_narrow, "pcie-path-narrow", Severity::info,
     [](const Finding& f) {
       return fmt::format("{}: the way to the host narrows to PCIe {} below {}", who(f),
                          quote(f, "speed"), quote(f, "port"));
     },
     "cards below that port share it; copies to the host and staged copies are bound by it"},
    {Code::pcie_generation_low, "pcie-generation-low", Severity::warning,
     [](const Finding& f) {
       return fmt::format(
           "{} stayed at PCIe generation {} while copying, card and slot could run generation {}",
           who(f), count(f, "generation"), count(f, "generation_possible"));
     },
     "look at the board's setting of this slot's generation, at risers and at replays (nvidia-smi "
     "-q, Replays Since Reset)"},
    {Code::pcie_replays, "pcie-replays", Severity::warning,
     [](const Finding& f) {
       return fmt::format("{} counted {} during this run: packets had to be sent again", who(f),
                          with_count(count(f, "replays"), "PCIe replay"));
     },
     "reseat the card, check or leave out a riser cable; if it goes on, set the slot to the next "
     "lower PCIe generation in the firmware"},
    {Code::acs_redirects_peers, "acs-redirects-peers", Severity::warning,
     "a PCIe port between the GPUs redirects peer traffic to the host (ACS): copies are slower "
     "than the switch allows, and with a translating IOMMU data may not arrive",
     "an administrator can switch ACS redirection off for these ports (firmware, or setpci)"},
    {Code::iommu_translates, "iommu-translates", Severity::warning,
     [](const Finding& f) {
       return fmt::format(
           "the IOMMU translates device addresses ({}), and the GPUs talk over PCIe directly",
           quote(f, "iommu"));
     },
     "if copies are slow or corrupt, boot with iommu=pt, or switch the IOMMU off"},
    {Code::gpus_hidden_by_environment, "gpus-hidden-by-environment", Severity::info,
     [](const Finding& f) {
       return fmt::format("{} by CUDA_VISIBLE_DEVICES=\"{}\"", hidden(f), quote(f, "variable"));
     },
     "unset it to see all; what joins the hidden ones is not told"},
    {Code::gpus_without_cuda, "gpus-without-cuda", Severity::error,
     [](const Finding& f) {
       return fmt::format("{}: NVML sees them, CUDA does not start ({})", hidden(f),
                          quote(f, "cuda"));
     },
     "see nvidia-smi and the kernel log (dmesg, lines with NVRM)"},
    {Code::gpus_unseen_by_cuda, "gpus-unseen-by-cuda", Severity::warning,
     [](const Finding& f) { return hidden(f) + ": NVML sees them, CUDA does not"; },
     "look for a compute mode of prohibited (nvidia-smi -q -d COMPUTE) or a failed GPU (dmesg, "
     "lines with NVRM)"},
    {Code::gpus_without_driver, "gpus-without-driver", Severity::warning,
     [](const Finding& f) {
       return hidden(f) + ": the kernel's PCI tree shows them, the driver does not";
     },
     "look for another driver on them (lspci -k) or a failed GPU (dmesg, lines with NVRM: Xid; 79 "
     "is a GPU that fell off the bus)"},
    {Code::gpus_not_in_container, "gpus-not-in-container", Severity::info,
     [](const Finding& f) {
       return hidden(f) + ": the kernel's PCI tree shows them, the driver does not";
     },
     [](const Finding& f) {
       const std::string& variable = quote(f, "variable");
       return fmt::format(
           "a container or pod sees what it was given{}: to see more, start it with --gpus all, or "
           "ask for more in the pod's limits (nvidia.com/gpu)",
           variable.empty() ? "" : fmt::format(" (NVIDIA_VISIBLE_DEVICES is \"{}\")", variable));
     }},
    {Code::nvml_missing, "nvml-missing", Severity::warning, no_nvml,
     "NVML comes with the driver: see whether nvidia-smi works"},
    {Code::nvml_missing_in_container, "nvml-missing-in-container", Severity::warning, no_nvml,
     "start the container with NVIDIA_DRIVER_CAPABILITIES=compute,utility"},
    {Code::gpu_too_old, "gpu-too-old", Severity::error, no_code,
     [](const Finding& f) { return "no build serves such a GPU: " + quote(f, "oldest_served"); }},
    {Code::gpu_needs_other_build, "gpu-needs-other-build", Severity::error, no_code,
     [](const Finding& f) {
       return fmt::format("it needs {} or younger; {}", quote(f, "needs"), quote(f, "build"));
     }},
    {Code::gpu_not_built_for, "gpu-not-built-for", Severity::error, no_code,
     [](const Finding& f) {
       return fmt::format(
           "it was built for {}: build it for this GPU as well (PEERBENCH_CUDA_ARCHITECTURES)",
           quote(f, "architectures"));
     }},
    {Code::gpu_in_use, "gpu-in-use", Severity::warning, in_use,
     "stop what nvidia-smi lists as its processes, then run this again"},
    {Code::clocks_throttled, "clocks-throttled", Severity::warning, held_down,
     "look at cooling and power limit (nvidia-smi -q -d TEMPERATURE,POWER,PERFORMANCE), then run "
     "this again"},
    {Code::clocks_limited, "clocks-limited", Severity::warning, held_down,
     "nvidia-smi -q -d CLOCK,PERFORMANCE shows them; nvidia-smi -rgc and -rac set them back"},
    {Code::compute_mode_exclusive, "compute-mode-exclusive", Severity::info,
     [](const Finding& f) {
       return fmt::format(
           "{} {} in compute mode exclusive: one process at a time is served, and calls fail while "
           "another holds the GPU",
           who(f), verb(f, "is", "are"));
     },
     "nvidia-smi -c DEFAULT sets it back"},
    {Code::compute_mode_prohibited, "compute-mode-prohibited", Severity::error,
     [](const Finding& f) {
       return fmt::format("{} {} in compute mode prohibited: nothing can be run on {}", who(f),
                          verb(f, "is", "are"), verb(f, "it", "them"));
     },
     "nvidia-smi -c DEFAULT sets it back"},
    {Code::memory_reads_as_one_pool, "memory-reads-as-one-pool", Severity::warning, reads,
     "Repeat it with larger --sizes: arrays that a cache holds are read alike. If it stays, trust "
     "the rates."},
    {Code::memory_reads_as_separate, "memory-reads-as-separate", Severity::warning, reads,
     "Repeat it while nothing else runs. If it stays, memory for kernels on this machine is best "
     "had by cudaMalloc, and the driver's attributes are worth a bug report."},
    {Code::rate_dipped, "rate-dipped", Severity::warning,
     [](const Finding& f) {
       return fmt::format(
           "{}: the rate fell to {:.3g} {} at its lowest, and below 90 % of its median ({:.3g}) in "
           "{} of {} samples over the soak",
           who(f), figure(f, "lowest"), quote(f, "unit"), figure(f, "median"),
           count(f, "samples_below"), count(f, "samples"));
     },
     "run it again with nvidia-smi dmon -s pct beside it: clocks, temperature and PCIe show what "
     "fell together with the rate"},
    {Code::staged_over_nvlink, "staged-over-nvlink", Severity::warning,
     [](const Finding& f) {
       return fmt::format(
           "the NVLink counters moved by what was copied without peer access, {} (the "
           "first: {}): these copies did not go through the host",
           with_count(count(f, "cells"), "cell"), to_string(f.subjects.front()));
     },
     "take the staged rates for NVLink rates; look for others that had peer access on meanwhile "
     "(nvidia-smi lists processes)"},
    {Code::nccl_p2p_disabled, "nccl-p2p-disabled", Severity::warning, around,
     [](const Finding& f) {
       return quote(f, "setting") + " is set and keeps GPUs from talking directly: unset it";
     }},
    {Code::nccl_p2p_level_low, "nccl-p2p-level-low", Severity::warning, around,
     [](const Finding& f) {
       return quote(f, "setting") +
              " is set and ends direct ways there: set it to SYS, which allows all of them";
     }},
    {Code::nccl_indirect, "nccl-indirect", Severity::warning, around,
     "without a setting NCCL lets GPUs talk directly no farther than over PCIe switches (two "
     "GPUs on AMD processors: any way): try NCCL_P2P_LEVEL=SYS, and see NCCL_DEBUG=INFO"},
};

}  // namespace

std::span<const FindingRow> finding_rows() {
  static const std::vector<FindingRow> all = [] {
    std::vector<FindingRow> joined(std::begin(rows), std::end(rows));
    std::ranges::copy(state_finding_rows(), std::back_inserter(joined));
    std::ranges::copy(failure_finding_rows(), std::back_inserter(joined));
    return joined;
  }();
  return all;
}

}  // namespace peerbench::machine
