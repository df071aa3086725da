// From the request for a tunnel to its 101, or to the answer that there is none.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "sidecar/request/request_end.h"
#include "sidecar/request/tunnel_end.h"
#include "tests/sidecar/tunnel/tunnel_fixture.h"
#include "tests/support/http_message.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/ws_frames.h"
#include "websocket/opcode.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;

class TunnelUpgradeTest : public TunnelTest {};

// Logged by an application behind CloudFront and ALB; only the viewer's address and the name are changed.
constexpr char kLoggedFields[] =
    "x-forwarded-for: 2001:db8::7, 130.176.114.52\r\n"
    "x-forwarded-proto: http\r\n"
    "x-forwarded-port: 80\r\n"
    "host: d1fhfqyui9h81a.cloudfront.net\r\n"
    "x-amzn-trace-id: Root=1-6a1451c4-4e3233e1196d4b12222f32ce\r\n"
    "upgrade: websocket\r\n"
    "connection: upgrade\r\n"
    "sec-websocket-key: Rnhou3qbnI2nVKLvsTWapg==\r\n"
    "sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n"
    "cache-control: no-cache\r\n"
    "pragma: no-cache\r\n"
    "user-agent: Mozilla/5.0\r\n"
    "via: 1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\r\n"
    "x-amz-cf-id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\r\n"
    "sec-websocket-version: 13\r\n"
    "origin: https://d1fhfqyui9h81a.cloudfront.net\r\n"
    "accept-language: ja,en-US;q=0.9,en;q=0.8\r\n"
    "accept-encoding: gzip, deflate, br, zstd\r\n";

TEST_F(TunnelUpgradeTest, WhatCloudFrontAndTheBalancerSendReachesTheUpstreamUnchanged) {
  Start({.filter = "hosts: [d1fhfqyui9h81a.cloudfront.net]\n  origins: [same-host]"});
  ScriptedPeer viewer = Viewer();
  viewer.Send("GET /websocket HTTP/1.1\r\n" + std::string(kLoggedFields) + "\r\n");
  ScriptedPeer upstream = upstream_.Accept();
  std::string expected = kLoggedFields;
  const std::string hop = "upgrade: websocket\r\nconnection: upgrade\r\n";
  expected.erase(expected.find(hop), hop.size());  // written anew, at the end
  EXPECT_EQ(upstream.ReadThrough("\r\n\r\n"),
            "GET /websocket HTTP/1.1\r\n" + expected + "x-viaduct-viewer-address: 2001:db8::7\r\n" + hop + "\r\n");
  // Computed by Python's hashlib.
  const std::string accept = "Sec-WebSocket-Accept: b79l9VCMIKZ9rHrDYEElfiC+lhA=\r\n";
  const std::string deflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  upstream.Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nServer: chat\r\n" + accept +
                "Connection: Upgrade\r\n" + deflate + "\r\n");
  EXPECT_EQ(viewer.ReadThrough("\r\n\r\n"),
            "HTTP/1.1 101 Switching Protocols\r\nServer: chat\r\n" + accept + deflate + hop + "\r\n");
  viewer.Close();
  upstream.Close();
  const LogRecord line = ExpectTunnelEnd(TunnelEnd::kViewerDisconnect);
  EXPECT_EQ(line.at("cloudfrontId"), "3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==");
  EXPECT_EQ(line.at("traceId"), "Root=1-6a1451c4-4e3233e1196d4b12222f32ce");
  EXPECT_EQ(line.at("viewer"), "2001:db8::7");
  EXPECT_EQ(line.at("edge"), "130.176.114.52");
  EXPECT_EQ(line.at("status"), "101");
}

