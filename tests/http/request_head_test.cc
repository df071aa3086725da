#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "http/field.h"
#include "http/head.h"
#include "tests/http/heads.h"

namespace viaduct::http {
namespace {

using enum HeadError;

struct Attack {
  std::string_view what;
  std::string bytes;
  HeadError refused_as;
};

std::string StartLine(std::string_view line) { return std::string(line).append("\r\nHost: a\r\n\r\n"); }
std::string Target(std::string_view target) {
  return StartLine(std::string("GET ").append(target).append(" HTTP/1.1"));
}
std::string Host(std::string_view host) {
  return std::string("GET / HTTP/1.1\r\nHost: ").append(host).append("\r\n\r\n");
}
std::string Lines(std::string_view lines) {
  return std::string("POST /chat HTTP/1.1\r\nHost: a\r\n").append(lines).append("\r\n");
}
std::string LinesOf10(std::string_view lines) {
  return std::string("POST /chat HTTP/1.0\r\nHost: a\r\n").append(lines).append("\r\n");
}
std::string FieldCount(int count) {
  std::string lines;
  for (int i = 1; i < count; ++i) lines += "cookie: a=b\r\n";
  return Lines(lines);
}

std::vector<Attack> Attacks() {
  using namespace std::string_literals;
  return {
      // Start lines.
      {"HTTP/0.9", "GET /\r\n\r\n", kBadStartLine},
      {"no target", StartLine("GET HTTP/1.1"), kBadStartLine},
      {"a method alone", StartLine("GET"), kBadStartLine},
      {"a method that is no token", StartLine("G(T / HTTP/1.1"), kBadStartLine},
      {"a tab for the space", StartLine("GET\t/\tHTTP/1.1"), kBadStartLine},
      {"a bare carriage return for the space", StartLine("GET\r/\rHTTP/1.1"), kBadStartLine},
      {"NUL in the method", StartLine("G\0T / HTTP/1.1"s), kBadStartLine},
      {"a response", "HTTP/1.1 200 OK\r\n\r\n", kBadStartLine},
      {"HTTP/2", StartLine("GET / HTTP/2.0"), kBadVersion},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", kBadVersion},
      {"HTTP/1.2", StartLine("GET / HTTP/1.2"), kBadVersion},
      {"HTTP/1.10", StartLine("GET / HTTP/1.10"), kBadVersion},
      {"HTTP/01.1", StartLine("GET / HTTP/01.1"), kBadVersion},
      {"a version in lower case", StartLine("GET / http/1.1"), kBadVersion},
      {"a version with a space behind", StartLine("GET / HTTP/1.1 "), kBadVersion},
      {"a version with a carriage return behind", StartLine("GET / HTTP/1.1\r"), kBadVersion},
      {"something else than a version", StartLine("GET / ICY/1.1"), kBadVersion},
      {"CONNECT", "CONNECT db.internal:5432 HTTP/1.1\r\nHost: db.internal:5432\r\n\r\n", kMethodRefused},
      {"TRACE", StartLine("TRACE / HTTP/1.1"), kMethodRefused},
      {"a method of 33 characters", StartLine(std::string(33, 'M') + " / HTTP/1.1"), kMethodTooLong},
      {"a method of 30 KiB", StartLine(std::string(30'000, 'M') + " / HTTP/1.1"), kMethodTooLong},
      // Targets.
      {"an empty target", StartLine("GET  HTTP/1.1"), kBadTarget},
      {"two spaces before the target", StartLine("GET  / HTTP/1.1"), kBadTarget},
      {"two spaces after the target", StartLine("GET /  HTTP/1.1"), kBadTarget},
      {"a space in the target: a second version", StartLine("GET /a HTTP/1.1 HTTP/1.1"), kBadTarget},
      {"asterisk-form", StartLine("OPTIONS * HTTP/1.1"), kBadTarget},
      {"GET of an asterisk", Target("*"), kBadTarget},
      {"absolute-form against Host", Target("http://evil/"), kBadTarget},
      {"absolute-form as Host", Target("http://a/"), kBadTarget},
      {"authority-form", Target("a:80"), kBadTarget},
      {"a path without slash", Target("chat"), kBadTarget},
      {"a fragment", Target("/#x"), kBadTarget},
      {"a raw byte above ASCII", Target("/\xc3\xa9"), kBadTarget},
      {"DEL in the target", Target("/\x7f"), kBadTarget},
      {"NUL in the target", Target("/a\0b"s), kBadTarget},
      {"a tab in the target", Target("/a\tb"), kBadTarget},
      {"a bare carriage return in the target", Target("/a\rX: b"), kBadTarget},
      {"a target of 8,193 bytes", Target("/" + std::string(8192, 'u')), kTargetTooLong},
      // Line ends and folds.
      {"bare line feeds throughout", "GET / HTTP/1.1\nHost: a\n\n", kBareLineFeed},
      {"a bare line feed after a field", Lines("x-a: 1\nx-b: 2\r\n"), kBareLineFeed},
      {"a bare line feed as the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", kBareLineFeed},
      {"obs-fold", Lines("x-a: 1\r\n 2\r\n"), kFoldedLine},
      {"obs-fold with a tab, hiding a field", Lines("x-a: 1\r\n\tContent-Length: 5\r\n"), kFoldedLine},
      {"a fold before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", kFoldedLine},
      {"a fold of spaces only", Lines("x-a: 1\r\n \r\n"), kFoldedLine},
      {"a fold that continues Transfer-Encoding", Lines("Transfer-Encoding:\r\n chunked\r\n"), kBadTransferEncoding},
      // Names.
      {"an empty name, which hides what follows", Lines(": x\r\nContent-Length: 5\r\n"), kBadFieldName},
      {"a line without colon", Lines("Content-Length 5\r\n"), kBadFieldName},
      {"a space before the colon", Lines("Content-Length : 5\r\n"), kBadFieldName},
      {"a tab before the colon", Lines("Transfer-Encoding\t: chunked\r\n"), kBadFieldName},
      {"a space in a name", Lines("X Content-Length: 5\r\n"), kBadFieldName},
      {"NUL in a name", Lines("Content-Length\0: 5\r\n"s), kBadFieldName},
      {"vertical tab before the name", Lines("\vTransfer-Encoding: chunked\r\n"), kBadFieldName},
      {"a bare carriage return before a name", Lines("\rTransfer-Encoding: chunked\r\n"), kBadFieldName},
      {"a line of one carriage return", Lines("\r\r\n"), kBadFieldName},
      {"a byte above ASCII in a name", Lines("x-\xff: 5\r\n"), kBadFieldName},
      {"a separator in a name", Lines("x[a]: 5\r\n"), kBadFieldName},
      {"a name of 64 KiB with a length overflow in mind", Lines(std::string(31'000, 'a') + "(: 5\r\n"), kBadFieldName},
      // Values.
      {"NUL in a value", Lines("x-a: 1\0\r\n"s), kBadFieldValue},
      {"a bare carriage return in a value", Lines("x-a: 1\rX-Amz-Cf-Id: 2\r\n"), kBadFieldValue},
      {"a bare carriage return before the line end", Lines("x-a: 1\r\r\n"), kBadFieldValue},
      {"a vertical tab in a value", Lines("Transfer-Encoding: \vchunked\r\n"), kBadFieldValue},
      {"a form feed in a value", Lines("Content-Length: 5\f\r\n"), kBadFieldValue},
      {"escape in a value", Lines("x-a: \x1b[2J\r\n"), kBadFieldValue},
      {"DEL in a value", Lines("x-a: \x7f\r\n"), kBadFieldValue},
      {"a Connection that hides a name in quotes", Lines("Connection: \", X-Amz-Cf-Id\r\n"), kBadFieldValue},
      {"a Connection that is no list of tokens", Lines("Connection: close; x-amz-cf-id\r\n"), kBadFieldValue},
      {"a Connection of two words", Lines("Connection: keep-alive close\r\n"), kBadFieldValue},
      // Host.
      {"no Host", "GET / HTTP/1.1\r\nx-a: 1\r\n\r\n", kHostMissing},
      {"no field at all", "GET / HTTP/1.1\r\n\r\n", kHostMissing},
      {"two Hosts", Lines("Host: b\r\n"), kHostRepeated},
      {"two equal Hosts", Lines("host: a\r\n"), kHostRepeated},
      {"two hosts in one line", Host("a, b"), kBadHost},
      {"a Host with a user", Host("a@b"), kBadHost},
      {"a Host with a path", Host("a/b"), kBadHost},
      {"a Host with a query", Host("a?b"), kBadHost},
      {"a Host with a space", Host("a b"), kBadHost},
      {"a Host with a percent", Host("a%2eb"), kBadHost},
      {"a Host with a byte above ASCII", Host("\xc3\xa9.example"), kBadHost},
      {"a Host of a port only", Host(":80"), kBadHost},
      {"a Host with an empty port and another", Host("a::80"), kBadHost},
      {"a Host with a port of letters", Host("a:http"), kBadHost},
      {"a Host with a signed port", Host("a:+80"), kBadHost},
      {"a Host with two ports", Host("a:80:81"), kBadHost},
      {"a Host with a port of six digits", Host("a:000080"), kBadHost},
      {"a Host with port 65536", Host("a:65536"), kBadHost},
      {"a Host with port 99999", Host("[::1]:99999"), kBadHost},
      {"a repeated Host in HTTP/1.0", LinesOf10("Host: a\r\n"), kHostRepeated},
      // Expect.
      {"an unknown expectation", Lines("Expect: 200-ok\r\n"), kBadExpect},
      {"an empty expectation", Lines("Expect:\r\n"), kBadExpect},
      {"an expectation twice", Lines("Expect: 100-continue\r\nExpect: 100-continue\r\n"), kBadExpect},
      {"an expectation twice in a line", Lines("Expect: 100-continue, 100-continue\r\n"), kBadExpect},
      {"an expectation with a parameter", Lines("Expect: 100-continue;q=1\r\n"), kBadExpect},
      {"an unknown expectation in HTTP/1.0", LinesOf10("Expect: x\r\n"), kBadExpect},
      {"an IPv6 Host without brackets", Host("2001:db8::1"), kBadHost},
      {"an IPv6 Host without the closing bracket", Host("[::1"), kBadHost},
      {"an IPv6 Host with something behind", Host("[::1]x"), kBadHost},
      {"a Host of a colon only", Host(":"), kBadHost},
      {"an IPv6 Host with a zone", Host("[fe80::1%eth0]"), kBadHost},
      {"empty brackets", Host("[]"), kBadHost},
      {"brackets around IPv4", Host("[192.0.2.1]"), kBadHost},
      {"brackets around a name", Host("[face.cafe]"), kBadHost},
      {"brackets around colons only", Host("[::::]"), kBadHost},
      {"an IPv6 Host of nine groups", Host("[1:2:3:4:5:6:7:8:9]"), kBadHost},
      {"an IPv6 Host longer than any", Host("[" + std::string(100, '0') + "::1]"), kBadHost},
      {"a closing bracket only", Host("a]"), kBadHost},
      // Content-Length.
      {"two different lengths", Lines("Content-Length: 5\r\nContent-Length: 6\r\n"), kBadContentLength},
      {"two equal lengths", Lines("Content-Length: 5\r\ncontent-length: 5\r\n"), kBadContentLength},
      {"a list of equal lengths", Lines("Content-Length: 5, 5\r\n"), kBadContentLength},
      {"an empty length", Lines("Content-Length:\r\n"), kBadContentLength},
      {"a blank length", Lines("Content-Length:  \t\r\n"), kBadContentLength},
      {"a length with a plus", Lines("Content-Length: +5\r\n"), kBadContentLength},
      {"a length with a minus", Lines("Content-Length: -5\r\n"), kBadContentLength},
      {"a length in hexadecimal", Lines("Content-Length: 0x5\r\n"), kBadContentLength},
      {"a length with an underscore", Lines("Content-Length: 1_0\r\n"), kBadContentLength},
      {"a length with a space inside", Lines("Content-Length: 1 0\r\n"), kBadContentLength},
      {"a length with a fraction", Lines("Content-Length: 5.0\r\n"), kBadContentLength},
      {"a length of 2^63", Lines("Content-Length: 9223372036854775808\r\n"), kBadContentLength},
      {"a length of 2^64", Lines("Content-Length: 18446744073709551616\r\n"), kBadContentLength},
      {"a length of 2^64 and 5", Lines("Content-Length: 18446744073709551621\r\n"), kBadContentLength},
      {"a length of digits above ASCII", Lines("Content-Length: \xd9\xa5\r\n"), kBadContentLength},
      // Transfer-Encoding.
      {"an unknown coding", Lines("Transfer-Encoding: xchunked\r\n"), kBadTransferEncoding},
      {"gzip alone", Lines("Transfer-Encoding: gzip\r\n"), kBadTransferEncoding},
      {"gzip, then chunked", Lines("Transfer-Encoding: gzip, chunked\r\n"), kBadTransferEncoding},
      {"chunked, then identity", Lines("Transfer-Encoding: chunked, identity\r\n"), kBadTransferEncoding},
      {"identity", Lines("Transfer-Encoding: identity\r\n"), kBadTransferEncoding},
      {"chunked twice in a line", Lines("Transfer-Encoding: chunked, chunked\r\n"), kBadTransferEncoding},
      {"chunked in two lines", Lines("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
       kBadTransferEncoding},
      {"chunked, then nothing in a second line", Lines("Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n"),
       kBadTransferEncoding},
      {"an empty coding", Lines("Transfer-Encoding:\r\n"), kBadTransferEncoding},
      {"chunked in quotes", Lines("Transfer-Encoding: \"chunked\"\r\n"), kBadTransferEncoding},
      {"chunked with a parameter", Lines("Transfer-Encoding: chunked;q=1\r\n"), kBadTransferEncoding},
      {"a comma behind chunked", Lines("Transfer-Encoding: chunked,\r\n"), kBadTransferEncoding},
      {"chunked in HTTP/1.0", LinesOf10("Transfer-Encoding: chunked\r\n"), kBadTransferEncoding},
      {"length, then chunked", Lines("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), kLengthAndEncoding},
      {"chunked, then length", Lines("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), kLengthAndEncoding},
      {"chunked and a length of 0", Lines("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), kLengthAndEncoding},
      {"both in HTTP/1.0", LinesOf10("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), kLengthAndEncoding},
      // Names that a server may fold onto a framing field.
      {"Content_Length", Lines("Content_Length: 5\r\n"), kFramingFieldAlias},
      {"content.length", Lines("content.length: 5\r\n"), kFramingFieldAlias},
      {"TRANSFER_ENCODING", Lines("TRANSFER_ENCODING: chunked\r\n"), kFramingFieldAlias},
      {"Transfer.Encoding beside a length", Lines("Content-Length: 5\r\nTransfer.Encoding: x\r\n"), kFramingFieldAlias},
      // Limits.
      {"201 fields", FieldCount(201), kTooManyFields},
      {"a head of 32 KiB and one byte", Lines("cookie: " + std::string(32 * 1024 - 41, 'c') + "\r\n"), kTooLarge},
  };
}

TEST(RequestHeadTest, RefusesEveryAttack) {
  for (const Attack& attack : Attacks()) {
    const auto read = ReadRequest(attack.bytes);
    if (!read.error.has_value()) {
      ADD_FAILURE() << attack.what << " is accepted";
      continue;
    }
    EXPECT_EQ(kHeadErrors.Name(*read.error), kHeadErrors.Name(attack.refused_as)) << attack.what;
  }
}

TEST(RequestHeadTest, TheAttacksMakeEveryError) {
  std::set<HeadError> made;
  for (const Attack& attack : Attacks()) made.insert(attack.refused_as);
  for (const HeadError error : kHeadErrors) EXPECT_TRUE(made.count(error)) << kHeadErrors.Name(error);
}

TEST(RequestHeadTest, AcceptsGoodHeads) {
  for (const GoodHead& good : GoodRequestHeads()) {
    const auto read = ReadRequest(good.bytes);
    EXPECT_TRUE(read.complete) << good.what;
    EXPECT_EQ(read.error, std::nullopt) << good.what << ": " << kHeadErrors.Name(read.error.value_or(kTooLarge));
  }
}

TEST(RequestHeadTest, ReadsTheHandshakeThroughCloudFront) {
  const auto read = ReadRequest(HandshakeHead());
  ASSERT_TRUE(read.accepted());
  const RequestHead& head = read.head;
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/websocket");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_EQ(head.host, "d1fhfqyui9h81a.cloudfront.net");
  EXPECT_EQ(head.body.kind, BodyLength::Kind::kNone);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.wants_websocket);
  EXPECT_FALSE(head.expects_continue);
  ASSERT_EQ(head.fields.size(), 18u);
  EXPECT_EQ(head.fields[0].name, "x-forwarded-for");
  EXPECT_EQ(head.fields[0].value, "2001:db8:85a3::8a2e:370:7334, 130.176.114.52");
  EXPECT_EQ(head.fields[17].name, "accept-encoding");
  EXPECT_EQ(head.fields.Single(FieldName::kXAmzCfId), "3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==");
}

TEST(RequestHeadTest, ViewsPointIntoTheReceivedBytes) {
  const std::string_view bytes = HandshakeHead();
  const auto read = ReadRequest(bytes);
  ASSERT_TRUE(read.accepted());
  EXPECT_EQ(read.head.method.data(), bytes.data());
  for (const Field& field : read.head.fields) {
    EXPECT_GE(field.name.data(), bytes.data());
    EXPECT_LE(field.value.data() + field.value.size(), bytes.data() + bytes.size());
  }
}

TEST(RequestHeadTest, KeepsRepeatedFieldsApartAndInOrder) {
  const std::string bytes = Lines("Via: 1.1 a\r\nx: \t y \r\nvia: 1.1 b\r\nVIA:\r\n");
  const auto read = ReadRequest(bytes);
  ASSERT_TRUE(read.accepted());
  ASSERT_EQ(read.head.fields.size(), 5u);
  EXPECT_EQ(read.head.fields[1].name, "Via");
  EXPECT_EQ(read.head.fields[1].value, "1.1 a");
  EXPECT_EQ(read.head.fields[2].value, "y");
  EXPECT_EQ(read.head.fields[3].name, "via");
  EXPECT_EQ(read.head.fields[3].value, "1.1 b");
  EXPECT_EQ(read.head.fields[4].value, "");
}

TEST(RequestHeadTest, TellsTheBodysLength) {
  using Kind = BodyLength::Kind;
  const struct {
    std::string lines;
    Kind kind;
    std::uint64_t bytes;
  } kRows[] = {
      {"", Kind::kNone, 0},
      {"Content-Length: 0\r\n", Kind::kNone, 0},
      {"Content-Length: 1\r\n", Kind::kContentLength, 1},
      {"content-length:\t0042 \r\n", Kind::kContentLength, 42},
      {"Content-Length: 9223372036854775807\r\n", Kind::kContentLength, 9223372036854775807u},
      {"Transfer-Encoding: Chunked\r\n", Kind::kChunked, 0},
  };
  for (const auto& row : kRows) {
    const std::string bytes = Lines(row.lines);
    const auto read = ReadRequest(bytes);
    ASSERT_TRUE(read.accepted()) << row.lines;
    EXPECT_EQ(read.head.body.kind, row.kind) << row.lines;
    EXPECT_EQ(read.head.body.bytes, row.bytes) << row.lines;
  }
}

TEST(RequestHeadTest, TellsWhetherTheConnectionStays) {
  const struct {
    std::string bytes;
    bool keep_alive;
  } kRows[] = {
      {Lines(""), true},
      {Lines("Connection: keep-alive\r\n"), true},
      {Lines("Connection: Close\r\n"), false},
      {Lines("Connection: keep-alive, close\r\n"), false},
      {Lines("Connection: upgrade\r\nConnection: TE, close\r\n"), false},
      {Lines("Connection: closed\r\n"), true},
      {LinesOf10(""), false},
      {LinesOf10("Connection: Keep-Alive\r\n"), true},
      {LinesOf10("Connection: keep-alive, close\r\n"), false},
  };
  for (const auto& row : kRows) {
    const auto read = ReadRequest(row.bytes);
    ASSERT_TRUE(read.accepted()) << row.bytes;
    EXPECT_EQ(read.head.keep_alive, row.keep_alive) << row.bytes;
  }
}

TEST(RequestHeadTest, TellsWhatTheSenderAsksFor) {
  const struct {
    std::string bytes;
    bool wants_websocket;
    bool expects_continue;
  } kRows[] = {
      {Lines(""), false, false},
      {Lines("UPGRADE: WebSocket\r\n"), true, false},
      {Lines("Upgrade: h2c, websocket\r\n"), true, false},
      {Lines("Upgrade: h2c\r\nUpgrade: websocket\r\n"), true, false},
      {Lines("Upgrade: websocket/13\r\n"), true, false},
      {Lines("Upgrade:\r\n"), false, false},
      {Lines("Upgrade: h2c\r\n"), false, false},
      {Lines("Upgrade: websockets, x/websocket\r\n"), false, false},
      {LinesOf10("Upgrade: websocket\r\nConnection: upgrade\r\n"), false, false},
      {Lines("Upgrade-Insecure-Requests: 1\r\n"), false, false},
      {Lines("Expect: 100-Continue\r\nContent-Length: 5\r\n"), false, true},
      {LinesOf10("Expect: 100-continue\r\nContent-Length: 5\r\n"), false, false},
  };
  for (const auto& row : kRows) {
    const auto read = ReadRequest(row.bytes);
    ASSERT_TRUE(read.accepted()) << row.bytes;
    EXPECT_EQ(read.head.wants_websocket, row.wants_websocket) << row.bytes;
    EXPECT_EQ(read.head.expects_continue, row.expects_continue) << row.bytes;
  }
}

// RFC 9112 section 3.2.
TEST(RequestHeadTest, ARequestMayNameNoHost) {
  for (const std::string& bytes : {Host(""), Host(" \t"), std::string("GET / HTTP/1.0\r\nx-a: 1\r\n\r\n")}) {
    const auto read = ReadRequest(bytes);
    ASSERT_TRUE(read.accepted()) << bytes;
    EXPECT_EQ(read.head.host, "");
  }
}

TEST(RequestHeadTest, AnUpgradeWithABodyShowsBoth) {
  const std::string bytes = Lines("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n") + "hello";
  const auto read = ReadRequest(bytes);
  ASSERT_TRUE(read.accepted());
  EXPECT_TRUE(read.head.wants_websocket);
  EXPECT_EQ(read.head.body.kind, BodyLength::Kind::kContentLength);
}

TEST(RequestHeadTest, LimitsAreTheGreatestAllowedValues) {
  const std::string bytes = "GET /12345 HTTP/1.1\r\nHost: a\r\nx-a: 1\r\n\r\n";
  const HeadLimits exact{.max_head_bytes = bytes.size(), .max_target_bytes = 6, .max_fields = 2};
  EXPECT_EQ(ReadRequest(bytes, exact).error, std::nullopt);
  HeadLimits limits = exact;
  limits.max_head_bytes = bytes.size() - 1;
  EXPECT_EQ(ReadRequest(bytes, limits).error, kTooLarge);
  limits = exact;
  limits.max_target_bytes = 5;
  EXPECT_EQ(ReadRequest(bytes, limits).error, kTargetTooLong);
  limits = exact;
  limits.max_fields = 1;
  EXPECT_EQ(ReadRequest(bytes, limits).error, kTooManyFields);
}

TEST(RequestHeadTest, NeverWritesBeyondTheStorage) {
  std::array<Field, 1> storage;
  RequestHead head;
  const std::string_view bytes = "GET / HTTP/1.1\r\nHost: a\r\nx-a: 1\r\n\r\n";
  EXPECT_EQ(ParseRequestHead(bytes, HeadLimits{}, storage, &head), kTooManyFields);
}

TEST(RequestHeadTest, AReusedHeadKeepsNothingOfTheOneBefore) {
  std::array<Field, 10> storage;
  RequestHead head;
  const std::string_view first =
      "POST /a HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: close\r\nContent-Length: 5\r\n\r\n";
  const std::string_view second = "GET /b HTTP/1.0\r\n\r\n";
  ASSERT_EQ(ParseRequestHead(first, HeadLimits{}, storage, &head), std::nullopt);
  ASSERT_EQ(ParseRequestHead(second, HeadLimits{}, storage, &head), std::nullopt);
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.host, "");
  EXPECT_EQ(head.minor_version, 0);
  EXPECT_TRUE(head.fields.empty());
  EXPECT_EQ(head.body.kind, BodyLength::Kind::kNone);
  EXPECT_EQ(head.body.bytes, 0u);
  EXPECT_FALSE(head.wants_websocket);
}

}  // namespace
}  // namespace viaduct::http
