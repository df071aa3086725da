#include "origin/room/roster.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

namespace viaduct::origin {
namespace {

Uuid Id(std::uint8_t last) {
  std::array<std::uint8_t, 16> bytes = {};
  bytes[15] = last;
  return Uuid(bytes);
}

std::string Entry(int last, const std::string& name) {
  return R"({"id":"00000000-0000-0000-0000-00000000000)" + std::to_string(last) + R"(","name":")" + name + "\"}";
}

TEST(RosterTest, TellsThoseOfThisTaskAndOfOthers) {
  Roster roster;
  EXPECT_EQ(*roster.Json(), "");
  roster.Add(Id(1), "Ada");
  roster.SetRemote({{.id = Id(2), .name = "Bob"}});
  EXPECT_EQ(*roster.Json(), "[" + Entry(1, "Ada") + "," + Entry(2, "Bob") + "]");
  EXPECT_EQ(roster.Local(), (People{{.id = Id(1), .name = "Ada"}}));
  roster.Remove(Id(1));
  EXPECT_EQ(*roster.Json(), "[" + Entry(2, "Bob") + "]");
  roster.SetRemote({});
  EXPECT_EQ(*roster.Json(), "");
}

TEST(RosterTest, TheTextIsTheSameUntilSomebodyComesOrGoes) {
  Roster roster;
  roster.Add(Id(1), "Ada");
  const auto json = roster.Json();
  roster.Remove(Id(7));
  roster.SetRemote({});
  EXPECT_EQ(roster.Json(), json);
}

TEST(RosterTest, TooManyAreNotTold) {
  Roster roster;
  for (std::size_t i = 0; i < kMaxPeopleTold + 10; ++i) roster.Add(Id(static_cast<std::uint8_t>(i)), "x");
  EXPECT_EQ(*roster.Json(), "null");
  EXPECT_EQ(roster.Local().size(), kMaxPeopleTold + 1);
  for (std::size_t i = kMaxPeopleTold; i < kMaxPeopleTold + 10; ++i) roster.Remove(Id(static_cast<std::uint8_t>(i)));
  EXPECT_EQ(roster.Json()->substr(0, 2), "[{");
}

}  // namespace
}  // namespace viaduct::origin
