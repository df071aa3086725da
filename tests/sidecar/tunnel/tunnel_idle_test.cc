// A tunnel without data frames ends politely; only data frames count.

#include <gtest/gtest.h>

#include <chrono>
#include <string>

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

class TunnelIdleTest : public TunnelTest {};

TEST_F(TunnelIdleTest, BothSidesAreTold1001) {
  Start({.yaml = "timeouts: {idle_timeout: 200ms}\n"});
  const auto begin = steady_clock::now();
  TunnelEnds ends = Open();
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1001, "idle timeout"));
  const auto took = steady_clock::now() - begin;
  EXPECT_GE(took, milliseconds(200));
  EXPECT_LT(took, kPromptly);
  EXPECT_EQ(ends.upstream.ReadFor(milliseconds(50)), "") << "the viewer may still be sending";
  ends.viewer.Send(CloseFromViewer(1001));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1001, "idle timeout"));
  EXPECT_EQ(ends.viewer.WaitForEnd(), PeerEnd::kFin);
  ends.upstream.Send(CloseFromUpstream(1001));
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
  ends.viewer.Close();
  ends.upstream.Close();
  const LogRecord line = ExpectTunnelEnd(TunnelEnd::kIdleTimeout);
  EXPECT_EQ(line.at("closeSent"), "1001");
  EXPECT_EQ(line.at("fromViewer.closeCode"), "1001");
  for (const std::string from : {"viewer", "upstream", "sidecar"}) {
    EXPECT_EQ(sidecar().Metric("viaduct_close_frames_total{from=\"" + from + "\",code=\"1001\"}"), 1) << from;
  }
}

TEST_F(TunnelIdleTest, WhatTheViewerSentBeforeItsAnswerReachesTheUpstream) {
  Start({.yaml = "timeouts: {idle_timeout: 100ms}\n"});
  TunnelEnds ends = Open();
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1001, "idle timeout"));
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "last words") + FromViewer(websocket::Opcode::kPing, "p") +
                   CloseFromViewer(1001, "idle timeout") + "dropped");
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "last words"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kPing, "p"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1001, "idle timeout"));
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ends.upstream.ReadToEnd(), "");
}

TEST_F(TunnelIdleTest, PingsAndPongsDoNotCount) {
  Start({.yaml = "timeouts: {idle_timeout: 300ms}\nkeepalive: {ping_interval: 50ms}\n"});
  const auto begin = steady_clock::now();
  TunnelEnds ends = Open();
  for (;;) {
    const WsFrame frame = ReadFrame(&ends.viewer);
    if (frame.opcode == static_cast<int>(websocket::Opcode::kPing)) {
      ends.viewer.Send(FromViewer(websocket::Opcode::kPong, frame.payload) +
                       FromViewer(websocket::Opcode::kPing, "mine"));
      ends.upstream.Send(FromUpstream(websocket::Opcode::kPing, "theirs"));
      continue;
    }
    if (frame == UpstreamFrame(websocket::Opcode::kPing, "theirs")) continue;
    EXPECT_EQ(frame, UpstreamClose(1001, "idle timeout"));
    break;
  }
  EXPECT_GE(steady_clock::now() - begin, milliseconds(300));
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
}

TEST_F(TunnelIdleTest, DataOfEitherSideCounts) {
  Start({.yaml = "timeouts: {idle_timeout: 2s}\n"});
  TunnelEnds ends = Open();
  for (int i = 0; i < 6; ++i) {
    ends.viewer.Send(FromViewer(websocket::Opcode::kText, "up"));
    EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "up"));
    EXPECT_EQ(ends.viewer.ReadFor(milliseconds(400)), "");
  }
  steady_clock::time_point last;
  for (int i = 0; i < 6; ++i) {
    last = steady_clock::now();
    ends.upstream.Send(FromUpstream(websocket::Opcode::kText, "down"));
    EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kText, "down"));
    EXPECT_EQ(ends.upstream.ReadFor(milliseconds(400)), "");
  }
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1001, "idle timeout"));
  EXPECT_GE(steady_clock::now() - last, milliseconds(2000));
}

TEST_F(TunnelIdleTest, OnlyTheViewersDataCountsForItsOwnTimeout) {
  Start({.yaml = "timeouts: {viewer_idle_timeout: 400ms}\n"});
  const auto begin = steady_clock::now();
  TunnelEnds ends = Open();
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "up"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "up"));
  for (;;) {
    ends.upstream.Send(FromUpstream(websocket::Opcode::kText, "down"));
    const WsFrame frame = ReadFrame(&ends.viewer);
    if (frame != UpstreamFrame(websocket::Opcode::kText, "down")) {
      EXPECT_EQ(frame, UpstreamClose(1001, "idle timeout"));
      break;
    }
    ends.upstream.ReadFor(milliseconds(20));
  }
  EXPECT_GE(steady_clock::now() - begin, milliseconds(400));
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
  ends.viewer.Close();
  ends.upstream.Close();
  ExpectTunnelEnd(TunnelEnd::kViewerIdleTimeout);
}

