// SPDX-License-Identifier: Apache-2.0
#include "machine/builds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace peerbench::machine {

namespace {

/// Drivers by NVIDIA's "CUDA Compatibility", minor version compatibility: CUDA 12 from 525.60.13,
/// CUDA 13 from 580.65.06. GPUs by the toolkits' release notes, CUDA 13 having dropped what is
/// older than Turing; of what CUDA 12 still has, Maxwell is left out.
struct Build {
  int cuda;             ///< major version
  int driver;           ///< oldest branch
  int compute;          ///< oldest compute capability, times ten
  const char* product;  ///< its architecture
};
constexpr Build builds[] = {{12, 525, 60, "Pascal"}, {13, 580, 75, "Turing"}};

const Build* build_of(int cuda) {
  const auto found = std::ranges::find(builds, cuda, &Build::cuda);
  return found == std::end(builds) ? nullptr : &*found;
}

/// "580.95.05" is of branch 580; 0 where the version is not known.
int branch_of(const std::string& driver_version) { return std::atoi(driver_version.c_str()); }

std::string capability(int major, int minor) { return fmt::format("{}.{}", major, minor); }

std::string served(const Build& build) {
  return fmt::format(
      "a build with CUDA {0} serves drivers from {1} on and GPUs from compute capability {2} ({3}) "
      "on "
      "(portable for x86-64; on 64-bit Arm PEERBENCH_CUDA={0} scripts/run.sh builds it with the "
      "machine's own CUDA {0})",
      build.cuda, build.driver, capability(build.compute / 10, build.compute % 10), build.product);
}

/// Where the driver that a process sees is updated.
const char* driver_place(const Signals& signals) {
  if (is_yes(signals.wsl.value)) return " in Windows";
  return is_yes(signals.container.value) ? " of the container's host" : "";
}

/// One entry of CMake's list.
struct Architecture {
  int compute = 0;
  bool machine_code = true;
  bool ptx = true;
};

std::vector<Architecture> parsed(const std::string& list) {
  std::vector<Architecture> found;
  std::istringstream text(list);
  std::string entry;
  while (std::getline(text, entry, ',')) {
    if (entry.empty() || std::isdigit(static_cast<unsigned char>(entry[0])) == 0) return {};
    found.push_back(
        {std::atoi(entry.c_str()), !entry.ends_with("-virtual"), !entry.ends_with("-real")});
  }
  return found;
}

/// The oldest build whose kernels run on a GPU of this compute capability.
const Build* build_for(int compute) {
  const auto found =
      std::ranges::find_if(builds, [&](const Build& build) { return compute >= build.compute; });
  return found == std::end(builds) ? nullptr : &*found;
}

}  // namespace

std::string cuda_version_text(int number) {
  return fmt::format("{}.{}", number / 1000, number % 1000 / 10);
}

std::optional<std::string> driver_too_old(const Signals& signals) {
  const int serves = signals.driver_cuda_version;
  if (serves <= 0 || serves / 1000 >= signals.runtime_version / 1000) return std::nullopt;
  const Build* own = build_of(signals.runtime_version / 1000);
  std::string text = fmt::format(
      "The NVIDIA driver{} is too old for this build: it serves CUDA {}, and a build with CUDA {} "
      "needs {}: update the driver{}",
      signals.driver_version.empty() ? "" : " " + signals.driver_version, cuda_version_text(serves),
      cuda_version_text(signals.runtime_version),
      own != nullptr ? fmt::format("driver {} or younger", own->driver) : "a younger one",
      driver_place(signals));
  const Build* other = build_of(serves / 1000);
  const int branch = branch_of(signals.driver_version);
  if (other != nullptr && (branch == 0 || branch >= other->driver)) {
    text += ", or take another: " + served(*other);
  } else {
    text += fmt::format("; no build serves this one ({})", served(builds[0]));
  }
  return text;
}

bool has_code_for(const std::string& architectures, int major, int minor) {
  const auto all = parsed(architectures);
  const bool unknown = major == 0;  // its properties could not be asked
  return unknown || all.empty() || std::ranges::any_of(all, [&](const Architecture& one) {
           const bool same_major = one.compute / 10 == major;
           return (one.ptx || (one.machine_code && same_major)) &&
                  one.compute <= major * 10 + minor;
         });
}

std::optional<Finding> without_code(const Signals& signals) {
  std::vector<std::pair<std::string, std::string>> without;  // names, and what they are
  std::vector<Subject> subjects;
  int oldest = 0;
  for (const GpuSignals& one : signals.gpus) {
    const Gpu& gpu = one.gpu;
    if (has_code_for(signals.architectures, gpu.compute_major, gpu.compute_minor)) continue;
    const std::string kind = fmt::format(" ({}, compute capability {})", gpu.model,
                                         capability(gpu.compute_major, gpu.compute_minor));
    if (without.empty() || without.back().second != kind) without.push_back({"", kind});
    std::string& names = without.back().first;
    names += fmt::format("{}gpu{}", names.empty() ? "" : ", ", gpu.ordinal);
    subjects.push_back(gpu_subject(gpu.ordinal));
    const int compute = gpu.compute_major * 10 + gpu.compute_minor;
    oldest = oldest == 0 ? compute : std::min(oldest, compute);
  }
  if (without.empty()) return std::nullopt;
  const Build* own = build_of(signals.runtime_version / 1000);
  const Build* other = build_for(oldest);
  const bool too_old = own != nullptr && oldest < own->compute;
  std::string gpus;
  for (const auto& [names, kind] : without) gpus += (gpus.empty() ? "" : ", ") + names + kind;
  if (too_old && other == nullptr) {
    return make_finding(FindingCode::gpu_too_old, std::move(subjects), {},
                        {{"gpus", gpus}, {"oldest_served", served(builds[0])}});
  }
  if (too_old) {
    const std::string needs = fmt::format("{} (compute capability {})", own->product,
                                          capability(own->compute / 10, own->compute % 10));
    return make_finding(FindingCode::gpu_needs_other_build, std::move(subjects), {},
                        {{"gpus", gpus}, {"needs", needs}, {"build", served(*other)}});
  }
  return make_finding(FindingCode::gpu_not_built_for, std::move(subjects), {},
                      {{"gpus", gpus}, {"architectures", signals.architectures}});
}

}  // namespace peerbench::machine
