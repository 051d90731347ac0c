// SPDX-License-Identifier: Apache-2.0
#include "sim/fault_table.hpp"

#include <algorithm>

namespace gpusim {

const std::vector<NamedError>& sticky_errors() {
  static const std::vector<NamedError> errors = {{"cudaErrorIllegalAddress", 700},
                                                 {"cudaErrorECCUncorrectable", 214},
                                                 {"cudaErrorContained", 226},
                                                 {"cudaErrorLaunchTimeout", 702},
                                                 {"cudaErrorAssert", 710},
                                                 {"cudaErrorHardwareStackError", 714},
                                                 {"cudaErrorIllegalInstruction", 715},
                                                 {"cudaErrorMisalignedAddress", 716},
                                                 {"cudaErrorInvalidAddressSpace", 717},
                                                 {"cudaErrorInvalidPc", 718},
                                                 {"cudaErrorLaunchFailure", 719},
                                                 {"cudaErrorExternalDevice", 911}};
  return errors;
}

const std::vector<NamedError>& lost_gpu_errors() {
  static const std::vector<NamedError> errors = {{"cudaErrorUnknown", 999},
                                                 {"cudaErrorDevicesUnavailable", 46}};
  return errors;
}

namespace {

/// What programs got from cudaDeviceEnablePeerAccess after cudaDeviceCanAccessPeer had said yes;
/// the first is that of windows (BAR1) too small for the peer's memory.
const std::vector<NamedError>& refused_peer_errors() {
  static const std::vector<NamedError> errors = {{"cudaErrorMapBufferObjectFailed", 205},
                                                 {"cudaErrorPeerAccessUnsupported", 217},
                                                 {"cudaErrorTooManyPeers", 711},
                                                 {"cudaErrorUnknown", 999}};
  return errors;
}

/// Exclusive and prohibited compute modes (CUDA C++ Programming Guide, "Compute Modes").
const std::vector<NamedError>& held_gpu_errors() {
  static const std::vector<NamedError> errors = {{"cudaErrorDevicesUnavailable", 46}};
  return errors;
}

/// What calls answer where a GPU or the process has gone, where memory or a way is missing, where
/// the program is wrong, and where a library in between swallows them (driver_types.h, cudaError).
const std::vector<NamedError>& call_errors() {
  static const std::vector<NamedError> errors = {{"cudaErrorUnknown", 999},
                                                 {"cudaErrorInvalidValue", 1},
                                                 {"cudaErrorMemoryAllocation", 2},
                                                 {"cudaErrorDevicesUnavailable", 46},
                                                 {"cudaErrorInvalidDevice", 101},
                                                 {"cudaErrorMapBufferObjectFailed", 205},
                                                 {"cudaErrorPeerAccessUnsupported", 217},
                                                 {"cudaErrorInvalidResourceHandle", 400},
                                                 {"cudaErrorIllegalAddress", 700},
                                                 {"cudaErrorLaunchFailure", 719},
                                                 {"cudaSuccess", 0}};
  return errors;
}

/// Of nvmlReturn_t. The first is nvidia-smi's "Driver/library version mismatch"; a library that
/// only serves to link against has no driver behind it.
const std::vector<NamedError>& nvml_errors() {
  static const std::vector<NamedError> errors = {{"NVML_ERROR_LIB_RM_VERSION_MISMATCH", 18},
                                                 {"NVML_ERROR_NO_PERMISSION", 4},
                                                 {"NVML_ERROR_LIBRARY_NOT_FOUND", 12},
                                                 {"NVML_ERROR_DRIVER_NOT_LOADED", 9},
                                                 {"NVML_ERROR_UNKNOWN", 999}};
  return errors;
}

constexpr const char* arrived =
    "copies, kernels and collectives from `from` to `to`; the check of what arrived";

}  // namespace

const std::vector<FaultRow>& fault_rows() {
  using enum FaultKind;
  static const std::vector<FaultRow> rows = {
      {.kind = nothing_written,
       .word = "nothing-written",
       .does = "The destination stays as it was.",
       .touches = arrived,
       .hook = "core/faults.cpp",
       .traffic = true},
      {.kind = part_written,
       .word = "part-written",
       .does = "The second half stays as it was.",
       .touches = arrived,
       .hook = "core/faults.cpp",
       .traffic = true},
      {.kind = bit_flip,
       .word = "bit-flip",
       .does = "One bit arrives wrong.",
       .touches = arrived,
       .hook = "core/faults.cpp",
       .traffic = true},
      {.kind = stale,
       .word = "stale",
       .does = "Only the first bytes for a place arrive; it keeps them.",
       .touches = arrived,
       .hook = "core/faults.cpp",
       .traffic = true},
      {.kind = swapped_pair,
       .word = "swapped-pair",
       .does = "Two pages of 2 MiB, of less than two the halves, change places.",
       .touches = arrived,
       .hook = "core/faults.cpp",
       .traffic = true},
      {.kind = private_mirror,
       .word = "private-mirror",
       .does = "The window of `from` onto `to` is memory that `to` never sees: `from` reads back "
               "what it "
               "wrote there, zeros before.",
       .touches = "direct copies and kernels; the check by the owner",
       .hook = "core/faults.cpp"},
      {.kind = no_progress,
       .word = "no-progress",
       .does = "The bytes never arrive; with `from` the same as `to`, no kernel on the GPU's own "
               "memory ends.",
       .touches = "copies, kernels, flags and collectives from `from` to `to`, which never end",
       .hook = "core/faults.cpp",
       .traffic = true},
      {.kind = peer_refused,
       .word = "peer-refused",
       .does = "`from` cannot enable access to `to`, though it was offered.",
       .touches = "`cudaDeviceEnablePeerAccess`, which answers `code`",
       .hook = "core/peers.cpp",
       .codes = refused_peer_errors},
      {.kind = gpu_held,
       .word = "gpu-held",
       .does = "Another process has GPU `to` for itself, in exclusive mode unless the attribute "
               "`ComputeMode` says otherwise.",
       .touches =
           "every call that makes the GPU's context, which answers `code`; NVML's compute mode and "
           "processes",
       .hook = "core/failures.cpp",
       .codes = held_gpu_errors},
      {.kind = sticky_error,
       .word = "sticky-error",
       .does = "Work of GPU `to` ends the process's use of CUDA, after `after` kernels, copies and "
               "fills "
               "of it.",
       .touches =
           "every call that needs a context, on all GPUs, which answers `code` until the process "
           "ends",
       .hook = "core/failures.cpp",
       .after = true,
       .codes = sticky_errors},
      {.kind = gpu_lost,
       .word = "gpu-lost",
       .does = "GPU `to` falls off the bus, after `after` kernels, copies and fills of it; what it "
               "still "
               "had to do changes nothing.",
       .touches =
           "every call about it, which answers `code`, NVML's `GPU_IS_LOST`, all ones in `/sys`",
       .hook = "core/failures.cpp",
       .after = true,
       .codes = lost_gpu_errors},
      {.kind = call_never_returns,
       .word = "call-never-returns",
       .does =
           "The call `call` of the CUDA runtime holds its thread for ever, after `after` of them.",
       .touches = "that call; of one that is another in disguise (`cudaEventCreate`) the other",
       .hook = "core/failures.cpp",
       .call = true,
       .after = true},
      {.kind = call_fails,
       .word = "call-fails",
       .does = "The call `call` of the CUDA runtime does nothing, after `after` of them, `times` "
               "times.",
       .touches = "that call, which answers `code`, and all calls after it where `code` is one of "
                  "`sticky-error`",
       .hook = "core/failures.cpp",
       .call = true,
       .after = true,
       .times = true,
       .codes = call_errors},
      {.kind = nvml_hang,
       .word = "nvml-hang",
       .does = "NVML never starts.",
       .touches = "`nvmlInit`, which does not return",
       .hook = "nvml/library.cpp"},
      {.kind = nvml_fails,
       .word = "nvml-fails",
       .does = "NVML does not start: library and kernel module differ, no permission, a stub.",
       .touches = "`nvmlInit`, which answers `code`",
       .hook = "nvml/library.cpp",
       .codes = nvml_errors},
      {.kind = link_errors,
       .word = "link-errors",
       .does = "The first link of the bundle from `from` to `to` has `per_gib` errors for each GiB "
               "that "
               "crosses the bundle (switched: all that leaves `from` or reaches `to`); no data are "
               "lost.",
       .touches = "NVML's CRC data errors at `to` and replays at `from`",
       .hook = "nvml/link_errors.cpp",
       .per_gib = true},
      {.kind = pcie_replays,
       .word = "pcie-replays",
       .does = "GPU `to` sends again `per_gib` times for each GiB that crosses its PCIe link; no "
               "data are "
               "lost.",
       .touches = "NVML's PCIe replay counter",
       .hook = "nvml/link_errors.cpp",
       .per_gib = true},
      {.kind = nvlink_bytes_stuck,
       .word = "nvlink-bytes-stuck",
       .does = "The driver does not count what crosses NVLinks.",
       .touches = "NVML's byte counters, which stay at 0",
       .hook = "nvml/fields.cpp"},
      {.kind = nccl_hang,
       .word = "nccl-hang",
       .does = "NCCL's communicators never get ready.",
       .touches = "making and asking them",
       .hook = "nccl/links.cpp"},
      {.kind = nccl_hang_blocking,
       .word = "nccl-hang-blocking",
       .does = "Communicators made in blocking calls never get ready.",
       .touches = "the calls that make them, which do not return",
       .hook = "nccl/links.cpp"},
      {.kind = nccl_hang_first_call,
       .word = "nccl-hang-first-call",
       .does = "Communicators get ready, but no call for work of a blocking one returns.",
       .touches = "every collective and message",
       .hook = "nccl/communicators.cpp"},
      {.kind = nccl_hang_first_collective,
       .word = "nccl-hang-first-collective",
       .does = "Communicators get ready and calls return, but no collective ends on the GPUs.",
       .touches = "every wait for one",
       .hook = "nccl/collectives.cpp"},
      {.kind = nccl_hang_abort,
       .word = "nccl-hang-abort",
       .does = "No abort of a communicator returns.",
       .touches = "`ncclCommAbort`",
       .hook = "nccl/communicators.cpp"},
      {.kind = no_shared_memory,
       .word = "no-shared-memory",
       .does = "NCCL cannot have memory that processes share, which matters where GPUs do not talk "
               "directly.",
       .touches = "making communicators: `ncclSystemError`",
       .hook = "nccl/links.cpp"},
      {.kind = nccl_version,
       .word = "nccl-version",
       .does = "The driver is too old for NCCL.",
       .touches = "making communicators: `ncclUnhandledCudaError`",
       .hook = "nccl/links.cpp"},
      {.kind = nccl_lost_rank,
       .word = "nccl-lost-rank",
       .does = "A rank is lost after `after` collectives (default 10); the next one never ends.",
       .touches = "that collective, and the asynchronous error `ncclRemoteError`",
       .hook = "nccl/collectives.cpp",
       .after = true,
       .default_after = 10},
      {.kind = nccl_nvls,
       .word = "nccl-nvls",
       .does = "Reduction in the switches (NVLS) cannot be set up where GPUs of compute capability "
               "9.0 and "
               "up have links to switches, unless `NCCL_NVLS_ENABLE=0`.",
       .touches = "making communicators: `ncclUnhandledCudaError`",
       .hook = "nccl/links.cpp"},
  };
  return rows;
}

const FaultRow& row_of(FaultKind kind) {
  return *std::ranges::find(fault_rows(), kind, &FaultRow::kind);
}

const Fault* find_fault(const std::vector<Fault>& faults, FaultKind kind, int gpu) {
  const auto found = std::ranges::find_if(
      faults, [&](const Fault& fault) { return fault.kind == kind && strikes(fault, gpu); });
  return found == faults.end() ? nullptr : &*found;
}

int error_code(const Fault& fault) {
  const auto& errors = row_of(fault.kind).codes();
  const auto named = std::ranges::find_if(
      errors, [&](const NamedError& error) { return fault.code == error.word; });
  return named == errors.end() ? errors.front().code : named->code;
}

std::uint64_t good_before(const Fault& fault) {
  return fault.after.value_or(row_of(fault.kind).default_after);
}

}  // namespace gpusim
