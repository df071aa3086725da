// What one viewer may have open at once, so that it does not take what all share.

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "sidecar/request/request_end.h"
#include "sidecar/request/tunnel_end.h"
#include "tests/sidecar/tunnel/tunnel_fixture.h"
#include "tests/support/http_message.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"

namespace viaduct::sidecar {
namespace {

constexpr std::string_view kViewer = "203.0.113.7";  // of EdgeFields

std::string From(std::string_view address, std::string request) {
  return request.replace(request.find(kViewer), kViewer.size(), address);
}

class SessionViewerTest : public TunnelTest {
 protected:
  // What the sidecar answers to `request`, which it must not forward.
  HttpMessage Refused(const std::string& request) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(request);
    HttpMessage response = ReadHttpMessage(&viewer);
    EXPECT_EQ(viewer.WaitForEnd(), PeerEnd::kFin);
    return response;
  }
  // Opens a tunnel for another viewer than kViewer.
  TunnelEnds OpenFrom(std::string_view address) {
    TunnelEnds ends{.viewer = Viewer(), .upstream = {}};
    ends.viewer.Send(From(address, Upgrade()));
    ends.upstream = upstream_.Accept();
    ReadHttpMessage(&ends.upstream, HttpBody::kNone);
    ends.upstream.Send(kSwitching);
    EXPECT_EQ(ReadHttpMessage(&ends.viewer, HttpBody::kNone).status(), 101) << address;
    return ends;
  }
  // Waits for it, since a viewer has its answer a moment before the request counts no longer.
  bool MostIs(std::string_view kind, double open) {
    return sidecar().WaitForMetric("viaduct_viewer_open_most{kind=\"" + std::string(kind) + "\"}", open);
  }
};

TEST_F(SessionViewerTest, ATunnelTooManyOfOneViewerIs429AndOthersOpenTheirs) {
  Start({.yaml = "limits: {max_tunnels_per_viewer: 2}\n", .workers = 2});
  std::vector<TunnelEnds> tunnels;
  for (int i = 0; i < 2; ++i) tunnels.push_back(Open());
  const HttpMessage refused = Refused(Upgrade());
  EXPECT_EQ(refused.status(), 429);
  EXPECT_EQ(refused.Field("retry-after"), "1");
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kTooManyViewerTunnels)["viewer"], kViewer);
  EXPECT_TRUE(MostIs("tunnels", 2));

  tunnels.push_back(OpenFrom("198.51.100.1"));
  // Requests are counted apart.
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/page"));
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream);
  upstream.Send(Ok("page"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "page");

  // A tunnel that is over makes room for another.
  ClosePolitely(&tunnels.front());
  ExpectTunnelEnd(TunnelEnd::kViewerClose);
  ExpectAlive(&tunnels.emplace_back(Open()));
}

TEST_F(SessionViewerTest, ARequestTooManyOfOneViewerIs429UntilOneIsAnswered) {
  Start({.yaml = "limits: {max_requests_per_viewer: 2}\n", .workers = 2});
  std::vector<ScriptedPeer> viewers;
  std::vector<ScriptedPeer> upstreams;
  for (int i = 0; i < 2; ++i) {
    viewers.push_back(Viewer());
    viewers.back().Send(Get("/poll"));
    upstreams.push_back(upstream_.Accept());
    ReadHttpMessage(&upstreams.back());
  }
  EXPECT_EQ(Refused(Get("/poll")).status(), 429);
  ExpectRequestEnd(RequestEnd::kTooManyViewerRequests);
  EXPECT_TRUE(MostIs("requests", 2));

  upstreams[0].Send(Ok("news"));
  EXPECT_EQ(ReadHttpMessage(&viewers[0]).body, "news");
  // The same connection, which is kept, may ask again.
  viewers[0].Send(Get("/poll"));
  ReadHttpMessage(&upstreams[0]);
  upstreams[0].Send(Ok("more news"));
  EXPECT_EQ(ReadHttpMessage(&viewers[0]).body, "more news");
  EXPECT_TRUE(MostIs("requests", 1));
}

// The balancer sends requests of many viewers on one connection.
TEST_F(SessionViewerTest, EachRequestCountsForItsOwnViewer) {
  Start({.yaml = "limits: {max_requests_per_viewer: 1}\n"});
  ScriptedPeer shared = Viewer();
  ScriptedPeer upstream;
  for (const std::string_view address : {"198.51.100.1", "198.51.100.2"}) {
    shared.Send(From(address, Get("/")));
    if (!upstream.connected()) upstream = upstream_.Accept();
    ReadHttpMessage(&upstream);
    upstream.Send(Ok("ok"));
    EXPECT_EQ(ReadHttpMessage(&shared).body, "ok");
  }
  shared.Send(From("198.51.100.1", Get("/")));
  ReadHttpMessage(&upstream);
  ScriptedPeer second = Viewer();
  second.Send(From("198.51.100.2", Get("/")));
  ScriptedPeer other = upstream_.Accept();
  ReadHttpMessage(&other);
  EXPECT_EQ(Refused(From("198.51.100.1", Get("/"))).status(), 429);
  // A kept connection that went away would be tried again.
  upstream.Send(Ok("late"));
  EXPECT_EQ(ReadHttpMessage(&shared).body, "late");
}

