// SPDX-License-Identifier: Apache-2.0
// The words that pages, names of cells and result files use, in the order of the alphabet.
#include "report/terms.hpp"

#include <algorithm>
#include <array>

#include "base/nearest.hpp"

namespace peerbench::report {
namespace {

constexpr auto terms = std::to_array<Term>({
    {.name = "algbw",
     .aliases = "algorithm bandwidth",
     .meaning = "The bytes of a collective over its time, as NVIDIA's nccl-tests count "
                "them.",
     .see = "busbw"},
    {.name = "allocator",
     .meaning = "What a piece of memory comes from: `device` (cudaMalloc), `managed`, "
                "`pinned` (page-locked host memory), `pageable` (ordinary host memory)."},
    {.name = "answer",
     .aliases = "headline",
     .meaning = "The word of a whole run, such as GOOD or DEGRADED.",
     .page = "answers.md"},
    {.name = "band",
     .meaning = "The range in which others measured GPUs like these, with its source; it "
                "stands beside a figure and decides no verdict.",
     .more = "Where a rate lies far below the band although it is near its peak, or the "
             "other way round, look at how it was measured before you look for a fault.",
     .see = "of peak"},
    {.name = "both ways",
     .aliases = "bi, bidirectional",
     .meaning = "Copies in the two directions of a pair at once, `bi` in names; the "
                "figure is the sum over their common window."},
    {.name = "busbw",
     .aliases = "bus bandwidth",
     .meaning = "Algbw times the share of it that a link carries, as NVIDIA's nccl-tests "
                "define it, so that it can be compared with a link's rate.",
     .more = "For an all-reduce over n GPUs it is algbw x 2 (n - 1) / n, for an "
             "all-gather and a reduce-scatter algbw x (n - 1) / n.",
     .see = "algbw, of peak"},
    {.name = "C2C",
     .aliases = "NVLink-C2C",
     .meaning = "The link that joins CPU and GPU inside one package; it leads to no "
                "other GPU."},
    {.name = "CE",
     .aliases = "copy engine",
     .meaning = "A copy engine: the part of a GPU that copies without its "
                "multiprocessors (`ce` in names)."},
    {.name = "ceiling",
     .meaning = "The peak of one cell in a result file, with the source of the figure.",
     .see = "peak"},
    {.name = "cell",
     .meaning = "One measured figure with its name, all its samples, its status and its "
                "verdict.",
     .see = "finding, verdict"},
    {.name = "coherent superchip",
     .meaning = "A CPU and a GPU in one package that have memories of their own and "
                "reach each other's over C2C."},
    {.name = "CORRUPT",
     .group = TermGroup::answer,
     .meaning = "Data arrived wrong in at least one measurement: do not use such copies "
                "until the cause is found. The same word is the status of such a cell.",
     .page = "answers.md"},
    {.name = "DEGRADED",
     .group = TermGroup::answer,
     .meaning = "Something that is there is down or narrower than both of its ends can "
                "do: NVLinks, PCIe lanes or their generation, one pair unlike its peers.",
     .see = "LOW",
     .page = "answers.md"},
    {.name = "dependent-load latency",
     .meaning = "The time of one load that waits for the one before it (pointer chase)."},
    {.name = "error",
     .group = TermGroup::cell,
     .meaning = "A status: the cell was tried and failed, and its reason says in what."},
    {.name = "finding",
     .meaning = "Something odd about a machine or a run, with a code, a severity and "
                "advice.",
     .page = "findings.md"},
    {.name = "flag ping-pong",
     .meaning = "Half of a round trip of a flag between kernels that run on two GPUs at "
                "the same time."},
    {.name = "full tier",
     .meaning = "The cells that only `--full` or a filter measures; the others are the "
                "quick tier."},
    {.name = "gate",
     .meaning = "A kernel that holds a stream until all copies of a sample are queued, "
                "so that their launches are not in the time.",
     .more = "A gate that opened before all was queued has failed: the sample is "
             "repeated behind a longer one. Staged copies have none, because the driver "
             "may hold the host in each call; their time is taken around at least 2 ms "
             "of work.",
     .see = "window"},
    {.name = "GNS",
     .aliases = "NS",
     .meaning = "NVML's peer-to-peer status \"not supported\" and \"not supported on "
                "this GPU\".",
     .see = "peer access"},
    {.name = "GOOD",
     .group = TermGroup::answer,
     .meaning = "The GPUs copy directly, over NVLink or PCIe, and reach what healthy "
                "ones reach. Of a cell: its rate is what healthy ones reach.",
     .page = "answers.md"},
    {.name = "GPU to GPU", .meaning = "From the memory of one GPU to that of another."},
    {.name = "HANG",
     .group = TermGroup::answer,
     .meaning = "A copy or a collective never ended. The same word is the status of such "
                "a cell; the cells after it are skipped.",
     .page = "answers.md"},
    {.name = "host-resident managed memory",
     .meaning = "Managed memory whose pages lie with the host when the GPU reads it."},
    {.name = "inconclusive",
     .aliases = "cannot tell",
     .meaning = "The question could not be asked, or its answer decides nothing; it is "
                "never taken for a no (exit code 4)."},
    {.name = "link", .meaning = "One connection that carries bytes: an NVLink, a PCIe link, C2C."},
    {.name = "LOW",
     .group = TermGroup::answer,
     .meaning = "All is up, yet a rate is below what healthy links or memories reach. Of "
                "a cell: its verdict.",
     .see = "DEGRADED, of peak",
     .page = "answers.md"},
    {.name = "NO DIRECT LINK",
     .group = TermGroup::answer,
     .meaning = "Nothing is broken: the driver allows no direct copies between these "
                "GPUs, so that they are staged.",
     .see = "staged, GNS",
     .page = "answers.md"},
    {.name = "NO GPU",
     .group = TermGroup::answer,
     .meaning = "CUDA offers no GPU; the page says why, and the host's own memory is "
                "measured.",
     .page = "answers.md"},
    {.name = "no-ceiling",
     .aliases = "not rated",
     .group = TermGroup::cell,
     .meaning = "A verdict: the peak is not known, so the rate is not rated.",
     .page = "verdicts.md"},
    {.name = "not-judged",
     .group = TermGroup::cell,
     .meaning = "A verdict: the peak is known, but not which share of it is good here.",
     .page = "verdicts.md"},
    {.name = "of peak", .meaning = "A rate as a share of its peak.", .see = "peak, band"},
    {.name = "ok",
     .group = TermGroup::cell,
     .meaning = "A status: the cell was measured, and its data are verified.",
     .see = "verdict"},
    {.name = "ONE GPU",
     .group = TermGroup::answer,
     .meaning = "There is no second GPU that it could be linked to.",
     .page = "answers.md"},
    {.name = "ONE POOL",
     .group = TermGroup::answer,
     .meaning = "CPU and GPU of one chip share one memory: there is no link to a peer "
                "and nothing to bridge.",
     .see = "two-sparks, pool",
     .page = "answers.md"},
    {.name = "one way",
     .aliases = "uni, unidirectional",
     .meaning = "Copies in one direction alone, `uni` in names."},
    {.name = "ordered pair",
     .meaning = "Two GPUs in one direction: `gpu0-gpu1` means that bytes leave gpu0."},
    {.name = "peak",
     .meaning = "The rate that the links which are up, or a memory, could reach, and "
                "where that figure comes from.",
     .more = "One NVLink or PCIe lane has a raw rate, less its line encoding; a memory "
             "has its clock times its width. Healthy links never reach all of it: "
             "packets have headers.",
     .see = "of peak, ceiling"},
    {.name = "peer access",
     .aliases = "P2P",
     .meaning = "What lets a GPU reach the memory of another one directly; it is enabled "
                "in both directions of a pair, for one cell only.",
     .more = "CUDA offers it pair by pair (cudaDeviceCanAccessPeer). GeForce GPUs "
             "without NVLink have none in NVIDIA's own driver.",
     .see = "staged, GNS"},
    {.name = "poison",
     .meaning = "What a destination is filled with before a copy, so that data of an "
                "earlier copy cannot pass for new data."},
    {.name = "pool",
     .meaning = "One memory with what shares it: a GPU's own, a NUMA node's, or the one "
                "that CPU and GPU of a chip share."},
    {.name = "pull",
     .meaning = "A copy that the GPU which wants the data issues: reads cross the link.",
     .see = "push, peer access"},
    {.name = "push",
     .meaning = "A copy that the GPU which has the data issues: writes cross the link.",
     .more = "Pushed copies often are a little faster than pulled ones: a write need not "
             "wait for an answer.",
     .see = "pull, peer access"},
    {.name = "quick tier", .meaning = "The cells that a run measures without `--full`."},
    {.name = "skipped",
     .group = TermGroup::cell,
     .meaning = "A status: the cell was not tried, after a hang, with a GPU that was "
                "lost, or past the time limit; `skip` in the result file says which."},
    {.name = "SM",
     .aliases = "copy kernel",
     .meaning = "A streaming multiprocessor; in names `sm` stands for a copy or an "
                "access by a kernel."},
    {.name = "small-copy latency, back to back",
     .meaning = "The time of one copy of 16 bytes in a chain of them."},
    {.name = "small-copy latency, submission to completion",
     .meaning = "The time of one such copy by the host's clock, from the call to where "
                "the host sees its end."},
    {.name = "spread",
     .meaning = "The 5th to the 95th percentile of a cell's samples.",
     .see = "cell"},
    {.name = "staged",
     .aliases = "staging",
     .meaning = "Copied through host memory, because peer access is off or not offered.",
     .more = "Bytes go from the source to pinned memory of the host and from there to "
             "the destination, so both GPUs' PCIe links carry them. Push and pull mean "
             "nothing then. On a machine with NVLink it is not the PCIe P2P rate: such a "
             "machine cannot show that, another one has to.",
     .see = "peer access, push, GNS"},
    {.name = "traffic", .meaning = "The bytes read plus the bytes written in a memory."},
    {.name = "two-sparks",
     .aliases = "two sparks, DGX Spark, Spark",
     .group = TermGroup::topic,
     .meaning = "Two DGX Sparks are joined by a network cable and not by NVLink: their "
                "ConnectX-7 ports give 25 GB/s at most.",
     .more = "One QSFP cable carries 200 Gb/s. Behind it each Spark has two PCIe 5.0 x4 "
             "links, and so two network devices for one port; either gives about half, "
             "and only both together the whole: 24.5 GB/s were measured with "
             "ib_write_bw, 13.5 with one of them.\nTo measure it: give both devices of "
             "the port an address, each in a subnet of its own, set the MTU to 9000, and "
             "run ib_write_bw on both at once; then all_gather_perf of nccl-tests over "
             "both Sparks, with NCCL 2.28 or newer and NCCL_IB_MERGE_NICS=1: 22 to 24 "
             "GB/s at several GiB.\nAbout 3 GB/s at every size means that NCCL went over "
             "TCP (its log says NET/Socket). About 13 GB/s means that one device carried "
             "all. About 1.6 GB/s while the link says 200 Gb/s means that the adapter "
             "throttles: update its firmware and switch the power off and on.\npeerbench "
             "measures each Spark by itself; it does not yet measure between machines.",
     .see = "ONE POOL, C2C"},
    {.name = "UNKNOWN",
     .group = TermGroup::answer,
     .meaning = "What could not be asked, or what failed, decides; nothing is called "
                "good or bad on a guess.",
     .page = "answers.md"},
    {.name = "unsupported",
     .aliases = "not possible",
     .group = TermGroup::cell,
     .meaning = "A status: the machine or its driver cannot do what the cell needs; "
                "tables say \"not possible\"."},
    {.name = "verdict",
     .meaning = "What a cell's rate comes to: good, low, or why there is none.",
     .page = "verdicts.md"},
    {.name = "window",
     .meaning = "The time from the common start of all copies of a sample to the end of "
                "the last.",
     .see = "gate"},
    {.name = "wire",
     .meaning = "What carried a cell's bytes, where the NVLink byte counters prove it.",
     .see = "link"},
    {.name = "write-allocate reads",
     .meaning = "What a cache reads before it writes; no figure counts them."},
});

/// "no direct link" of "NO-DIRECT-LINK": how a term is written makes no difference.
std::string plain(std::string_view text) {
  std::string made = lower_case(text);
  for (char& letter : made) {
    if (letter == '-' || letter == '_') letter = ' ';
  }
  return made;
}

}  // namespace

std::span<const Term> all_terms() { return terms; }

std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const auto end = std::min(list.find(", "), list.size());
    parts.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 2, list.size()));
  }
  return parts;
}

const Term* find_term(std::string_view text) {
  const std::string wanted = plain(text);
  for (const Term& term : terms) {
    if (plain(term.name) == wanted) return &term;
  }
  for (const Term& term : terms) {
    for (const std::string& alias : split_list(term.aliases)) {
      if (plain(alias) == wanted) return &term;
    }
  }
  return nullptr;
}

std::vector<std::string> term_names() {
  std::vector<std::string> names;
  for (const Term& term : terms) names.emplace_back(term.name);
  return names;
}

}  // namespace peerbench::report
