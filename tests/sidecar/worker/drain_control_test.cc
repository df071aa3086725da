#include "sidecar/worker/drain_control.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/sidecar/tunnel/tunnel_fixture.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using State = ops::Drain::State;

constexpr char kQuick[] = "drain: {accept_window: 0s, spread: 0s, close_wait: 2s, timeout: 10s}\n";

class DrainControlTest : public TunnelTest {
 protected:
  DrainControl& drain() { return sidecar().server().drain(); }
  bool WaitForState(State state) {
    const auto deadline = net::Clock::now() + kPatience;
    while (drain().Get().state != state && net::Clock::now() < deadline) sidecar().AskOps("/healthz");
    return drain().Get().state == state;
  }
  // Returns the status line and head of an answer to a new connection.
  std::string Answer(const std::string& request) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(request);
    return viewer.ReadThrough("\r\n\r\n");
  }
  // Answers the Close of a drain on both sides.
  void Leave(TunnelEnds* ends) {
    EXPECT_EQ(ReadFrame(&ends->viewer), UpstreamClose(1012, "service restart"));
    ends->viewer.Send(CloseFromViewer(1012));
    EXPECT_EQ(ReadFrame(&ends->upstream), ViewerClose(1001, "service restart"));
    ends->upstream.Send(CloseFromUpstream(1001));
    ends->upstream.ShutdownWrite();
    EXPECT_EQ(ends->viewer.WaitForEnd(), PeerEnd::kFin);
    EXPECT_EQ(ends->upstream.WaitForEnd(), PeerEnd::kFin);
    ends->viewer.Close();
    ends->upstream.Close();
  }
};

TEST_F(DrainControlTest, ServesUntilSomebodySaysOtherwise) {
  Start();
  EXPECT_EQ(drain().Get().state, State::kServing);
  EXPECT_FALSE(drain().draining());
  const auto cancelled = drain().Cancel();
  ASSERT_TRUE(cancelled.ok());
  EXPECT_FALSE(*cancelled);
}

