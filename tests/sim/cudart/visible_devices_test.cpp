// SPDX-License-Identifier: Apache-2.0
// Which GPUs CUDA_VISIBLE_DEVICES leaves, by the driver's rules.
#include "tests/sim/cudart/fixture.hpp"

namespace gpusim {
namespace TEST_FILE {

class VisibleDevices : public RuntimeTest {
 protected:
  void TearDown() override {
    RuntimeTest::TearDown();
    unsetenv("CUDA_VISIBLE_DEVICES");
  }

  /// The GPUs that a program sees, by their place in the file.
  static std::vector<int> seen(const MachineFile& file, const char* list) {
    setenv("CUDA_VISIBLE_DEVICES", list, 1);
    open(file);
    int count = 0;
    cudaGetDeviceCount(&count);
    std::vector<int> gpus;
    for (int i = 0; i < count; ++i) {
      cudaDeviceProp prop;
      EXPECT_EQ(cudaGetDeviceProperties(&prop, i), cudaSuccess);
      gpus.push_back(prop.pciBusID - 1);
    }
    return gpus;
  }

  static MachineFile three_gpus() {
    MachineFile file = small_machine();
    file.gpus.push_back(small_gpu(2));
    file.gpus[0].uuid = "GPU-aaaaaaaa-0000-4000-8000-000000000000";
    file.gpus[1].uuid = "GPU-aaaabbbb-0000-4000-8000-000000000000";
    file.gpus[2].uuid = "GPU-cccccccc-0000-4000-8000-000000000000";
    return file;
  }
};

struct List {
  const char* text;
  std::vector<int> gpus;
};

TEST_F(VisibleDevices, AreReadAsTheDriverReadsThem) {
  const std::vector<List> lists = {
      {"", {}},
      {"0", {0}},
      {"2,0", {2, 0}},
      {"0,0", {}},                        // named twice: none
      {"0, 1", {0, 1}},                   // blanks before a number
      {" 1", {1}},                        //
      {"1;0", {1}},                       // read up to what is no digit
      {"1gpu,2ampere", {1, 2}},           //
      {"0x1", {0}},                       //
      {"+1", {1}},                        //
      {"-1", {}},                         // ends the list
      {"1,-1,0", {1}},                    //
      {"0,7,1", {0}},                     // so does a number that does not exist
      {"1,,0", {1}},                      // and what is no number
      {"1,GPU-aaaaaaaa", {1}},            // and a UUID after a number
      {"GPU-cccc", {2}},                  // the beginning of a UUID
      {"GPU-aaaa", {}},                   // of two
      {"GPU-aaaab,GPU-c", {1, 2}},        //
      {"GPU-aaaab,GPU-aaaabbbb", {}},     // one GPU named twice
      {"GPU-c,1", {2}},                   // a number after a UUID ends the list
      {"GPU-c,GPU-dddd,GPU-aaaab", {2}},  // so does an unknown UUID
      {"gpu-cccc", {}},
  };
  for (const List& list : lists) EXPECT_EQ(seen(three_gpus(), list.text), list.gpus) << list.text;
}

TEST_F(VisibleDevices, OfSeveralSlicesOneIsSeen) {
  MachineFile file = three_gpus();
  file.gpus[1].mig = "enabled";
  file.gpus[1].mig_slices = {{"Slice A", "MIG-a1", 16, 100 * MB},
                             {"Slice B", "MIG-b2", 32, 200 * MB}};
  const auto name = [](int device) {
    cudaDeviceProp prop;
    EXPECT_EQ(cudaGetDeviceProperties(&prop, device), cudaSuccess);
    return std::string(prop.name);
  };
  EXPECT_EQ(seen(file, "0,1,2"), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(name(1), "Slice A");
  EXPECT_EQ(seen(file, "MIG-b2"), std::vector<int>{1});
  EXPECT_EQ(name(0), "Slice B");
  EXPECT_EQ(seen(file, "MIG-b2,MIG-a1"), std::vector<int>{1});
  EXPECT_EQ(seen(file, "MIG-c"), std::vector<int>{});
}

TEST_F(VisibleDevices, ACardThatIsToBeSlicedAndIsNotIsNone) {
  MachineFile file = three_gpus();
  file.gpus[1].mig = "enabled";
  EXPECT_EQ(seen(file, "0,1,2"), (std::vector<int>{0, 2}));
}

}  // namespace TEST_FILE
}  // namespace gpusim
