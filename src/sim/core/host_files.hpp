// SPDX-License-Identifier: Apache-2.0
// Files of the simulated host below /sys, /proc, /dev and /etc, as far as they tell what hardware
// there is and how it is joined; with the symbolic links that lead to them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "sim/machine_file.hpp"

namespace gpusim {

class HostFiles {
 public:
  /// `idle(gpu)` tells whether a GPU has been idle long enough to have lowered its PCIe link,
  /// `lost(gpu)` whether it has fallen off the bus.
  HostFiles(
      const MachineFile& machine, std::function<bool(int)> idle,
      std::function<bool(int)> lost = [](int) { return false; });

  /// Content of a file, by whatever links its path leads there; none when there is no such file.
  /// Of a path that ends in '/', the names in that folder, one a line.
  std::optional<std::string> read(const std::string& path) const;

  /// The path of a file or folder behind all symbolic links; none when there is neither.
  std::optional<std::string> real_path(const std::string& path) const;

 private:
  /// What a file holds; the link of an idle GPU is slower, and a lost one answers nothing.
  struct Content {
    std::string text;
    std::string idle_text;
    int idle_gpu = -1;  ///< -1: always `text`
    std::string lost_text = "";
    int lost_gpu = -1;
  };

  void add(const std::string& path, std::string text);
  void add_system(const MachineFile& machine);
  void add_cards(const MachineFile& machine);
  void add_bridges(const MachineFile& machine);
  std::string add_device(const std::string& address, const std::string& path);
  void add_group(const MachineFile& machine, const std::string& key, const std::string& address,
                 const std::string& device);
  std::string resolve(std::string path) const;
  std::optional<std::string> names(const std::string& folder) const;

  std::function<bool(int)> idle_;
  std::function<bool(int)> lost_;
  std::map<std::string, Content> files_;      ///< by real path
  std::map<std::string, std::string> links_;  ///< path of a symbolic link to what it means
  std::map<std::string, int> groups_;         ///< IOMMU groups by the address that names them
};

}  // namespace gpusim
