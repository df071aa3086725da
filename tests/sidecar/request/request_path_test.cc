#include "sidecar/request/request_path.h"

#include <gtest/gtest.h>

namespace viaduct::sidecar {
namespace {

TEST(RequestPathTest, ThePathEndsAtTheQuery) {
  EXPECT_EQ(TargetPath("/chat?a=/../b"), "/chat");
  EXPECT_EQ(TargetPath("/chat"), "/chat");
  EXPECT_EQ(TargetPath("/?"), "/");
}

TEST(RequestPathTest, WhatAnApplicationMayResolveIsAmbiguous) {
  for (const char* path : {
           "",           "chat",      "//",        "//admin",   "/a//b",      "/a//",         "/.",
           "/..",        "/a/.",      "/a/..",     "/a/./b",    "/a/../b",    "/../a",        "/%2e",
           "/%2E%2e/a",  "/.%2e/a",   "/%2e./a",   "/a/%2e%2e", "/..;/admin", "/.;x/a",       "/..;a=b;c=d/x",
           "/%2e%2e;/a", "/..%3bx/a", "/..%3B/a",  "/a%2fb",    "/a%2Fb",     "/a%5cb",       "/a%5Cb",
           "/a\\b",      "/..\\a",    "/a%00",     "/a%0a",     "/a%0d%0ab",  "/a%1f",        "/a%7f",
           "/a%",        "/a%4",      "/a%zz",     "/a%u002e",  "/a%-1",      "/%252e%252e/", "/a%252fb",
           "/%25%32%65", "/;x",       "/;a/admin", "/%3b/a",    "/%c0%af",    "/%C0%AE/",     "/a%c1%9cb",
       }) {
    EXPECT_TRUE(IsAmbiguousPath(path)) << path;
  }
}

TEST(RequestPathTest, WhatCanBeReadInOneWayOnlyIsNot) {
  for (const char* path : {"/",
                           "/a",
                           "/a/",
                           "/a/b.c",
                           "/...",
                           "/.well-known/x",
                           "/a..b",
                           "/..a",
                           "/a..",
                           "/%41",
                           "/a%20b",
                           "/a;x=1",
                           "/a;",
                           "/100%25",
                           "/%25zz",
                           "/%e2%82%ac",
                           "/a:b@c,d=e+f$g!h*i'(j)",
                           "/a%3fb",
                           "/~x",
                           "/a%2eb",
                           "/.a%2e"}) {
    EXPECT_FALSE(IsAmbiguousPath(path)) << path;
  }
}

TEST(RequestPathTest, APrefixFitsWholeSegmentsByteForByte) {
  const struct {
    const char* path;
    const char* prefix;
    bool exact;
  } kTable[] = {
      {"/chat", "/chat", true},    {"/chat/", "/chat", true},
      {"/chat/x", "/chat", true},  {"/chatter", "/chat", false},
      {"/cha", "/chat", false},    {"/", "/chat", false},
      {"/chat", "/chat/", false},  {"/chat/", "/chat/", true},
      {"/chat/x", "/chat/", true}, {"/", "/", true},
      {"/x/y", "/", true},         {"/a/b", "/a/b", true},
      {"/a/bc", "/a/b", false},    {"/a", "/a/b", false},
      {"/Chat", "/chat", false},   {"/ch%61t", "/chat", false},
      {"/chat;x", "/chat", false}, {"/chat%3fx", "/chat", false},
  };
  for (const auto& row : kTable) {
    const PrefixMatch match = MatchPrefix(row.path, row.prefix);
    EXPECT_EQ(match.exact, row.exact) << row.path << " " << row.prefix;
    if (row.exact) EXPECT_TRUE(match.lenient) << row.path << " " << row.prefix;
  }
}

TEST(RequestPathTest, ALenientApplicationMayReadItAsThePrefix) {
  for (const char* path : {"/ADMIN", "/Admin/x", "/%61dmin", "/%41DMIN", "/admin;x=1", "/admin;x/y",
                           "/%61%64%6d%69%6E/x", "/admin%3bx", "/admin%3Fx", "/admin%23", "/admin;%3f"}) {
    const PrefixMatch match = MatchPrefix(path, "/admin");
    EXPECT_FALSE(match.exact) << path;
    EXPECT_TRUE(match.lenient) << path;
  }
  for (const char* path : {"/administrator", "/%61dministrator", "/adm", "/x/admin", "/admin%2ex", "/b%61dmin"}) {
    EXPECT_FALSE(MatchPrefix(path, "/admin").lenient) << path;
  }
  EXPECT_TRUE(MatchPrefix("/Admin;x/y", "/admin/").lenient);
  EXPECT_FALSE(MatchPrefix("/Admin", "/admin/").lenient);
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