TEST_F(SessionViewerTest, AnIpv6PrefixOf64BitsIsOneViewer) {
  Start({.yaml = "limits: {max_tunnels_per_viewer: 1}\n"});
  const TunnelEnds first = OpenFrom("2001:db8:0:1::1");
  EXPECT_EQ(Refused(From("2001:db8:0:1:ffff::2", Upgrade())).status(), 429);
  const TunnelEnds second = OpenFrom("2001:db8:0:2::1");
}

TEST_F(SessionViewerTest, AHandshakeThatFailsCountsNoLonger) {
  Start({.yaml = "limits: {max_tunnels_per_viewer: 1}\n"});
  ScriptedPeer viewer = Viewer();
  viewer.Send(Upgrade());
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream, HttpBody::kNone);
  EXPECT_EQ(Refused(Upgrade()).status(), 429) << "one that is under way counts";
  upstream.Send(Response("HTTP/1.1 403 Forbidden", "no"));
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 403);
  TunnelEnds ends = Open();
  ExpectAlive(&ends);
}

// It is still read then, so it holds a session.
TEST_F(SessionViewerTest, ABodyThatIsAnsweredHereCountsUntilItIsThere) {
  Start({.yaml = "limits: {max_requests_per_viewer: 2}\n"
                 "routes: [{path_prefix: \"/\"}, {path_prefix: \"/ws\", http: REFUSE}]\n"});
  const auto refused = [this] {
    ScriptedPeer viewer = Viewer();
    viewer.Send(Request("POST /ws HTTP/1.1", "Content-Length: 9\r\n"));
    EXPECT_EQ(ReadHttpMessage(&viewer).status(), 403);
    return viewer;
  };
  ScriptedPeer first = refused();
  const ScriptedPeer second = refused();
  EXPECT_TRUE(MostIs("requests", 2));
  EXPECT_EQ(Refused(Get("/poll")).status(), 429);
  // For one more body there is no time.
  const ScriptedPeer third = refused();
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_sessions_open", 2));
  EXPECT_TRUE(MostIs("requests", 2));

  first.Send("nine byte");
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_viewer_open_most{kind=\"requests\"}", 1));
}

TEST_F(SessionViewerTest, ABodyThatTheUpstreamAnsweredEarlyCountsUntilItIsThere) {
  Start({.yaml = "limits: {max_requests_per_viewer: 1}\n"});
  ScriptedPeer viewer = Viewer();
  viewer.Send(Request("POST / HTTP/1.1", "Content-Length: 10\r\n", "hello"));
  ScriptedPeer upstream = upstream_.Accept();
  upstream.ReadThrough("hello");
  upstream.Send(Response("HTTP/1.1 413 Content Too Large", "too much"));
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 413);
  EXPECT_TRUE(MostIs("requests", 1));
  EXPECT_EQ(Refused(Get("/")).status(), 429);
  viewer.Send("world");
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_viewer_open_most{kind=\"requests\"}", 0));
}

TEST_F(SessionViewerTest, AViewerThatTheFilterCouldNotFindIsNotLimited) {
  Start({.yaml = "limits: {max_tunnels_per_viewer: 1}\n",
         .filter = "trusted_peer: MONITOR",
         .trusted_peers = "10.0.0.0/8"});
  TunnelEnds first = Open();
  TunnelEnds second = Open();
  ExpectAlive(&first);
  ExpectAlive(&second);
  EXPECT_TRUE(MostIs("tunnels", 0));
}

TEST_F(SessionViewerTest, OtherLimitsApplyToWhatBeginsAfterThem) {
  Start({.yaml = "limits: {max_tunnels_per_viewer: 1}\n"});
  const TunnelEnds first = Open();
  EXPECT_EQ(Refused(Upgrade()).status(), 429);
  ASSERT_TRUE(sidecar().Apply(upstream_.address(), {.yaml = "limits: {max_tunnels_per_viewer: 2}\n"}).ok());
  const TunnelEnds second = Open();
  EXPECT_EQ(Refused(Upgrade()).status(), 429);
}

}  // namespace
}  // namespace viaduct::sidecar
