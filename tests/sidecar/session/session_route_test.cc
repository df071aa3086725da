// Requests take the route of their path, to its upstream and with its timeouts.

#include <gtest/gtest.h>

#include <string>

#include "sidecar/request/request_end.h"
#include "tests/sidecar/tunnel/tunnel_fixture.h"
#include "tests/support/http_message.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/ws_frames.h"

namespace viaduct::sidecar {
namespace {

class SessionRouteTest : public TunnelTest {
 protected:
  // Starts with a route below /chat to `other_`, with these further members.
  void StartWithRoute(const std::string& members = "", const std::string& more_routes = "") {
    Start({.yaml = "routes:\n- path_prefix: /chat\n  upstream: {address: \"" + other_.address().ToString() +
                   "\", health: {interval: 0s}}\n" + members + more_routes});
  }

  ScriptedUpstream other_;
};

TEST_F(SessionRouteTest, EachPathGoesToItsUpstreamAsItCame) {
  StartWithRoute();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/chat/a%20b?x=/../y"));
  ScriptedPeer chat = other_.Accept();
  EXPECT_EQ(ReadHttpMessage(&chat).start_line, "GET /chat/a%20b?x=/../y HTTP/1.1");
  chat.Send(Ok("chat"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "chat");
  viewer.Send(Get("/page"));
  ScriptedPeer page = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&page).start_line, "GET /page HTTP/1.1");
  page.Send(Ok("page"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "page");
}

// A kept connection belongs to its upstream.
TEST_F(SessionRouteTest, EachUpstreamKeepsConnectionsOfItsOwn) {
  StartWithRoute();
  ScriptedPeer viewer = Viewer();
  ScriptedPeer chat;
  ScriptedPeer page;
  for (int i = 0; i < 3; ++i) {
    viewer.Send(Get("/chat"));
    if (i == 0) chat = other_.Accept();
    EXPECT_EQ(ReadHttpMessage(&chat).start_line, "GET /chat HTTP/1.1");
    chat.Send(Ok("chat"));
    EXPECT_EQ(ReadHttpMessage(&viewer).body, "chat");
    viewer.Send(Get("/page"));
    if (i == 0) page = upstream_.Accept();
    EXPECT_EQ(ReadHttpMessage(&page).start_line, "GET /page HTTP/1.1");
    page.Send(Ok("page"));
    EXPECT_EQ(ReadHttpMessage(&viewer).body, "page");
  }
  EXPECT_EQ(sidecar().Metric("viaduct_upstream_connections_total"), 2);
}

TEST_F(SessionRouteTest, WithoutARouteTheSidecarAnswers404) {
  StartBefore(upstream_.address(), {.yaml = "routes:\n- path_prefix: /chat\n  upstream: {address: \"" +
                                            other_.address().ToString() + "\", health: {interval: 0s}}\n",
                                    .with_upstream = false});
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/page"));
  const HttpMessage response = ReadHttpMessage(&viewer);
  EXPECT_EQ(response.status(), 404);
  EXPECT_EQ(response.Field("connection"), "close");
  EXPECT_EQ(viewer.WaitForEnd(), PeerEnd::kFin);
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kNoRoute).at("target"), "/page");
  EXPECT_TRUE(other_.NobodyCame());
}

TEST_F(SessionRouteTest, APathThatCanBeReadInTwoWaysIsRefused) {
  StartWithRoute();
  int count = 0;
  for (const char* target : {"/x/../chat", "/%2e%2e/chat", "/%2fchat", "//chat", "/x\\..\\chat", "/CHAT", "/%63hat"}) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(Get(target));
    EXPECT_EQ(ReadHttpMessage(&viewer).status(), 400) << target;
    EXPECT_EQ(ExpectRequestEnd(RequestEnd::kBadRequest, ++count).at("rule"), "ambiguous_path") << target;
  }
  EXPECT_TRUE(upstream_.NobodyCame());
  EXPECT_TRUE(other_.NobodyCame());
}

TEST_F(SessionRouteTest, APathWhoseReadingsHaveOneRouteIsForwardedAsItCame) {
  StartWithRoute();
  for (const char* target : {"/projects/group%2Fproject", "/resize/https://img.example/a.jpg", "/a//b", "/100%25abc",
                             "/%C0%E1%E2", "/x/../y"}) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(Get(target));
    ScriptedPeer page = upstream_.Accept();
    EXPECT_EQ(ReadHttpMessage(&page).start_line, "GET " + std::string(target) + " HTTP/1.1");
    page.Send(Response("HTTP/1.1 200 OK", "hi", "Connection: close\r\n"));
    EXPECT_EQ(ReadHttpMessage(&viewer).body, "hi") << target;
  }
  EXPECT_TRUE(other_.NobodyCame());
}

// The verdict comes first: a client that did not come by the VPC origin learns nothing of the routes.
TEST_F(SessionRouteTest, ADeniedRequestIsNotRouted) {
  StartWithRoute();
  ScriptedPeer viewer = Viewer();
  viewer.Send("GET /x/../chat HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 403);
  ExpectRequestEnd(RequestEnd::kDenied);
}

TEST_F(SessionRouteTest, ARouteMayRefuseUpgrades) {
  StartWithRoute("  websocket: REFUSE\n");
  ScriptedPeer viewer = Viewer();
  viewer.Send(Upgrade("/chat"));
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 403);
  EXPECT_EQ(viewer.WaitForEnd(), PeerEnd::kFin);
  ExpectRequestEnd(RequestEnd::kUpgradeNotAllowed);
  EXPECT_TRUE(other_.NobodyCame());
}

TEST_F(SessionRouteTest, ARouteMayRefuseWhatIsNoUpgrade) {
  StartWithRoute("  http: REFUSE\n");
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/chat"));
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 403);
  ExpectRequestEnd(RequestEnd::kHttpNotAllowed);
  EXPECT_TRUE(other_.NobodyCame());
}

TEST_F(SessionRouteTest, ARoutesResponseTimeoutIsItsOwn) {
  StartWithRoute("  timeouts: {response_timeout: 50ms}\n");
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/chat"));
  ScriptedPeer chat = other_.Accept();
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 504);
  ExpectRequestEnd(RequestEnd::kUpstreamResponseTimeout);
}

TEST_F(SessionRouteTest, ARoutesTunnelsHaveItsIdleTimeout) {
  StartWithRoute("  timeouts: {idle_timeout: 50ms}\n");
  ScriptedPeer viewer = Viewer();
  viewer.Send(Upgrade("/chat"));
  ScriptedPeer chat = other_.Accept();
  ReadHttpMessage(&chat);
  chat.Send(kSwitching);
  EXPECT_EQ(ReadHttpMessage(&viewer, HttpBody::kNone).status(), 101);
  ScriptedPeer patient = Viewer();
  patient.Send(Upgrade("/websocket"));
  ScriptedPeer page = upstream_.Accept();
  ReadHttpMessage(&page);
  page.Send(kSwitching);
  EXPECT_EQ(ReadHttpMessage(&patient, HttpBody::kNone).status(), 101);
  EXPECT_EQ(ReadFrame(&viewer), UpstreamClose(1001, "idle timeout"));
  EXPECT_EQ(patient.ReadFor(std::chrono::milliseconds(100)), "");
}

}  // namespace
}  // namespace viaduct::sidecar