TEST_F(TunnelIdleTest, OnlyTheUpstreamsDataCountsForItsOwnTimeout) {
  Start({.yaml = "timeouts: {upstream_idle_timeout: 400ms}\n"});
  const auto begin = steady_clock::now();
  TunnelEnds ends = OpenWith(FromUpstream(websocket::Opcode::kText, "down"));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kText, "down"));
  while (ends.viewer.ReadFor(milliseconds(20)).empty()) {
    ends.viewer.Send(FromViewer(websocket::Opcode::kText, "up"));
  }
  EXPECT_GE(steady_clock::now() - begin, milliseconds(400));
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
  ends.viewer.Close();
  ends.upstream.Close();
  ExpectTunnelEnd(TunnelEnd::kUpstreamIdleTimeout);
}

// It applies despite all traffic, and up to a tenth early, so that tunnels that began together do not end together.
TEST_F(TunnelIdleTest, NoTunnelOutlivesTheMaximumDuration) {
  Start({.yaml = "timeouts: {max_duration: 500ms}\n"});
  const auto begin = steady_clock::now();
  TunnelEnds ends = Open();
  for (;;) {
    ends.upstream.Send(FromUpstream(websocket::Opcode::kText, "busy"));
    const WsFrame frame = ReadFrame(&ends.viewer);
    if (frame != UpstreamFrame(websocket::Opcode::kText, "busy")) {
      EXPECT_EQ(frame, UpstreamClose(1001, "maximum duration"));
      break;
    }
    ends.upstream.ReadFor(milliseconds(20));
  }
  EXPECT_GE(steady_clock::now() - begin, milliseconds(450));
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
  ends.viewer.Close();
  ends.upstream.Close();
  ExpectTunnelEnd(TunnelEnd::kMaxDuration);
}

TEST_F(TunnelIdleTest, ALargeFrameThatComesSlowlyIsNotIdle) {
  Start({.yaml = "timeouts: {idle_timeout: 2s}\n"});
  TunnelEnds ends = Open();
  const std::string frame = FromViewer(websocket::Opcode::kBinary, std::string(600, 'x'));
  for (std::size_t sent = 0; sent < frame.size(); sent += 101) {
    ends.viewer.Send(frame.substr(sent, 101));
    EXPECT_EQ(ends.viewer.ReadFor(milliseconds(400)), "");
  }
  EXPECT_EQ(ends.upstream.Read(frame.size()), frame);
}

TEST_F(TunnelIdleTest, WithoutATimeoutATunnelMayBeSilent) {
  Start({.yaml = "timeouts: {idle_timeout: 0s}\n"});
  TunnelEnds ends = Open();
  EXPECT_EQ(ends.viewer.ReadFor(milliseconds(400)), "");
  ExpectAlive(&ends);
}

// A Close in the middle of a frame would be read as its payload.
TEST_F(TunnelIdleTest, AFrameThatStoppedHalfwayEndsWithFinAfterTheWait) {
  Start({.yaml = "timeouts: {idle_timeout: 100ms}\ndrain: {close_wait: 200ms}\n"});
  const std::string half = FromUpstream(websocket::Opcode::kBinary, std::string(100, 'x')).substr(0, 50);
  const auto begin = steady_clock::now();
  TunnelEnds ends = OpenWith(half);
  EXPECT_EQ(ends.viewer.ReadToEnd(), half);
  EXPECT_EQ(ends.viewer.end(), PeerEnd::kFin);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(300));
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1001, "idle timeout"));
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
  EXPECT_EQ(ExpectTunnelEnd(TunnelEnd::kIdleTimeout).count("closeSent"), 0u);
}

// If its rest comes in time, the Close follows it.
TEST_F(TunnelIdleTest, AFrameThatIsFinishedInTheWaitIsFollowedByTheClose) {
  Start({.yaml = "timeouts: {idle_timeout: 100ms}\ndrain: {close_wait: 20s, timeout: 100s}\n"});
  const std::string frame = FromUpstream(websocket::Opcode::kBinary, std::string(100, 'x'));
  TunnelEnds ends = OpenWith(frame.substr(0, 50));
  EXPECT_EQ(ends.viewer.Read(50), frame.substr(0, 50));
  EXPECT_EQ(ends.viewer.ReadFor(milliseconds(250)), "");
  ends.upstream.Send(frame.substr(50) + FromUpstream(websocket::Opcode::kText, "too late"));
  EXPECT_EQ(ends.viewer.Read(frame.size() - 50), frame.substr(50));
  WsFrame next = ReadFrame(&ends.viewer);
  if (next == UpstreamFrame(websocket::Opcode::kText, "too late")) next = ReadFrame(&ends.viewer);
  EXPECT_EQ(next, UpstreamClose(1001, "idle timeout"));
}

TEST_F(TunnelIdleTest, AViewerThatDoesNotAnswerIsCutAfterTheWait) {
  Start({.yaml = "timeouts: {idle_timeout: 100ms}\ndrain: {close_wait: 200ms}\n"});
  const auto begin = steady_clock::now();
  TunnelEnds ends = Open();
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1001, "idle timeout"));
  EXPECT_EQ(ends.viewer.WaitForEnd(), PeerEnd::kFin);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(300));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1001, "idle timeout"));
  ends.upstream.Send(CloseFromUpstream(1001));
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
  ends.upstream.Close();
  const LogRecord line = ExpectTunnelEnd(TunnelEnd::kIdleTimeout);
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
  EXPECT_EQ(line.count("fromViewer.closeCode"), 0u);
}

}  // namespace
}  // namespace viaduct::sidecar
