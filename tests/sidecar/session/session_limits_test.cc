// Too much of something: sessions, descriptors, work of one connection.

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/unique_fd.h"
#include "sidecar/request/request_end.h"
#include "sidecar/worker/session_budget.h"
#include "tests/sidecar/tunnel/tunnel_fixture.h"
#include "tests/support/http_message.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/ws_frames.h"
#include "websocket/opcode.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr char kHealth[] = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

class SessionLimitsTest : public TunnelTest {};

TEST_F(SessionLimitsTest, BeyondTheMostSessionsAConnectionIsAnswered503) {
  Start({.yaml = "limits: {max_sessions: 2}\n", .workers = 2});
  ScriptedPeer first = Viewer();
  ScriptedPeer second = Viewer();
  for (ScriptedPeer* viewer : {&first, &second}) {
    viewer->Send(kHealth);
    EXPECT_EQ(ReadHttpMessage(viewer).status(), 200);
  }
  ScriptedPeer third = Viewer();
  third.Send(Get("/"));
  const HttpMessage response = ReadHttpMessage(&third);
  EXPECT_EQ(response.status(), 503);
  EXPECT_EQ(response.Field("retry-after"), "1");
  EXPECT_EQ(third.WaitForEnd(), PeerEnd::kFin);
  third.Close();
  ExpectRequestEnd(RequestEnd::kTooManySessions);
  EXPECT_TRUE(upstream_.NobodyCame());

  first.Close();
  ASSERT_TRUE(sidecar().WaitForMetric("viaduct_sessions_open", 1));
  ScriptedPeer fourth = Viewer();
  fourth.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream);
  upstream.Send(Ok("served"));
  EXPECT_EQ(ReadHttpMessage(&fourth).body, "served");
}

TEST_F(SessionLimitsTest, AFullSidecarIsHealthyForAllWhoAsk) {
  Start({.yaml = "limits: {max_sessions: 2}\n"});
  EXPECT_EQ(sidecar().Metric("viaduct_sessions_limit"), 2);
  std::vector<TunnelEnds> tunnels;
  tunnels.push_back(Open());
  // A session that becomes a tunnel counts twice for a moment.
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_sessions_full", 0));
  EXPECT_TRUE(sidecar().AskOps("/readyz").ends_with("\r\n\r\nok\n"));
  tunnels.push_back(Open());
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_sessions_full", 1));
  // Again and again, beside requests that are refused.
  for (int i = 0; i < 3; ++i) {
    ScriptedPeer refused = Viewer();
    refused.Send(Upgrade());
    EXPECT_EQ(ReadHttpMessage(&refused).status(), 503);
    ScriptedPeer balancer = Viewer();
    balancer.Send(kHealth);
    const HttpMessage health = ReadHttpMessage(&balancer);
    EXPECT_EQ(health.status(), 200);
    EXPECT_EQ(health.Field("connection"), "close");
  }
  const std::string ready = sidecar().AskOps("/readyz");
  EXPECT_TRUE(ready.starts_with("HTTP/1.1 200 ")) << ready;
  EXPECT_TRUE(ready.ends_with("\r\n\r\nok, full: new connections are answered 503 (limits.max_sessions)\n")) << ready;
  EXPECT_TRUE(sidecar().AskOps("/healthz").starts_with("HTTP/1.1 200 "));
  ExpectRequestEnd(RequestEnd::kHealthCheck, 3);
  ExpectRequestEnd(RequestEnd::kTooManySessions, 3);
  for (TunnelEnds& ends : tunnels) ExpectAlive(&ends);
}

TEST_F(SessionLimitsTest, AFullSidecarWaitsForNoBodyThatItHasAnswered) {
  Start({.yaml = "limits: {max_sessions: 3}\n"
                 "routes: [{path_prefix: \"/\"}, {path_prefix: \"/ws\", http: REFUSE}]\n"});
  TunnelEnds ends = Open();
  std::vector<ScriptedPeer> answered;
  for (int i = 0; i < 4; ++i) {
    answered.push_back(Viewer());
    answered.back().Send(Request("POST /ws HTTP/1.1", "Content-Length: 9\r\n"));
    EXPECT_EQ(ReadHttpMessage(&answered.back()).status(), 403);
  }
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream);
  upstream.Send(Ok("served"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "served");
  EXPECT_EQ(sidecar().Metric("viaduct_sessions_open") + sidecar().Metric("viaduct_tunnels_open"), 3);
  ExpectAlive(&ends);
}