TEST_F(TunnelUpgradeTest, EarlyBytesWaitForThe101AndArriveInOrder) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Upgrade() + FromViewer(websocket::Opcode::kText, "early"));
  ScriptedPeer upstream = upstream_.Accept();
  viewer.Send(FromViewer(websocket::Opcode::kText, "still early"));
  upstream.ReadThrough("\r\n\r\n");
  EXPECT_EQ(upstream.ReadFor(milliseconds(100)), "");
  upstream.Send(std::string(kSwitching) + FromUpstream(websocket::Opcode::kText, "welcome"));
  viewer.ReadThrough("\r\n\r\n");
  EXPECT_EQ(ReadFrame(&viewer), UpstreamFrame(websocket::Opcode::kText, "welcome"));
  viewer.Send(FromViewer(websocket::Opcode::kText, "late"));
  for (const char* text : {"early", "still early", "late"}) {
    EXPECT_EQ(ReadFrame(&upstream), ViewerFrame(websocket::Opcode::kText, text));
  }
}

TEST_F(TunnelUpgradeTest, MoreEarlyBytesThanAreHeldWaitInTheKernel) {
  Start();
  ScriptedPeer viewer = Viewer();
  const std::string big(200'000, 'b');
  viewer.Send(Upgrade() + FromViewer(websocket::Opcode::kBinary, big));
  ScriptedPeer upstream = upstream_.Accept();
  upstream.ReadThrough("\r\n\r\n");
  EXPECT_EQ(upstream.ReadFor(milliseconds(50)), "");
  upstream.Send(kSwitching);
  EXPECT_EQ(ReadFrame(&upstream), ViewerFrame(websocket::Opcode::kBinary, big));
}

TEST_F(TunnelUpgradeTest, ARefusedUpgradeIsPassedOnAndEarlyBytesAreNot) {
  Start();
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  for (const std::string& answer : {Response("HTTP/1.1 403 Forbidden", "no"), Ok("a page"),
                                    Response("HTTP/1.1 426 Upgrade Required", "", version)}) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(Upgrade() + Get("/smuggled"));
    ScriptedPeer upstream = upstream_.Accept();
    upstream.ReadThrough("\r\n\r\n");
    upstream.Send(answer);
    const HttpMessage response = ReadHttpMessage(&viewer);
    EXPECT_EQ(response.start_line, answer.substr(0, answer.find('\r')));
    EXPECT_EQ(response.Field("upgrade"), response.status() == 426 ? "websocket" : "");
    EXPECT_EQ(response.Field("connection"), response.status() == 426 ? "upgrade, close" : "close");
    EXPECT_EQ(viewer.ReadToEnd(), "");
    EXPECT_EQ(upstream.ReadToEnd(), "") << "the bytes behind the upgrade";
  }
  EXPECT_TRUE(upstream_.NobodyCame(milliseconds(30)));
  ExpectRequestEnd(RequestEnd::kCompleted, 3);
  EXPECT_EQ(sidecar().Metric("viaduct_tunnels_opened_total"), 0);
}

TEST_F(TunnelUpgradeTest, AnUpgradeHasAConnectionOfItsOwn) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/warm"));
  ScriptedPeer kept = upstream_.Accept();
  ReadHttpMessage(&kept);
  kept.Send(Ok("warm"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "warm");
  viewer.Send(Upgrade());
  ScriptedPeer own = upstream_.Accept();
  EXPECT_TRUE(own.connected());
  own.ReadThrough("\r\n\r\n");
  own.Send(kSwitching);
  viewer.ReadThrough("\r\n\r\n");
  EXPECT_EQ(kept.ReadFor(milliseconds(30)), "");
}

