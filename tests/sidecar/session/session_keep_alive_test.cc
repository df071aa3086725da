// One connection, several requests: keep-alive, pipelining, HTTP/1.0, and answers without a body.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sidecar/request/request_end.h"
#include "tests/support/http_message.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;

class SessionKeepAliveTest : public SidecarTest {};

TEST_F(SessionKeepAliveTest, AGetIsForwardedAndItsResponseReturned) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/hello?x=1", "User-Agent: test\r\nConnection: keep-alive\r\n"));
  ScriptedPeer upstream = upstream_.Accept();
  const HttpMessage request = ReadHttpMessage(&upstream);
  EXPECT_EQ(request.head, "GET /hello?x=1 HTTP/1.1\r\n" + EdgeFields() +
                              "User-Agent: test\r\nx-viaduct-viewer-address: 203.0.113.7\r\n\r\n");
  upstream.Send(Response("HTTP/1.1 200 Fine", "hi", "Server: chat\r\n"));
  const HttpMessage response = ReadHttpMessage(&viewer);
  EXPECT_EQ(response.head, "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nServer: chat\r\n\r\n");
  EXPECT_EQ(response.body, "hi");
  const LogRecord line = ExpectRequestEnd(RequestEnd::kCompleted);
  EXPECT_EQ(line.at("target"), "/hello?x=***");
  EXPECT_EQ(line.at("status"), "200");
  EXPECT_EQ(line.at("viewer"), "203.0.113.7");
  EXPECT_EQ(line.at("responseBytes"), "2");
  EXPECT_EQ(line.at("peer"), "127.0.0.1:" + std::to_string(viewer.local_port()));
  EXPECT_EQ(sidecar().Metric("viaduct_responses_total{class=\"2xx\"}"), 1);
}

TEST_F(SessionKeepAliveTest, RequestsOfOneConnectionShareOneToTheUpstream) {
  Start();
  ScriptedPeer viewer = Viewer();
  ScriptedPeer upstream;
  for (const std::string target : {"/1", "/2", "/3"}) {
    viewer.Send(Get(target));
    if (!upstream.connected()) upstream = upstream_.Accept();
    EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET " + target + " HTTP/1.1");
    upstream.Send(Ok("body of " + target));
    EXPECT_EQ(ReadHttpMessage(&viewer).body, "body of " + target);
  }
  EXPECT_EQ(sidecar().Metric("viaduct_upstream_connections_total"), 1);
  EXPECT_EQ(sidecar().Metric("viaduct_upstream_reused_total"), 2);
}

TEST_F(SessionKeepAliveTest, AHeadMayComeByteByByte) {
  Start();
  ScriptedPeer viewer = Viewer();
  for (const char byte : Get("/slow")) viewer.Send({&byte, 1});
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET /slow HTTP/1.1");
  for (const char byte : Ok("hi")) upstream.Send({&byte, 1});
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "hi");
}

TEST_F(SessionKeepAliveTest, PipelinedRequestsAreAnsweredInOrderOneAfterTheOther) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/1") + Request("POST /2 HTTP/1.1", "Content-Length: 4\r\n", "data") + Get("/3"));
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET /1 HTTP/1.1");
  EXPECT_EQ(upstream.ReadFor(milliseconds(50)), "") << "the second before the first is answered";
  upstream.Send(Ok("one"));
  const HttpMessage second = ReadHttpMessage(&upstream);
  EXPECT_EQ(second.start_line, "POST /2 HTTP/1.1");
  EXPECT_EQ(second.body, "data");
  upstream.Send(Ok("two"));
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET /3 HTTP/1.1");
  upstream.Send(Ok("three"));
  for (const char* body : {"one", "two", "three"}) EXPECT_EQ(ReadHttpMessage(&viewer).body, body);
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kCompleted, 3).at("target"), "/1");
}

TEST_F(SessionKeepAliveTest, AFinBehindPipelinedRequestsDropsNoneOfThem) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/1") + Get("/2"));
  viewer.ShutdownWrite();
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET /1 HTTP/1.1");
  upstream.Send(Ok("one"));
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET /2 HTTP/1.1");
  upstream.Send(Ok("two"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "one");
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "two");
  EXPECT_EQ(viewer.WaitForEnd(), PeerEnd::kFin);
}

TEST_F(SessionKeepAliveTest, AFinInTheMiddleOfAHeadEndsTheConnection) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send("GET / HT");
  viewer.ShutdownWrite();
  EXPECT_EQ(viewer.ReadToEnd(), "");
  ExpectRequestEnd(RequestEnd::kDownstreamDisconnect);
}