TEST_F(DrainControlTest, AnOperatorsDrainEndsTunnelsAndKeepsThePort) {
  Start({.yaml = kQuick});
  TunnelEnds ends = Open();
  EXPECT_TRUE(drain().Drain());
  EXPECT_FALSE(drain().Drain()) << "it runs already";
  Leave(&ends);
  ExpectTunnelEnd(TunnelEnd::kDrain);
  EXPECT_TRUE(WaitForState(State::kDrained));
  EXPECT_EQ(drain().Get().closed, 1);
  EXPECT_EQ(drain().Get().cause, ops::Drain::Cause::kOperator);

  // A stopped port would refuse these.
  EXPECT_TRUE(Answer(Get("/healthz")).starts_with("HTTP/1.1 503 "));
  const std::string upgrade = Answer(Upgrade());
  EXPECT_TRUE(upgrade.starts_with("HTTP/1.1 503 ")) << upgrade;
  EXPECT_NE(upgrade.find("Retry-After: "), std::string::npos) << upgrade;
  EXPECT_TRUE(sidecar().AskOps("/readyz").starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(sidecar().AskOps("/healthz").starts_with("HTTP/1.1 200 "));
}

TEST_F(DrainControlTest, PlainRequestsAreServedAllTheSame) {
  Start({.yaml = kQuick});
  EXPECT_TRUE(drain().Drain());
  EXPECT_TRUE(WaitForState(State::kDrained));
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/page"));
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_TRUE(upstream.ReadThrough("\r\n\r\n").starts_with("GET /page "));
  upstream.Send(Ok("hello"));
  const std::string answer = viewer.ReadToEnd();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_TRUE(answer.ends_with("hello")) << answer;
}

TEST_F(DrainControlTest, ACancelledDrainIsAsIfItHadNotBeen) {
  Start({.yaml = kQuick});
  for (int round = 1; round <= 2; ++round) {
    TunnelEnds ends = Open();
    EXPECT_TRUE(drain().Drain());
    Leave(&ends);
    EXPECT_TRUE(WaitForState(State::kDrained));
    EXPECT_EQ(drain().Get().closed, 1) << "of this drain";
    const auto cancelled = drain().Cancel();
    ASSERT_TRUE(cancelled.ok());
    EXPECT_TRUE(*cancelled);
    EXPECT_EQ(drain().Get().state, State::kServing);
    EXPECT_TRUE(Answer(Get("/healthz")).starts_with("HTTP/1.1 200 "));
    EXPECT_TRUE(sidecar().AskOps("/readyz").starts_with("HTTP/1.1 200 "));
  }
  TunnelEnds after = Open();
  ExpectAlive(&after);
  ClosePolitely(&after);
}

TEST_F(DrainControlTest, ATunnelThatWasNotToldYetStaysWhenTheDrainIsCancelled) {
  Start({.yaml = "drain: {accept_window: 1h, spread: 0s, close_wait: 1s, timeout: 2h}\n"});
  TunnelEnds ends = Open();
  EXPECT_TRUE(drain().Drain());
  EXPECT_TRUE(Answer(Get("/healthz")).starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(drain().Get().state, State::kDraining);
  ExpectAlive(&ends);
  EXPECT_TRUE(drain().Cancel().ok());
  ExpectAlive(&ends);
  ClosePolitely(&ends);
}

TEST_F(DrainControlTest, ARequestOnItsWayThatBecomesATunnelIsEndedToo) {
  Start({.yaml = kQuick});
  ScriptedPeer viewer = Viewer();
  viewer.Send(Upgrade());
  ScriptedPeer upstream = upstream_.Accept();
  upstream.ReadThrough("\r\n\r\n");
  EXPECT_TRUE(drain().Drain());
  EXPECT_TRUE(WaitForState(State::kDrained));
  upstream.Send(kSwitching);
  EXPECT_TRUE(viewer.ReadThrough("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  TunnelEnds ends{.viewer = std::move(viewer), .upstream = std::move(upstream)};
  Leave(&ends);
}

TEST_F(DrainControlTest, WhoeverDoesNotLeaveIsCutAtTheTimeout) {
  // Without the cut, a viewer and an upstream that are silent are each waited for: eight seconds.
  Start({.yaml = "drain: {accept_window: 0s, spread: 0s, close_wait: 4s, timeout: 4s}\n"});
  const auto begin = net::Clock::now();
  TunnelEnds ends = Open();
  EXPECT_TRUE(drain().Drain());
  EXPECT_TRUE(WaitForState(State::kDrained));
  const auto taken = net::Clock::now() - begin;
  EXPECT_GE(taken, milliseconds(4000));
  EXPECT_LT(taken, milliseconds(8000));
  ExpectTunnelEnd(TunnelEnd::kDrain);
}

TEST_F(DrainControlTest, TheEndOfTheProgramGoesOnFromAnOperatorsDrain) {
  Start({.yaml = "drain: {accept_window: 100ms, spread: 0s, close_wait: 2s, timeout: 10s}\n"});
  TunnelEnds ends = Open();
  EXPECT_TRUE(drain().Drain());
  Leave(&ends);
  EXPECT_TRUE(WaitForState(State::kDrained));
  EXPECT_FALSE(drain().stopped());
  drain().Stop();
  EXPECT_TRUE(sidecar().WaitUntilDrained());
  EXPECT_EQ(drain().Get().cause, ops::Drain::Cause::kStop);
  EXPECT_EQ(drain().Get().closed, 1);
  EXPECT_FALSE(drain().Drain());
  EXPECT_EQ(drain().Cancel().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(DrainControlTest, TheEndOfTheProgramDoesNotCutAnOperatorsWindowShort) {
  Start({.yaml = "drain: {accept_window: 300ms, spread: 0s, close_wait: 2s, timeout: 10s}\n"});
  const auto begin = net::Clock::now();
  TunnelEnds ends = Open();
  EXPECT_TRUE(drain().Drain());
  drain().Stop();
  Leave(&ends);
  EXPECT_GE(net::Clock::now() - begin, milliseconds(300));
  EXPECT_TRUE(sidecar().WaitUntilDrained());
}

}  // namespace
}  // namespace viaduct::sidecar
