// SPDX-License-Identifier: Apache-2.0
// What is odd about a machine or a run, as data: a code, how serious it is, what it is about and
// the figures it rests on. Its sentences follow from the code, in finding.cpp and nowhere else;
// docs/findings.md lists the codes, which stay what they are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peerbench::machine {

enum class FindingCode {
  nvlinks_partly_down,
  nvlinks_all_down,
  nvlinks_uneven,
  nvlinks_miscounted,
  nvlink_refused,
  nvlink_errors,
  peer_access_one_sided,
  peer_access_disputed,
  pairs_below_peers,
  pcie_lanes_low,
  pcie_slot_narrow,
  pcie_path_narrow,
  pcie_generation_low,
  pcie_replays,
  acs_redirects_peers,
  iommu_translates,
  gpus_hidden_by_environment,
  gpus_without_cuda,
  gpus_unseen_by_cuda,
  gpus_without_driver,
  gpus_not_in_container,
  nvml_missing,
  nvml_missing_in_container,
  gpu_too_old,
  gpu_needs_other_build,
  gpu_not_built_for,
  gpu_in_use,
  clocks_throttled,
  clocks_limited,
  compute_mode_exclusive,
  compute_mode_prohibited,
  memory_reads_as_one_pool,
  memory_reads_as_separate,
  rate_dipped,
  staged_over_nvlink,
  nccl_p2p_disabled,
  nccl_p2p_level_low,
  nccl_indirect,
  nvlink_modules_down,
  cuda_fabric_not_ready,
  cuda_driver_mismatch,
  cuda_compat_unsupported,
  cuda_devices_unavailable,
  cuda_no_device,
  cuda_invalid_device,
  cuda_call_too_new,
  cuda_driver_too_old,
  cuda_stub_library,
  cuda_not_permitted,
  cuda_start_failed,
  nvml_version_mismatch,
  nvml_stub_library,
  nvml_no_permission,
  gpu_off_the_bus,
  mig_without_slice,
  gpu_held,
  visible_devices_wrong,
  gpu_numbers_differ,
  bar1_small,
  confidential_computing,
  fabric_not_ready,
  fabric_degraded,
  nccl_hangs,
  nccl_loses_rank,
  nccl_fails,
  nccl_refused,
  peer_access_not_enabled,
  bad_pairs_share_gpu,
  bad_pairs_below_switch,
  bad_pairs_leave_switch,
  bad_pairs_cross_sockets,
};

/// `info` is worth knowing and normal for some machines; a `warning` costs rate or hides something;
/// with an `error` something that is there cannot be used.
enum class Severity { info, warning, error };

const char* to_string(FindingCode value);  ///< "nvlinks-partly-down"
const char* name(Severity value);
std::span<const FindingCode> all_findings();
/// Of most findings with this code.
Severity severity_of(FindingCode code);

/// What a finding is about: a GPU, a pair of GPUs or a collective's, one NVLink of a GPU; anything
/// else, as a cell, by its name.
struct Subject {
  std::vector<int> gpus;      ///< ordinals
  std::optional<int> nvlink;  ///< of the one GPU
  std::string name;           ///< empty where it is GPUs or a link
  bool operator==(const Subject&) const = default;
};
inline Subject gpu_subject(int ordinal) { return {{ordinal}, {}, ""}; }
inline Subject pair_subject(int from, int to) { return {{from, to}, {}, ""}; }

/// "gpu0", "gpu0-gpu1", "gpu0/nvlink3", or the name; read_subject() reads it back.
std::string to_string(const Subject& subject);
Subject read_subject(std::string_view text);

/// Names carry their unit: "links_up", "busy_percent", "direct_gbs".
using Figures = std::vector<std::pair<std::string, double>>;
/// What a driver, a file or the environment says in its own words: "variable", "driver".
using Quotes = std::vector<std::pair<std::string, std::string>>;

/// The figure of that name; NaN where there is none.
double figure(const Figures& figures, std::string_view name);
/// What is quoted under that name; empty where nothing is.
const std::string& quote(const Quotes& quotes, std::string_view name);

struct Finding {
  /// None: read from a file that was written before there were codes.
  std::optional<FindingCode> code = {};
  Severity severity = Severity::warning;
  std::vector<Subject> subjects = {};
  Figures figures = {};
  Quotes quotes = {};
  std::string what = {};    ///< a sentence
  std::string advice = {};  ///< what to do about it
};

/// The first one with that code; null where there is none.
const Finding* find_finding(std::span<const Finding> findings, FindingCode code);

/// A finding with the severity and the sentences of its code.
Finding make_finding(FindingCode code, std::vector<Subject> subjects, Figures figures = {},
                     Quotes quotes = {});

/// The same trouble of several subjects, told apart by nothing but those, is one finding that names
/// them all.
std::vector<Finding> grouped(std::vector<Finding> findings);

}  // namespace peerbench::machine
