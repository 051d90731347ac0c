// SPDX-License-Identifier: Apache-2.0
#include "machine/host_signals.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace peerbench::machine {
namespace TEST_FILE {

namespace fs = std::filesystem;

/// A folder that stands for "/".
class HostFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "peerbench-host-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
};

TEST_F(HostFiles, MemoryIsInKibibytes) {
  write("proc/meminfo", "MemTotal:       1000 kB\nMemFree: 10 kB\nMemAvailable:    700 kB\n");
  EXPECT_EQ(host_memory(root_).total, 1000 * KiB);
  EXPECT_EQ(host_memory(root_).available, 700 * KiB);
  EXPECT_EQ(host_memory(root_).page_cache, 0u) << "not told";
  write("proc/meminfo", "MemTotal: 1000 kB\nCached: 300 kB\nShmem: 40 kB\n");
  EXPECT_EQ(host_memory(root_).page_cache, 260 * KiB);
  write("sys/devices/system/node/node1/meminfo",
        "Node 1 MemTotal: 500 kB\nNode 1 MemFree: 100 kB\nNode 1 Inactive(file): 50 kB\n");
  EXPECT_EQ(node_memory(1, root_).total, 500 * KiB);
  EXPECT_EQ(node_memory(1, root_).available, 150 * KiB);
  EXPECT_EQ(node_memory(0, root_).total, 0u);
}

TEST_F(HostFiles, NoControlGroupIsNoLimit) {
  EXPECT_FALSE(cgroup_room(root_).has_value());
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", "max\n");
  EXPECT_FALSE(cgroup_room(root_).has_value());
}

TEST_F(HostFiles, TheTightestLevelCountsAndPageCacheIsFree) {
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("sys/fs/cgroup/outer/memory.max", "1000\n");
  write("sys/fs/cgroup/outer/memory.current", "700\n");
  write("sys/fs/cgroup/outer/memory.stat", "anon 500\ninactive_file 200\n");
  write("sys/fs/cgroup/outer/inner/memory.max", "5000\n");
  EXPECT_EQ(cgroup_room(root_), 500u);
}

TEST_F(HostFiles, AContainerShowsItsOwnGroupAsTheRoot) {
  write("proc/self/cgroup", "0::/system.slice/docker-1234.scope\n");
  write("sys/fs/cgroup/memory.max", "4000\n");
  write("sys/fs/cgroup/memory.current", "1000\n");
  EXPECT_EQ(cgroup_room(root_), 3000u);
}

TEST_F(HostFiles, VersionOneHasItsOwnNamesAndAHugeNumberForNoLimit) {
  write("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/job\n0::/\n");
  write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_FALSE(cgroup_room(root_).has_value());
  write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "2048\n");
  write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "4096\n");
  EXPECT_EQ(cgroup_room(root_), 0u);
}

}  // namespace TEST_FILE
}  // namespace peerbench::machine
