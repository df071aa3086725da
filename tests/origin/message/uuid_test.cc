#include "origin/message/uuid.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace viaduct::origin {
namespace {

std::string TextOf(const Uuid& id) {
  const auto text = id.Text();
  return std::string(text.data(), text.size());
}

TEST(UuidTest, TextReadsBack) {
  const std::string text = "a83b55ae-92ba-4b01-8c0e-b4079569f24a";
  const auto id = Uuid::Parse(text);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(TextOf(*id), text);
}

TEST(UuidTest, OnlyTheOneSpellingIsRead) {
  for (const char* text : {
           "",
           "a83b55ae-92ba-4b01-8c0e-b4079569f24",
           "a83b55ae-92ba-4b01-8c0e-b4079569f24a0",
           "A83B55AE-92BA-4B01-8C0E-B4079569F24A",
           "a83b55ae_92ba_4b01_8c0e_b4079569f24a",
           "a83b55ae92ba-4b01-8c0e-b4079569f24a--",
           "g83b55ae-92ba-4b01-8c0e-b4079569f24a",
           "{83b55ae-92ba-4b01-8c0e-b4079569f24}",
       }) {
    EXPECT_FALSE(Uuid::Parse(text).has_value()) << text;
  }
}

TEST(UuidSourceTest, GivesVersionFourOfTheStandardVariant) {
  UuidSource source;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = TextOf(source.Next());
    EXPECT_EQ(text[14], '4') << text;
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
  }
}

TEST(UuidSourceTest, NeverRepeatsAlsoAcrossSources) {
  UuidSource a;
  UuidSource b;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(seen.insert(TextOf(a.Next())).second);
    EXPECT_TRUE(seen.insert(TextOf(b.Next())).second);
  }
}

}  // namespace
}  // namespace viaduct::origin