// Whoever does not ask for anything makes room for the next who may.
TEST_F(SessionLimitsTest, ManySilentConnectionsKeepNoHealthCheckOut) {
  Start({.yaml = "limits: {max_sessions: 1}\n"});
  TunnelEnds ends = Open();
  std::vector<ScriptedPeer> silent;
  for (std::size_t i = 0; i < 2 * kHealthReserve; ++i) silent.push_back(Viewer());
  ScriptedPeer balancer = Viewer();
  balancer.Send(kHealth);
  EXPECT_EQ(ReadHttpMessage(&balancer).status(), 200);
  // The first were told, and the last still wait.
  EXPECT_EQ(ReadHttpMessage(&silent.front()).status(), 503);
  EXPECT_NE(silent.front().WaitForEnd(), PeerEnd::kOpen);
  ExpectRequestEnd(RequestEnd::kTooManySessions, static_cast<int>(kHealthReserve) + 1);
  silent.back().Send(kHealth);
  EXPECT_EQ(ReadHttpMessage(&silent.back()).status(), 200);
  ExpectAlive(&ends);
}

TEST_F(SessionLimitsTest, WhoMayNotAskForHealthIsTurnedAwayAtOnce) {
  Start({.yaml = "limits: {max_sessions: 1}\n", .filter = "trusted_peer: MONITOR", .trusted_peers = "10.0.0.0/8"});
  ScriptedPeer first = Viewer();
  first.Send(Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  ScriptedPeer stranger = Viewer();
  EXPECT_EQ(ReadHttpMessage(&stranger).status(), 503);
  ExpectRequestEnd(RequestEnd::kTooManySessions);
}

// A viewer who sends large frames and reads nothing holds what its tunnel has, and no pipe besides.
TEST_F(SessionLimitsTest, ABlockedTunnelHoldsNoPipe) {
  Start({.yaml = "keepalive: {ping_interval: 0s}\n"});
  const std::string frame = FromViewer(websocket::Opcode::kBinary, std::string(200'000, 'x'));
  std::vector<TunnelEnds> tunnels;
  for (int i = 0; i < 8; ++i) tunnels.push_back(Open());
  const int before = OpenDescriptors();
  std::vector<std::size_t> sent;
  for (TunnelEnds& ends : tunnels) sent.push_back(ends.viewer.SendUntilStuck(frame, std::size_t{64} << 20));
  EXPECT_TRUE(sidecar().WaitForAtLeast("viaduct_tunnel_stalls_total{to=\"upstream\"}", 8));
  // The answer of the ops page may still be closing.
  const auto deadline = steady_clock::now() + kPatience;
  while (OpenDescriptors() > before + 2 && steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_LE(OpenDescriptors(), before + 2) << "the worker's pipe";
  // Nothing of what waits is lost.
  for (std::size_t i = 0; i < tunnels.size(); ++i) {
    std::string expected;
    while (expected.size() < sent[i]) expected += frame;
    EXPECT_TRUE(tunnels[i].upstream.Read(sent[i]) == std::string_view(expected).substr(0, sent[i])) << i;
  }
}

// A block for the largest head would be 36 KiB for each of them.
TEST_F(SessionLimitsTest, AHeadOnItsWayTakesOnlyTheMemoryItNeeds) {
  Start();
  constexpr std::size_t kViewers = 200;
  std::vector<ScriptedPeer> viewers;
  const auto send = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      viewers.push_back(Viewer());
      viewers.back().Send("GET / HTTP/1.1\r\nHost: h\r\n");
    }
    // Behind these the only worker has seen all of them.
    ScriptedPeer last = Viewer();
    last.Send(kHealth);
    EXPECT_EQ(ReadHttpMessage(&last).status(), 200);
  };
  send(10);
  const std::size_t before = ::mallinfo2().uordblks;
  send(kViewers);
  EXPECT_LT((::mallinfo2().uordblks - before) / kViewers, 12u * 1024);
}

// While it lives, this process can open one more descriptor.
class OneMoreDescriptor {
 public:
  OneMoreDescriptor() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    // Does not use their number: the starter of this process may have left a descriptor far above the others.
    const net::UniqueFd lowest_free(::dup(0));
    const rlimit fewer{.rlim_cur = static_cast<rlim_t>(lowest_free.get()) + 1, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &fewer);
  }
  ~OneMoreDescriptor() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

TEST_F(SessionLimitsTest, WithoutDescriptorsConnectionsWaitAndTheOthersGoOn) {
  Start();
  ScriptedPeer open = Viewer();
  open.Send(kHealth);
  EXPECT_EQ(ReadHttpMessage(&open).status(), 200);
  ScriptedPeer waiting;
  {
    // One descriptor for the end that we make; none is left for the accepted end.
    const OneMoreDescriptor limit;
    waiting = Viewer();
    ASSERT_TRUE(waiting.connected());
    waiting.Send(kHealth);
    EXPECT_EQ(waiting.ReadFor(milliseconds(300)), "");
    EXPECT_EQ(waiting.end(), PeerEnd::kOpen);
    open.Send(kHealth);
    EXPECT_EQ(ReadHttpMessage(&open).status(), 200);
    open.Send(Get("/"));
    EXPECT_EQ(ReadHttpMessage(&open).status(), 502) << "no descriptor for the upstream's connection";
  }
  const auto begin = steady_clock::now();
  EXPECT_EQ(ReadHttpMessage(&waiting).status(), 200);
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
}

TEST_F(SessionLimitsTest, WithoutDescriptorsTunnelsGoOn) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Upgrade());
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream, HttpBody::kNone);
  upstream.Send(kSwitching);
  EXPECT_EQ(ReadHttpMessage(&viewer, HttpBody::kNone).status(), 101);
  const OneMoreDescriptor limit;
  ScriptedPeer waiting = Viewer();
  ASSERT_TRUE(waiting.connected());
  for (int i = 0; i < 50; ++i) {
    viewer.Send(FromViewer(websocket::Opcode::kText, "up"));
    EXPECT_EQ(ReadFrame(&upstream), ViewerFrame(websocket::Opcode::kText, "up"));
    upstream.Send(FromUpstream(websocket::Opcode::kText, "down"));
    EXPECT_EQ(ReadFrame(&viewer), UpstreamFrame(websocket::Opcode::kText, "down"));
  }
}

