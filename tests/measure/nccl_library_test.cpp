// SPDX-License-Identifier: Apache-2.0
#include "measure/nccl_library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "measure/nccl_log.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

TEST(NcclLibrary, IsFoundInTheFoldersOfWheels) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(testing::TempDir()) / ("venv-" + std::to_string(getpid()));
  const fs::path folder = root / "lib" / "python3.12" / "site-packages" / "nvidia" / "nccl" / "lib";
  fs::create_directories(folder);
  std::ofstream(folder / "libnccl.so.2") << "";
  EXPECT_THAT(nccl_candidates({root}), Contains((folder / "libnccl.so.2").string()));
  EXPECT_EQ(nccl_candidates({root}).front(), "libnccl.so.2") << "what the loader finds comes first";
  fs::remove_all(root);
}

TEST(NcclLibrary, ThatIsMissingIsAReason) {
  const auto loaded = NcclLibrary::load("/nowhere/libnccl.so.2");
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(loaded.error().message, AllOf(HasSubstr("--nccl /nowhere/libnccl.so.2: "),
                                            HasSubstr("or the folder it is in")));
}

TEST(NcclLibrary, ThatIsTooOldIsAReason) {
  const auto loaded = NcclLibrary::load(OLD_NCCL);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(loaded.error().message, HasSubstr("is NCCL 2.14.3"));
  EXPECT_THAT(loaded.error().message, HasSubstr("2.18 or younger is needed"));
}

TEST(NcclLibrary, OfARealMachineIsNotForASimulatedOne) {
  const auto loaded = NcclLibrary::load(FOREIGN_NCCL);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_THAT(loaded.error().message, HasSubstr("not the simulator's NCCL"));
}

TEST(NcclLog, NamesTheTransport) {
  const NcclUse direct = read_nccl_log(
      "box:1:2 [0] NCCL INFO Pattern 4, crossNic 0, nChannels 2, bw 44.0/44.0, type NVL/PIX, "
      "sameChannels 1\n"
      "box:1:2 [0] NCCL INFO Channel 00/0 : 0[0] -> 1[1] via P2P/direct pointer/read\n"
      "box:1:2 [1] NCCL INFO Channel 01/0 : 1[1] -> 0[0] via P2P/direct pointer/read\n");
  EXPECT_EQ(direct.transport, "P2P");
  EXPECT_EQ(direct.graph, "NVL");
  EXPECT_EQ(describe(direct),
            "NCCL says it used P2P/direct pointer/read, its ring's farthest way NVL");
}

TEST(NcclLog, NamesWhatIsConnected) {
  const std::string way = "NCCL INFO Channel 00/0 : 0[0] -> 1[1] via P2P/direct pointer\n";
  const std::string rings = "NCCL INFO Connected all rings, use ring PXN 0 GDR 1\n";
  EXPECT_EQ(describe(read_nccl_log(way + rings)),
            "NCCL says it used P2P/direct pointer, connected as rings");
  EXPECT_EQ(read_nccl_log("NCCL INFO Connected NVLS tree\nNCCL INFO Connected all trees\n" + rings)
                .algorithms,
            "rings and trees and NVLS");
}

TEST(NcclLog, OfOlderAndYoungerLibraries) {
  EXPECT_EQ(
      read_nccl_log("NCCL INFO Channel 00 : 0[1000] -> 1[41000] via SHM/direct/direct\n").transport,
      "SHM");
  EXPECT_EQ(
      read_nccl_log("NCCL INFO Channel 00/0 : 0[0] -> 1[1] [send] via NET/Socket/0\n").transport,
      "NET");
  EXPECT_EQ(read_nccl_log("NCCL INFO Channel 00/0 : 0[0] -> 1[1] via P2P/IPC\n"
                          "NCCL INFO Channel 00/0 : 1[1] -> 2[2] via SHM/direct/direct\n")
                .transport,
            "P2P+SHM");
  EXPECT_EQ(describe(read_nccl_log("NCCL INFO comm 0x1 rank 0 nranks 2\n")), "");
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
