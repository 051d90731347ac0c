// SPDX-License-Identifier: Apache-2.0
// NVIDIA's own library, without a GPU: it loads, and has all that is called.
#include <gtest/gtest.h>

#include "measure/nccl_library.hpp"

namespace peerbench::measure {
namespace TEST_FILE {

TEST(RealNccl, IsLoadedWithAllItsFunctions) {
  const auto library = NcclLibrary::load(REAL_NCCL);
  ASSERT_TRUE(library.has_value()) << library.error().message;
  EXPECT_GE(library->version(), "2.18");
  EXPECT_EQ(library->describe(nccl::invalid_usage, nullptr), "invalid usage");
  EXPECT_EQ(library->log(), "") << "nothing was asked of it";
}

TEST(RealNccl, IsFoundInItsFolder) {
  const std::string file = REAL_NCCL;
  const auto library = NcclLibrary::load(file.substr(0, file.rfind('/')));
  ASSERT_TRUE(library.has_value()) << library.error().message;
  EXPECT_EQ(library->file(), file);
}

}  // namespace TEST_FILE
}  // namespace peerbench::measure
