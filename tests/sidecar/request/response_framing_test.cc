#include "sidecar/request/response_framing.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "http/field.h"
#include "http/head.h"

namespace viaduct::sidecar {
namespace {

constexpr FramingFacts kHttp11;
constexpr FramingFacts kHttp11Close{.viewer_keeps_alive = false};
constexpr FramingFacts kHttp10{.viewer_minor_version = 0, .viewer_keeps_alive = false};
constexpr FramingFacts kHttp10KeepAlive{.viewer_minor_version = 0};

std::string_view Name(ResponseFraming::Body body) {
  switch (body) {
    case ResponseFraming::Body::kNone:
      return "none";
    case ResponseFraming::Body::kLength:
      return "length";
    case ResponseFraming::Body::kChunked:
      return "chunked";
    case ResponseFraming::Body::kUntilClose:
      return "until close";
  }
}

// Returns "chunked", or the framing with the connection: "length, close", "length, keep-alive"; or "dropped".
std::string Framed(const std::string& status_and_fields, const FramingFacts& facts, std::string_view method = "GET") {
  const std::string text = "HTTP/1.1 " + status_and_fields + "\r\n";
  std::array<http::Field, 8> storage;
  http::ResponseHead head;
  const auto error = http::ParseResponseHead(text, method, {.max_fields = storage.size()}, storage, &head);
  if (error.has_value()) return "head: " + std::string(http::kHeadErrors.Name(*error));
  const ResponseFraming framing = FrameResponse(head, facts);
  if (!framing.passed_on) return "dropped";
  std::string said(Name(framing.body));
  if (framing.close) said += ", close";
  if (framing.keep_alive_field) said += ", keep-alive";
  return said;
}

TEST(ResponseFramingTest, EachVersionOfAViewerCanTellWhereABodyEnds) {
  const std::string length = "200 OK\r\nContent-Length: 5\r\n";
  const std::string empty = "200 OK\r\nContent-Length: 0\r\n";
  const std::string chunked = "200 OK\r\nTransfer-Encoding: chunked\r\n";
  const std::string until_close = "200 OK\r\n";
  const struct {
    std::string head;
    FramingFacts facts;
    const char* framed;
  } kTable[] = {
      {length, kHttp11, "length"},
      {length, kHttp11Close, "length, close"},
      {length, kHttp10, "length, close"},
      {length, kHttp10KeepAlive, "length, keep-alive"},

      {empty, kHttp11, "length"},
      {empty, kHttp10KeepAlive, "length, keep-alive"},

      {chunked, kHttp11, "chunked"},
      {chunked, kHttp11Close, "chunked, close"},
      {chunked, kHttp10, "until close, close"},
      {chunked, kHttp10KeepAlive, "until close, close"},

      {until_close, kHttp11, "chunked"},
      {until_close, kHttp11Close, "chunked, close"},
      {until_close, kHttp10, "until close, close"},
      {until_close, kHttp10KeepAlive, "until close, close"},
  };
  for (const auto& row : kTable) EXPECT_EQ(Framed(row.head, row.facts), row.framed) << row.head;
}

TEST(ResponseFramingTest, AResponseWithoutABodyHasNoneWhateverItsFieldsSay) {
  for (const std::string& status : {"204 No Content\r\n", "304 Not Modified\r\n"}) {
    for (const std::string& fields : {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
      EXPECT_EQ(Framed(status + fields, kHttp11), "none") << status << fields;
      EXPECT_EQ(Framed(status + fields, kHttp11Close), "none, close") << status << fields;
      EXPECT_EQ(Framed(status + fields, kHttp10KeepAlive), "none, keep-alive") << status << fields;
    }
  }
  for (const std::string& fields : {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
    EXPECT_EQ(Framed("200 OK\r\n" + fields, kHttp11, "HEAD"), "none") << fields;
    EXPECT_EQ(Framed("200 OK\r\n" + fields, kHttp10KeepAlive, "HEAD"), "none, keep-alive") << fields;
  }
}

TEST(ResponseFramingTest, AnInterimResponseSaysNothingOfTheConnection) {
  for (const char* head : {"100 Continue\r\n", "103 Early Hints\r\nLink: </a>\r\n"}) {
    EXPECT_EQ(Framed(head, kHttp11), "none") << head;
    EXPECT_EQ(Framed(head, kHttp11Close), "none") << head;
    EXPECT_EQ(Framed(head, {.last = true}), "none") << head;
    EXPECT_EQ(Framed(head, kHttp10), "dropped") << head;
    EXPECT_EQ(Framed(head, kHttp10KeepAlive), "dropped") << head;
  }
}

// Many WebSocket libraries take it for the answer, and fail.
TEST(ResponseFramingTest, AnInterimResponseToAHandshakeIsDropped) {
  EXPECT_EQ(Framed("100 Continue\r\n", {.handshake = true}), "dropped");
  EXPECT_EQ(Framed("103 Early Hints\r\nLink: </a>\r\n", {.last = true, .handshake = true}), "dropped");
  EXPECT_EQ(Framed("200 OK\r\nContent-Length: 5\r\n", {.last = true, .handshake = true}), "length, close");
}

TEST(ResponseFramingTest, TheLastResponseSaysSoWhateverTheViewerExpects) {
  EXPECT_EQ(Framed("200 OK\r\nContent-Length: 5\r\n", {.last = true}), "length, close");
  EXPECT_EQ(Framed("200 OK\r\n", {.last = true}), "chunked, close");
  EXPECT_EQ(Framed("304 Not Modified\r\n", {.last = true}), "none, close");
  EXPECT_EQ(Framed("200 OK\r\nContent-Length: 5\r\n", {.viewer_minor_version = 0, .last = true}), "length, close");
}

// Such a field refers to the upstream's connection.
TEST(ResponseFramingTest, TheUpstreamsOwnConnectionDoesNotMatter) {
  EXPECT_EQ(Framed("200 OK\r\nContent-Length: 5\r\nConnection: close\r\n", kHttp11), "length");
  EXPECT_EQ(Framed("200 OK\r\nConnection: close\r\n", kHttp11), "chunked");
}

}  // namespace
}  // namespace viaduct::sidecar
