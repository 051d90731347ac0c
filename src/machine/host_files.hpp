// SPDX-License-Identifier: Apache-2.0
// Files of the host below /sys, /proc, /dev and /etc: those of this machine, of a folder that
// stands for "/" in tests, or, in the simulated build, those of the simulated host.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace peerbench::machine {

class HostFiles {
 public:
  explicit HostFiles(std::filesystem::path root = "/");

  /// The whole file as it is; none when it cannot be read.
  std::optional<std::string> bytes(const std::string& path) const;
  /// The same without what ends it: line ends, blanks, the null byte of device tree texts.
  std::optional<std::string> text(const std::string& path) const;
  bool present(const std::string& path) const;
  /// Names in a folder, sorted; none when it cannot be listed.
  std::optional<std::vector<std::string>> names(const std::string& folder) const;
  /// The path behind all symbolic links, as seen from "/"; none when there is no such file.
  std::optional<std::string> real_path(const std::string& path) const;

 private:
  bool simulated_host() const;

  std::filesystem::path root_;
};

}  // namespace peerbench::machine
