#include "origin/page/page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace viaduct::origin {
namespace {

std::string_view BodyOf(std::string_view path) {
  for (const PageFile& file : PageFiles()) {
    if (file.path == path) return file.body;
  }
  return {};
}

TEST(PageTest, HasItsFilesWithTheirTypes) {
  std::vector<std::pair<std::string_view, std::string_view>> found;
  for (const PageFile& file : PageFiles()) found.emplace_back(file.path, file.content_type);
  std::sort(found.begin(), found.end());
  const std::vector<std::pair<std::string_view, std::string_view>> expected = {
      {"/", "text/html; charset=utf-8"},
      {"/announcer.js", "text/javascript; charset=utf-8"},
      {"/bounded_set.js", "text/javascript; charset=utf-8"},
      {"/chat.css", "text/css; charset=utf-8"},
      {"/chat.js", "text/javascript; charset=utf-8"},
      {"/connection.js", "text/javascript; charset=utf-8"},
      {"/conversation.js", "text/javascript; charset=utf-8"},
      {"/favicon.ico", "image/x-icon"},
      {"/favicon.svg", "image/svg+xml"},
      {"/header.js", "text/javascript; charset=utf-8"},
      {"/log.css", "text/css; charset=utf-8"},
      {"/log.js", "text/javascript; charset=utf-8"},
      {"/memory.js", "text/javascript; charset=utf-8"},
      {"/not_found.html", "text/html; charset=utf-8"},
      {"/panels.css", "text/css; charset=utf-8"},
      {"/people.js", "text/javascript; charset=utf-8"},
      {"/people_panel.js", "text/javascript; charset=utf-8"},
      {"/rooms.js", "text/javascript; charset=utf-8"},
      {"/text.js", "text/javascript; charset=utf-8"},
      {"/theme.js", "text/javascript; charset=utf-8"},
      {"/words.js", "text/javascript; charset=utf-8"},
  };
  EXPECT_EQ(found, expected);
}

TEST(PageTest, BodiesAreWholeAndWithoutComments) {
  EXPECT_TRUE(BodyOf("/").starts_with("<!doctype html>"));
  EXPECT_TRUE(BodyOf("/").ends_with("</html>\n"));
  EXPECT_TRUE(BodyOf("/favicon.svg").ends_with("</svg>\n"));
  for (const PageFile& file : PageFiles()) {
    SCOPED_TRACE(file.path);
    if (file.path.ends_with(".css")) {
      EXPECT_TRUE(file.body.ends_with("}\n"));
      EXPECT_EQ(file.body.find("/*"), std::string_view::npos);
    }
    if (file.path.ends_with(".js")) {
      EXPECT_TRUE(file.body.ends_with("}\n") || file.body.ends_with(");\n"));
      EXPECT_EQ(file.body.find("\n//"), std::string_view::npos);
    }
  }
  const std::string_view icon = BodyOf("/favicon.ico");
  EXPECT_EQ(icon.substr(0, 4), std::string_view("\0\0\1\0", 4));
  EXPECT_EQ(icon.substr(22, 4), "\x89PNG");
  EXPECT_EQ(icon.substr(icon.size() - 8, 4), "IEND");
}

// A phone on a slow line loads all of it before anything is shown.
TEST(PageTest, AllFilesTogetherAreLight) {
  constexpr std::size_t kMostBytes = 60 * 1024;
  std::size_t bytes = 0;
  for (const PageFile& file : PageFiles()) bytes += file.path == "/not_found.html" ? 0 : file.body.size();
  EXPECT_LT(bytes, kMostBytes);
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
  // Each script and style sheet is a file of ours.
  for (const std::string_view opening : {"<script ", "<link "}) {
    for (std::size_t at = page.find(opening); at != std::string_view::npos; at = page.find(opening, at + 1)) {
      const std::string_view tag = page.substr(at, page.find('>', at) - at);
      const std::size_t path = std::min(tag.find("=\"/"), tag.size() - 2) + 2;
      const std::string_view file = tag.substr(path, tag.find('"', path) - path);
      EXPECT_FALSE(BodyOf(file).empty()) << tag;
    }
  }
  for (const PageFile& file : PageFiles()) {
    SCOPED_TRACE(file.path);
    for (const std::string_view forbidden : {"@import", "url(", "innerHTML", "outerHTML", "insertAdjacentHTML",
                                             "document.write", "eval(", "setAttribute(\"style\""}) {
      EXPECT_EQ(file.body.find(forbidden), std::string_view::npos) << forbidden;
    }
  }
}

}  // namespace
}  // namespace viaduct::origin
