#include "sidecar/request/forwarding.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace viaduct::sidecar {
namespace {

// Returns the head for the upstream of a request with `fields`, without its request line and the last empty line.
std::string Upstream(const std::string& fields, std::string_view viewer = "",
                     UpgradeForwarding upgrade = UpgradeForwarding::kNone,
                     const std::string& line = "GET /a?b HTTP/1.1") {
  std::array<http::Field, 64> storage;
  http::RequestHead head;
  const std::string text = line + "\r\n" + fields + "\r\n";
  EXPECT_EQ(http::ParseRequestHead(text, http::HeadLimits(), storage, &head), std::nullopt) << text;
  std::string out = "before";
  AppendUpstreamHead(head, viewer, "x-origin-verify", upgrade, &out);
  const std::string start = "before" + line.substr(0, line.rfind(' ')) + " HTTP/1.1\r\n";
  EXPECT_TRUE(out.starts_with(start) && out.ends_with("\r\n\r\n") || out == start + "\r\n") << out;
  return out.substr(start.size(), out.size() - start.size() - 2);
}

// Returns the head for the viewer if the upstream's is `lines`, both without the last empty line.
std::string Downstream(const std::string& lines, const ResponseFraming& framing, std::string_view method = "GET") {
  std::array<http::Field, 64> storage;
  http::ResponseHead head;
  const std::string text = lines + "\r\n";
  EXPECT_EQ(http::ParseResponseHead(text, method, http::HeadLimits(), storage, &head), std::nullopt) << text;
  std::string out;
  AppendDownstreamHead(head, framing, &out);
  EXPECT_TRUE(out.ends_with("\r\n")) << out;
  return out.substr(0, out.size() - 2);
}

TEST(ForwardingTest, EndToEndFieldsKeepOrderNamesAndValues) {
  EXPECT_EQ(Upstream("Host:h\r\nX-B:  1 \r\nx-a: \r\nX-B: 2\r\nCookie: a=b\r\n"),
            "Host: h\r\nX-B: 1\r\nx-a: \r\nX-B: 2\r\nCookie: a=b\r\n");
}

TEST(ForwardingTest, WhatConcernsOneHopIsDropped) {
  const std::string kDropped[] = {
      "Connection: keep-alive", "Connection: close",      "Keep-Alive: timeout=5", "Proxy-Connection: close",
      "TE: trailers",           "Trailer: X-Digest",      "Upgrade: h2c",          "HTTP2-Settings: AAMAAABk",
      "Proxy-Authenticate: x",  "CONNECTION: Keep-Alive",
  };
  for (const std::string& field : kDropped) EXPECT_EQ(Upstream("Host: h\r\n" + field + "\r\n"), "Host: h\r\n") << field;
}

TEST(ForwardingTest, TheSecretAndItsAliasesStayHere) {
  for (const std::string_view name : {"x-origin-verify", "X-Origin-Verify", "X_Origin_Verify", "x.origin.verify"}) {
    EXPECT_EQ(Upstream("Host: h\r\n" + std::string(name) + ": s3cret\r\nX-Two: 2\r\n"), "Host: h\r\nX-Two: 2\r\n")
        << name;
  }
  EXPECT_EQ(Upstream("Host: h\r\nX-Origin-Verify-2: a\r\n"), "Host: h\r\nX-Origin-Verify-2: a\r\n");
}

TEST(ForwardingTest, WhatConnectionNominatesIsDropped) {
  EXPECT_EQ(Upstream("Host: h\r\nX-One: 1\r\nConnection: x-one\r\nX-Two: 2\r\n"), "Host: h\r\nX-Two: 2\r\n");
  EXPECT_EQ(
      Upstream("X-One: 1\r\nHost: h\r\nx-one: 3\r\nConnection: close, X-TWO\r\nConnection: ,X-One\r\nX-Two: 2\r\n"),
      "Host: h\r\n");
  EXPECT_EQ(Upstream("Host: h\r\nX-One: 1\r\nConnection: x-on\r\n"), "Host: h\r\nX-One: 1\r\n");
}

// Each option and each name is looked at once: a head full of both costs about as much as any other of its size.
TEST(ForwardingTest, AnyNumberOfFieldsMayBeNominatedByAnyNumberOfOptions) {
  std::string options = "Connection: upgrade";
  std::string fields = "Host: h\r\n";
  std::string kept = fields;
  for (int i = 0; i < 5000; ++i) options += ",o" + std::to_string(i);
  for (int i = 0; i < 30; ++i) {
    const std::string number = std::to_string(i);
    fields += "O" + number + ": dropped\r\nX-" + number + ": kept\r\n";
    kept += "X-" + number + ": kept\r\n";
  }
  EXPECT_EQ(Upstream(fields + options + "\r\n"), kept);
  EXPECT_EQ(Upstream(options + "\r\n" + fields), kept);
}

// Without them the upstream would read another message than we did.
TEST(ForwardingTest, HostAndContentLengthCannotBeNominated) {
  EXPECT_EQ(Upstream("Host: h\r\nContent-Length: 3\r\nConnection: host, content-length\r\n"),
            "Host: h\r\nContent-Length: 3\r\n");
}

TEST(ForwardingTest, TheViewersAddressIsOursToSay) {
  EXPECT_EQ(Upstream("Host: h\r\n", "203.0.113.7"), "Host: h\r\nx-viaduct-viewer-address: 203.0.113.7\r\n");
  EXPECT_EQ(Upstream("Host: h\r\n", ""), "Host: h\r\n");
  for (const char* name : {"x-viaduct-viewer-address", "X-Viaduct-Viewer-Address", "X_Viaduct_Viewer_Address",
                           "x.viaduct-viewer_address"}) {
    const std::string fields = "Host: h\r\n" + std::string(name) + ": 10.0.0.1\r\n";
    EXPECT_EQ(Upstream(fields, "203.0.113.7"), "Host: h\r\nx-viaduct-viewer-address: 203.0.113.7\r\n") << name;
    EXPECT_EQ(Upstream(fields, ""), "Host: h\r\n") << name;
  }
  EXPECT_EQ(Upstream("Host: h\r\nConnection: x-viaduct-viewer-address\r\n", "::1"),
            "Host: h\r\nx-viaduct-viewer-address: ::1\r\n");
  EXPECT_EQ(Upstream("Host: h\r\nX-Viaduct-Viewer-Addresses: 1\r\n"), "Host: h\r\nX-Viaduct-Viewer-Addresses: 1\r\n");
}

TEST(ForwardingTest, RequestFramingIsWrittenAnew) {
  EXPECT_EQ(Upstream("Host: h\r\nContent-Length: 10\r\n"), "Host: h\r\nContent-Length: 10\r\n");
  EXPECT_EQ(Upstream("Transfer-Encoding: Chunked\r\nHost: h\r\n"), "Host: h\r\ntransfer-encoding: chunked\r\n");
  EXPECT_EQ(Upstream("Host: h\r\nTransfer-Encoding: chunked\r\nConnection: transfer-encoding\r\n"),
            "Host: h\r\ntransfer-encoding: chunked\r\n");
}

TEST(ForwardingTest, AnUpgradeIsAskedForInOurWords) {
  EXPECT_EQ(
      Upstream("Host: h\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n",
               "203.0.113.7", UpgradeForwarding::kWebSocket),
      "Host: h\r\nSec-WebSocket-Version: 13\r\nx-viaduct-viewer-address: 203.0.113.7\r\n"
      "upgrade: websocket\r\nconnection: upgrade\r\n");
}

TEST(ForwardingTest, AnOldViewersRequestGoesOnAsHttp11) {
  EXPECT_EQ(Upstream("Host: h\r\nConnection: keep-alive\r\n", "", UpgradeForwarding::kNone, "GET / HTTP/1.0"),
            "Host: h\r\n");
}

TEST(ForwardingTest, AnOldViewerThatNamesNoHostIsGivenAnEmptyOne) {
  EXPECT_EQ(Upstream("X: 1\r\n", "203.0.113.7", UpgradeForwarding::kNone, "GET / HTTP/1.0"),
            "X: 1\r\nhost: \r\nx-viaduct-viewer-address: 203.0.113.7\r\n");
  EXPECT_EQ(Upstream("Host: \r\n"), "Host: \r\n");
}

TEST(ForwardingTest, OnlyHttp11Expects) {
  EXPECT_EQ(Upstream("Host: h\r\nExpect: 100-continue\r\n"), "Host: h\r\nExpect: 100-continue\r\n");
  EXPECT_EQ(Upstream("Host: h\r\nExpect: 100-continue\r\n", "", UpgradeForwarding::kNone, "POST / HTTP/1.0"),
            "Host: h\r\n");
}

TEST(ForwardingTest, ResponseFramingIsWrittenAnew) {
  const struct {
    const char* head;
    ResponseFraming framing;
    const char* expected;
  } kTable[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n",
       {},
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\n"},
      {"HTTP/1.0 200 \r\nContent-Length: 5\r\n", {}, "HTTP/1.1 200 \r\nContent-Length: 5\r\n"},
      {"HTTP/1.1 200\r\nContent-Length: 5\r\n", {}, "HTTP/1.1 200 \r\nContent-Length: 5\r\n"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n",
       {.body = ResponseFraming::Body::kChunked},
       "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n"},
      {"HTTP/1.1 200 OK\r\nConnection: close\r\nKeep-Alive: timeout=5\r\n",
       {.body = ResponseFraming::Body::kChunked},
       "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n",
       {.close = true},
       "HTTP/1.1 200 OK\r\nconnection: close\r\n"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
       {.keep_alive_field = true},
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nconnection: keep-alive\r\n"},
      {"HTTP/1.1 200 OK\r\nX-Hop: 1\r\nConnection: x-hop\r\nContent-Length: 0\r\n",
       {},
       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"},
  };
  for (const auto& row : kTable) EXPECT_EQ(Downstream(row.head, row.framing), row.expected) << row.head;
}

// RFC 9110 section 8.6: a length would be taken for that of a body.
TEST(ForwardingTest, InterimResponsesAnd204HaveNoLength) {
  EXPECT_EQ(Downstream("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nX: 1\r\n", {}),
            "HTTP/1.1 204 No Content\r\nX: 1\r\n");
  EXPECT_EQ(Downstream("HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n", {}), "HTTP/1.1 100 Continue\r\n");
  EXPECT_EQ(Downstream("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n", {}), "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n");
}

// It is the length that a GET would have had.
TEST(ForwardingTest, AnswersToHeadAnd304KeepTheirLength) {
  EXPECT_EQ(Downstream("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n", {}),
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n");
  EXPECT_EQ(Downstream("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", {}, "HEAD"),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n");
}

// RFC 9110 section 15.5.22.
TEST(ForwardingTest, A426NamesTheProtocolThatTheApplicationRequires) {
  const std::string line = "HTTP/1.1 426 Upgrade Required\r\n";
  EXPECT_EQ(Downstream(line + "Upgrade: TLS/1.2\r\nConnection: Upgrade\r\n", {}),
            line + "upgrade: TLS/1.2\r\nconnection: upgrade\r\n");
  EXPECT_EQ(Downstream(line + "Upgrade: TLS/1.2, HTTP/1.1\r\nUpgrade:\r\nUpgrade: websocket\r\n", {.close = true}),
            line + "upgrade: TLS/1.2, HTTP/1.1, websocket\r\nconnection: upgrade, close\r\n");
}

TEST(ForwardingTest, A426ThatNamesNoProtocolNamesThatOfThisHop) {
  const std::string line = "HTTP/1.1 426 Upgrade Required\r\n";
  const std::string length = "Content-Length: 0\r\n";
  for (const std::string& fields :
       {std::string("Upgrade: websocket\r\nConnection: Upgrade\r\n"), std::string("Upgrade:\r\n"), std::string()}) {
    EXPECT_EQ(Downstream(line + fields + length, {}), line + length + "upgrade: websocket\r\nconnection: upgrade\r\n");
    EXPECT_EQ(Downstream(line + fields + length, {.close = true}),
              line + length + "upgrade: websocket\r\nconnection: upgrade, close\r\n");
    EXPECT_EQ(Downstream(line + fields + length, {.keep_alive_field = true}),
              line + length + "upgrade: websocket\r\nconnection: upgrade, keep-alive\r\n");
  }
  EXPECT_EQ(Downstream("HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: upgrade\r\n" + length, {}),
            "HTTP/1.1 200 OK\r\n" + length);
}

TEST(ForwardingTest, A101KeepsItsUpgrade) {
  EXPECT_EQ(Downstream("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: x\r\nContent-Length: 0\r\n",
                       {}),
            "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n"
            "upgrade: websocket\r\nconnection: upgrade\r\n");
}

}  // namespace
}  // namespace viaduct::sidecar
