// The sidecar's connections to the upstream: kept, stale, broken, refused, and never used where they are not fit.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "net/address.h"
#include "sidecar/request/request_end.h"
#include "tests/support/http_message.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/socket_path.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class SessionUpstreamTest : public SidecarTest {
 protected:
  // Makes one exchange, whose connection to the upstream is then kept.
  ScriptedPeer KeptConnection(ScriptedPeer* viewer) {
    viewer->Send(Get("/warm"));
    ScriptedPeer upstream = upstream_.Accept();
    ReadHttpMessage(&upstream);
    upstream.Send(Ok("warm"));
    EXPECT_EQ(ReadHttpMessage(viewer).body, "warm");
    return upstream;
  }
};

// The pool cannot detect a connection that closes as the request arrives.
TEST_F(SessionUpstreamTest, AGetOnAStaleConnectionIsSentOnceMore) {
  Start();
  ScriptedPeer viewer = Viewer();
  ScriptedPeer stale = KeptConnection(&viewer);
  viewer.Send(Get("/again"));
  EXPECT_EQ(ReadHttpMessage(&stale).start_line, "GET /again HTTP/1.1");
  stale.Close();
  ScriptedPeer fresh = upstream_.Accept();
  const HttpMessage request = ReadHttpMessage(&fresh);
  EXPECT_EQ(request.head, "GET /again HTTP/1.1\r\n" + EdgeFields() + "x-viaduct-viewer-address: 203.0.113.7\r\n\r\n");
  fresh.Send(Ok("second"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "second");
  EXPECT_EQ(sidecar().Metric("viaduct_upstream_retries_total"), 1);
}

TEST_F(SessionUpstreamTest, AGetIsSentAgainOnlyOnce) {
  Start();
  ScriptedPeer viewer = Viewer();
  ScriptedPeer stale = KeptConnection(&viewer);
  viewer.Send(Get("/again"));
  ReadHttpMessage(&stale);
  stale.Reset();
  ScriptedPeer fresh = upstream_.Accept();
  ReadHttpMessage(&fresh);
  fresh.Close();
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 502);
  EXPECT_TRUE(upstream_.NobodyCame());
  ExpectRequestEnd(RequestEnd::kUpstreamReset);
}

// The upstream may have acted on it.
TEST_F(SessionUpstreamTest, WhatIsNotIdempotentOrHasABodyIsNotSentAgain) {
  Start();
  for (const std::string& request : {Request("POST / HTTP/1.1"), Request("PATCH / HTTP/1.1"),
                                     Request("PUT / HTTP/1.1", "Content-Length: 2\r\n", "ab")}) {
    ScriptedPeer viewer = Viewer();
    ScriptedPeer stale = KeptConnection(&viewer);
    viewer.Send(request);
    ReadHttpMessage(&stale);
    stale.Close();
    EXPECT_EQ(ReadHttpMessage(&viewer).status(), 502) << request;
    EXPECT_TRUE(upstream_.NobodyCame(milliseconds(30)));
  }
  EXPECT_EQ(sidecar().Metric("viaduct_upstream_retries_total"), 0);
  ExpectRequestEnd(RequestEnd::kUpstreamReset, 3);
}

TEST_F(SessionUpstreamTest, NothingIsSentAgainOnceTheAnswerBegan) {
  Start();
  ScriptedPeer viewer = Viewer();
  ScriptedPeer stale = KeptConnection(&viewer);
  viewer.Send(Get("/again"));
  ReadHttpMessage(&stale);
  stale.Send("HTTP/1.1 2");
  stale.Close();
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 502);
  EXPECT_TRUE(upstream_.NobodyCame(milliseconds(30)));
}

TEST_F(SessionUpstreamTest, AConnectionThatTheUpstreamClosedIsNotUsed) {
  Start();
  ScriptedPeer viewer = Viewer();
  ScriptedPeer closed = KeptConnection(&viewer);
  closed.ShutdownWrite();
  EXPECT_EQ(closed.WaitForEnd(), PeerEnd::kFin);
  viewer.Send(Request("POST /safe HTTP/1.1"));
  ScriptedPeer fresh = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&fresh).start_line, "POST /safe HTTP/1.1");
  fresh.Send(Ok("hi"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "hi");
}

TEST_F(SessionUpstreamTest, AnIdleConnectionIsClosedInTime) {
  Start({.upstream = "idle_timeout: 200ms"});
  ScriptedPeer viewer = Viewer();
  const auto begin = steady_clock::now();
  ScriptedPeer kept = KeptConnection(&viewer);
  EXPECT_EQ(kept.WaitForEnd(), PeerEnd::kFin);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(200));
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
}

