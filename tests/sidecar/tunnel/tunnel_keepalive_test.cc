// Our pings keep a silent tunnel open, find viewers that are gone, and are not passed on.

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>

#include "sidecar/request/tunnel_end.h"
#include "tests/sidecar/tunnel/tunnel_fixture.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/ws_frames.h"
#include "websocket/opcode.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class TunnelKeepaliveTest : public TunnelTest {
 protected:
  // Reads the next frame to the viewer, which must be a ping of ours; returns the pong that answers it.
  static std::string AnswerTo(ScriptedPeer* viewer) {
    const WsFrame ping = ReadFrame(viewer);
    EXPECT_EQ(ping.opcode, static_cast<int>(websocket::Opcode::kPing)) << ping;
    EXPECT_FALSE(ping.masked);
    EXPECT_EQ(ping.payload.size(), 8u);
    return FromViewer(websocket::Opcode::kPong, ping.payload);
  }
  static void ExpectAliveUpwards(TunnelEnds* ends) {
    ends->viewer.Send(FromViewer(websocket::Opcode::kText, "alive"));
    EXPECT_EQ(ReadFrame(&ends->upstream), ViewerFrame(websocket::Opcode::kText, "alive"));
  }
};

TEST_F(TunnelKeepaliveTest, PingsComeAtTheIntervalAndTheirPongsGoNoFurther) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 20s}\n"});
  const auto begin = steady_clock::now();
  TunnelEnds ends = Open();
  std::string last;
  for (int i = 0; i < 5; ++i) {
    const std::string pong = AnswerTo(&ends.viewer);
    EXPECT_NE(pong, last) << "each ping differs";
    last = pong;
    ends.viewer.Send(pong);
  }
  const auto took = steady_clock::now() - begin;
  EXPECT_GE(took, milliseconds(5 * 90));  // varied by a tenth
  EXPECT_LT(took, kPromptly);
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "after the pongs"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "after the pongs"));
  EXPECT_GE(sidecar().Metric("viaduct_pings_sent_total"), 5);
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_pongs_received_total", 5));
  // A pong behind the next ping is not timed.
  EXPECT_GE(sidecar().Metric("viaduct_ping_seconds_count"), 1);
  EXPECT_LE(sidecar().Metric("viaduct_ping_seconds_count"), 5);
}

TEST_F(TunnelKeepaliveTest, WithoutAnIntervalThereAreNoPings) {
  Start({.yaml = "keepalive: {ping_interval: 0s}\n"});
  TunnelEnds ends = Open();
  EXPECT_EQ(ends.viewer.ReadFor(milliseconds(200)), "");
  ExpectAlive(&ends);
}

TEST_F(TunnelKeepaliveTest, PingsAndPongsOfTheTwoSidesPass) {
  Start({.yaml = "keepalive: {ping_interval: 20s}\n"});
  TunnelEnds ends = Open();
  for (const std::string payload : {"", "app", "12345678"}) {
    ends.upstream.Send(FromUpstream(websocket::Opcode::kPing, payload));
    EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kPing, payload));
    ends.viewer.Send(FromViewer(websocket::Opcode::kPong, payload));
    EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kPong, payload));
    ends.viewer.Send(FromViewer(websocket::Opcode::kPing, payload));
    EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kPing, payload));
    ends.upstream.Send(FromUpstream(websocket::Opcode::kPong, payload));
    EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kPong, payload));
  }
}

TEST_F(TunnelKeepaliveTest, APongThatGuessesOursPasses) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 20s}\n"});
  TunnelEnds ends = Open();
  const WsFrame ping = ReadFrame(&ends.viewer);
  std::string next = ping.payload;
  next[4] = static_cast<char>(next[4] + 100);  // a ping that was never sent
  ends.viewer.Send(FromViewer(websocket::Opcode::kPong, next));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kPong, next));
}