TEST_F(TunnelUpgradeTest, A101ThatDoesNotAnswerTheKeyIsABadGateway) {
  Start();
  const std::string line = "HTTP/1.1 101 Switching Protocols\r\n";
  const std::string accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
  const struct {
    std::string answer;
    const char* rule;
  } kTable[] = {
      {line + "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n",
       "switch_accept"},
      {line + "Upgrade: websocket\r\nConnection: upgrade\r\n", "switch_accept"},
      {line + "Upgrade: h2c\r\nConnection: upgrade\r\n" + accept, "switch_not_websocket"},
      {line + "Upgrade: websocket\r\n" + accept, "switch_connection"},
      {"HTTP/1.0 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\n" + accept, "switch_http_version"},
  };
  for (const auto& [answer, rule] : kTable) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(Upgrade() + FromViewer(websocket::Opcode::kText, "early"));
    ScriptedPeer upstream = upstream_.Accept();
    upstream.ReadThrough("\r\n\r\n");
    upstream.Send(answer + "\r\n");
    EXPECT_EQ(ReadHttpMessage(&viewer).status(), 502) << answer;
    EXPECT_EQ(viewer.ReadToEnd(), "");
    EXPECT_EQ(upstream.ReadToEnd(), "");
    EXPECT_EQ(sidecar().log().Wait({{"end", "bad_upstream_upgrade"}})["rule"], rule);
  }
}

TEST_F(TunnelUpgradeTest, ABadHandshakeNeverReachesTheUpstream) {
  Start();
  const std::string upgrade = "Upgrade: websocket\r\n";
  const std::string connection = "Connection: Upgrade\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const struct {
    std::string request;
    int status;
    RequestEnd end;
    const char* rule;
  } kTable[] = {
      {Request("POST /ws HTTP/1.1", upgrade + connection + version + key), 400, RequestEnd::kBadUpgrade,
       "upgrade_method"},
      {Get("/ws", "Upgrade: websocket, h2c\r\n" + connection + version + key), 400, RequestEnd::kBadUpgrade,
       "upgrade_not_websocket"},
      {Get("/ws", upgrade + version + key), 400, RequestEnd::kBadUpgrade, "upgrade_connection"},
      {Get("/ws", upgrade + connection + key), 426, RequestEnd::kBadWebSocketVersion, "upgrade_version_unsupported"},
      {Get("/ws", upgrade + connection + key + "Sec-WebSocket-Version: 8\r\n"), 426, RequestEnd::kBadWebSocketVersion,
       "upgrade_version_unsupported"},
      {Get("/ws", upgrade + connection + version), 400, RequestEnd::kBadUpgrade, "upgrade_key"},
      {Get("/ws", upgrade + connection + version + "Sec-WebSocket-Key: short\r\n"), 400, RequestEnd::kBadUpgrade,
       "upgrade_key"},
      {Get("/ws", upgrade + connection + version + key + key), 400, RequestEnd::kBadUpgrade, "upgrade_key"},
      {Get("/ws", upgrade + connection + version + key + "Content-Length: 5\r\n") + "hello", 400,
       RequestEnd::kBadUpgrade, "upgrade_body"},
      {Get("/ws", upgrade + connection + version + key + "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400,
       RequestEnd::kBadUpgrade, "upgrade_body"},
  };
  for (const auto& row : kTable) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(row.request + Get("/smuggled"));
    const HttpMessage response = ReadHttpMessage(&viewer);
    EXPECT_EQ(response.status(), row.status) << row.request;
    EXPECT_EQ(response.Field("connection"), row.status == 426 ? "upgrade, close" : "close");
    EXPECT_EQ(response.Field("upgrade"), row.status == 426 ? "websocket" : "");
    EXPECT_EQ(response.Field("sec-websocket-version"), row.status == 426 ? "13" : "");
    EXPECT_EQ(viewer.ReadToEnd(), "");
    EXPECT_EQ(sidecar().log().Wait({{"end", kRequestEnds.Name(row.end)}})["rule"], row.rule) << row.request;
  }
  EXPECT_TRUE(upstream_.NobodyCame());
}

TEST_F(TunnelUpgradeTest, AnotherSitesPageIsForbidden) {
  Start({.filter = "origins: [same-host]"});
  ScriptedPeer viewer = Viewer();
  viewer.Send(Upgrade("/ws", "Origin: https://evil.example\r\n"));
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 403);
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kDenied).at("denyReason"), "origin_not_allowed");
  EXPECT_TRUE(upstream_.NobodyCame());
}