TEST_F(SessionUpstreamTest, AnUpstreamThatSaysCloseIsBelieved) {
  Start();
  ScriptedPeer viewer = Viewer();
  for (const std::string& response :
       {Response("HTTP/1.1 200 OK", "a", "Connection: close\r\n"), Response("HTTP/1.0 200 OK", "a")}) {
    viewer.Send(Get("/"));
    ScriptedPeer upstream = upstream_.Accept();
    ReadHttpMessage(&upstream);
    upstream.Send(response);
    EXPECT_EQ(ReadHttpMessage(&viewer).body, "a");
    EXPECT_EQ(upstream.WaitForEnd(), PeerEnd::kFin) << response;
  }
}

TEST_F(SessionUpstreamTest, BytesBehindAResponseEndTheConnection) {
  Start();
  ScriptedPeer viewer = Viewer();
  for (const std::string& response :
       {Ok("a") + "x", Ok("a") + Ok("b"), std::string("HTTP/1.1 204 No Content\r\n\r\nbody"),
        std::string(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")}) {
    viewer.Send(Get("/"));
    ScriptedPeer upstream = upstream_.Accept();
    ReadHttpMessage(&upstream);
    upstream.Send(response);
    EXPECT_TRUE(ReadHttpMessage(&viewer).complete);
    EXPECT_NE(upstream.WaitForEnd(), PeerEnd::kOpen) << response;
  }
  EXPECT_EQ(viewer.ReadFor(milliseconds(50)), "");
}

TEST_F(SessionUpstreamTest, AnUnasked101IsABadGateway) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream);
  upstream.Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 502);
  EXPECT_EQ(viewer.WaitForEnd(), PeerEnd::kFin);
  EXPECT_NE(upstream.WaitForEnd(), PeerEnd::kOpen);
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kBadUpstreamUpgrade).at("rule"), "switch_unasked");
}

TEST_F(SessionUpstreamTest, ABadResponseIsABadGatewayWithItsRuleInTheLog) {
  Start();
  const struct {
    std::string response;
    const char* rule;
  } kTable[] = {
      {"hello\r\n\r\n", "bad_start_line"},
      {"\x16\x03", "bad_start_line"},
      {"HTTP/2 200 OK\r\n\r\n", "bad_start_line"},
      {"HTTP/1.1 999 Odd\r\n\r\n", "bad_start_line"},
      {"HTTP/1.1 20 OK\r\n\r\n", "bad_start_line"},
      {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", "bare_line_feed"},
      {"HTTP/1.1 200 OK\r\nX: a" + std::string(1, '\0') + "\r\n\r\n", "bad_field_value"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "bad_content_length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "length_and_encoding"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "bad_transfer_encoding"},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'a'), "head_too_large"},
      // Also behind the head, as long as that has not left.
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk", "bad_chunk"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX", "bad_chunk"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno field\r\n\r\n", "bad_trailer"},
  };
  for (const auto& row : kTable) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(Get("/"));
    ScriptedPeer upstream = upstream_.Accept();
    ReadHttpMessage(&upstream);
    upstream.Send(row.response);
    EXPECT_EQ(ReadHttpMessage(&viewer).status(), 502) << row.response.substr(0, 60);
    EXPECT_NE(upstream.WaitForEnd(), PeerEnd::kOpen);
    EXPECT_EQ(sidecar().log().Wait({{"end", "bad_upstream_response"}})["rule"], row.rule);
  }
}

TEST_F(SessionUpstreamTest, AnUpstreamThatLeavesWithoutAnAnswerIsABadGateway) {
  Start();
  for (const bool reset : {false, true}) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(Get("/"));
    ScriptedPeer upstream = upstream_.Accept();
    ReadHttpMessage(&upstream);
    reset ? upstream.Reset() : upstream.Close();
    EXPECT_EQ(ReadHttpMessage(&viewer).status(), 502);
  }
  ExpectRequestEnd(RequestEnd::kUpstreamReset, 2);
}

// Such a proxy or server is rare, and legal (RFC 9112 section 7.1.1); the viewer gets plain chunks.
TEST_F(SessionUpstreamTest, ChunkExtensionsAndPaddingAreReadAndNotPassedOn) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream);
  upstream.Send(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5   \r\nhello\r\n6;a=\"b\"\r\n world\r\n0;c\r\n\r\n");
  const std::string text = viewer.ReadThrough("0\r\n\r\n");
  EXPECT_EQ(text.substr(text.find("\r\n\r\n") + 4), "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  ExpectRequestEnd(RequestEnd::kCompleted);
}

