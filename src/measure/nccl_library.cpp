// SPDX-License-Identifier: Apache-2.0
#include "measure/nccl_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/left_behind.hpp"
#include "base/simulation.hpp"

namespace peerbench::measure {

namespace {

namespace fs = std::filesystem;

constexpr const char* name = "libnccl.so.2";

std::string environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

/// lib/python3.X/{site,dist}-packages/nvidia/nccl/lib below a root, whatever X.
void add_wheels(const fs::path& root, std::vector<std::string>& files) {
  std::error_code ignored;
  for (const char* lib : {"lib", "lib64"}) {
    for (const auto& entry : fs::directory_iterator(root / lib, ignored)) {
      if (!entry.path().filename().string().starts_with("python3")) continue;
      for (const char* packages : {"site-packages", "dist-packages"}) {
        const fs::path file = entry.path() / packages / "nvidia" / "nccl" / "lib" / name;
        if (fs::exists(file, ignored)) files.push_back(file);
      }
    }
  }
}

template <typename Function>
bool find(void* library, const char* symbol, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, symbol));
  return function != nullptr;
}

/// The first name that is missing; empty when all are there.
std::string find_all(void* library, nccl::Functions& f) {
  const char* missing = "";
  const auto need = [&](const char* symbol, auto& function) {
    if (!find(library, symbol, function) && *missing == '\0') missing = symbol;
  };
  need("ncclGetVersion", f.get_version);
  need("ncclGetErrorString", f.error_string);
  need("ncclGetLastError", f.last_error);
  need("ncclGetUniqueId", f.unique_id);
  need("ncclCommInitRankConfig", f.init_rank);
  need("ncclCommGetAsyncError", f.async_error);
  need("ncclCommDestroy", f.destroy);
  need("ncclCommAbort", f.abort);
  need("ncclGroupStart", f.group_start);
  need("ncclGroupEnd", f.group_end);
  need("ncclAllReduce", f.all_reduce);
  need("ncclReduceScatter", f.reduce_scatter);
  need("ncclAllGather", f.all_gather);
  need("ncclBroadcast", f.broadcast);
  need("ncclSend", f.send);
  need("ncclRecv", f.receive);
  find(library, "ncclAlltoAll", f.all_to_all);
  return missing;
}

/// Has NCCL log into a file in memory, before its first call; it reads these variables once. What
/// the user has set is left alone.
int catch_log() {
  static int file = -1;
  if (file >= 0) return file;
  if (!environment("NCCL_DEBUG").empty()) return -1;
  file = memfd_create("nccl-log", 0);
  if (file < 0) return -1;
  setenv("NCCL_DEBUG_FILE", fmt::format("/proc/self/fd/{}", file).c_str(), 1);
  setenv("NCCL_DEBUG_SUBSYS", "INIT,P2P,SHM,NET,GRAPH", 0);
  setenv("NCCL_DEBUG", "INFO", 1);
  return file;
}

std::string version_to_string(int version) {
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

constexpr const char* how_to_get =
    "install it (package libnccl2, or the wheel nvidia-nccl-cu13) or name it with --nccl PATH";

}  // namespace

std::vector<std::string> python_roots() {
  std::vector<std::string> roots;
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    if (const std::string root = environment(variable); !root.empty()) roots.push_back(root);
  }
  if (const std::string home = environment("HOME"); !home.empty()) {
    roots.push_back(home + "/.local");
  }
  roots.insert(roots.end(), {"/usr/local", "/usr"});
  return roots;
}

std::vector<std::string> nccl_candidates(const std::vector<std::string>& roots) {
  std::vector<std::string> files = {name};
  for (const char* folder : {"/usr/local/cuda/lib64/", "/usr/local/cuda/lib/"}) {
    std::error_code ignored;
    if (fs::exists(std::string(folder) + name, ignored))
      files.push_back(folder + std::string(name));
  }
  for (const std::string& root : roots) add_wheels(root, files);
  return files;
}

Expected<NcclLibrary> NcclLibrary::load(const std::string& path) {
  std::error_code ignored;
  const bool folder = fs::is_directory(path, ignored);
  const std::vector<std::string> files =
      path.empty()
          ? (simulated() ? std::vector<std::string>{name} : nccl_candidates(python_roots()))
          : std::vector<std::string>{folder ? path + "/" + name : path};
  NcclLibrary loaded;
  void* library = nullptr;
  std::string why;
  for (const std::string& file : files) {
    library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr && why.empty()) why = dlerror();
    if (library == nullptr) continue;
    loaded.file_ = file;
    break;
  }
  if (library == nullptr) {
    return fail(
        ErrorKind::unsupported,
        path.empty()
            ? fmt::format("NCCL was not found; {}", how_to_get)
            : fmt::format("--nccl {}: {}; give the file libnccl.so.2, or the folder it is in", path,
                          why));
  }
  // The simulated build must never hand simulated memory to a real library: the simulator's carries
  // a mark.
  if (simulated() && dlsym(library, "peerbench_simulated_nccl") == nullptr) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} is not the simulator's NCCL, and a simulated machine has no other",
                            loaded.file_));
  }
  const std::string missing = find_all(library, loaded.functions_);
  if (loaded.functions_.get_version != nullptr) loaded.functions_.get_version(&loaded.version_);
  if (loaded.version_ < nccl::oldest_version || !missing.empty()) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} is NCCL {}{}; 2.18 or younger is needed: {}", loaded.file_,
                            version_to_string(loaded.version_),
                            missing.empty() ? "" : " without " + missing, how_to_get));
  }
  loaded.log_ = catch_log();
  return loaded;
}

std::string NcclLibrary::version() const { return version_to_string(version_); }

bool NcclLibrary::comes_back_within(std::chrono::nanoseconds limit,
                                    std::function<void()> calls) const {
  if (peerbench::comes_back_within(limit, std::move(calls))) return true;
  *stuck_ = true;
  return false;
}

std::string NcclLibrary::describe(nccl::Result result, nccl::Comm comm) const {
  std::string code = functions_.error_string(result);
  // It sends readers to the log, whose last line stands behind.
  if (const auto advice = code.find(" (run with"); advice != std::string::npos) {
    code.resize(advice);
  }
  const char* last = functions_.last_error(comm);
  return last == nullptr || *last == '\0' ? code : fmt::format("{}: {}", code, last);
}

std::string NcclLibrary::log() const {
  std::string text;
  if (log_ < 0) return text;
  std::array<char, 4096> part{};
  for (off_t at = 0;;) {
    const ssize_t got = pread(log_, part.data(), part.size(), at);
    if (got <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
    at += got;
  }
}

}  // namespace peerbench::measure
