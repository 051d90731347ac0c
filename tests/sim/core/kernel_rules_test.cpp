// SPDX-License-Identifier: Apache-2.0
// The file in which a user says what the kernels of somebody else's program do.
#include "sim/core/kernel_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/core/demangled.hpp"

namespace gpusim {
namespace TEST_FILE {

using testing::HasSubstr;

Expected<KernelRules> parse(const std::string& rows) {
  return KernelRules::parse(R"({"schema": "peerbench.kernels/1", "kernels": [)" + rows + "]}",
                            "rules.json");
}

TEST(KernelRules, AreFoundByEachNameThatAKernelHas) {
  const std::string rest = R"(, "action": "wait", "flag": 0})";
  const char* const registered = "_ZN3bar4moveI5uint4EEvPT_iPFvvE";
  ASSERT_EQ(demangled(registered), "void bar::move<uint4>(uint4*, int, void (*)())");
  for (const char* name :
       {registered, "bar::move<uint4>", "void bar::move<uint4>(uint4*, int, void (*)())"}) {
    const auto rules = parse(std::string(R"({"kernel": ")") + name + '"' + rest);
    ASSERT_TRUE(rules) << rules.error().message;
    EXPECT_NE(rules->find(registered), nullptr) << name;
    EXPECT_EQ(rules->find("_ZN3bar4moveI5uint2EEvPT_iPFvvE"), nullptr) << name;
  }
  const auto plain = parse(R"({"kernel": "move")" + rest);
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_NE(plain->find("move"), nullptr) << "extern \"C\"";
  EXPECT_EQ(plain->find(registered), nullptr);
}

struct Wrong {
  const char* row;
  const char* message;
};

TEST(KernelRules, NameTheFieldThatIsWrong) {
  const Wrong rows[] = {
      {R"({"action": "wait", "flag": 0})", "kernels[0].kernel is missing"},
      {R"({"kernel": "k", "action": "sum"})", "kernels[0].action"},
      {R"({"kernel": "k", "action": "wait"})", "kernels[0].flag is missing"},
      {R"({"kernel": "k", "action": "wait", "flag": 0, "flag_bytes": 3})", "is 3; allowed is 1"},
      {R"({"kernel": "k", "action": "wait", "timeout": {"argument": 1, "unit": "s"}})",
       "kernels[0].timeout.unit"},
      {R"({"kernel": "k", "action": "copy", "to": 0, "count": {"argument": 1}})",
       "kernels[0].from is missing"},
      {R"({"kernel": "k", "action": "copy", "to": 0, "from": 1})", "kernels[0].count is missing"},
      {R"({"kernel": "k", "action": "copy", "to": 0, "from": 1, "count": {}})",
       "either an \"argument\" or a \"constant\""},
      {R"({"kernel": "k", "action": "fill", "to": 0, "count": {"argument": 1}})",
       "kernels[0].value is missing"},
      {R"({"kernel": "k", "action": "fill", "to": 0, "value": {"constant": 1}, "element_bytes": 16,
           "count": {"argument": 1}})",
       "a value has at most 8 bytes"},
      {R"({"kernel": "k", "action": "check", "from": 0, "errors": 1, "count": {"argument": 2}})",
       "kernels[0].against is missing"},
      {R"({"kernel": "k", "action": "wait", "flag": 0, "value": {"constant": 1}})",
       "kernels[0].value"},
  };
  for (const Wrong& wrong : rows) {
    const auto rules = parse(wrong.row);
    ASSERT_FALSE(rules) << wrong.row;
    EXPECT_THAT(rules.error().message, HasSubstr("rules.json: field ")) << wrong.row;
    EXPECT_THAT(rules.error().message, HasSubstr(wrong.message)) << wrong.row;
  }
  EXPECT_FALSE(KernelRules::parse("[", "rules.json"));
  EXPECT_EQ(KernelRules::load("/no/such/file").error().kind, ErrorKind::io);
}

/// Launches a kernel with the arguments of `values`, 8 bytes each, as the rule says.
RuledLaunch launch(const std::string& row, std::vector<std::uint64_t> values) {
  const auto rules = parse(row);
  EXPECT_TRUE(rules) << rules.error().message;
  std::vector<void*> arguments;
  for (auto& value : values) arguments.push_back(&value);
  return apply(*rules->find("k"), arguments.data(), 2'000'000);
}

std::uint64_t address(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

TEST(KernelRules, CheckCountsTheElementsThatDiffer) {
  const unsigned short left[] = {1, 2, 3, 4}, right[] = {1, 0, 3, 0};
  std::uint32_t errors[2] = {10, 77};
  RuledLaunch ruled = launch(
      R"({"kernel": "k", "action": "check", "from": 2, "against": 0, "errors": 1,
          "count": {"constant": 4}, "element_bytes": 2})",
      {address(right), address(errors), address(left)});
  ruled.reference_kernel->run(ruled.arguments().data());
  EXPECT_EQ(errors[0], 12u) << "added to what was there";
  EXPECT_EQ(errors[1], 77u) << "which is 4 bytes long";
}

TEST(KernelRules, WaitEndsByItsFlagOrItsTime) {
  const std::string clocks = R"({"kernel": "k", "action": "wait", "timeout": {"argument": 0}})";
  RuledLaunch spin = launch(clocks, {3000});
  EXPECT_EQ(spin.values[4], 1500u) << "ns, at 2 GHz";
  std::uint32_t flag = 5;
  RuledLaunch equal = launch(R"({"kernel": "k", "action": "wait", "flag": 0,
                                 "until": {"argument": 1}})",
                             {address(&flag), 6});
  EXPECT_EQ(equal.reference_kernel->timeout_ns, nullptr) << "without one it waits for ever";
  EXPECT_EQ(equal.reference_kernel->ready(equal.arguments().data()), 0);
  flag = 6;
  EXPECT_NE(equal.reference_kernel->ready(equal.arguments().data()), 0);
}

}  // namespace TEST_FILE
}  // namespace gpusim