TEST_F(SessionUpstreamTest, AnUpstreamThatDiesInABodyLeavesNoCompleteMessage) {
  Start();
  const struct {
    std::string request;
    std::string response;
  } kTable[] = {
      {Get("/"), "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"},
      {Get("/"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
      {Request("GET / HTTP/1.0"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"},
  };
  for (const auto& row : kTable) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(row.request);
    ScriptedPeer upstream = upstream_.Accept();
    ReadHttpMessage(&upstream);
    upstream.Send(row.response);
    viewer.ReadThrough("hello");
    upstream.Close();
    EXPECT_EQ(viewer.ReadToEnd().find("0\r\n\r\n"), std::string::npos);
    EXPECT_EQ(viewer.end(), PeerEnd::kReset) << "FIN would end an HTTP/1.0 body as it should";
  }
  ExpectRequestEnd(RequestEnd::kUpstreamReset, 3);
}

// Only a reset distinguishes a cut from the end of such a body.
TEST_F(SessionUpstreamTest, AResetInsteadOfTheEndOfABodyIsACut) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream);
  upstream.Send("HTTP/1.1 200 OK\r\n\r\nhello");
  viewer.ReadThrough("hello");
  upstream.Reset();
  EXPECT_EQ(viewer.ReadToEnd().find("0\r\n\r\n"), std::string::npos);
  EXPECT_EQ(viewer.end(), PeerEnd::kReset);
}

TEST_F(SessionUpstreamTest, AViewerThatVanishesReleasesTheUpstream) {
  Start();
  for (const bool answered : {false, true}) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(Get("/"));
    ScriptedPeer upstream = upstream_.Accept();
    ReadHttpMessage(&upstream);
    if (answered) {
      upstream.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
      viewer.ReadThrough("hello");
    }
    const auto begin = steady_clock::now();
    viewer.Reset();
    EXPECT_NE(upstream.WaitForEnd(), PeerEnd::kOpen);
    EXPECT_LT(steady_clock::now() - begin, kPromptly);
  }
  ExpectRequestEnd(RequestEnd::kDownstreamDisconnect, 2);
}

TEST_F(SessionUpstreamTest, AnUpstreamThatRefusesConnectionsIsABadGatewayAtOnceAndServedAgainWhenItIsBack) {
  const net::SocketAddress address = upstream_.address();
  upstream_.StopListening();
  StartBefore(address);
  ScriptedPeer viewer = Viewer();
  const auto begin = steady_clock::now();
  viewer.Send(Get("/"));
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 502);
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
  ExpectRequestEnd(RequestEnd::kUpstreamConnectFailed);
  ScriptedUpstream back(address);
  ScriptedPeer next = Viewer();
  next.Send(Get("/"));
  ScriptedPeer peer = back.Accept();
  ReadHttpMessage(&peer);
  peer.Send(Ok("back"));
  EXPECT_EQ(ReadHttpMessage(&next).body, "back");
}

TEST_F(SessionUpstreamTest, AnUpstreamMayListenOnAUnixSocket) {
  const SocketPath socket;
  {
    const net::SocketAddress address = net::SocketAddress::Parse("unix:" + socket.path()).value();
    ScriptedUpstream unix_origin(address);
    StartBefore(address);
    ScriptedPeer viewer = Viewer();
    for (const char* body : {"one", "two"}) {
      viewer.Send(Get("/"));
      ScriptedPeer upstream = unix_origin.Accept();
      ReadHttpMessage(&upstream);
      upstream.Send(Response("HTTP/1.1 200 OK", body, "Connection: close\r\n"));
      EXPECT_EQ(ReadHttpMessage(&viewer).body, body);
    }
  }
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 502) << "nobody listens any more";
}

TEST_F(SessionUpstreamTest, KeptConnectionsAreBounded) {
  Start({.upstream = "max_idle_connections: 1"});
  ScriptedPeer first = Viewer();
  ScriptedPeer second = Viewer();
  first.Send(Get("/1"));
  ScriptedPeer origin1 = upstream_.Accept();
  second.Send(Get("/2"));
  ScriptedPeer origin2 = upstream_.Accept();
  ReadHttpMessage(&origin1);
  ReadHttpMessage(&origin2);
  origin1.Send(Ok("one"));
  EXPECT_EQ(ReadHttpMessage(&first).body, "one");
  origin2.Send(Ok("two"));
  EXPECT_EQ(ReadHttpMessage(&second).body, "two");
  EXPECT_EQ(origin1.WaitForEnd(), PeerEnd::kFin) << "the older one";
  EXPECT_EQ(origin2.ReadFor(milliseconds(20)), "");
  EXPECT_EQ(origin2.end(), PeerEnd::kOpen);
}

}  // namespace
}  // namespace viaduct::sidecar
