#include "ctl/chat/connection_id.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace viaduct::ctl {
namespace {

constexpr char kUuid[] = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

TEST(ConnectionIdTest, AUuidIsWholeWithAndWithoutTheCollection) {
  for (const std::string& text : {std::string(kUuid), "connections/" + std::string(kUuid)}) {
    const absl::StatusOr<ConnectionId> id = ParseConnectionId(text);
    ASSERT_TRUE(id.ok());
    EXPECT_EQ(id->text, kUuid);
    EXPECT_TRUE(id->whole);
  }
}

TEST(ConnectionIdTest, LetterCaseDoesNotMatter) {
  EXPECT_EQ(ParseConnectionId("7C9E6679-7425-40DE-944B-E07FC1F90AE7")->text, kUuid);
}

TEST(ConnectionIdTest, FourCharactersAreEnough) {
  const absl::StatusOr<ConnectionId> id = ParseConnectionId("connections/7c9e");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->text, "7c9e");
  EXPECT_FALSE(id->whole);
  EXPECT_FALSE(ParseConnectionId("7c9").ok());
  EXPECT_FALSE(ParseConnectionId("").ok());
  EXPECT_FALSE(ParseConnectionId("connections/").ok());
}

TEST(ConnectionIdTest, WhatIsNotTheBeginningOfAUuidIsRejected) {
  for (const char* text : {"7c9g", "hello", "7c9e66790", "7c9e-679", "7c9e6679-7425-40de-944b-e07fc1f90ae70",
                           "rooms/7c9e6679", "connections/connections/7c9e", "7c9e\x1b[2J"}) {
    EXPECT_FALSE(ParseConnectionId(text).ok()) << text;
  }
}

TEST(ConnectionIdTest, RejectedTextIsEscapedInTheError) {
  EXPECT_EQ(std::string(ParseConnectionId("\x1b").status().message()),
            "connection \"\\x1b\": expected a UUID as shown by 'viaductctl connections list', or the beginning of one");
}

TEST(ConnectionIdTest, TheOneNameThatBeginsSoIsFound) {
  const std::vector<std::string> names = {"connections/aaaa1", "connections/aaab1"};
  EXPECT_EQ(*MatchConnection("aaab", names), "connections/aaab1");
}

TEST(ConnectionIdTest, NoMatchIsNotFound) {
  const std::vector<std::string> names = {"connections/aaaa1"};
  const absl::StatusOr<std::string> match = MatchConnection("bbbb", names);
  EXPECT_TRUE(absl::IsNotFound(match.status()));
  EXPECT_EQ(std::string(match.status().message()), "no open connection has an ID that begins with bbbb");
}

TEST(ConnectionIdTest, SeveralMatchesAreListedUpToFive) {
  std::vector<std::string> names = {"connections/aaaa1", "connections/aaaa2"};
  const absl::StatusOr<std::string> two = MatchConnection("aaaa", names);
  EXPECT_TRUE(absl::IsInvalidArgument(two.status()));
  EXPECT_EQ(std::string(two.status().message()), "aaaa matches 2 connections: aaaa1, aaaa2");

  for (const char* name : {"connections/aaaa3", "connections/aaaa4", "connections/aaaa5", "connections/aaaa6"}) {
    names.emplace_back(name);
  }
  EXPECT_EQ(std::string(MatchConnection("aaaa", names).status().message()),
            "aaaa matches 6 connections: aaaa1, aaaa2, aaaa3, aaaa4, aaaa5, ...");
}

}  // namespace
}  // namespace viaduct::ctl
