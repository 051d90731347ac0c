// SPDX-License-Identifier: Apache-2.0
// Requirements on machines made by hand: every outcome of each of them, and what it says.
#include "judge/requirements.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace peerbench::judge {
namespace TEST_FILE {

using machine::Machine;
using machine::Modifier;
using machine::PeerLink;
using result::Outcome;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// That many GPUs; `up` NVLinks of 4 between each ordered pair, peer access where there are some.
Machine cards(int gpus, int up = 0) {
  Machine machine;
  machine.machine_class = gpus == 0 ? machine::Class::no_gpu : machine::Class::discrete_pcie;
  machine.reason = gpus == 0 ? "the CUDA runtime finds no GPU (cudaErrorNoDevice)" : "";
  for (int from = 0; from < gpus; ++from) {
    machine::Gpu gpu;
    gpu.ordinal = from;
    gpu.nvlinks_up = up * (gpus - 1);
    gpu.integrated = {Tri::no, "0"};
    machine.gpus.push_back(gpu);
    for (int to = 0; to < gpus; ++to) {
      if (from == to) continue;
      PeerLink link;
      link.from = from;
      link.to = to;
      link.can_access = {tri(up > 0), up > 0 ? "1" : "0"};
      link.nvlink = {tri(up > 0), std::to_string(up) + " up"};
      link.links_up = up;
      link.links_present = up > 0 ? 4 : 0;
      machine.links.push_back(link);
    }
  }
  return machine;
}

Machine bridged() { return cards(2, 4); }

Machine changed(Machine machine, const std::function<void(Machine&)>& change) {
  change(machine);
  return machine;
}

Machine with_access(Machine machine, Tri value, const char* word = "") {
  for (PeerLink& link : machine.links) {
    link.can_access = {value, value == Tri::unknown ? "cudaErrorUnknown" : name(value)};
    link.allowed.read.raw = word;
  }
  return machine;
}

Machine without_nvml(Machine machine) {
  for (machine::Gpu& gpu : machine.gpus) gpu.nvlinks_up.reset();
  for (PeerLink& link : machine.links) {
    link.nvlink = {Tri::unknown, "libnvidia-ml.so.1 could not be loaded"};
    link.links_up.reset();
    link.links_present.reset();
  }
  return machine;
}

Machine with_modifier(Machine machine, Modifier modifier) {
  machine.modifiers.push_back(modifier);
  return machine;
}

/// GPU 2 hangs below PCIe alone.
Machine bridged_and_one_more() {
  return changed(cards(3, 4), [](Machine& machine) {
    for (PeerLink& link : machine.links) {
      if (link.from != 2 && link.to != 2) continue;
      link.nvlink = {Tri::no, "0 of 0 up"};
      link.links_up = link.links_present = 0;
      link.can_access = {Tri::no, "0"};
    }
    for (machine::Gpu& gpu : machine.gpus) gpu.nvlinks_up = gpu.ordinal == 2 ? 0 : 4;
  });
}

/// Two cards with ports that no bridge joins, as far as anybody can see.
Machine all_down() {
  return changed(cards(2), [](Machine& machine) {
    for (PeerLink& link : machine.links) link.links_present = 4;
  });
}

/// NVML shows nothing between some pairs, and could not be asked about the others.
Machine unknown_link() {
  return changed(cards(3), [](Machine& machine) {
    machine.machine_class = machine::Class::discrete_unknown_link;
    for (PeerLink& link : machine.links) {
      if (link.from != 2) continue;
      link.nvlink = {Tri::unknown, "NVML_ERROR_UNKNOWN"};
      link.links_up.reset();
      link.links_present.reset();
    }
    machine.gpus[2].nvlinks_up.reset();
  });
}

Machine spark() {
  return changed(cards(1), [](Machine& machine) {
    machine.gpus[0].integrated = {Tri::yes, "1"};
    machine.gpus[0].c2c_links = 8;
  });
}

/// A run of nothing but the machine, with what was found about it.
result::Run run_of(const Machine& machine, const std::vector<machine::Finding>& findings = {}) {
  result::Run run;
  run.machine = machine;
  run.findings = findings;
  return run;
}

result::Check checked(const result::Run& run, const char* requirement) {
  return check(run, parse_requirements(requirement)->at(0));
}

struct Row {
  const char* name;
  Machine machine;
  const char* requirement;
  Outcome outcome;
  const char* reason;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name << ", " << row.requirement; }

constexpr Outcome met = Outcome::met;
constexpr Outcome not_met = Outcome::not_met;
constexpr Outcome cannot_tell = Outcome::cannot_tell;

std::vector<Row> rows() {
  const Machine none = cards(0);
  const Machine one = cards(1);
  const Machine unsure = changed(bridged(), [](Machine& machine) {
    machine.links[0].nvlink = {Tri::unknown, "4 links could not be followed"};
  });
  const Machine one_way = changed(bridged(), [](Machine& machine) {
    machine.links[1].can_access = {Tri::no, "0"};
  });
  const Machine half_known = changed(bridged_and_one_more(), [](Machine& machine) {
    machine.links[0].nvlink = {Tri::unknown, "?"};
  });
  const Machine leads_out = changed(one, [](Machine& machine) { machine.gpus[0].nvlinks_up = 18; });
  const Machine leads_out_partly = changed(one, [](Machine& machine) {
    machine.gpus[0].nvlinks_up = 3;
    machine.gpus[0].nvlinks_present = 4;
  });
  const Machine two_pools = changed(cards(2), [](Machine& machine) {
    machine.gpus[0].integrated = {Tri::yes, "1"};
  });
  const Machine pool_unknown = changed(one, [](Machine& machine) {
    machine.gpus[0].integrated = {Tri::unknown, "cudaErrorInvalidValue"};
  });
  const Machine pool_unknown_and_card = changed(cards(2), [](Machine& machine) {
    machine.gpus[0].integrated = {Tri::unknown, "cudaErrorInvalidValue"};
  });
  return {
      {"no GPU", none, "nvlink", not_met, "no GPU is visible"},
      {"no GPU", none, "any-nvlink", not_met, "no GPU is visible"},
      {"no GPU", none, "p2p", not_met, "no GPU is visible"},
      {"no GPU", none, "any-p2p", not_met, "no GPU is visible"},
      {"no GPU", none, "no-peer-link", not_met, "proves nothing"},
      {"no GPU", none, "all-links", not_met, "no GPU is visible"},
      {"no GPU", none, "healthy", not_met, "no GPU is visible"},
      {"no GPU", none, "no-errors", not_met, "no cell was measured"},
      {"no GPU", none, "unified-pool", not_met, "no GPU is visible"},
      {"no GPU", none, "gpus=1", not_met, "no GPU is visible"},

      {"bridge", bridged(), "nvlink", met, "2 of 2 ordered pairs"},
      {"one of three apart", bridged_and_one_more(), "nvlink", not_met, "2 of 6 ordered pairs"},
      {"one of three apart", bridged_and_one_more(), "any-nvlink", met, "2 of 6"},
      {"PCIe", cards(2), "nvlink", not_met, "0 of 2"},
      {"PCIe", cards(2), "any-nvlink", not_met, "0 of 2"},
      {"one GPU", one, "nvlink", not_met, "a peer link needs two"},
      {"one GPU", one, "any-nvlink", not_met, "a peer link needs two"},
      {"no NVML", without_nvml(bridged()), "nvlink", cannot_tell, "2 could not be asked"},
      {"no NVML", without_nvml(bridged()), "any-nvlink", cannot_tell, "2 could not be asked"},
      {"one direction unsure", unsure, "nvlink", cannot_tell, "1 of 2"},
      {"one direction unsure", unsure, "any-nvlink", met, "1 of 2"},
      {"one pair unsure, another without", half_known, "nvlink", not_met, "1 of 6"},
      {"links up, access refused", with_access(bridged(), Tri::no), "nvlink", met, "2 of 2"},
      {"WSL2, none shown", with_modifier(cards(2), Modifier::wsl2), "nvlink", cannot_tell,
       "0 of 2 ordered pairs, that none is shown on 2 proves nothing"},
      {"WSL2, none shown", with_modifier(cards(2), Modifier::wsl2), "any-nvlink", cannot_tell,
       "shown on 2 proves nothing"},
      {"WSL2, none shown", with_modifier(cards(2), Modifier::wsl2), "no-peer-link", cannot_tell,
       "not confirmed"},
      {"WSL2, links shown", with_modifier(bridged(), Modifier::wsl2), "nvlink", met, "2 of 2"},
      {"unknown link", unknown_link(), "nvlink", cannot_tell,
       "0 of 6 ordered pairs, 2 could not be asked, that none is shown on 4"},
      {"unknown link", unknown_link(), "any-nvlink", cannot_tell, "2 could not be asked"},
      {"unknown link", unknown_link(), "no-peer-link", cannot_tell, "not confirmed"},
      {"two of more", with_modifier(bridged(), Modifier::hidden_gpus), "nvlink", met, "2 of 2"},
      {"one of more", with_modifier(one, Modifier::hidden_gpus), "nvlink", not_met, "hidden"},

      {"bridge", bridged(), "all-links", met, "are up, of 2 GPUs"},
      {"one of three apart", bridged_and_one_more(), "all-links", met, "are up, of 2 GPUs"},
      {"3 of 4", cards(2, 3), "all-links", not_met, "down on 2 of 2 ordered pairs"},
      {"all down", all_down(), "all-links", not_met, "down on 2 of 2"},
      {"PCIe", cards(2), "all-links", not_met, "no GPU has an NVLink that is up"},
      {"no NVML", without_nvml(bridged()), "all-links", cannot_tell, "of 2 of 2 GPUs it is not"},
      {"no NVML", without_nvml(one), "all-links", cannot_tell, "of 1 of 1 GPU it is not"},
      {"one direction unsure", unsure, "all-links", cannot_tell, "of 1 of 2 GPUs it is not"},
      {"unknown link", unknown_link(), "all-links", cannot_tell, "of 3 of 3 GPUs it is not"},
      {"WSL2, none shown", with_modifier(cards(2), Modifier::wsl2), "all-links", cannot_tell,
       "of 2 of 2 GPUs it is not"},
      {"links lead out", leads_out, "all-links", met, "are up, of 1 GPU"},
      {"3 of 4 lead out", leads_out_partly, "all-links", cannot_tell, "of 1 of 1 GPU it is not"},

      {"bridge", bridged(), "healthy", met, "no finding of severity"},
      {"bridge", bridged(), "no-errors", not_met, "no cell was measured"},

      {"bridge", bridged(), "p2p", met, "2 of 2"},
      {"PCIe P2P", with_access(cards(2), Tri::yes), "p2p", met, "2 of 2"},
      {"one way only", one_way, "p2p", not_met, "1 of 2"},
      {"one way only", one_way, "any-p2p", met, "1 of 2"},
      {"refused", with_access(cards(2), Tri::no, "GNS"), "p2p", not_met,
       "GNS: the driver does not"},
      {"refused", with_access(cards(2), Tri::no, "GNS"), "any-p2p", not_met, "GPU model"},
      {"links up, access refused", with_access(bridged(), Tri::no, "CNS"), "p2p", not_met, "CNS"},
      {"not asked", with_access(cards(2), Tri::unknown), "p2p", cannot_tell, "2 could not be"},
      {"not asked", with_access(cards(2), Tri::unknown), "any-p2p", cannot_tell, "2 could not be"},
      {"no NVML", without_nvml(bridged()), "p2p", met, "2 of 2"},
      {"one GPU", one, "p2p", not_met, "a peer link needs two"},

      {"one GPU", one, "no-peer-link", met, "one GPU, none hidden"},
      {"single chip", spark(), "no-peer-link", met, "no peer (GPU-to-GPU) link"},
      {"bridge", bridged(), "no-peer-link", not_met, "an NVLink joins"},
      {"links up, access refused", with_access(bridged(), Tri::no), "no-peer-link", not_met,
       "an NVLink joins"},
      {"PCIe P2P", with_access(cards(2), Tri::yes), "no-peer-link", not_met, "directly"},
      {"PCIe", cards(2), "no-peer-link", met, "through host memory"},
      {"no NVML", without_nvml(one), "no-peer-link", cannot_tell, "gpu0 NVLinks up not known"},
      {"no NVML", without_nvml(cards(2)), "no-peer-link", cannot_tell, "not confirmed"},
      {"no NVML, but access", without_nvml(bridged()), "no-peer-link", not_met, "directly"},
      {"access not asked", with_access(cards(2), Tri::unknown), "no-peer-link", cannot_tell,
       "cudaErrorUnknown"},
      {"one of more", with_modifier(one, Modifier::hidden_gpus), "no-peer-link", cannot_tell,
       "hidden"},
      {"slice", with_modifier(one, Modifier::mig), "no-peer-link", cannot_tell, "slices"},
      {"virtual GPU", with_modifier(one, Modifier::virtual_gpu), "no-peer-link", cannot_tell,
       "virtual"},
      {"WSL2", with_modifier(one, Modifier::wsl2), "no-peer-link", cannot_tell, "WSL2"},
      {"links lead out", leads_out, "no-peer-link", cannot_tell, "lead out of what"},

      {"single chip", spark(), "unified-pool", met, "shares the host's memory"},
      {"GPU", one, "unified-pool", not_met, "the GPU has memory of its own"},
      {"chip and GPU", two_pools, "unified-pool", not_met, "1 of 2"},
      {"not asked", pool_unknown, "unified-pool", cannot_tell, "could not be asked"},
      {"not asked, and a GPU", pool_unknown_and_card, "unified-pool", not_met, "1 of 2"},

      {"two", cards(2), "gpus=2", met, "2 GPUs are visible, at least 2"},
      {"two", cards(2), "gpus=1", met, "at least 1"},
      {"two", cards(2), "gpus=3", not_met, "2 GPUs are visible, at least 3"},
      {"one of more", with_modifier(one, Modifier::hidden_gpus), "gpus=2", not_met, "1 GPU is"},
  };
}

class Requirements : public ::testing::TestWithParam<Row> {};

TEST_P(Requirements, ComeToAnOutcomeWithAReasonAndEvidence) {
  const Row& row = GetParam();
  const auto asked = parse_requirements(row.requirement);
  ASSERT_TRUE(asked.has_value()) << asked.error().message;
  const auto result = check(run_of(row.machine), asked->at(0));
  EXPECT_EQ(result.requirement, row.requirement);
  EXPECT_STREQ(name(result.outcome), name(row.outcome)) << result.reason;
  EXPECT_THAT(result.reason, HasSubstr(row.reason));
  EXPECT_THAT(result.evidence, Not(IsEmpty()));
  for (const auto& line : result.evidence) EXPECT_THAT(line.answer, Not(IsEmpty())) << line.asked;
  EXPECT_EQ(result.advice.empty(), row.outcome == met) << result.advice;
}

INSTANTIATE_TEST_SUITE_P(Each, Requirements, ::testing::ValuesIn(rows()));

TEST(RequirementAllLinks, TakesWhatWasFoundAboutLinksThatNoPairShows) {
  using machine::FindingCode;
  const machine::Figures figures = {
      {"links_up", 16}, {"links_wired", 18}, {"links_present", 18}, {"links", 18}};
  for (const FindingCode code : {FindingCode::nvlinks_partly_down, FindingCode::nvlinks_uneven,
                                 FindingCode::nvlinks_miscounted, FindingCode::nvlink_modules_down,
                                 FindingCode::nvlinks_all_down}) {
    const auto finding = machine::make_finding(code, {machine::gpu_subject(0)}, figures);
    const auto result = checked(run_of(bridged(), {finding}), "all-links");
    EXPECT_EQ(result.outcome, not_met) << to_string(code);
    EXPECT_EQ(result.reason, finding.what);
    EXPECT_EQ(result.advice, finding.advice);
  }
  const auto other = machine::make_finding(FindingCode::pcie_replays, {machine::gpu_subject(0)});
  EXPECT_EQ(checked(run_of(bridged(), {other}), "all-links").outcome, met);
}

TEST(RequirementHealthy, NamesFindingsThatAreWarningsOrWorse) {
  using machine::FindingCode;
  const auto finding = [](FindingCode code) {
    return machine::make_finding(code, {machine::gpu_subject(0)});
  };
  const auto info = finding(FindingCode::compute_mode_exclusive);
  const auto warning = finding(FindingCode::nvlinks_miscounted);
  const auto error = finding(FindingCode::compute_mode_prohibited);
  EXPECT_EQ(checked(run_of(bridged(), {info}), "healthy").outcome, met);
  const auto warned = checked(run_of(bridged(), {info, warning}), "healthy");
  EXPECT_EQ(warned.outcome, not_met);
  EXPECT_EQ(warned.reason, "nvlinks-miscounted: " + warning.what);
  EXPECT_EQ(warned.advice, warning.advice);
  const auto both = checked(run_of(bridged(), {warning, error}), "healthy");
  EXPECT_EQ(both.outcome, not_met);
  EXPECT_EQ(both.reason,
            "compute-mode-prohibited: " + error.what + "; nvlinks-miscounted: " + warning.what);
  EXPECT_EQ(both.advice, error.advice);
  machine::Finding old = warning;
  old.code.reset();
  EXPECT_EQ(checked(run_of(bridged(), {old}), "healthy").reason, "without a code: " + old.what);
}

TEST(RequirementNoErrors, IsAboutCellsThatFailed) {
  using result::Status;
  const auto with_cells = [](const std::vector<Status>& statuses) {
    result::Run run = run_of(cards(0));
    for (const Status status : statuses) {
      result::Cell cell;
      cell.name = std::string("a-cell-that-is-") + name(status);
      cell.status = status;
      cell.reason = "for a reason";
      run.cells.push_back(cell);
    }
    return checked(run, "no-errors");
  };
  EXPECT_EQ(with_cells({Status::ok, Status::skipped, Status::unsupported}).outcome, met);
  EXPECT_EQ(with_cells({Status::skipped, Status::unsupported}).outcome, not_met);
  for (const Status status : {Status::error, Status::hang, Status::corrupt}) {
    const auto failed = with_cells({Status::ok, status});
    EXPECT_EQ(failed.outcome, not_met) << name(status);
    EXPECT_THAT(failed.reason, AllOf(HasSubstr("1 of 2 cells failed"), HasSubstr(name(status))));
    EXPECT_THAT(failed.advice, HasSubstr(std::string("a-cell-that-is-") + name(status)));
  }
  EXPECT_THAT(
      with_cells({Status::error, Status::corrupt, Status::error}).reason,
      HasSubstr("3 of 3 cells failed (1 corrupt, 2 error); the first is a-cell-that-is-corrupt"));
}

std::vector<std::string> evidence(const Machine& machine, const char* requirement) {
  std::vector<std::string> lines;
  for (const auto& line : checked(run_of(machine), requirement).evidence) {
    lines.push_back(line.asked + ": " + line.answer);
    if (!line.meaning.empty()) lines.back() += " (" + line.meaning + ")";
  }
  return lines;
}

TEST(RequirementEvidence, SaysWhoSaidWhat) {
  EXPECT_THAT(evidence(bridged(), "nvlink"),
              ElementsAre("GPUs that CUDA shows: 2 (what this process can use)",
                          "NVLink (NVML) gpu0 -> gpu1, gpu1 -> gpu0: 4 up"));
  EXPECT_THAT(evidence(with_access(bridged(), Tri::no, "CNS"), "p2p"),
              ElementsAre(HasSubstr("CUDA shows"),
                          "cudaDeviceCanAccessPeer gpu0 -> gpu1, gpu1 -> gpu0: no (peer access is "
                          "refused, although NVLink is up)",
                          "nvmlDeviceGetP2PStatus, read, gpu0 -> gpu1, gpu1 -> gpu0: CNS (the "
                          "driver does not know the chipset between the GPUs)"));
}

TEST(RequirementEvidence, NvlinkSaysThatAccessOverItIsRefused) {
  EXPECT_THAT(evidence(with_access(bridged(), Tri::no), "nvlink").back(),
              HasSubstr("refused, although NVLink is up"));
}

TEST(RequirementEvidence, PairsOfOneAnswerShareALine) {
  EXPECT_THAT(evidence(cards(8, 4), "nvlink"),
              ElementsAre(HasSubstr("8"), "NVLink (NVML) all 56 ordered pairs: 4 up"));
  EXPECT_THAT(evidence(bridged_and_one_more(), "nvlink"),
              ElementsAre(HasSubstr("3"), "NVLink (NVML) gpu0 -> gpu1, gpu1 -> gpu0: 4 up",
                          "NVLink (NVML) gpu0 -> gpu2, gpu1 -> gpu2, gpu2 -> gpu0, gpu2 -> gpu1: 0 "
                          "of 0 up (no link between them)"));
}

TEST(RequirementEvidence, LinksThatAreDownAreNamedWithWhatToDo) {
  Machine machine = cards(2);
  for (PeerLink& link : machine.links) link.links_present = 4;
  EXPECT_THAT(evidence(machine, "nvlink").back(), HasSubstr("links are there, all down"));
  EXPECT_THAT(checked(run_of(machine), "nvlink").advice, HasSubstr("reseat"));
  machine = bridged();
  machine.links[0].links_up = 3;
  EXPECT_THAT(evidence(machine, "nvlink")[1], HasSubstr("the other 1 of 4 are down"));
}

TEST(RequirementEvidence, AMissingLinkIsProvenByTheMachinesOwnProof) {
  Machine machine = spark();
  EXPECT_THAT(evidence(machine, "no-peer-link"),
              ElementsAre(HasSubstr("CUDA shows"), HasSubstr("gpu0 NVLinks up: 0"),
                          HasSubstr("NVLink-C2C links up: 8 (to the CPU of the same package)")));
  machine.proof = {{"cudaGetDeviceCount", "1", "no ordered pair exists"}};
  EXPECT_THAT(evidence(machine, "no-peer-link"),
              ElementsAre("cudaGetDeviceCount: 1 (no ordered pair exists)"));
}

TEST(RequirementEvidence, HiddenGpusAreCounted) {
  Machine machine = with_modifier(cards(1), Modifier::hidden_gpus);
  machine.hidden = {{"Some GPU", "0000:02:00.0"}, {"Some GPU", "0000:03:00.0"}};
  EXPECT_THAT(evidence(machine, "gpus=2")[0], HasSubstr("2 more in the machine, hidden"));
}

TEST(RequirementAdvice, SaysWhatHidesGpusAndNamesNoVariableThatIsNotSet) {
  using machine::FindingCode;
  const Machine machine = with_modifier(cards(1), Modifier::hidden_gpus);
  const auto advice = [&](FindingCode code, machine::Quotes quotes = {}) {
    const auto finding = machine::make_finding(code, {}, {{"gpus", 1}}, std::move(quotes));
    std::vector<std::string> all;
    for (const char* requirement : {"gpus=2", "nvlink", "p2p", "no-peer-link"}) {
      all.push_back(checked(run_of(machine, {finding}), requirement).advice);
    }
    return all;
  };
  EXPECT_THAT(advice(FindingCode::gpus_hidden_by_environment, {{"variable", "0"}}),
              Each(AllOf(HasSubstr("CUDA_VISIBLE_DEVICES=\"0\""), HasSubstr("unset it"))));
  EXPECT_THAT(advice(FindingCode::gpus_not_in_container),
              Each(AllOf(HasSubstr("--gpus all"), Not(HasSubstr("CUDA_VISIBLE")))));
  EXPECT_THAT(advice(FindingCode::gpus_without_driver), Each(HasSubstr("lspci -k")));
  EXPECT_THAT(advice(FindingCode::gpu_off_the_bus), Each(HasSubstr("Xid 79")));
  EXPECT_THAT(advice(FindingCode::mig_without_slice), Each(HasSubstr("mig -cgi")));
  EXPECT_THAT(checked(run_of(machine), "gpus=2").advice,
              AllOf(HasSubstr("`peerbench machine`"), Not(HasSubstr("CUDA_VISIBLE"))));
}

TEST(RequirementAdvice, SaysWhyNvmlDoesNotTellOfLinks) {
  using machine::FindingCode;
  const Machine machine = without_nvml(cards(2));
  const auto found = [](FindingCode code) {
    return std::vector{machine::make_finding(code, {}, {}, {{"nvml", "a reason"}})};
  };
  for (const char* requirement : {"nvlink", "any-nvlink", "no-peer-link"}) {
    EXPECT_THAT(
        checked(run_of(machine, found(FindingCode::nvml_missing_in_container)), requirement).advice,
        HasSubstr("NVIDIA_DRIVER_CAPABILITIES"));
    EXPECT_THAT(checked(run_of(machine, found(FindingCode::nvml_missing)), requirement).advice,
                AllOf(HasSubstr("whether nvidia-smi works"), Not(HasSubstr("CAPABILITIES"))));
    EXPECT_THAT(checked(run_of(with_modifier(machine, Modifier::wsl2)), requirement).advice,
                AllOf(HasSubstr("WSL 2"), HasSubstr("under Linux"), Not(HasSubstr("driver"))));
  }
}

TEST(ParseRequirements, ReadsListsAndCountsRepeatsOnce) {
  const auto read = parse_requirements("nvlink,gpus=2,nvlink,gpus=4");
  ASSERT_TRUE(read.has_value());
  using Kind = Requirement::Kind;
  EXPECT_THAT(*read, ElementsAre(Requirement{Kind::nvlink, 0}, Requirement{Kind::gpus, 2},
                                 Requirement{Kind::gpus, 4}));
  for (const char* word : {"nvlink", "any-nvlink", "p2p", "any-p2p", "all-links", "healthy",
                           "no-errors", "no-peer-link", "unified-pool", "gpus=3"}) {
    EXPECT_EQ(text(parse_requirements(word)->at(0)), word);
  }
}

TEST(ParseRequirements, RefusesWithTheWordsThereAre) {
  const auto refusal = [](const char* list) {
    const auto read = parse_requirements(list);
    if (read) return std::string("accepted");
    EXPECT_EQ(read.error().kind, ErrorKind::usage);
    return read.error().message;
  };
  EXPECT_THAT(refusal("nvlnk"), AllOf(HasSubstr("'nvlnk'"), HasSubstr("mean 'nvlink'")));
  EXPECT_THAT(refusal("no-peer-links"), HasSubstr("'no-peer-link'"));
  EXPECT_THAT(refusal("xyzzy"), HasSubstr("there are nvlink, any-nvlink"));
  EXPECT_THAT(refusal(""), HasSubstr("there are nvlink"));
  EXPECT_THAT(refusal("nvlink,"), HasSubstr("there are nvlink"));
  for (const char* entry :
       {"gpus", "gpus=", "gpus=0", "gpus=-1", "gpus=two", "gpus=2x", "gpus=99999999999"}) {
    EXPECT_THAT(refusal(entry), AllOf(HasSubstr(entry), HasSubstr("e.g. gpus=2")));
  }
  EXPECT_THAT(refusal("nvlink=2"), HasSubstr("takes no value"));
}

}  // namespace TEST_FILE
}  // namespace peerbench::judge
