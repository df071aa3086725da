// Every wait for a peer ends: not before its timeout, and not long after.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/address.h"
#include "net/unique_fd.h"
#include "sidecar/request/request_end.h"
#include "tests/support/http_message.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Measures the time since it was made; asserts the bounds of every timeout.
class Stopwatch {
 public:
  void ExpectTimeout(milliseconds timeout) const {
    const auto took = steady_clock::now() - begin_;
    EXPECT_GE(took, timeout);
    EXPECT_LT(took, kPromptly);
  }

 private:
  steady_clock::time_point begin_ = steady_clock::now();
};

constexpr char kUpgradeFields[] =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

class SessionTimeoutTest : public SidecarTest {};

TEST_F(SessionTimeoutTest, ASilentConnectionIsEnded) {
  Start({.yaml = "timeouts: {request_head_timeout: 200ms}\n"});
  const Stopwatch watch;
  ScriptedPeer viewer = Viewer();
  const HttpMessage response = ReadHttpMessage(&viewer);
  watch.ExpectTimeout(milliseconds(200));
  EXPECT_EQ(response.status(), 408);
  EXPECT_EQ(response.Field("connection"), "close");
  EXPECT_EQ(viewer.WaitForEnd(), PeerEnd::kFin);
  ExpectRequestEnd(RequestEnd::kRequestHeadTimeout);
}

// The deadline is that of the whole head.
TEST_F(SessionTimeoutTest, AHeadThatDripsInIsEnded) {
  Start({.yaml = "timeouts: {request_head_timeout: 200ms}\n"});
  const Stopwatch watch;
  ScriptedPeer viewer = Viewer();
  std::string got;
  for (const char byte : Get("/" + std::string(2000, 'a'))) {
    if (!viewer.Send({&byte, 1})) break;
    got = viewer.ReadFor(milliseconds(10));
    if (!got.empty() || viewer.end() != PeerEnd::kOpen) break;
  }
  watch.ExpectTimeout(milliseconds(200));
  EXPECT_TRUE(got.starts_with("HTTP/1.1 408 ")) << got;
  ExpectRequestEnd(RequestEnd::kRequestHeadTimeout);
  EXPECT_TRUE(upstream_.NobodyCame(milliseconds(20)));
}

// The first request has to be sent within that timeout, too.
TEST_F(SessionTimeoutTest, TheHeadOfAFurtherRequestHasTheSameDeadline) {
  Start({.yaml = "timeouts: {request_head_timeout: 2s, keep_alive_timeout: 20s}\n"});
  ScriptedPeer viewer = Viewer();
  viewer.Send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 200);
  const Stopwatch watch;
  viewer.Send("GET / HTTP/1.1\r\n");
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 408);
  watch.ExpectTimeout(milliseconds(2000));
}

TEST_F(SessionTimeoutTest, AHeadBegunBehindAnotherRequestHasTheSameDeadline) {
  Start({.yaml = "timeouts: {request_head_timeout: 2s, keep_alive_timeout: 20s}\n"});
  ScriptedPeer viewer = Viewer();
  const Stopwatch watch;
  viewer.Send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET / HT");
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 200);
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 408);
  watch.ExpectTimeout(milliseconds(2000));
}

// Nobody waits for an answer, so none is sent.
TEST_F(SessionTimeoutTest, AnIdleKeptConnectionIsClosedInSilence) {
  Start({.yaml = "timeouts: {request_head_timeout: 20s, keep_alive_timeout: 200ms}\n"});
  ScriptedPeer viewer = Viewer();
  const Stopwatch watch;
  viewer.Send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 200);
  EXPECT_EQ(viewer.ReadToEnd(), "");
  watch.ExpectTimeout(milliseconds(200));
  EXPECT_EQ(viewer.end(), PeerEnd::kFin);
  EXPECT_EQ(sidecar().Metric("viaduct_requests_ended_total{reason=\"request_head_timeout\"}"), 0);
}

TEST_F(SessionTimeoutTest, AnUpstreamThatDoesNotAnswerIs504) {
  Start({.yaml = "timeouts: {response_timeout: 200ms}\n"});
  ScriptedPeer viewer = Viewer();
  const Stopwatch watch;
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  const HttpMessage response = ReadHttpMessage(&viewer);
  watch.ExpectTimeout(milliseconds(200));
  EXPECT_EQ(response.status(), 504);
  EXPECT_EQ(viewer.WaitForEnd(), PeerEnd::kFin);
  upstream.ReadThrough("\r\n\r\n");
  EXPECT_EQ(upstream.WaitForEnd(), PeerEnd::kFin);
  ExpectRequestEnd(RequestEnd::kUpstreamResponseTimeout);
}

