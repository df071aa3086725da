#include "origin/page/page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace viaduct {
namespace {

std::string_view BodyOf(std::string_view path) {
  for (const PageFile& file : PageFiles()) {
    if (file.path == path) return file.body;
  }
  return {};
}

TEST(PageTest, HasTheFourFilesWithTheirTypes) {
  std::vector<std::pair<std::string_view, std::string_view>> found;
  for (const PageFile& file : PageFiles()) found.emplace_back(file.path, file.content_type);
  std::sort(found.begin(), found.end());
  const std::vector<std::pair<std::string_view, std::string_view>> expected = {
      {"/", "text/html; charset=utf-8"},
      {"/chat.css", "text/css; charset=utf-8"},
      {"/chat.js", "text/javascript; charset=utf-8"},
      {"/favicon.svg", "image/svg+xml"},
  };
  EXPECT_EQ(found, expected);
}

TEST(PageTest, BodiesAreWhole) {
  EXPECT_TRUE(BodyOf("/").starts_with("<!doctype html>"));
  EXPECT_TRUE(BodyOf("/").ends_with("</html>\n"));
  EXPECT_TRUE(BodyOf("/chat.js").ends_with("connect();\n"));
  EXPECT_TRUE(BodyOf("/chat.css").ends_with("}\n"));
  EXPECT_TRUE(BodyOf("/favicon.svg").ends_with("</svg>\n"));
}

TEST(PageTest, EntityTagsAreQuotedAndDistinct) {
  std::set<std::string_view> etags;
  for (const PageFile& file : PageFiles()) {
    SCOPED_TRACE(file.path);
    ASSERT_GT(file.etag.size(), 2u);
    EXPECT_EQ(file.etag.front(), '"');
    EXPECT_EQ(file.etag.back(), '"');
    EXPECT_EQ(file.etag.find('"', 1), file.etag.size() - 1);
    etags.insert(file.etag);
  }
  EXPECT_EQ(etags.size(), PageFiles().size());
}

// The content security policy that it is served with forbids these, so the page would break.
TEST(PageTest, NothingInlineAndNothingFromElsewhere) {
  const std::string_view page = BodyOf("/");
  for (const std::string_view forbidden : {"<style", " style=", " onclick=", " onload=", "http:", "https:", "//"}) {
    EXPECT_EQ(page.find(forbidden), std::string_view::npos) << forbidden;
  }
  EXPECT_NE(page.find("<script type=\"module\" src=\"/chat.js\"></script>"), std::string_view::npos);
  EXPECT_EQ(page.find("<script"), page.rfind("<script"));
  for (const std::string_view forbidden : {"@import", "url("}) {
    EXPECT_EQ(BodyOf("/chat.css").find(forbidden), std::string_view::npos) << forbidden;
  }
  for (const std::string_view forbidden : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("}) {
    EXPECT_EQ(BodyOf("/chat.js").find(forbidden), std::string_view::npos) << forbidden;
  }
}

}  // namespace
}  // namespace viaduct
