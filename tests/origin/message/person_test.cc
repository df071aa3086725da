#include "origin/message/person.h"

#include <gtest/gtest.h>

#include <string>

namespace viaduct::origin {
namespace {

TEST(PersonTest, NamesAreTextsThatCanStandBesideOthers) {
  for (const std::string& name :
       {std::string("Ada"), std::string("x"), std::string(128, 'x'), std::string("Ada  L."), std::string("<b>\"'&"),
        std::string("Björn"), std::string("愛"), std::string("\U0001F469\u200D\U0001F4BB"), std::string("נועה")}) {
    EXPECT_TRUE(IsPersonName(name)) << name;
  }
}

TEST(PersonTest, WhatIsUnseenOrTurnsTheTextAroundIsRefused) {
  for (const std::string& name : {std::string(),          std::string(129, 'x'),       std::string(" Ada"),
                                  std::string("Ada "),    std::string("A\nda"),        std::string("A\0da", 4),
                                  std::string("A\x7f"),   std::string("A\u0085"),      std::string("A\u061C"),
                                  std::string("A\u200B"), std::string("A\u200E"),      std::string("A\u202E"),
                                  std::string("A\u2028"), std::string("A\u2066"),      std::string("A\uE000"),
                                  std::string("A\uFEFF"), std::string("A\U000F0000"),  std::string("A\xff"),
                                  std::string("A\xc3"),   std::string("A\xed\xa0\x80")}) {
    EXPECT_FALSE(IsPersonName(name)) << name;
  }
}

TEST(PersonTest, JsonHasIdAndEscapedName) {
  std::string json;
  AppendPeopleJson(&json, {});
  EXPECT_EQ(json, "[]");
  json.clear();
  const Uuid id = *Uuid::Parse("a83b55ae-92ba-4b01-8c0e-b4079569f24a");
  const People people = {{.id = id, .name = "A\"da"}, {.id = id, .name = "["}};
  AppendPeopleJson(&json, people);
  EXPECT_EQ(json, R"([{"id":"a83b55ae-92ba-4b01-8c0e-b4079569f24a","name":"A\"da"},)"
                  R"({"id":"a83b55ae-92ba-4b01-8c0e-b4079569f24a","name":"["}])");
}

}  // namespace
}  // namespace viaduct::origin
