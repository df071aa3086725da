#include "http/head.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/field.h"
#include "tests/http/heads.h"

namespace viaduct::http {
namespace {

TEST(HeadErrorTest, EveryNameIsInLogSpelling) {
  for (const HeadError error : kHeadErrors) {
    const std::string_view name = kHeadErrors.Name(error);
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos) << name;
    EXPECT_NE(name, "unknown");
  }
}

TEST(HeadFinderTest, FindsTheEndWhateverFollows) {
  const std::string head(HandshakeHead());
  EXPECT_EQ(FindAtOnce(head).first, head.size());
  EXPECT_EQ(FindAtOnce(head + "\x81\x85").first, head.size());
  EXPECT_EQ(FindAtOnce(head + "\n\n").first, head.size());
  EXPECT_EQ(FindAtOnce(head + head).first, head.size());
}

TEST(HeadFinderTest, IsIncompleteUntilTheLastByte) {
  const std::string_view head = HandshakeHead();
  for (std::size_t size = 0; size < head.size(); ++size) {
    EXPECT_EQ(FindAtOnce(head.substr(0, size)), SizeOrError()) << size;
  }
}

TEST(HeadFinderTest, FindsTheSameAtEverySplit) {
  const std::string bytes = std::string(HandshakeHead()) + "early bytes\r\n\r\n";
  for (std::size_t split = 0; split <= bytes.size(); ++split) {
    const SizeOrError found = FindInPieces(bytes, std::array{split});
    EXPECT_EQ(found.first, HandshakeHead().size()) << split;
    EXPECT_EQ(found.second, std::nullopt) << split;
  }
}

TEST(HeadFinderTest, FindsTheSameByteByByte) {
  EXPECT_EQ(FindByteByByte(HandshakeHead()), SizeOrError(HandshakeHead().size(), std::nullopt));
}

TEST(HeadFinderTest, RefusesAtTheFirstByteThatNoHeadCanHave) {
  const struct {
    std::string_view what;
    std::string_view bytes;
    std::size_t seen_after;
    HeadError error;
  } kRows[] = {
      {"a TLS client hello", "\x16\x03\x01\x02", 1, HeadError::kBadStartLine},
      {"a PROXY v2 signature, or a leading empty line", "\r\n\r\n\0\r\nQUIT\n", 1, HeadError::kBadStartLine},
      {"a leading line feed", "\nGET / HTTP/1.1\r\n", 1, HeadError::kBadStartLine},
      {"a leading space", " GET / HTTP/1.1\r\n", 1, HeadError::kBadStartLine},
      {"a leading byte order mark", "\xef\xbb\xbfGET / HTTP/1.1\r\n", 1, HeadError::kBadStartLine},
      {"a start line with a bare line feed", "GET / HTTP/1.1\nHost: a\n\n", 15, HeadError::kBareLineFeed},
      {"a field line with a bare line feed", "GET / HTTP/1.1\r\nHost: a\n", 24, HeadError::kBareLineFeed},
      {"an empty line of a bare line feed", "GET / HTTP/1.1\r\nHost: a\r\n\n", 26, HeadError::kBareLineFeed},
      {"a method and a line feed", "G\n", 2, HeadError::kBareLineFeed},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(FindAtOnce(row.bytes.substr(0, row.seen_after - 1)), SizeOrError()) << row.what;
    EXPECT_EQ(FindAtOnce(row.bytes.substr(0, row.seen_after)).second, row.error) << row.what;
    for (std::size_t split = 0; split <= row.bytes.size(); ++split) {
      EXPECT_EQ(FindInPieces(row.bytes, std::array{split}), SizeOrError(std::nullopt, row.error)) << row.what;
    }
  }
}

// Replaces each byte that was already examined by one that would be an error, so a second look would be noticed.
TEST(HeadFinderTest, LooksAtEachByteOnce) {
  const std::string_view head = HandshakeHead();
  HeadFinder finder;
  std::optional<HeadError> error;
  std::string bytes;
  for (std::size_t size = 1; size < head.size(); ++size) {
    bytes.push_back(head[size - 1]);
    ASSERT_EQ(finder.Find(bytes, &error), std::nullopt);
    ASSERT_EQ(error, std::nullopt) << size;
    if (size > 1) bytes[size - 2] = '\n';  // the byte before a line feed may be looked at again
  }
  bytes.push_back(head.back());
  EXPECT_EQ(finder.Find(bytes, &error), head.size());
}

TEST(HeadFinderTest, StartsOverAfterReset) {
  const std::string_view head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string_view later = "POST /b HTTP/1.1\r\nHost: a\r\n\r\n";
  HeadFinder finder;
  std::optional<HeadError> error;
  ASSERT_EQ(finder.Find(head, &error), head.size());
  finder.Reset();
  EXPECT_EQ(finder.Find(later.substr(0, 10), &error), std::nullopt);
  EXPECT_EQ(finder.Find(later, &error), later.size());
  finder.Reset();
  EXPECT_EQ(finder.Find("\r\n", &error), std::nullopt);
  EXPECT_EQ(error, HeadError::kBadStartLine);
}

}  // namespace
}  // namespace viaduct::http