// Our pings come only between frames, however long that takes.
TEST_F(TunnelKeepaliveTest, NoPingBreaksIntoALargeFrame) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 20s}\n"});
  const std::string frame = FromUpstream(websocket::Opcode::kBinary, std::string(50'000, 'x'));
  TunnelEnds ends = OpenWith(frame.substr(0, 20'000));
  EXPECT_EQ(ends.viewer.Read(20'000), frame.substr(0, 20'000));
  EXPECT_EQ(ends.viewer.ReadFor(milliseconds(300)), "") << "in the middle of a frame";
  ends.upstream.Send(frame.substr(20'000, 20'000));
  EXPECT_EQ(ends.viewer.Read(20'000), frame.substr(20'000, 20'000));
  EXPECT_EQ(ends.viewer.ReadFor(milliseconds(150)), "");
  ends.upstream.Send(frame.substr(40'000));
  EXPECT_EQ(ends.viewer.Read(frame.size() - 40'000), frame.substr(40'000));
  AnswerTo(&ends.viewer);
}

TEST_F(TunnelKeepaliveTest, APingMayStandBetweenTheFragmentsOfAMessage) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 20s}\n"});
  const std::string first("\x01\x02hi", 4);  // text without FIN
  TunnelEnds ends = OpenWith(first);
  EXPECT_EQ(ends.viewer.Read(4), first);
  AnswerTo(&ends.viewer);
  ends.upstream.Send(std::string("\x80\x01!", 3));
  WsFrame last = ReadFrame(&ends.viewer);
  while (last.opcode == static_cast<int>(websocket::Opcode::kPing)) last = ReadFrame(&ends.viewer);
  EXPECT_EQ(last, UpstreamFrame(websocket::Opcode::kContinuation, "!"));
}

// It may well be there: its library answers only while the application reads.
TEST_F(TunnelKeepaliveTest, AViewerThatAnswersNothingGetsACloseAfterMoreThanOnePing) {
  Start({.yaml = "keepalive: {ping_interval: 200ms, pong_timeout: 100ms, max_unanswered_pings: 2}\n"
                 "drain: {close_wait: 20s, timeout: 100s}\n"});
  const auto begin = steady_clock::now();
  TunnelEnds ends = Open();
  AnswerTo(&ends.viewer);
  AnswerTo(&ends.viewer);
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1001, "no pong"));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(2 * 180 + 100));
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "last words") + CloseFromViewer(1001));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "last words"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1001, "no pong"));
  ends.upstream.Close();
  ends.viewer.Close();
  EXPECT_EQ(ExpectTunnelEnd(TunnelEnd::kNoPong).at("closeSent"), "1001");
}

// Behind a balancer nothing else tells.
TEST_F(TunnelKeepaliveTest, AViewerThatIsGoneIsCutAfterTheCloseAndTheUpstreamTold) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 100ms, max_unanswered_pings: 1}\n"
                 "drain: {close_wait: 200ms}\n"});
  const auto begin = steady_clock::now();
  TunnelEnds ends = Open();
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1001, "no pong"));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(90 + 100 + 200));
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
  ends.upstream.Send(CloseFromUpstream(1001));
  ends.upstream.Close();
  ExpectTunnelEnd(TunnelEnd::kNoPong);
}

TEST_F(TunnelKeepaliveTest, OneAnswerMakesUpForAllPingsBefore) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 50ms, max_unanswered_pings: 3}\n"});
  TunnelEnds ends = Open();
  for (int i = 0; i < 4; ++i) {
    AnswerTo(&ends.viewer);  // which is not sent
    ends.viewer.Send(AnswerTo(&ends.viewer));
  }
  ExpectAliveUpwards(&ends);
}

TEST_F(TunnelKeepaliveTest, AnyByteOfTheViewerAnswersAPing) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 2s}\n"});
  TunnelEnds ends = Open();
  const auto begin = steady_clock::now();
  while (steady_clock::now() - begin < milliseconds(3000)) {
    ends.viewer.Send(FromViewer(websocket::Opcode::kText, "busy"));
    EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "busy"));
    ends.viewer.ReadFor(milliseconds(50));  // pings that it does not answer
  }
  ExpectAliveUpwards(&ends);
}

// Without a time limit for pongs, pings still keep the connection open.
TEST_F(TunnelKeepaliveTest, PingsGoOnWithoutPongsWhenThereIsNoPongTimeout) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 0s}\n"});
  TunnelEnds ends = Open();
  for (int i = 0; i < 4; ++i) AnswerTo(&ends.viewer);
  ExpectAliveUpwards(&ends);
}

