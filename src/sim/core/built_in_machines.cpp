// SPDX-License-Identifier: Apache-2.0
#include "sim/core/built_in_machines.hpp"

#include <dlfcn.h>

#include <filesystem>

namespace gpusim {

namespace fs = std::filesystem;

// Beside this library, in the build tree as where it is installed: lib/peerbench-sim/ and
// share/peerbench/machines/ have one folder above them.
std::string machine_path(const std::string& name_or_file) {
  if (name_or_file.find('/') != std::string::npos) return name_or_file;
  Dl_info self{};
  if (dladdr(reinterpret_cast<void*>(&machine_path), &self) == 0) return name_or_file;
  const fs::path folder = fs::path(self.dli_fname).parent_path() / "../../share/peerbench/machines";
  const fs::path file = folder / (name_or_file + ".json");
  std::error_code ignored;
  return fs::exists(file, ignored) ? file.lexically_normal().string() : name_or_file;
}

}  // namespace gpusim