TEST_F(SessionTimeoutTest, InterimResponsesDoNotStretchTheResponseTimeout) {
  Start({.yaml = "timeouts: {response_timeout: 200ms}\n"});
  ScriptedPeer viewer = Viewer();
  const Stopwatch watch;
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  std::string got;
  while (got.find("HTTP/1.1 504") == std::string::npos && viewer.end() == PeerEnd::kOpen && got.size() < 10'000) {
    upstream.Send("HTTP/1.1 102 Processing\r\n\r\n");
    got += viewer.ReadFor(milliseconds(20));
  }
  watch.ExpectTimeout(milliseconds(200));
  EXPECT_NE(got.find("HTTP/1.1 504"), std::string::npos);
}

TEST_F(SessionTimeoutTest, AnUpgradeThatTheUpstreamDoesNotAnswerIs504) {
  Start({.yaml = "timeouts: {upgrade_timeout: 200ms}\n"});
  ScriptedPeer viewer = Viewer();
  const Stopwatch watch;
  viewer.Send(Get("/websocket", kUpgradeFields));
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 504);
  watch.ExpectTimeout(milliseconds(200));
  upstream.ReadThrough("\r\n\r\n");
  EXPECT_EQ(upstream.WaitForEnd(), PeerEnd::kFin);
  ExpectRequestEnd(RequestEnd::kUpgradeTimeout);
}

// The timeout lasts until the answer is complete: half a head is none.
TEST_F(SessionTimeoutTest, AnUpgradeThatTheUpstreamHalfAnswersIs504) {
  Start({.yaml = "timeouts: {upgrade_timeout: 200ms}\n"});
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/websocket", kUpgradeFields));
  ScriptedPeer upstream = upstream_.Accept();
  upstream.Send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n");
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 504);
}

TEST_F(SessionTimeoutTest, ABodyThatStopsOnItsWayUpIs408) {
  Start({.yaml = "timeouts: {body_timeout: 200ms}\n"});
  ScriptedPeer viewer = Viewer();
  const Stopwatch watch;
  viewer.Send(Request("POST / HTTP/1.1", "Content-Length: 10\r\n", "hello"));
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 408);
  watch.ExpectTimeout(milliseconds(200));
  ExpectRequestEnd(RequestEnd::kBodyTimeout);
}

TEST_F(SessionTimeoutTest, ABodyThatStopsOnItsWayDownIsCut) {
  Start({.yaml = "timeouts: {body_timeout: 200ms}\n"});
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  const Stopwatch watch;
  upstream.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  const HttpMessage response = ReadHttpMessage(&viewer);
  watch.ExpectTimeout(milliseconds(200));
  EXPECT_FALSE(response.complete);
  EXPECT_EQ(viewer.end(), PeerEnd::kReset);
  ExpectRequestEnd(RequestEnd::kBodyTimeout);
}

TEST_F(SessionTimeoutTest, WithoutALeastRateABodyThatDripsIsNotCut) {
  // All of them take longer than the timeout, each much less.
  Start({.yaml = "timeouts: {body_timeout: 2s}\nlimits: {min_body_rate: 0}\n"});
  ScriptedPeer viewer = Viewer();
  viewer.Send(Request("POST / HTTP/1.1", "Content-Length: 6\r\n"));
  ScriptedPeer upstream = upstream_.Accept();
  upstream.ReadThrough("\r\n\r\n");
  for (int i = 0; i < 6; ++i) {
    viewer.Send("x");
    EXPECT_EQ(upstream.Read(1), "x");
    EXPECT_EQ(viewer.ReadFor(milliseconds(400)), "");
  }
  upstream.Send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
  for (int i = 0; i < 6; ++i) {
    upstream.Send("y");
    viewer.ReadThrough("y");
    EXPECT_EQ(viewer.ReadFor(milliseconds(400)), "");
  }
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kCompleted).at("responseBytes"), "6");
}

