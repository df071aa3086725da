#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"
#include "tests/http/heads.h"

namespace viaduct::http {
namespace {

using enum HeadError;
using Kind = BodyLength::Kind;

TEST(ResponseHeadTest, ReadsTheStatusLine) {
  const struct {
    std::string_view line;
    int status;
    std::string_view reason;
    int minor_version;
  } kRows[] = {
      {"HTTP/1.1 200 OK", 200, "OK", 1},
      {"HTTP/1.0 404 Not Found", 404, "Not Found", 0},
      {"HTTP/1.1 101 Switching Protocols", 101, "Switching Protocols", 1},
      {"HTTP/1.1 204 ", 204, "", 1},
      {"HTTP/1.1 204", 204, "", 1},
      {"HTTP/1.1 500 \t ", 500, "\t ", 1},
      {"HTTP/1.1 599 J\xc3\xbc", 599, "J\xc3\xbc", 1},
      {"HTTP/1.1 100 Continue", 100, "Continue", 1},
  };
  for (const auto& row : kRows) {
    const std::string bytes = std::string(row.line) + "\r\n\r\n";
    const auto read = ReadResponse(bytes);
    ASSERT_TRUE(read.accepted()) << row.line;
    EXPECT_EQ(read.head.status, row.status);
    EXPECT_EQ(read.head.reason, row.reason);
    EXPECT_EQ(read.head.minor_version, row.minor_version);
    EXPECT_TRUE(read.head.fields.empty());
  }
}

TEST(ResponseHeadTest, RefusesWhatTwoParsersCouldReadDifferently) {
  using namespace std::string_literals;
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const struct {
    std::string_view what;
    std::string bytes;
    HeadError refused_as;
  } kRows[] = {
      {"no status", "HTTP/1.1\r\n\r\n", kBadStartLine},
      {"no status but a space", "HTTP/1.1 \r\n\r\n", kBadStartLine},
      {"a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", kBadStartLine},
      {"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", kBadStartLine},
      {"a status of letters", "HTTP/1.1 abc OK\r\n\r\n", kBadStartLine},
      {"a signed status", "HTTP/1.1 +20 OK\r\n\r\n", kBadStartLine},
      {"a status below 100", "HTTP/1.1 099 X\r\n\r\n", kBadStartLine},
      {"a status above 599", "HTTP/1.1 600 X\r\n\r\n", kBadStartLine},
      {"two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n", kBadStartLine},
      {"a tab before the status", "HTTP/1.1\t200 OK\r\n\r\n", kBadStartLine},
      {"a tab after the status", "HTTP/1.1 200\tOK\r\n\r\n", kBadStartLine},
      {"NUL in the reason", "HTTP/1.1 200 O\0K\r\n\r\n"s, kBadStartLine},
      {"a bare carriage return in the reason", "HTTP/1.1 200 OK\rX: y\r\n\r\n", kBadStartLine},
      {"a bare carriage return for the reason", "HTTP/1.1 200\r\r\n\r\n", kBadStartLine},
      {"a request", "GET /websocket HTTP/1.1\r\n\r\n", kBadStartLine},
      {"a leading empty line", "\r\nHTTP/1.1 200 OK\r\n\r\n", kBadStartLine},
      {"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", kBadVersion},
      {"a version in lower case", "http/1.1 200 OK\r\n\r\n", kBadVersion},
      {"another protocol", "ICY/1.12 200 OK\r\n\r\n", kBadVersion},
      {"bare line feeds", "HTTP/1.1 200 OK\n\n", kBareLineFeed},
      {"a bare line feed as the end", ok + "Server: x\r\n\n", kBareLineFeed},
      {"a folded field", ok + "Server: x\r\n y\r\n\r\n", kFoldedLine},
      {"an empty name", ok + ": x\r\n\r\n", kBadFieldName},
      {"a space before the colon", ok + "Content-Length : 5\r\n\r\n", kBadFieldName},
      {"NUL in a name", ok + "A\0B: x\r\n\r\n"s, kBadFieldName},
      {"NUL in a value", ok + "Server: \0\r\n\r\n"s, kBadFieldValue},
      {"a bare carriage return in a value", ok + "Server: x\rSet-Cookie: y\r\n\r\n", kBadFieldValue},
      {"a Connection that is no list of tokens", ok + "Connection: \"close\r\n\r\n", kBadFieldValue},
      {"two equal lengths", ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", kBadContentLength},
      {"a list of lengths", ok + "Content-Length: 5, 5\r\n\r\n", kBadContentLength},
      {"an empty length", ok + "Content-Length:\r\n\r\n", kBadContentLength},
      {"a negative length", ok + "Content-Length: -1\r\n\r\n", kBadContentLength},
      {"a length of 2^63", ok + "Content-Length: 9223372036854775808\r\n\r\n", kBadContentLength},
      {"a bad length where no body follows", "HTTP/1.1 304 X\r\nContent-Length: x\r\n\r\n", kBadContentLength},
      {"another coding", ok + "Transfer-Encoding: gzip\r\n\r\n", kBadTransferEncoding},
      {"a coding and chunked", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n", kBadTransferEncoding},
      {"chunked twice", ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", kBadTransferEncoding},
      {"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kBadTransferEncoding},
      {"length and chunked", ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", kLengthAndEncoding},
      {"an alias of a framing field", ok + "Content_Length: 5\r\n\r\n", kFramingFieldAlias},
  };
  for (const auto& row : kRows) {
    const auto read = ReadResponse(row.bytes);
    if (!read.error.has_value()) {
      ADD_FAILURE() << row.what << " is accepted";
      continue;
    }
    EXPECT_EQ(kHeadErrors.Name(*read.error), kHeadErrors.Name(row.refused_as)) << row.what;
  }
}

// RFC 9112 section 6.3, rule by rule.
TEST(ResponseHeadTest, TellsTheBodysLength) {
  const struct {
    std::string_view method;
    std::string bytes;
    Kind kind;
    std::uint64_t size;
    bool keep_alive;
  } kRows[] = {
      // 1: no body whatever the fields say.
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Kind::kNone, 0, true},
      {"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Kind::kNone, 0, true},
      {"HEAD", "HTTP/1.1 200 OK\r\n\r\n", Kind::kNone, 0, true},
      {"GET", "HTTP/1.1 100 Continue\r\n\r\n", Kind::kNone, 0, true},
      {"GET", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", Kind::kNone, 0,
       true},
      {"GET", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", Kind::kNone, 0, true},
      {"GET", "HTTP/1.1 204 No Content\r\n\r\n", Kind::kNone, 0, true},
      {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", Kind::kNone, 0, true},
      {"GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", Kind::kNone, 0, true},
      // 4: chunked.
      {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Kind::kChunked, 0, true},
      {"POST", "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n", Kind::kChunked, 0, false},
      // 6: a length.
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Kind::kContentLength, 5, true},
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Kind::kContentLength, 0, true},
      {"head", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Kind::kContentLength, 5, true},
      {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", Kind::kContentLength, 5, false},
      {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", Kind::kContentLength, 5, true},
      // 8: until the connection closes, which then does not stay.
      {"GET", "HTTP/1.1 200 OK\r\n\r\n", Kind::kUntilClose, 0, false},
      {"GET", "HTTP/1.1 205 Reset Content\r\n\r\n", Kind::kUntilClose, 0, false},
      {"GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", Kind::kUntilClose, 0, false},
  };
  for (const auto& row : kRows) {
    const auto read = ReadResponse(row.bytes, row.method);
    ASSERT_TRUE(read.accepted()) << row.bytes;
    EXPECT_EQ(read.head.body.kind, row.kind) << row.method << " " << row.bytes;
    EXPECT_EQ(read.head.body.bytes, row.size) << row.method << " " << row.bytes;
    EXPECT_EQ(read.head.keep_alive, row.keep_alive) << row.method << " " << row.bytes;
  }
}

TEST(ResponseHeadTest, HasTheLimitsOfRequests) {
  const std::string bytes = "HTTP/1.1 200 OK\r\nServer: a\r\nVary: b\r\n\r\n";
  EXPECT_EQ(ReadResponse(bytes, "GET", {.max_head_bytes = bytes.size(), .max_fields = 2}).error, std::nullopt);
  EXPECT_EQ(ReadResponse(bytes, "GET", {.max_head_bytes = bytes.size() - 1}).error, kTooLarge);
  EXPECT_EQ(ReadResponse(bytes, "GET", {.max_fields = 1}).error, kTooManyFields);
}

TEST(ResponseHeadTest, AReusedHeadKeepsNothingOfTheOneBefore) {
  std::array<Field, 10> storage;
  ResponseHead head;
  ASSERT_EQ(ParseResponseHead("HTTP/1.1 200 Fine\r\nContent-Length: 5\r\n\r\n", "GET", {}, storage, &head),
            std::nullopt);
  ASSERT_EQ(ParseResponseHead("HTTP/1.1 204\r\n\r\n", "GET", {}, storage, &head), std::nullopt);
  EXPECT_EQ(head.status, 204);
  EXPECT_EQ(head.reason, "");
  EXPECT_TRUE(head.fields.empty());
  EXPECT_EQ(head.body.kind, Kind::kNone);
  EXPECT_EQ(head.body.bytes, 0u);
}

}  // namespace
}  // namespace viaduct::http