TEST_F(SessionKeepAliveTest, WhoWantsToCloseIsLetGo) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/", "Connection: close\r\n") + Get("/never"));
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).Field("connection"), "") << "the upstream's connection is kept all the same";
  upstream.Send(Ok("bye"));
  const HttpMessage response = ReadHttpMessage(&viewer);
  EXPECT_EQ(response.Field("connection"), "close");
  EXPECT_EQ(response.body, "bye");
  EXPECT_EQ(viewer.WaitForEnd(), PeerEnd::kFin);
  EXPECT_EQ(upstream.ReadFor(milliseconds(50)), "");
}

TEST_F(SessionKeepAliveTest, AnHttp10ViewerIsClosedUnlessItAsksToStay) {
  Start();
  ScriptedPeer upstream;
  for (const bool stays : {false, true}) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(Request("GET / HTTP/1.0", stays ? "Connection: keep-alive\r\n" : ""));
    if (!upstream.connected()) upstream = upstream_.Accept();
    EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET / HTTP/1.1");
    upstream.Send(Ok("hi"));
    const HttpMessage response = ReadHttpMessage(&viewer);
    EXPECT_EQ(response.body, "hi");
    EXPECT_EQ(response.Field("connection"), stays ? "keep-alive" : "close");
    if (!stays) {
      EXPECT_EQ(viewer.WaitForEnd(), PeerEnd::kFin);
    } else {
      EXPECT_EQ(viewer.ReadFor(milliseconds(50)), "");
      EXPECT_EQ(viewer.end(), PeerEnd::kOpen);
    }
  }
}

// An HTTP/1.0 viewer knows neither chunks nor interim responses.
TEST_F(SessionKeepAliveTest, AnHttp10ViewerGetsAPlainBodyUntilClose) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Request("GET / HTTP/1.0", "Connection: keep-alive\r\n"));
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream);
  upstream.Send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  upstream.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(viewer.ReadToEnd(), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabcde");
  EXPECT_EQ(viewer.end(), PeerEnd::kFin);
}

TEST_F(SessionKeepAliveTest, AnswersWithoutABodyEndWithTheirHead) {
  Start();
  ScriptedPeer viewer = Viewer();
  ScriptedPeer upstream;
  const struct {
    std::string request_line;
    std::string response;
    std::string expected;
  } kTable[] = {
      {"HEAD /a HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"},
      {"HEAD /b HTTP/1.1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"},
      {"HEAD /c HTTP/1.1", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"},
      {"GET /d HTTP/1.1", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"},
      {"GET /e HTTP/1.1", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
       "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"},
      {"GET /f HTTP/1.1", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
  };
  for (const auto& row : kTable) {
    viewer.Send(Request(row.request_line));
    if (!upstream.connected()) upstream = upstream_.Accept();
    EXPECT_EQ(ReadHttpMessage(&upstream).start_line, row.request_line);
    upstream.Send(row.response);
    EXPECT_EQ(viewer.ReadThrough("\r\n\r\n"), row.expected);
  }
  EXPECT_EQ(sidecar().Metric("viaduct_upstream_connections_total"), 1);
}

TEST_F(SessionKeepAliveTest, InterimResponsesArePassedOn) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Request("POST / HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 5\r\n"));
  ScriptedPeer upstream = upstream_.Accept();
  const std::string head = upstream.ReadThrough("\r\n\r\n");
  EXPECT_NE(head.find("\r\nExpect: 100-continue\r\n"), std::string::npos);
  upstream.Send("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(ReadHttpMessage(&viewer).start_line, "HTTP/1.1 100 Continue");
  viewer.Send("hello");
  EXPECT_EQ(upstream.Read(5), "hello");
  upstream.Send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + Ok("done"));
  EXPECT_EQ(ReadHttpMessage(&viewer).Field("link"), "</a>");
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 102);
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "done");
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kCompleted).at("status"), "200");
}

// RFC 9112 section 9.3: its body, sent or not, could not be told from the next request.
TEST_F(SessionKeepAliveTest, ARefusalInsteadOf100ContinueEndsTheConnection) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Request("POST / HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 5\r\n"));
  ScriptedPeer upstream = upstream_.Accept();
  upstream.ReadThrough("\r\n\r\n");
  upstream.Send(Response("HTTP/1.1 417 Expectation Failed", "no"));
  const HttpMessage response = ReadHttpMessage(&viewer);
  EXPECT_EQ(response.status(), 417);
  EXPECT_EQ(response.Field("connection"), "close");
  EXPECT_EQ(viewer.WaitForEnd(), PeerEnd::kFin);
  EXPECT_EQ(upstream.WaitForEnd(), PeerEnd::kFin);
}

