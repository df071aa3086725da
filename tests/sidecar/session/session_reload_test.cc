// New requests and tunnels use the current settings; existing ones end with those that they began with.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "sidecar/request/request_end.h"
#include "tests/sidecar/tunnel/tunnel_fixture.h"
#include "tests/support/http_message.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/ws_frames.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using Settings = RunningSidecar::Settings;

const Settings kOtherHostsOnly = {.filter = "hosts: [other.example.com]"};

class SessionReloadTest : public TunnelTest {
 protected:
  void Apply(const Settings& settings) { ApplyBefore(upstream_.address(), settings); }
  void ApplyBefore(const net::SocketAddress& upstream, const Settings& settings) {
    ASSERT_TRUE(sidecar().Apply(upstream, settings).ok());
  }
  // Sends one request on `viewer`; the upstream answers on `upstream`, or on a new connection, which replaces it.
  void ExpectServed(ScriptedPeer* viewer, ScriptedPeer* upstream, bool new_connection) {
    viewer->Send(Get("/"));
    if (new_connection) *upstream = upstream_.Accept();
    EXPECT_EQ(ReadHttpMessage(upstream).start_line, "GET / HTTP/1.1");
    upstream->Send(Ok("served"));
    EXPECT_EQ(ReadHttpMessage(viewer).body, "served");
  }
};

// The balancer keeps its connections for hours: a policy that held for all of one would never be revoked.
TEST_F(SessionReloadTest, TheNextRequestOfAConnectionIsJudgedByTheNewPolicy) {
  Start({.workers = 2});
  ScriptedPeer viewer = Viewer();
  ScriptedPeer upstream;
  ExpectServed(&viewer, &upstream, true);
  Apply({.filter = "hosts: [other.example.com]", .workers = 2});
  viewer.Send(Get("/"));
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 403);
  ExpectRequestEnd(RequestEnd::kDenied);
}

TEST_F(SessionReloadTest, ARequestThatHasBegunEndsAsItBegan) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET / HTTP/1.1");
  Apply({.yaml = "timeouts: {response_timeout: 1ms, body_timeout: 1ms}\n", .filter = "hosts: [other.example.com]"});
  EXPECT_EQ(viewer.ReadFor(milliseconds(50)), "");
  upstream.Send(Ok("served"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "served");
}

TEST_F(SessionReloadTest, AHeadThatIsNotWholeYetIsJudgedByTheNewPolicy) {
  Start();
  ScriptedPeer viewer = Viewer();
  const std::string request = Get("/");
  viewer.Send(request.substr(0, request.size() - 2));
  EXPECT_EQ(viewer.ReadFor(milliseconds(20)), "");
  Apply(kOtherHostsOnly);
  viewer.Send(request.substr(request.size() - 2));
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 403);
  EXPECT_TRUE(upstream_.NobodyCame());
}

TEST_F(SessionReloadTest, AnOpenTunnelGoesOnUnderAPolicyThatWouldDenyIt) {
  Start();
  TunnelEnds ends = Open();
  Apply(kOtherHostsOnly);
  ExpectAlive(&ends);
  ClosePolitely(&ends);
}

TEST_F(SessionReloadTest, ANewTimeoutIsForNewTunnels) {
  Start();
  TunnelEnds old = Open();
  Apply({.yaml = "timeouts: {idle_timeout: 50ms}\n"});
  TunnelEnds fresh = Open();
  EXPECT_EQ(ReadFrame(&fresh.viewer), UpstreamClose(1001, "idle timeout"));
  EXPECT_EQ(old.viewer.ReadFor(milliseconds(100)), "");
  ExpectAlive(&old);
}

// The settings that a tunnel began with are its own even when nobody else has them any more.
TEST_F(SessionReloadTest, AnOldTimeoutIsForOldTunnels) {
  Start({.yaml = "timeouts: {idle_timeout: 300ms}\n"});
  TunnelEnds old = Open();
  Apply({});
  Apply({});
  TunnelEnds fresh = Open();
  EXPECT_EQ(ReadFrame(&old.viewer), UpstreamClose(1001, "idle timeout"));
  EXPECT_EQ(fresh.viewer.ReadFor(milliseconds(100)), "");
  ExpectAlive(&fresh);
}

TEST_F(SessionReloadTest, KeptConnectionsOfAnUpstreamThatStaysAreUsedOn) {
  Start();
  ScriptedPeer viewer = Viewer();
  ScriptedPeer upstream;
  ExpectServed(&viewer, &upstream, true);
  Apply({.yaml = "timeouts: {idle_timeout: 50s}\n"});
  ExpectServed(&viewer, &upstream, false);
  EXPECT_EQ(sidecar().Metric("viaduct_upstream_connections_total"), 1);
}

TEST_F(SessionReloadTest, RequestsGoToTheNewUpstream) {
  Start();
  ScriptedPeer viewer = Viewer();
  ScriptedPeer upstream;
  ExpectServed(&viewer, &upstream, true);
  ScriptedUpstream other;
  ApplyBefore(other.address(), {});
  EXPECT_EQ(upstream.WaitForEnd(), PeerEnd::kFin) << "nobody will use the kept connection again";
  viewer.Send(Get("/"));
  ScriptedPeer elsewhere = other.Accept();
  EXPECT_EQ(ReadHttpMessage(&elsewhere).start_line, "GET / HTTP/1.1");
  elsewhere.Send(Ok("elsewhere"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "elsewhere");
}

// Its upstream no longer has a pool to which the connection could return.
TEST_F(SessionReloadTest, AConnectionThatIsInUseWhenItsUpstreamGoesIsNotKept) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream);
  ScriptedUpstream other;
  ApplyBefore(other.address(), {});
  upstream.Send(Ok("served"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "served");
  EXPECT_EQ(upstream.WaitForEnd(), PeerEnd::kFin);
}

TEST_F(SessionReloadTest, FewerFieldsMayBeAllowedWhileAResponseIsAwaited) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream);
  Apply({.yaml = "limits: {max_fields: 5}\n"});
  std::string fields;
  for (int i = 0; i < 100; ++i) fields += "X-Field: " + std::to_string(i) + "\r\n";
  upstream.Send(Response("HTTP/1.1 200 OK", "served", fields));
  const HttpMessage response = ReadHttpMessage(&viewer);
  EXPECT_EQ(response.body, "served");
  EXPECT_EQ(response.Count("x-field"), 100);
}

TEST_F(SessionReloadTest, WhatNeedsARestartIsRefusedAndNothingElseTaken) {
  Start();
  const absl::Status status =
      sidecar().Apply(upstream_.address(), {.filter = "hosts: [other.example.com]", .workers = 2});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "workers: \"2\": needs a restart, as it is \"1\" now");
  EXPECT_EQ(sidecar().Apply(upstream_.address(), {.yaml = "admin: {unix_socket: /x}\n"}).message(),
            "admin: \"unix:/x\": needs a restart, as it is \"\" now");
  ScriptedPeer viewer = Viewer();
  ScriptedPeer upstream;
  ExpectServed(&viewer, &upstream, true);
}

}  // namespace
}  // namespace viaduct::sidecar