TEST_F(SessionTimeoutTest, ABodyThatDripsInIs408) {
  Start({.yaml = "timeouts: {body_timeout: 400ms}\n"});
  struct Begin {
    std::string_view framing;
    std::string_view body;
  };
  for (const Begin& begin :
       {Begin{"Content-Length: 1000\r\n", "hello"}, Begin{"Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\nTrailer: "},
        Begin{"Transfer-Encoding: chunked\r\n", "0\r\nTrailer: "},
        Begin{"Transfer-Encoding: chunked\r\n", "ffff\r\n"}}) {
    ScriptedPeer viewer = Viewer();
    const Stopwatch watch;
    viewer.Send(Request("POST / HTTP/1.1", begin.framing, begin.body));
    ScriptedPeer upstream = upstream_.Accept();
    std::string got;
    while (got.empty() && viewer.end() == PeerEnd::kOpen && viewer.Send("x")) got = viewer.ReadFor(milliseconds(50));
    watch.ExpectTimeout(milliseconds(400));
    EXPECT_TRUE(got.starts_with("HTTP/1.1 408 ")) << got;
  }
  ExpectRequestEnd(RequestEnd::kBodyTooSlow, 4);
}

TEST_F(SessionTimeoutTest, AResponseThatTheUpstreamSendsSlowlyIsNotCut) {
  Start({.yaml = "timeouts: {body_timeout: 400ms}\n"});
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/events"));
  ScriptedPeer upstream = upstream_.Accept();
  upstream.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  viewer.ReadThrough("\r\n\r\n");
  for (int i = 0; i < 20; ++i) {
    upstream.Send("1\r\n:\r\n");
    viewer.ReadThrough(":");
    EXPECT_EQ(viewer.ReadFor(milliseconds(100)), "\r\n");
  }
  upstream.Send("0\r\n\r\n");
  ExpectRequestEnd(RequestEnd::kCompleted);
}

// The kernel has taken all of it long before: no write tells how the viewer gets on.
TEST_F(SessionTimeoutTest, ADownloadThatTheViewerTakesSlowlyIsNotCut) {
  Start({.yaml = "timeouts: {body_timeout: 400ms}\n"});
  ScriptedPeer viewer = Viewer(16 * 1024);
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  const std::string body(600'000, 'x');
  auto sending = std::async(std::launch::async, [&] { return upstream.Send(Ok(body)); });
  std::string got = viewer.ReadThrough("\r\n\r\n");
  std::size_t size = 0;
  while (size < body.size()) {
    const std::size_t more = viewer.Read(std::min<std::size_t>(20'000, body.size() - size)).size();
    ASSERT_GT(more, 0u) << "after " << size;
    size += more;
    std::this_thread::sleep_for(milliseconds(80));
  }
  EXPECT_TRUE(sending.get());
  ExpectRequestEnd(RequestEnd::kCompleted);
}

TEST_F(SessionTimeoutTest, ADownloadThatTheViewerDoesNotTakeIsCut) {
  Start({.yaml = "timeouts: {body_timeout: 400ms}\n"});
  ScriptedPeer viewer = Viewer(16 * 1024);
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  upstream.Send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
  upstream.SendUntilStuck(std::string(1 << 20, 'x'), 100'000'000, milliseconds(5'000));
  ExpectRequestEnd(RequestEnd::kBodyTimeout);
}

// A connection that the kernel never answers: its queue of new ones is full.
TEST_F(SessionTimeoutTest, AnUpstreamThatDoesNotAcceptIs504) {
  net::UniqueFd full(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const net::SocketAddress any = *net::SocketAddress::Parse("127.0.0.1:0");
  ASSERT_EQ(::bind(full.get(), any.data(), any.size()), 0);
  ASSERT_EQ(::listen(full.get(), 0), 0);
  const net::SocketAddress address = net::SocketAddress::OfSocket(full.get());
  ScriptedPeer filler = ScriptedPeer::Connect(address);
  ASSERT_TRUE(filler.connected());
  StartBefore(address, {.upstream = "connect_timeout: 200ms"});
  ScriptedPeer viewer = Viewer();
  const Stopwatch watch;
  viewer.Send(Get("/"));
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 504);
  watch.ExpectTimeout(milliseconds(200));
  ExpectRequestEnd(RequestEnd::kUpstreamConnectTimeout);
}

}  // namespace
}  // namespace viaduct::sidecar
