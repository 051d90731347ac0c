// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iterator>
#include <string>

#include "base/list_some.hpp"
#include "base/units.hpp"
#include "machine/finding_rows.hpp"
#include "machine/finding_text.hpp"

namespace peerbench::machine {

namespace {

using Code = FindingCode;

/// "CUDA does not start (cudaErrorSystemNotReady, 802), though 8 GPUs are there".
std::string no_start(const Finding& finding) {
  const long gpus = count(finding, "gpus"), error = count(finding, "error");
  return fmt::format("CUDA does not start ({}{}){}", quote(finding, "cuda"),
                     error > 0 ? fmt::format(", {}", error) : "",
                     gpus == 0 ? ""
                               : fmt::format(", though {} {} there", with_count(gpus, "GPU"),
                                             gpus == 1 ? "is" : "are"));
}

/// " 580.95.05"; empty where the version is not known.
std::string version(const Finding& finding) {
  const std::string& driver = quote(finding, "driver");
  return driver.empty() ? "" : " " + driver;
}

bool in_container(const Finding& finding) { return !quote(finding, "container").empty(); }

/// "1 GPU (0000:41:00.0)", "2 GPUs".
std::string gpus(const Finding& finding) {
  const long all = count(finding, "gpus");
  const std::string& addresses = quote(finding, "addresses");
  return with_count(all, "GPU") + (addresses.empty() ? "" : " (" + addresses + ")");
}

std::string is_are(const Finding& finding) { return count(finding, "gpus") == 1 ? "is" : "are"; }

std::string no_library(const Finding& finding) {
  return fmt::format(
      "NVML cannot be asked ({}): NVLinks, hidden GPUs and the driver's reasons are not known",
      quote(finding, "nvml"));
}

constexpr FindingRow rows[] = {
    {Code::nvlink_modules_down, "nvlink-modules-down", Severity::warning,
     [](const Finding& f) {
       const long links = count(f, "links");
       return fmt::format(
           "{}: modules that their baseboard joins by NVLink, {}: peers go over PCIe, several "
           "times slower",
           who(f),
           links > 0 ? fmt::format("and none of the {} links of each is up", links)
                     : "but NVML says they have no link");
     },
     "see that nvidia-fabricmanager runs and is of the driver's version (machines with NVSwitch), "
     "that no module option NVreg_NvLinkDisable=1 is set, and what nvidia-smi nvlink --status, "
     "nvidia-smi topo -m and the kernel log (NVRM: Xid 74) say; resetting the GPUs (nvidia-smi -r) "
     "trains the links again"},
    {Code::cuda_fabric_not_ready, "cuda-fabric-not-ready", Severity::error,
     [](const Finding& f) { return no_start(f) + ": it waits for NVIDIA's fabric manager"; },
     [](const Finding& f) {
       return fmt::format(
           "see that nvidia-fabricmanager runs (systemctl status nvidia-fabricmanager) and is of "
           "the driver's version{}, as machines with NVSwitch need it; where a GPU was passed "
           "through to this machine without its switches, load the driver with "
           "NVreg_NvLinkDisable=1",
           quote(f, "driver").empty() ? "" : "," + version(f));
     }},
    {Code::cuda_driver_mismatch, "cuda-driver-mismatch", Severity::error,
     [](const Finding& f) {
       return fmt::format(
           "{}: the NVIDIA kernel module{} and the CUDA driver library are of different versions",
           no_start(f), version(f));
     },
     [](const Finding& f) {
       return fmt::format("{}reboot, or load the module again, after an update of the driver",
                          in_container(f) ? "in a container use the library that the NVIDIA "
                                            "Container Toolkit mounts, not one of the image (drop "
                                            "cuda-compat); on its host, "
                                          : "");
     }},
    {Code::cuda_compat_unsupported, "cuda-compat-unsupported", Severity::error,
     [](const Finding& f) {
       return no_start(f) +
              ": a CUDA library for forward compatibility is in use, which serves data centre GPUs "
              "only";
     },
     "take the cuda-compat package out of the library path (LD_LIBRARY_PATH, /etc/ld.so.conf.d), "
     "or update the driver"},
    {Code::cuda_devices_unavailable, "cuda-devices-unavailable", Severity::error,
     [](const Finding& f) { return no_start(f) + ": others hold all GPUs, or none may be used"; },
     "see nvidia-smi -q -d COMPUTE for a compute mode of exclusive or prohibited (nvidia-smi -c "
     "DEFAULT sets it back), and end the processes that nvidia-smi lists"},
    {Code::cuda_no_device, "cuda-no-device", Severity::error,
     [](const Finding& f) { return no_start(f) + ": the driver gives this process none of them"; },
     [](const Finding& f) {
       return fmt::format(
           "{}see nvidia-smi -L and the kernel log (dmesg, lines with NVRM)",
           in_container(f) ? "start the container with --gpus all, and see that /dev/nvidia0 and "
                             "/dev/nvidia-uvm exist in it; then "
                           : "see that /dev/nvidia0 and /dev/nvidia-uvm exist and may be opened; "
                             "then ");
     }},
    {Code::cuda_invalid_device, "cuda-invalid-device", Severity::error,
     [](const Finding& f) { return no_start(f) + ": the driver counts a GPU that it cannot open"; },
     "see nvidia-smi -L for what it lists, the kernel log (dmesg, lines with NVRM: Xid), and "
     "whether MIG was switched without resetting the GPU (nvidia-smi -r)"},
    {Code::cuda_call_too_new, "cuda-call-too-new", Severity::error,
     [](const Finding& f) {
       return fmt::format("{}: the driver{} does not know a call of this build's CUDA", no_start(f),
                          version(f));
     },
     "update the driver, or take a build with an older CUDA"},
    {Code::cuda_driver_too_old, "cuda-driver-too-old", Severity::error,
     [](const Finding& f) { return no_start(f) + ": the driver is older than this build's CUDA"; },
     [](const Finding& f) { return quote(f, "builds"); }},
    {Code::cuda_stub_library, "cuda-stub-library", Severity::error,
     [](const Finding& f) {
       return no_start(f) +
              ": the libcuda.so.1 that was found is the toolkit's stub, which only serves to link "
              "against";
     },
     "take its folder (lib64/stubs) out of LD_LIBRARY_PATH"},
    {Code::cuda_not_permitted, "cuda-not-permitted", Severity::error,
     [](const Finding& f) {
       return no_start(f) + ": the system refuses it the GPUs' device nodes";
     },
     "see that this user may open /dev/nvidiactl, /dev/nvidia-uvm and /dev/nvidia0 (ls -l "
     "/dev/nvidia*), and that neither a container's device list nor a sandbox leaves them out"},
    {Code::cuda_start_failed, "cuda-start-failed", Severity::error, no_start,
     "see nvidia-smi and the kernel log (dmesg, lines with NVRM); loading nvidia_uvm again "
     "(modprobe -r nvidia_uvm, then modprobe nvidia_uvm) helps after a suspend"},
    {Code::nvml_version_mismatch, "nvml-version-mismatch", Severity::warning,
     [](const Finding& f) {
       return no_library(f) +
              "; the library and the loaded kernel module are of different versions";
     },
     "reboot, or load the NVIDIA modules again, after an update of the driver; in a container use "
     "the library that the NVIDIA Container Toolkit mounts"},
    {Code::nvml_stub_library, "nvml-stub-library", Severity::warning, no_library,
     "take the toolkit's lib64/stubs out of LD_LIBRARY_PATH; the library that serves comes with "
     "the driver"},
    {Code::nvml_no_permission, "nvml-no-permission", Severity::warning, no_library,
     "see that this user may open /dev/nvidiactl (ls -l /dev/nvidia*)"},
    {Code::gpu_off_the_bus, "gpu-off-the-bus", Severity::error,
     [](const Finding& f) {
       return fmt::format("{} {} lost: nothing answers there", gpus(f), is_are(f));
     },
     "the kernel log has lines with NVRM: Xid 79 for a GPU that fell off the bus: look at power "
     "cables, seating, riser and temperature; it comes back with a reboot"},
    {Code::mig_without_slice, "mig-without-slice", Severity::error,
     [](const Finding& f) {
       return fmt::format("{} {} in MIG mode without a slice, so that CUDA shows none of {}",
                          gpus(f), is_are(f), count(f, "gpus") == 1 ? "it" : "them");
     },
     "an administrator makes slices (nvidia-smi mig -lgip lists them, nvidia-smi mig -cgi ID -C "
     "makes one), or switches MIG off (nvidia-smi -mig 0)"},
    {Code::gpu_held, "gpu-held", Severity::error,
     [](const Finding& f) {
       return fmt::format("{} {} in compute mode exclusive, and another process holds {}", who(f),
                          verb(f, "is", "are"), verb(f, "it", "each"));
     },
     "end what nvidia-smi lists as its process, or let several in with nvidia-smi -c DEFAULT"},
    {Code::visible_devices_wrong, "visible-devices-wrong", Severity::warning,
     [](const Finding& f) {
       const long all = count(f, "gpus");
       const std::string start = fmt::format("CUDA_VISIBLE_DEVICES=\"{}\" names {}",
                                             quote(f, "variable"), quote(f, "entry"));
       if (count(f, "repeated") > 0) return start + " twice: CUDA then shows no GPU at all";
       return fmt::format(
           "{}, which does not exist: there {} {}, counted from 0, and the "
           "list ends there",
           start, all == 1 ? "is" : "are", with_count(all, "GPU"));
     },
     "name each GPU once, by the numbers or UUIDs of nvidia-smi -L, or unset the variable"},
    {Code::gpu_numbers_differ, "gpu-numbers-differ", Severity::info,
     [](const Finding& f) {
       return "CUDA numbers the GPUs otherwise than nvidia-smi, where " + quote(f, "numbers");
     },
     [](const Finding& f) -> std::string {
       return quote(f, "variable").empty()
                  ? "numbers here are CUDA's; CUDA_DEVICE_ORDER=PCI_BUS_ID makes both alike"
                  : "numbers here are CUDA's, which counts what CUDA_VISIBLE_DEVICES lists";
     }},
    {Code::bar1_small, "bar1-small", Severity::warning,
     [](const Finding& f) {
       return fmt::format(
           "{}: BAR1 is {} of {} memory, and peers reach it over PCIe through that: enabling peer "
           "access may be refused (cudaErrorMapBufferObjectFailed, 205), or copies be slow",
           who(f), format_bytes(static_cast<Bytes>(figure(f, "bar1_bytes"))),
           format_bytes(static_cast<Bytes>(figure(f, "memory_bytes"))));
     },
     "switch on Above 4G Decoding and Resizable BAR in the board's firmware, and update the GPU's "
     "VBIOS where it lacks Resizable BAR; a translating IOMMU (no iommu=pt) refuses it as well"},
    {Code::confidential_computing, "confidential-computing", Severity::warning,
     "confidential computing is on: copies with the host and between GPUs are encrypted on their "
     "way, which costs most of their rate",
     "compare only with runs in the same mode"},
    {Code::fabric_not_ready, "fabric-not-ready", Severity::warning,
     [](const Finding& f) {
       return fmt::format(
           "{}: registration with the NVLink fabric is not done ({}): NVLS (multicast over "
           "NVSwitch) and memory shared over the fabric cannot be used",
           who(f), quote(f, "state"));
     },
     "see that nvidia-fabricmanager runs and is of the driver's version, and the section Fabric of "
     "nvidia-smi -q"},
    {Code::fabric_degraded, "fabric-degraded", Severity::warning,
     [](const Finding& f) {
       return fmt::format("{}: the NVLink fabric says that its bandwidth is degraded ({})", who(f),
                          quote(f, "health"));
     },
     "see the section Fabric of nvidia-smi -q, and the fabric manager's log"},
};

}  // namespace

std::span<const FindingRow> state_finding_rows() { return rows; }

}  // namespace peerbench::machine
