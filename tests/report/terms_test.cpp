// SPDX-License-Identifier: Apache-2.0
// The table of terms, and that docs/glossary.md is written from it.
#include "report/terms.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "base/nearest.hpp"
#include "report/page.hpp"

namespace peerbench::report {
namespace TEST_FILE {

using ::testing::EndsWith;

TEST(Terms, StandInTheOrderOfTheAlphabetAndMeanOneThingEach) {
  std::vector<std::string> names;
  std::set<std::string> known;
  for (const Term& term : all_terms()) {
    names.push_back(lower_case(term.name));
    EXPECT_TRUE(known.insert(names.back()).second) << term.name;
    EXPECT_THAT(std::string(term.meaning), EndsWith(".")) << term.name;
  }
  EXPECT_TRUE(std::ranges::is_sorted(names));
  for (const Term& term : all_terms()) {
    for (const auto& alias : split_list(term.aliases)) {
      EXPECT_EQ(find_term(alias), &term) << alias << " is an alias of two terms";
    }
  }
}

TEST(Terms, ReferToOthersThatExist) {
  for (const Term& term : all_terms()) {
    for (const auto& other : split_list(term.see)) {
      EXPECT_NE(find_term(other), nullptr) << term.name << " -> " << other;
    }
    if (term.page.empty()) continue;
    EXPECT_TRUE(std::ifstream(fmt::format(PEERBENCH_SOURCE_DIR "/docs/{}", term.page)).is_open());
  }
}

TEST(Terms, HaveEveryWordThatAPageOrAFileSays) {
  for (const auto answer : result::all_of<result::Answer>) {
    const Term* term = find_term(headline_word(answer));
    ASSERT_NE(term, nullptr) << headline_word(answer);
    EXPECT_EQ(term->group, TermGroup::answer);
    EXPECT_EQ(find_term(to_string(answer)), term);
  }
  for (const auto status : result::all_of<result::Status>) {
    EXPECT_NE(find_term(to_string(status)), nullptr) << to_string(status);
  }
  for (const auto verdict : result::all_of<result::Verdict>) {
    EXPECT_NE(find_term(to_string(verdict)), nullptr) << to_string(verdict);
  }
}

/// The file with the rows that the table of terms makes of it.
std::string glossary(const std::string& now) {
  std::string made = now.substr(0, now.find("| word |")) + "| word | meaning |\n|---|---|\n";
  for (const Term& term : all_terms()) {
    const std::string aliases = term.aliases.empty() ? "" : fmt::format(" ({})", term.aliases);
    const std::string page = term.page.empty() ? "" : fmt::format(" [{0}]({0})", term.page);
    made += fmt::format("| {}{} | {}{} |\n", term.name, aliases, term.meaning, page);
  }
  return made;
}

TEST(Glossary, IsWrittenFromTheTerms) {
  const char* const path = PEERBENCH_SOURCE_DIR "/docs/glossary.md";
  std::ostringstream now;
  now << std::ifstream(path).rdbuf();
  const std::string made = glossary(now.str());
  if (std::getenv("PEERBENCH_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << made;
    return;
  }
  EXPECT_EQ(now.str(), made) << "write it again with PEERBENCH_UPDATE_GOLDEN=1";
}

}  // namespace TEST_FILE
}  // namespace peerbench::report
