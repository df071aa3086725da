#include "sidecar/request/request_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace viaduct::sidecar {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;

TEST(RequestPathTest, ThePathEndsAtTheQuery) {
  EXPECT_EQ(TargetPath("/chat?a=/../b"), "/chat");
  EXPECT_EQ(TargetPath("/chat"), "/chat");
  EXPECT_EQ(TargetPath("/?"), "/");
}

TEST(RequestPathTest, WhatEverybodyReadsAlikeHasNoOtherReading) {
  for (const char* path : {"/", "/a", "/a/", "/a/b.c", "/...", "/.well-known/x", "/a..b", "/..a", "/a..", "/.a", "/~x",
                           "/a:b@c,d=e+f$g!h*i'(j)", "/100%", "/a%zz", "/a%4", "/a%-1", "/A/b", "/a/b/"}) {
    EXPECT_THAT(OtherReadings(path), Optional(IsEmpty())) << path;
  }
}

TEST(RequestPathTest, APathHasTheReadingsOfLenientApplications) {
  const struct {
    const char* path;
    const char* reading;
  } kTable[] = {
      // Dot segments.
      {"/a/../ws", "/ws"},
      {"/a/./ws", "/a/ws"},
      {"/../ws", "/ws"},
      {"/a/b/..", "/a/"},
      {"/a/.", "/a/"},
      {"/..", "/"},
      {"/a/../../b/ws", "/b/ws"},
      // Slashes.
      {"//ws", "/ws"},
      {"/a///ws//", "/a/ws/"},
      {"/a//../ws", "/a/ws"},
      {"/a//../ws", "/ws"},
      // Parameters.
      {"/a;x=1/b;y", "/a/b"},
      {"/a/..;x/ws", "/ws"},
      {"/ws;", "/ws"},
      {"/;x/ws", "/ws"},
      // Backslashes.
      {"/\\ws", "/ws"},
      {"/a\\..\\ws", "/ws"},
      // Escapes, once and twice.
      {"/%77s", "/ws"},
      {"/%2577s", "/ws"},
      {"/%2e%2E/ws", "/ws"},
      {"/a/.%2e/ws", "/ws"},
      {"/a%2f..%2fws", "/ws"},
      {"/a%252f..%252fws", "/ws"},
      {"/%25%32%65%25%32%65/ws", "/ws"},
      {"/a%5c..%5Cws", "/ws"},
      {"/a/..%3bx/ws", "/ws"},
      {"/a%u002f..%U002fws", "/ws"},
      // Escapes of anything but slashes.
      {"/a%2fb/%2e%2e/ws", "/ws"},
      {"/a%2fb/%2e%2e/ws", "/a/ws"},
      // Resolved before they are decoded, and after.
      {"/a/../%77s/%2e%2e/b/../..", "/ws/"},
      {"/a/../%77s/%2e%2e/b/../..", "/"},
      // A query, fragment or control character that was escaped.
      {"/ws%3fx", "/ws"},
      {"/ws%23/../x", "/ws"},
      {"/ws%00.png", "/ws"},
      {"/ws%0d%0a", "/ws"},
      // A host behind leading slashes.
      {"//host/ws", "/ws"},
      {"/\\host/ws", "/ws"},
      {"//host", "/"},
      // Overlong UTF-8.
      {"/a%c0%af..%C0%AFws", "/ws"},
      {"/a/%e0%80%ae%f0%80%80%ae/ws", "/ws"},
      {"/a%c1%9c..%c1%9cws", "/ws"},
  };
  for (const auto& row : kTable) {
    EXPECT_THAT(OtherReadings(row.path), Optional(Contains(row.reading))) << row.path;
  }
}

TEST(RequestPathTest, APathHasNoReadingsThatNobodyHas) {
  EXPECT_THAT(OtherReadings("/a%2fb"), Optional(ElementsAre("/a/b")));
  EXPECT_THAT(OtherReadings("/resize/300x200/https://img.example/a.jpg"),
              Optional(ElementsAre("/resize/300x200/https:/img.example/a.jpg")));
  EXPECT_THAT(OtherReadings("/100%25abc"), Optional(ElementsAre("/100%abc",
                                                                "/100\xab"
                                                                "c")));
  EXPECT_THAT(OtherReadings("/%C0%E1%E2"), Optional(ElementsAre("/\xc0\xe1\xe2"))) << "Windows-1251";
  EXPECT_THAT(OtherReadings("/%e2%82%ac"), Optional(ElementsAre("/\xe2\x82\xac")));
  EXPECT_THAT(OtherReadings("/a/ws/../b"), Optional(ElementsAre("/a/b")));
  EXPECT_THAT(OtherReadings("/%252577s"), Optional(Not(Contains("/ws")))) << "nobody decodes three times";
  EXPECT_THAT(OtherReadings("/a;b/c"), Optional(ElementsAre("/a/c")));
}

TEST(RequestPathTest, APathWithTooManyReadingsIsGivenUp) {
  std::string path;
  for (int i = 0; i < 8; ++i) path += "/%252f..;x\\" + std::to_string(i);
  EXPECT_EQ(OtherReadings(path), std::nullopt);
  std::string long_path;
  while (long_path.size() < 30'000) long_path += "/./a";
  EXPECT_EQ(OtherReadings(long_path + "//%2f"), std::nullopt);
  EXPECT_NE(OtherReadings(long_path), std::nullopt);
}

TEST(RequestPathTest, APrefixMatchesWholeSegments) {
  const struct {
    const char* path;
    const char* prefix;
    bool matches;
  } kTable[] = {
      {"/chat", "/chat", true},    {"/chat/", "/chat", true}, {"/chat/x", "/chat", true},  {"/chatter", "/chat", false},
      {"/cha", "/chat", false},    {"/", "/chat", false},     {"/chat", "/chat/", false},  {"/chat/", "/chat/", true},
      {"/chat/x", "/chat/", true}, {"/", "/", true},          {"/x/y", "/", true},         {"/a/b", "/a/b", true},
      {"/a/bc", "/a/b", false},    {"/a", "/a/b", false},     {"/ch%61t", "/chat", false}, {"/chat;x", "/chat", false},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(MatchesPrefix(row.path, row.prefix, LetterCase::kCounts), row.matches) << row.path << " " << row.prefix;
    EXPECT_EQ(MatchesPrefix(row.path, row.prefix, LetterCase::kIgnored), row.matches) << row.path << " " << row.prefix;
  }
  EXPECT_FALSE(MatchesPrefix("/Chat/x", "/chat", LetterCase::kCounts));
  EXPECT_TRUE(MatchesPrefix("/Chat/x", "/chat", LetterCase::kIgnored));
}

TEST(RequestPathTest, APrefixIsPlain) {
  for (const char* prefix : {"/", "/a", "/a/", "/a/b.c", "/.well-known", "/A-Z_~!$&'()*+,=:@"}) {
    EXPECT_TRUE(IsPlainPrefix(prefix)) << prefix;
  }
  for (const char* prefix : {"", "a", "//", "/a//b", "/a/..", "/./a", "/%61", "/a;b", "/a?b", "/a#b", "/a b", "/a\\b",
                             "/\xc3\xa4", "/a\"", "/{a}", "/a\n"}) {
    EXPECT_FALSE(IsPlainPrefix(prefix)) << prefix;
  }
}

}  // namespace
}  // namespace viaduct::sidecar