TEST_F(TunnelUpgradeTest, AnUpgradeOnAUsedConnectionIsATunnelToo) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n" + Upgrade());
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 200);
  TunnelEnds ends{.viewer = std::move(viewer), .upstream = upstream_.Accept()};
  ends.upstream.ReadThrough("\r\n\r\n");
  ends.upstream.Send(kSwitching);
  ends.viewer.ReadThrough("\r\n\r\n");
  ExpectAlive(&ends);
  ClosePolitely(&ends);
}

// Many client libraries take one for the answer, and fail.
TEST_F(TunnelUpgradeTest, InterimResponsesBeforeTheAnswerAreDropped) {
  Start();
  for (const std::string& answer : {std::string(kSwitching), Ok("a page")}) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(Upgrade());
    ScriptedPeer upstream = upstream_.Accept();
    upstream.ReadThrough("\r\n\r\n");
    upstream.Send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer);
    EXPECT_EQ(ReadHttpMessage(&viewer, HttpBody::kNone).start_line, answer.substr(0, answer.find('\r')));
  }
}

// h2c smuggling: the upstream sees a plain request, and what the client sends behind it is HTTP/1.1 or refused.
TEST_F(TunnelUpgradeTest, AnUpgradeToAnythingElseIsServedWithoutIt) {
  Start();
  ScriptedPeer viewer = Viewer();
  ScriptedPeer upstream;
  for (const std::string& request :
       {Get("/", "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nConnection: Upgrade, HTTP2-Settings\r\n"),
        Request("POST / HTTP/1.1", "Upgrade: TLS/1.0\r\nConnection: Upgrade\r\nContent-Length: 2\r\n", "ab"),
        Request("GET / HTTP/1.0", "Connection: keep-alive, upgrade\r\nUpgrade: websocket\r\n")}) {
    viewer.Send(request);
    if (!upstream.connected()) upstream = upstream_.Accept();
    const HttpMessage seen = ReadHttpMessage(&upstream);
    EXPECT_EQ(seen.Count("upgrade"), 0) << request;
    EXPECT_EQ(seen.Count("connection"), 0) << request;
    EXPECT_EQ(seen.Count("http2-settings"), 0) << request;
    upstream.Send(Ok("served"));
    EXPECT_EQ(ReadHttpMessage(&viewer).body, "served") << request;
  }
  // An upstream that switches all the same is not believed.
  viewer.Send(Get("/", "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nConnection: Upgrade, HTTP2-Settings\r\n") +
              "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  ReadHttpMessage(&upstream);
  upstream.Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n");
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 502);
  EXPECT_EQ(viewer.ReadToEnd(), "");
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kBadUpstreamUpgrade).at("rule"), "switch_unasked");
}

TEST_F(TunnelUpgradeTest, AViewerThatLeavesBeforeThe101ReleasesTheUpstream) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Upgrade());
  ScriptedPeer upstream = upstream_.Accept();
  upstream.ReadThrough("\r\n\r\n");
  viewer.Close();
  EXPECT_EQ(upstream.WaitForEnd(), PeerEnd::kFin);
  ExpectRequestEnd(RequestEnd::kDownstreamDisconnect);
}

// The upstream may also refuse with a body until close.
TEST_F(TunnelUpgradeTest, ARefusalWithoutALengthIsPassedOn) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Upgrade());
  ScriptedPeer upstream = upstream_.Accept();
  upstream.ReadThrough("\r\n\r\n");
  upstream.Send("HTTP/1.1 400 Bad Request\r\n\r\nno such room");
  upstream.Close();
  const HttpMessage response = ReadHttpMessage(&viewer);
  EXPECT_EQ(response.status(), 400);
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.body, "no such room");
}

}  // namespace
}  // namespace viaduct::sidecar