TEST_F(SessionKeepAliveTest, HealthChecksAreAnsweredWithoutTheUpstream) {
  Start();
  ScriptedPeer viewer = Viewer();
  for (const char* request_line : {"GET /healthz HTTP/1.1", "GET /healthz?deep=1 HTTP/1.1", "HEAD /healthz HTTP/1.1"}) {
    viewer.Send(std::string(request_line) + "\r\nHost: 10.0.0.1\r\n\r\n");
    const bool head = request_line[0] == 'H';
    const HttpMessage response = ReadHttpMessage(&viewer, head ? HttpBody::kNone : HttpBody::kAsFramed);
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(response.body, head ? "" : "ok\n");
    EXPECT_EQ(response.Field("connection"), "keep-alive");
  }
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kHealthCheck, 3).at("target"), "/healthz");
  viewer.Send(Get("/real"));
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET /real HTTP/1.1");
}

TEST_F(SessionKeepAliveTest, AHealthCheckWithABodyOrAnotherMethodIsAnOrdinaryRequest) {
  Start();
  ScriptedPeer with_body = Viewer();
  with_body.Send("GET /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello" + Get("/next"));
  const HttpMessage response = ReadHttpMessage(&with_body);
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.Field("connection"), "close") << "its body is unread";
  EXPECT_EQ(with_body.ReadToEnd(), "");
  ScriptedPeer post = Viewer();
  post.Send("POST /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(ReadHttpMessage(&post).status(), 403);
  EXPECT_TRUE(upstream_.NobodyCame());
}

// The fields of a request's line belong to that request.
TEST_F(SessionKeepAliveTest, RequestsPipelinedBehindAHealthCheckHaveLinesOfTheirOwn) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET /healthz?2 HTTP/1.1\r\nHost: h\r\n\r\n" + Get("/real"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "ok\n");
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "ok\n");
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream);
  upstream.Send(Ok("hi"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "hi");
  EXPECT_EQ(sidecar().log().Wait({{"end", "health_check"}, {"target", "/healthz"}}).count("peer"), 1u);
  EXPECT_EQ(sidecar().log().Wait({{"end", "health_check"}, {"target", "/healthz?***"}}).count("peer"), 1u);
  EXPECT_EQ(sidecar().log().Wait({{"end", "completed"}, {"target", "/real"}}).count("peer"), 1u);
}

// Either the request is answered as a whole, or its sender finds FIN and nothing else.
TEST_F(SessionKeepAliveTest, ARequestThatRacesTheTimeoutIsAnsweredOrSeesFin) {
  Start({.yaml = "timeouts: {keep_alive_timeout: 50ms}\n"});
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";
  struct Racer {
    ScriptedPeer peer;
    std::chrono::steady_clock::time_point start;
  };
  std::vector<Racer> racers;
  for (int i = 0; i < 100; ++i) {
    Racer racer{Viewer(), {}};
    racer.peer.Send(request);
    EXPECT_EQ(ReadHttpMessage(&racer.peer).status(), 200);
    racer.start = std::chrono::steady_clock::now() + std::chrono::microseconds(48'000 + 40 * i);
    racers.push_back(std::move(racer));
  }
  for (Racer& racer : racers) {
    std::this_thread::sleep_until(racer.start);
    racer.peer.Send(request);
    racer.peer.ShutdownWrite();
  }
  for (Racer& racer : racers) {
    const std::string answer = racer.peer.ReadToEnd();
    EXPECT_EQ(racer.peer.end(), PeerEnd::kFin);
    if (!answer.empty()) EXPECT_TRUE(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n")) << answer;
  }
}

// Its response had begun before the drain, so it could not say that the connection closes.
TEST_F(SessionKeepAliveTest, AConnectionThatBecomesIdleInTheDrainIsClosed) {
  Start({.yaml = "drain: {accept_window: 0s, spread: 0s, close_wait: 1s, timeout: 20s}\n"});
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream);
  upstream.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhe");
  EXPECT_TRUE(viewer.ReadThrough("\r\n\r\nhe").ends_with("he"));
  sidecar().server().BeginDrain();
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_draining", 1));
  while (Viewer().connected()) {
  }  // until the listener is closed
  upstream.Send("re");
  EXPECT_EQ(viewer.ReadToEnd(), "re");
  EXPECT_EQ(viewer.end(), PeerEnd::kFin);
  viewer.Close();
  EXPECT_TRUE(sidecar().WaitUntilDrained(milliseconds(10'000))) << "long before the keep-alive timeout";
}

}  // namespace
}  // namespace viaduct::sidecar
