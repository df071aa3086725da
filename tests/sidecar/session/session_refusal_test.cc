// Refused requests: the upstream sees no byte of them, and nothing behind them is taken for a request.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "sidecar/request/request_end.h"
#include "tests/support/http_message.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;

class SessionRefusalTest : public SidecarTest {
 protected:
  // Returns the answer to `text` with a proper request right behind it, which must not be answered.
  HttpMessage Refused(const std::string& text) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(text + Get("/smuggled"));
    const HttpMessage response = ReadHttpMessage(&viewer);
    EXPECT_EQ(response.Field("connection"), "close") << text.substr(0, 200);
    EXPECT_EQ(viewer.ReadToEnd(), "") << text.substr(0, 200);
    return response;
  }
};

TEST_F(SessionRefusalTest, AMalformedHeadIsRefusedWithItsStatusAndItsRuleInTheLog) {
  Start();
  const std::string edge = EdgeFields();
  const std::string nul(1, '\0');
  const struct {
    std::string text;
    int status;
    const char* rule;
  } kTable[] = {
      {"\x16\x03\x01\x02\x00 TLS", 400, "bad_start_line"},
      {"\r\n" + Get("/"), 400, "bad_start_line"},
      {"GET /\r\n\r\n", 400, "bad_start_line"},
      {"GET  / HTTP/1.1\r\n" + edge + "\r\n", 400, "bad_target"},
      {"GET / HTTP/2.0\r\n" + edge + "\r\n", 400, "bad_version"},
      {"GET / HTTP/1.2\r\n" + edge + "\r\n", 400, "bad_version"},
      {"GET / http/1.1\r\n" + edge + "\r\n", 400, "bad_version"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "bad_version"},
      {"CONNECT a:443 HTTP/1.1\r\n" + edge + "\r\n", 405, "method_refused"},
      {"TRACE / HTTP/1.1\r\n" + edge + "\r\n", 405, "method_refused"},
      {"OPTIONS * HTTP/1.1\r\n" + edge + "\r\n", 400, "bad_target"},
      {"GET http://evil/ HTTP/1.1\r\n" + edge + "\r\n", 400, "bad_target"},
      {"GET /#fragment HTTP/1.1\r\n" + edge + "\r\n", 400, "bad_target"},
      {"GET /\xc3\xa4 HTTP/1.1\r\n" + edge + "\r\n", 400, "bad_target"},
      {"GET /" + std::string(8192, 'a') + " HTTP/1.1\r\n" + edge + "\r\n", 414, "target_too_long"},
      {"GET / HTTP/1.1\n" + edge + "\r\n", 400, "bare_line_feed"},
      {"GET / HTTP/1.1\r\nX: a\nY: b\r\n" + edge + "\r\n", 400, "bare_line_feed"},
      {"GET / HTTP/1.1\r\n" + edge + "X: a\rb\r\n\r\n", 400, "bad_field_value"},
      {"GET / HTTP/1.1\r\n" + edge + "X: a" + nul + "\r\n\r\n", 400, "bad_field_value"},
      {"GET / HTTP/1.1\r\n" + edge + " folded: x\r\n\r\n", 400, "folded_line"},
      {"GET / HTTP/1.1\r\n" + edge + ": x\r\n\r\n", 400, "bad_field_name"},
      {"GET / HTTP/1.1\r\n" + edge + "Content-Length : 3\r\n\r\nabc", 400, "bad_field_name"},
      {"GET / HTTP/1.1\r\n" + edge + "no colon\r\n\r\n", 400, "bad_field_name"},
      {"GET / HTTP/1.1\r\n\r\n", 400, "host_missing"},
      {"GET / HTTP/1.1\r\n" + edge + "Host: evil\r\n\r\n", 400, "host_repeated"},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "bad_host"},
      {"POST / HTTP/1.1\r\n" + edge + "Content-Length: +3\r\n\r\nabc", 400, "bad_content_length"},
      {"POST / HTTP/1.1\r\n" + edge + "Content-Length: 3, 3\r\n\r\nabc", 400, "bad_content_length"},
      {"POST / HTTP/1.1\r\n" + edge + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, "bad_content_length"},
      {"POST / HTTP/1.1\r\n" + edge + "Content-Length:\r\n\r\nabc", 400, "bad_content_length"},
      {"POST / HTTP/1.1\r\n" + edge + "Content-Length: 9223372036854775808\r\n\r\n", 400, "bad_content_length"},
      {"POST / HTTP/1.1\r\n" + edge + "Transfer-Encoding: gzip\r\n\r\n", 400, "bad_transfer_encoding"},
      {"POST / HTTP/1.1\r\n" + edge + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400,
       "bad_transfer_encoding"},
      {"POST / HTTP/1.1\r\n" + edge + "Transfer-Encoding: xchunked\r\n\r\n", 400, "bad_transfer_encoding"},
      {"POST / HTTP/1.0\r\n" + edge + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_transfer_encoding"},
      {"POST / HTTP/1.1\r\n" + edge + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       "length_and_encoding"},
      {"POST / HTTP/1.1\r\n" + edge + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400,
       "length_and_encoding"},
      {"POST / HTTP/1.1\r\n" + edge + "Content_Length: 3\r\n\r\nabc", 400, "framing_field_alias"},
      {"POST / HTTP/1.1\r\n" + edge + "Transfer.Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "framing_field_alias"},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(Refused(row.text).status(), row.status) << row.text.substr(0, 200);
    LogRecord line = sidecar().log().Wait({{"end", "bad_request"}});
    EXPECT_EQ(line["rule"], row.rule) << row.text.substr(0, 200);
    EXPECT_EQ(line["status"], std::to_string(row.status));
    const std::string series = "viaduct_heads_refused_total{rule=\"" + std::string(row.rule) + "\"}";
    EXPECT_GE(sidecar().Metric(series), 1) << series;
  }
  EXPECT_TRUE(upstream_.NobodyCame());
}

TEST_F(SessionRefusalTest, TooMuchOfAHeadIs431) {
  Start();
  std::string many;
  for (int i = 0; i < 197; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  EXPECT_EQ(Refused(Request("GET / HTTP/1.1", many)).status(), 431);  // with the four of the edge 201
  EXPECT_EQ(Refused(Request("GET / HTTP/1.1", "X: " + std::string(33'000, 'a') + "\r\n")).status(), 431);
  // The head need not be complete, or ever end.
  ScriptedPeer viewer = Viewer();
  viewer.Send("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'a'));
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 431);
  viewer.Close();
  EXPECT_TRUE(upstream_.NobodyCame());
}

TEST_F(SessionRefusalTest, AsMuchAsCloudFrontSendsIsTaken) {
  Start();
  ScriptedPeer viewer = Viewer();
  std::string fields;
  for (int i = 0; i < 190; ++i) fields += "X-" + std::to_string(i) + ": " + std::string(90, 'x') + "\r\n";
  const std::string target = "/" + std::string(8191, 'a');
  const std::string request = Get(target, fields);
  ASSERT_GT(request.size(), 20'480u);
  viewer.Send(request);
  ScriptedPeer upstream = upstream_.Accept();
  const HttpMessage seen = ReadHttpMessage(&upstream);
  EXPECT_EQ(seen.start_line, "GET " + target + " HTTP/1.1");
  EXPECT_EQ(seen.fields.size(), 195u);
  upstream.Send(Ok("hi"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "hi");
}

// The fields lack the space that the sidecar writes behind the colon.
TEST_F(SessionRefusalTest, TheLargestHeadThatIsTakenFitsOnItsWayOn) {
  Start({.yaml = "limits: {max_fields: 256, max_head_bytes: 65536}\n"});
  ScriptedPeer viewer = Viewer();
  std::string fields;
  for (int i = 0; i < 251; ++i) fields += "X-" + std::to_string(i) + ":" + std::string(240, 'x') + "\r\n";
  const std::size_t used = Get("/", fields).size();
  fields += "Z:" + std::string(65'536 - used - 4, 'z') + "\r\n";
  ASSERT_EQ(Get("/", fields).size(), 65'536u);
  viewer.Send(Get("/", fields));
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).fields.size(), 257u);
  std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding:chunked\r\n" + fields.substr(0, fields.find("X-240:"));
  answer += "Z:" + std::string(65'536 - answer.size() - 6, 'z') + "\r\n\r\n";
  ASSERT_EQ(answer.size(), 65'536u);
  upstream.Send(answer + "2\r\nhi\r\n0\r\n\r\n");
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "hi");
}

TEST_F(SessionRefusalTest, TrafficThatDidNotComeByOurVpcOriginIsForbidden) {
  Start({.filter = "hosts: [chat.example.com]"});
  const std::string via = "Via: 1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\r\n";
  const std::string id = "X-Amz-Cf-Id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\r\n";
  const std::string xff = "X-Forwarded-For: 203.0.113.7, 130.176.114.52\r\n";
  const std::string host = "GET / HTTP/1.1\r\nHost: chat.example.com\r\n";
  const struct {
    std::string text;
    const char* reason;
  } kTable[] = {
      {host + via, "xff_missing"},
      {host + via + id, "alb_removes_xff"},
      {host + via + id + "X-Forwarded-For: 198.51.100.10\r\n", "alb_preserves_xff"},
      {host + via + id + "X-Forwarded-For: 130.176.114.52\r\n", "xff_too_short"},
      {host + via + id + "X-Forwarded-For: 203.0.113.7, 198.51.100.1\r\n", "edge_not_in_ranges"},
      {host + xff + id, "via_missing"},
      {host + xff + id + via + "Via: 1.1 evil\r\n", "via_not_cloudfront"},
      {host + xff + via, "cf_id_missing"},
      {host + xff + via + id + id, "cf_id_repeated"},
      {host + xff + via + id + "X_Amz_Cf_Id: a\r\n", "trusted_field_alias"},
      {host + xff + via + id + "Connection: close, X-Amz-Cf-Id\r\n", "connection_names_trusted_field"},
      {"GET / HTTP/1.1\r\nHost: other.example.com\r\n" + xff + via + id, "host_not_allowed"},
  };
  for (const auto& row : kTable) {
    const HttpMessage response = Refused(row.text + "\r\n");
    EXPECT_EQ(response.status(), 403) << row.reason;
    EXPECT_EQ(response.body, "forbidden\n");
    EXPECT_EQ(response.head.find(row.reason), std::string::npos) << "the viewer is not told";
    EXPECT_EQ(sidecar().log().Wait({{"end", "denied"}})["denyReason"], row.reason);
    EXPECT_GE(sidecar().Metric("viaduct_filter_denied_total{reason=\"" + std::string(row.reason) + "\"}"), 1);
  }
  EXPECT_TRUE(upstream_.NobodyCame());
}

// Its body is unread, so it must not be taken for the next request.
TEST_F(SessionRefusalTest, TheBodyOfADeniedRequestIsNoRequest) {
  Start();
  const std::string inner = Get("/smuggled");
  Refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(inner.size()) + "\r\n\r\n");
  Refused("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_TRUE(upstream_.NobodyCame());
}

TEST_F(SessionRefusalTest, TheSecondRequestOfAConnectionIsJudgedOnItsOwn) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/first") + "GET /second HTTP/1.1\r\nHost: h\r\n\r\n" + Get("/third"));
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET /first HTTP/1.1");
  upstream.Send(Ok("one"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "one");
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 403);
  EXPECT_EQ(viewer.ReadToEnd(), "");
  EXPECT_EQ(upstream.ReadFor(milliseconds(50)), "");
}

// This holds even while the check of peers is only monitored.
TEST_F(SessionRefusalTest, OnlyATrustedPeerMayAskForTheHealth) {
  Start({.filter = "trusted_peer: MONITOR", .trusted_peers = "10.0.0.0/8"});
  EXPECT_EQ(Refused("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").status(), 403);
  const LogRecord line = ExpectRequestEnd(RequestEnd::kDenied);
  EXPECT_EQ(line.at("denyReason"), "xff_missing");
  EXPECT_EQ(line.at("wouldDeny"), "untrusted_peer");
  EXPECT_EQ(sidecar().Metric("viaduct_filter_would_deny_total{reason=\"untrusted_peer\"}"), 1);
}

TEST_F(SessionRefusalTest, AChainOfTenThousandAddressesIsReadToItsEnd) {
  Start({.yaml = "limits: {max_head_bytes: 65536}\n"});
  std::string chain;
  for (int i = 0; i < 10'000; ++i) chain += "1::,";
  const std::string fields =
      "Host: h\r\nX-Forwarded-For: " + chain + " 203.0.113.9, 130.176.114.52\r\n" +
      "Via: 1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\r\nX-Amz-Cf-Id: abc\r\n\r\n";
  ScriptedPeer viewer = Viewer();
  viewer.Send("GET / HTTP/1.1\r\n" + fields);
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).Field("x-viaduct-viewer-address"), "203.0.113.9");
  upstream.Send(Ok("hi"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "hi");
}

TEST_F(SessionRefusalTest, WhatAViewerSaysIsEscapedInTheLog) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send("GET /\"},{\"x\":\" HTTP/1.1\r\nHost: h\r\nUser-Agent: a\"\t\xff\\n\r\n\r\n");
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 403);
  const LogRecord line = ExpectRequestEnd(RequestEnd::kDenied);
  EXPECT_EQ(line.at("target"), "/\"},{\"x\":\"");
  EXPECT_EQ(line.at("userAgent"), "a\"\t\xef\xbf\xbd\\n");
}

}  // namespace
}  // namespace viaduct::sidecar
