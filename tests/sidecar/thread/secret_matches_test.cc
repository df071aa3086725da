#include "sidecar/thread/secret_matches.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace viaduct::sidecar {
namespace {

TEST(SecretMatchesTest, CountsByNameAndShowsWhatWasDeclared) {
  const auto matches = std::make_unique<SecretMatches>();
  EXPECT_TRUE(matches->Read().empty());
  matches->Declare("current");
  matches->Declare("next");
  matches->Add("next");
  matches->Add("next");
  matches->Declare("next");
  const std::vector<SecretMatches::Count> counts = matches->Read();
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts[0].generation, "current");
  EXPECT_EQ(counts[0].matches, 0u);
  EXPECT_EQ(counts[1].generation, "next");
  EXPECT_EQ(counts[1].matches, 2u);
}

TEST(SecretMatchesTest, BeyondItsNamesTheRestIsOther) {
  const auto matches = std::make_unique<SecretMatches>();
  for (int i = 0; i < 100; ++i) matches->Add("generation-" + std::to_string(i));
  const std::vector<SecretMatches::Count> counts = matches->Read();
  ASSERT_EQ(counts.size(), SecretMatches::kMaxNames + 1);
  EXPECT_EQ(counts.back().generation, "other");
  EXPECT_EQ(counts.back().matches, 100 - SecretMatches::kMaxNames);
}

}  // namespace
}  // namespace viaduct::sidecar
