// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/list_some.hpp"
#include "machine/finding_rows.hpp"
#include "machine/finding_text.hpp"

namespace peerbench::machine {

namespace {

using Code = FindingCode;

/// "NCCL over gpu0, gpu1, and over gpu0, gpu2".
std::string over_gpus(const Finding& finding) {
  constexpr std::size_t most_sets = 3;
  std::vector<std::string> sets;
  for (const Subject& subject : finding.subjects) {
    std::vector<std::string> gpus;
    for (const int gpu : subject.gpus) gpus.push_back(fmt::format("gpu{}", gpu));
    sets.push_back(fmt::format("over {}", gpus.size() > 4
                                              ? fmt::format("{} GPUs", gpus.size())
                                              : fmt::format("{}", fmt::join(gpus, " and "))));
  }
  return "NCCL " + list_some(sets, most_sets, "more sets");
}

/// ", while copies between these GPUs are good (27.3 GB/s directly)".
std::string copies_are_good(const Finding& finding) {
  const double direct = figure(finding, "direct_gbs"), staged = figure(finding, "staged_gbs");
  if (!std::isnan(direct)) {
    return fmt::format(", while copies between these GPUs are good ({:.3g} GB/s directly)", direct);
  }
  if (std::isnan(staged)) return "";
  return fmt::format(", while copies between these GPUs are good ({:.3g} GB/s through host memory)",
                     staged);
}

/// What NCCL uses between GPUs, and how to have it use something else.
std::string try_other_ways(const Finding& finding) {
  const bool direct = !std::isnan(figure(finding, "direct_gbs"));
  return fmt::format(
      "try {}; update NCCL and the driver; NCCL_DEBUG=INFO says where it stops",
      direct ? "NCCL_P2P_DISABLE=1, which stages through host memory: if NCCL ends then, look at "
               "the direct way (iommu=pt, ACS off, Resizable BAR)"
             : "NCCL_SHM_DISABLE=1, and in a container --shm-size=1g or --ipc=host");
}

/// By what NCCL calls its error (nccl.h, ncclResult_t).
std::string set_up_nccl(const Finding& finding) {
  const std::string& error = quote(finding, "error");
  std::string advice = "NCCL_DEBUG=INFO says why";
  if (error == "ncclSystemError") {
    advice += "; in a container give it shared memory (docker run --shm-size=1g, or --ipc=host)";
  }
  if (error == "ncclUnhandledCudaError") {
    advice +=
        "; take an NCCL built for the driver's CUDA version, or a younger driver; where it names "
        "NVLS, set NCCL_NVLS_ENABLE=0";
  }
  return advice;
}

/// "2 corrupt, 1 slow".
std::string troubles(const Finding& finding) {
  std::vector<std::string> parts;
  for (const auto& [figure, word] :
       {std::pair{"corrupt_pairs", "corrupt"}, std::pair{"hanging_pairs", "never ending"},
        std::pair{"failed_pairs", "failing"}, std::pair{"refused_pairs", "refused"},
        std::pair{"slow_pairs", "slow"}}) {
    if (const long pairs = count(finding, figure); pairs > 0) {
      parts.push_back(fmt::format("{} {}", pairs, word));
    }
  }
  std::string words = fmt::format("{}", fmt::join(parts, ", "));
  if (const double worst = figure(finding, "worst_gbs"); !std::isnan(worst)) {
    words += fmt::format(": {:.3g} against {:.3g} GB/s", worst, figure(finding, "peers_gbs"));
  }
  return words;
}

/// "both bad pairs (2 corrupt) WHAT THEY SHARE; gpu1 <-> gpu2 is good".
std::string bad_pairs(const Finding& finding, const std::string& share) {
  const long bad = count(finding, "bad_pairs");
  return fmt::format("{} bad pairs ({}) {}; {} {} good",
                     bad == 2 ? "both" : fmt::format("all {}", bad), troubles(finding), share,
                     quote(finding, "good"), count(finding, "good_pairs") == 1 ? "is" : "are");
}

/// How to do without direct copies of these pairs; empty where they are merely slow.
std::string meanwhile(const Finding& finding) {
  const long slow = count(finding, "slow_pairs"), bad = count(finding, "bad_pairs");
  if (slow == bad) return "";
  const bool refused = count(finding, "refused_pairs") + slow == bad;
  const bool staged = count(finding, "staged_good_pairs") == bad;
  if (refused) return staged ? "staged copies of these pairs work; " : "";
  return staged ? "copy without peer access meanwhile, which is good between these GPUs too "
                  "(NCCL_P2P_DISABLE=1); "
                : "leave out what they share meanwhile (CUDA_VISIBLE_DEVICES), or try "
                  "NCCL_P2P_DISABLE=1; ";
}

constexpr FindingRow rows[] = {
    {Code::nccl_hangs, "nccl-hangs", Severity::error,
     [](const Finding& f) { return over_gpus(f) + " never ends" + copies_are_good(f); },
     try_other_ways},
    {Code::nccl_loses_rank, "nccl-loses-rank", Severity::error,
     [](const Finding& f) {
       return fmt::format("{} loses a rank ({}){}", over_gpus(f), quote(f, "error"),
                          copies_are_good(f));
     },
     try_other_ways},
    {Code::nccl_fails, "nccl-fails", Severity::error,
     [](const Finding& f) {
       const std::string& error = quote(f, "error");
       return fmt::format("{} fails{}{}", over_gpus(f), error.empty() ? "" : " (" + error + ")",
                          copies_are_good(f));
     },
     try_other_ways},
    {Code::nccl_refused, "nccl-refused", Severity::warning,
     [](const Finding& f) {
       return fmt::format("{} cannot be set up ({}){}", over_gpus(f), quote(f, "error"),
                          copies_are_good(f));
     },
     set_up_nccl},
    {Code::peer_access_not_enabled, "peer-access-not-enabled", Severity::error,
     [](const Finding& f) {
       return fmt::format("{}: CUDA offers peer access, but enabling it fails ({})", who(f),
                          quote(f, "error"));
     },
     [](const Finding& f) -> std::string {
       if (quote(f, "error") == "cudaErrorTooManyPeers") {
         return "choose fewer GPUs (--gpus), or end what else has peer access to them";
       }
       return "switch on Above 4G Decoding and Resizable BAR in the board's firmware, update the "
              "GPU's VBIOS where it lacks Resizable BAR, and boot with iommu=pt; until then "
              "copies are staged, and NCCL_P2P_DISABLE=1 keeps NCCL from trying";
     }},
    {Code::bad_pairs_share_gpu, "bad-pairs-share-gpu", Severity::warning,
     [](const Finding& f) {
       return bad_pairs(f, "have " + to_string(f.subjects.front()) + " in common");
     },
     [](const Finding& f) {
       const std::string gpu = to_string(f.subjects.front());
       return fmt::format(
           "{}look at {}: its slot, riser and lanes (peerbench machine), its BAR1 and VBIOS, "
           "whether it drives a display; swap it with another: if the trouble moves with it, it "
           "is the GPU, else the slot",
           meanwhile(f), gpu);
     }},
    {Code::bad_pairs_below_switch, "bad-pairs-below-switch", Severity::warning,
     [](const Finding& f) {
       return bad_pairs(f, "lie below the PCIe switch " + quote(f, "switch"));
     },
     [](const Finding& f) {
       return meanwhile(f) +
              "look at that switch: its firmware, ACS of its ports, cables; NCCL_P2P_LEVEL=LOC "
              "keeps NCCL from direct copies";
     }},
    {Code::bad_pairs_leave_switch, "bad-pairs-leave-switch", Severity::warning,
     [](const Finding& f) {
       return bad_pairs(f, "join GPUs below the PCIe switch " + quote(f, "switch") + " to others");
     },
     [](const Finding& f) {
       return meanwhile(f) +
              "look at the switch's link to the host: lanes, generation, cable; NCCL_P2P_LEVEL=PXB "
              "keeps NCCL's direct copies below switches";
     }},
    {Code::bad_pairs_cross_sockets, "bad-pairs-cross-sockets", Severity::warning,
     [](const Finding& f) { return bad_pairs(f, "cross from one CPU socket to another"); },
     [](const Finding& f) {
       return meanwhile(f) +
              "NCCL_P2P_LEVEL=NODE keeps NCCL's direct copies within a socket; the firmware may "
              "have settings of the link between sockets and of relaxed ordering";
     }},
};

}  // namespace

std::span<const FindingRow> failure_finding_rows() { return rows; }

}  // namespace peerbench::machine
