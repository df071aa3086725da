// Attacks of docs/attacks.md that the sidecar as a whole handles and no other test names.

#include <gtest/gtest.h>

#include <string>

#include "sidecar/request/request_end.h"
#include "sidecar/request/tunnel_end.h"
#include "tests/sidecar/tunnel/tunnel_fixture.h"
#include "tests/support/http_message.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/ws_frames.h"
#include "websocket/opcode.h"

namespace viaduct::sidecar {
namespace {

class AttackTest : public TunnelTest {};

// Attack 14 (HAProxy, Beast: trailers merged into the fields before the check).
TEST_F(AttackTest, TrailersCannotBringWhatTheVerdictAsksFor) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(
      "POST / HTTP/1.1\r\nHost: chat.example.com\r\nX-Forwarded-For: 203.0.113.7, 130.176.114.52\r\n"
      "Transfer-Encoding: chunked\r\nTrailer: Via, X-Amz-Cf-Id\r\n\r\n1\r\na\r\n0\r\n"
      "Via: 1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\r\n"
      "X-Amz-Cf-Id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\r\n\r\n");
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 403);
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kDenied).at("denyReason"), "via_missing");
  EXPECT_TRUE(upstream_.NobodyCame());
}

// Attack 17 (ws CVE-2026-48779): a message of very many fragments. An endpoint would gather them, but a tunnel passes
// them on.
TEST_F(AttackTest, AMessageInManyFragmentsIsPassedOnAndNotGathered) {
  Start();
  TunnelEnds ends = Open();
  const std::string begin = std::string("\x01\x80", 2) + std::string(4, '\0');  // text, not the last, empty
  const std::string next = std::string("\x00\x80", 2) + std::string(4, '\0');
  std::string fragments = begin;
  for (int i = 0; i < 100'000; ++i) fragments += next;
  // Sends parts small enough that an upstream which reads after each can keep up.
  for (std::size_t at = 0; at < fragments.size(); at += 60'000) {
    const std::string part = fragments.substr(at, 60'000);
    ends.viewer.Send(part);
    // An unfinished header at the end of a part waits for its rest.
    const std::size_t whole = part.size() - part.size() % next.size();
    ASSERT_EQ(ends.upstream.Read(whole), part.substr(0, whole));
  }
  ends.viewer.Send(FromViewer(websocket::Opcode::kPing, "between"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kPing, "between"));
}

// Attack 18 (NATS CVE-2026-27889, undici CVE-2026-1528): frame lengths of 64 bits.
TEST_F(AttackTest, MoreControlFramesThanAllowedEndTheTunnel) {
  Start({.yaml = "limits: {max_control_frames_per_second: 50}\ndrain: {close_wait: 20s, timeout: 100s}\n"});
  TunnelEnds ends = Open();
  const std::string ping = FromViewer(websocket::Opcode::kPing, "");
  std::string flood;
  for (int i = 0; i < 200; ++i) flood += ping;
  ends.viewer.Send(flood);
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1008, "too many control frames"));
  // Those before may belong to two seconds of the clock.
  int passed = 0;
  WsFrame frame = ReadFrame(&ends.upstream);
  for (; frame == ViewerFrame(websocket::Opcode::kPing, ""); frame = ReadFrame(&ends.upstream)) ++passed;
  EXPECT_EQ(frame, ViewerClose(1008, "too many control frames"));
  EXPECT_GE(passed, 50);
  EXPECT_LE(passed, 100);
  ends.upstream.Close();
  ends.viewer.Close();
  EXPECT_EQ(ExpectTunnelEnd(TunnelEnd::kControlFrameFlood).at("closeSent"), "1008");
}

TEST_F(AttackTest, AsManyControlFramesAsAllowedPassAndMessagesDoNotCount) {
  Start({.yaml = "limits: {max_control_frames_per_second: 50}\n"});
  TunnelEnds ends = Open();
  const std::string message = FromViewer(websocket::Opcode::kText, "x");
  std::string sent;
  for (int i = 0; i < 50; ++i) sent += FromViewer(websocket::Opcode::kPing, "") + message + message;
  ends.viewer.Send(sent);
  EXPECT_EQ(ends.upstream.Read(sent.size()), sent);
  ends.upstream.Send(FromUpstream(websocket::Opcode::kPing, ""));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kPing, ""));
}

TEST_F(AttackTest, ADeclaredLengthIsFollowedAndNothingIsKeptForIt) {
  Start();
  TunnelEnds ends = Open();
  const std::string frame =
      std::string("\x82\xff\x40\x00\x00\x00\x00\x00\x00\x00", 10) + std::string(4, '\0') + std::string(1000, 'x');
  ends.viewer.Send(frame);
  EXPECT_EQ(ends.upstream.Read(frame.size()), frame);
  ends.viewer.Reset();
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
}

TEST_F(AttackTest, ALengthWithItsHighestBitSetIsAProtocolError) {
  Start();
  TunnelEnds ends = Open();
  ends.viewer.Send(std::string("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x01", 10) + std::string(4, '\0') + "x");
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1002, "protocol error"));
  ends.upstream.Close();
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1002, "protocol error"));
  ends.viewer.Close();
  EXPECT_EQ(ExpectTunnelEnd(TunnelEnd::kViewerProtocolError).at("rule"), "length_over_63_bits");
}

}  // namespace
}  // namespace viaduct::sidecar