// The worker pauses instead of spinning.
TEST_F(SessionLimitsTest, WithoutDescriptorsTheWorkerSleeps) {
  Start();
  const OneMoreDescriptor limit;
  ScriptedPeer waiting = Viewer();
  ASSERT_TRUE(waiting.connected());
  rusage before;
  rusage after;
  ::getrusage(RUSAGE_SELF, &before);
  EXPECT_EQ(waiting.ReadFor(milliseconds(500)), "");
  ::getrusage(RUSAGE_SELF, &after);
  const auto micros = [](const timeval& time) { return time.tv_sec * 1'000'000 + time.tv_usec; };
  EXPECT_LT(micros(after.ru_utime) + micros(after.ru_stime) - micros(before.ru_utime) - micros(before.ru_stime),
            100'000);
  waiting.Close();
}

TEST_F(SessionLimitsTest, ABusyDownloadDoesNotHoldUpTheOthers) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/endless"));
  ScriptedPeer upstream = upstream_.Accept();
  ReadHttpMessage(&upstream);
  upstream.Send("HTTP/1.1 200 OK\r\n\r\n");
  std::atomic<bool> stop = false;
  const std::string block(256 * 1024, 'x');
  std::thread sending([&] {
    while (!stop && upstream.Send(block)) {
    }
  });
  std::thread reading([&] {
    while (!stop) viewer.ReadFor(milliseconds(1));
  });
  const auto begin = steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    ScriptedPeer other = Viewer();
    other.Send(kHealth);
    EXPECT_EQ(ReadHttpMessage(&other).status(), 200);
  }
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
  stop = true;
  reading.join();
  viewer.Reset();
  sending.join();
}

TEST_F(SessionLimitsTest, ManyConnectionsAtOnceAreAllServed) {
  Start({.workers = 2});
  std::vector<ScriptedPeer> viewers;
  for (int i = 0; i < 200; ++i) viewers.push_back(Viewer());
  for (ScriptedPeer& viewer : viewers) viewer.Send(kHealth);
  for (ScriptedPeer& viewer : viewers) EXPECT_EQ(ReadHttpMessage(&viewer).status(), 200);
  EXPECT_EQ(sidecar().Metric("viaduct_sessions_open"), 200);
}

}  // namespace
}  // namespace viaduct::sidecar
