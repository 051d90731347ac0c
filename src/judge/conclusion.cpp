// SPDX-License-Identifier: Apache-2.0
#include "judge/conclusion.hpp"

#include <algorithm>
#include <array>

#include "judge/requirement_checks.hpp"

namespace peerbench::judge {

namespace {

using machine::Class;
using machine::FindingCode;
using result::Answer;
using result::Cell;
using result::Conclusion;
using result::Join;
using result::PeerGroup;
using result::Status;

/// What all bad pairs of GPUs have in common.
constexpr std::array shared_by_bad_pairs = {
    FindingCode::bad_pairs_share_gpu,
    FindingCode::bad_pairs_below_switch,
    FindingCode::bad_pairs_leave_switch,
    FindingCode::bad_pairs_cross_sockets,
};

/// Why something never ends, as far as that is known.
constexpr std::array hanging = {
    FindingCode::nccl_hangs,
    FindingCode::bad_pairs_share_gpu,
    FindingCode::bad_pairs_below_switch,
    FindingCode::bad_pairs_leave_switch,
    FindingCode::bad_pairs_cross_sockets,
};

/// Something that is there is down, shut, fails, or is narrower than both of its ends can do.
constexpr std::array degrading = {
    FindingCode::gpu_off_the_bus,         FindingCode::nvlink_modules_down,
    FindingCode::fabric_not_ready,        FindingCode::fabric_degraded,
    FindingCode::nvlink_refused,          FindingCode::peer_access_not_enabled,
    FindingCode::nccl_loses_rank,         FindingCode::nccl_fails,
    FindingCode::nvlinks_partly_down,     FindingCode::nvlinks_uneven,
    FindingCode::nvlinks_miscounted,      FindingCode::bad_pairs_share_gpu,
    FindingCode::bad_pairs_below_switch,  FindingCode::bad_pairs_leave_switch,
    FindingCode::bad_pairs_cross_sockets, FindingCode::pcie_lanes_low,
    FindingCode::pcie_generation_low,     FindingCode::pairs_below_peers,
    FindingCode::peer_access_one_sided,   FindingCode::nccl_p2p_disabled,
    FindingCode::nccl_p2p_level_low,
};

/// A GPU that is there cannot be used.
constexpr std::array unusable = {
    FindingCode::gpu_too_old,       FindingCode::gpu_needs_other_build,
    FindingCode::gpu_not_built_for, FindingCode::compute_mode_prohibited,
    FindingCode::gpu_held,          FindingCode::mig_without_slice,
};

int count(const result::Run& run, Status status) {
  return static_cast<int>(std::ranges::count(run.cells, status, &Cell::status));
}

/// Staged copies of healthy boxes differ by pair, and so do both ways at once: only what a pair
/// carries directly one way makes it unlike its peers.
bool a_pair_is_unlike(const result::Run& run) {
  return std::ranges::any_of(run.cells, [](const Cell& cell) {
    return cell.below_peers && cell.key.shape == result::Shape::uni &&
           cell.key.kind != result::Kind::staged;
  });
}

/// Pairs below their peers that share something are told by what they share.
bool told_by_what_they_share(const result::Run& run) {
  const machine::Finding* shared = first_finding(run, shared_by_bad_pairs);
  return shared != nullptr && machine::figure(shared->figures, "slow_pairs") > 0;
}

std::vector<FindingCode> causes(const result::Run& run, const auto& codes) {
  std::vector<FindingCode> found;
  for (const FindingCode code : codes) {
    const bool below_peers = code == FindingCode::pairs_below_peers;
    if (below_peers && (!a_pair_is_unlike(run) || told_by_what_they_share(run))) continue;
    if (machine::find_finding(run.findings, code) != nullptr) found.push_back(code);
  }
  return found;
}

bool is_low(const result::Run& run) {
  return std::ranges::any_of(run.cells, [](const Cell& cell) {
    return cell.status == Status::ok && cell.verdict == result::Verdict::low;
  });
}

/// Of a machine with several GPUs: by what joins them.
Answer of_pairs(const std::vector<PeerGroup>& groups) {
  const auto any = [&](Join join) {
    return std::ranges::find(groups, join, &PeerGroup::join) != groups.end();
  };
  if (any(Join::unknown) || groups.empty()) return Answer::unknown;
  if (any(Join::nvlink) || any(Join::pcie)) return Answer::good;
  return any(Join::refused) ? Answer::no_direct_link : Answer::unknown;
}

Answer of_machine(const result::Run& run, const Conclusion& made) {
  const bool nothing = made.measured == 0;
  switch (run.machine.machine_class) {
    case Class::no_gpu:
      return Answer::no_gpu;
    case Class::unified_pool:
      return nothing || run.machine.proof.empty() ? Answer::unknown : Answer::one_pool;
    case Class::single_gpu:
      return nothing ? Answer::unknown : Answer::one_gpu;
    case Class::discrete_unknown_link:
      return Answer::unknown;
    case Class::coherent_superchip:
      if (run.machine.gpus.size() == 1) return nothing ? Answer::unknown : Answer::one_gpu;
      return of_pairs(made.groups);
    case Class::discrete_nvlink:
    case Class::discrete_pcie:
    case Class::mixed:
      break;
  }
  return of_pairs(made.groups);
}

/// Whether something of a GPU's was measured: of a simulated one that is so whatever it lacks.
bool measured_a_gpu(const result::Run& run) {
  return std::ranges::any_of(run.cells, [](const Cell& cell) {
    return cell.status == Status::ok &&
           (result::gpu_of(cell.key.source) || result::gpu_of(cell.key.destination));
  });
}

/// What keeps GPUs from being judged. Two that are in sight are judged whatever else is there; a
/// GPU that is out of sight because it is broken is an answer and no question.
std::vector<FindingCode> what_hinders(const result::Run& run, int failed) {
  std::vector<FindingCode> found;
  if (failed > 0 || !measured_a_gpu(run)) found = causes(run, unusable);
  const machine::Finding* hides = run.machine.gpus.size() < 2 ? what_hides(run) : nullptr;
  const bool broken = hides != nullptr && std::ranges::count(degrading, *hides->code) > 0;
  if (found.empty() && hides != nullptr && !broken) found = {*hides->code};
  return found;
}

Answer answer(const result::Run& run, Conclusion& made) {
  if (count(run, Status::corrupt) > 0) {
    made.causes = causes(run, shared_by_bad_pairs);
    return Answer::corrupt;
  }
  if (count(run, Status::hang) > 0) {
    made.causes = causes(run, hanging);
    return Answer::hang;
  }
  const Answer base = of_machine(run, made);
  if (base == Answer::no_gpu) return base;
  made.causes = what_hinders(run, made.failed);
  if (!made.causes.empty()) return Answer::unknown;
  made.causes = causes(run, degrading);
  if (made.causes.empty() && std::ranges::any_of(made.groups, result::partly_down)) {
    made.causes = {FindingCode::nvlinks_partly_down};
  }
  if (!made.causes.empty() && made.measured > 0) return Answer::degraded;
  if (base == Answer::unknown || made.failed > 0) return Answer::unknown;
  return is_low(run) ? Answer::low : base;
}

}  // namespace

Conclusion conclude(const result::Run& run) {
  Conclusion made;
  made.groups = peer_groups(run);
  made.lines = answer_lines(run);
  made.figures = answer_figures(run);
  made.measured = count(run, Status::ok);
  made.failed = count(run, Status::error);
  made.answer = answer(run, made);
  return made;
}

}  // namespace peerbench::judge