// The timeout counts from the last ping that may be left unanswered.
TEST_F(TunnelKeepaliveTest, PingsGoOnWhileAPongIsAwaited) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 2s, max_unanswered_pings: 1}\n"
                 "drain: {close_wait: 200ms}\n"});
  const auto begin = steady_clock::now();
  TunnelEnds ends = Open();
  for (int i = 0; i < 4; ++i) AnswerTo(&ends.viewer);  // which is not sent
  EXPECT_EQ(ReadFrame(&ends.upstream).opcode, static_cast<int>(websocket::Opcode::kClose));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(90 + 2000));
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
  ends.upstream.Close();
  ExpectTunnelEnd(TunnelEnd::kNoPong);
}

// Not even a ping can be sent to it.
TEST_F(TunnelKeepaliveTest, AViewerThatTakesNoBytesIsDropped) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 300ms}\ndrain: {close_wait: 200ms}\n"});
  TunnelEnds ends = Open(16 * 1024);
  const std::string frame = FromUpstream(websocket::Opcode::kBinary, std::string(1 << 20, 'x'));
  ends.upstream.SendUntilStuck(frame, 64 << 20, milliseconds(100));
  EXPECT_NE(ends.upstream.WaitForEnd(), PeerEnd::kOpen);
  ends.upstream.Close();
  ExpectTunnelEnd(TunnelEnd::kViewerUnresponsive);
}

// Pings and all else wait behind what the kernel holds for it, longer than any timeout; but it takes bytes all the
// time.
TEST_F(TunnelKeepaliveTest, AViewerThatReadsSlowlyIsNotDropped) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 400ms, max_unanswered_pings: 1}\n"});
  TunnelEnds ends = Open(16 * 1024);
  constexpr int kMessages = 64;
  const std::string message = FromUpstream(websocket::Opcode::kBinary, std::string(10'000, 'x'));
  auto sending = std::async(std::launch::async, [&] {
    for (int i = 0; i < kMessages; ++i) {
      if (!ends.upstream.Send(message)) return false;
    }
    return true;
  });
  int messages = 0;
  while (messages < kMessages) {
    const WsFrame frame = ReadFrame(&ends.viewer);
    if (frame.opcode == static_cast<int>(websocket::Opcode::kPing)) {
      ends.viewer.Send(FromViewer(websocket::Opcode::kPong, frame.payload));
      continue;
    }
    ASSERT_EQ(frame.payload.size(), 10'000u) << "after " << messages;
    ++messages;
    std::this_thread::sleep_for(milliseconds(40));
  }
  EXPECT_TRUE(sending.get());
  ExpectAliveUpwards(&ends);
}

// It has as long as one that answers nothing, since it may read although its kernel tells of no room yet.
TEST_F(TunnelKeepaliveTest, AViewerThatPausesLongerThanThePongTimeoutIsNotDropped) {
  Start({.yaml = "keepalive: {ping_interval: 2s, pong_timeout: 200ms, max_unanswered_pings: 2}\n"});
  TunnelEnds ends = Open(16 * 1024);
  const std::string frame = FromUpstream(websocket::Opcode::kBinary, std::string(1 << 20, 'x'));
  const std::size_t sent = ends.upstream.SendUntilStuck(frame, 64 << 20, milliseconds(1000));
  ASSERT_LT(sent, std::size_t{64} << 20);
  EXPECT_EQ(ends.viewer.Read(sent).size(), sent);
  ExpectAliveUpwards(&ends);
}

// The viewer cannot be heard then, so it is not dropped.
TEST_F(TunnelKeepaliveTest, AViewerIsNotDroppedForAnUpstreamThatDoesNotRead) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 2s}\n"});
  TunnelEnds ends = Open();
  const std::string frame = FromViewer(websocket::Opcode::kBinary, std::string(1 << 20, 'x'));
  const std::size_t sent = ends.viewer.SendUntilStuck(frame, 64 << 20, milliseconds(3000));
  ASSERT_LT(sent, std::size_t{64} << 20);
  EXPECT_EQ(sidecar().Metric("viaduct_tunnels_open"), 1);
}

}  // namespace
}  // namespace viaduct::sidecar
