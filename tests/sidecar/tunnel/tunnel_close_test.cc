// The end of a tunnel by its two sides, in every order, politely or not.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
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

class TunnelCloseTest : public TunnelTest {};

// A text frame of a viewer with reserved bits.
const std::string kReservedBits("\xf1\x80\x00\x00\x00\x00", 6);

TEST_F(TunnelCloseTest, TheViewerFirst) {
  Start();
  TunnelEnds ends = Open();
  ClosePolitely(&ends);
  const LogRecord line = ExpectTunnelEnd(TunnelEnd::kViewerClose);
  EXPECT_EQ(line.at("fromViewer.closeCode"), "1000");
  EXPECT_EQ(line.at("fromUpstream.closeCode"), "1000");
  EXPECT_EQ(line.count("closeSent"), 0u);
}

TEST_F(TunnelCloseTest, TheUpstreamFirst) {
  Start();
  TunnelEnds ends = Open();
  ends.upstream.Send(FromUpstream(websocket::Opcode::kText, "last") + CloseFromUpstream(4001, "kicked"));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kText, "last"));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(4001, "kicked"));
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "on its way") + CloseFromViewer(4001, "kicked"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "on its way"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(4001, "kicked"));
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ends.viewer.WaitForEnd(), PeerEnd::kFin);
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
  ends.viewer.Close();
  ends.upstream.Close();
  EXPECT_EQ(ExpectTunnelEnd(TunnelEnd::kUpstreamClose).at("fromUpstream.closeCode"), "4001");
}

TEST_F(TunnelCloseTest, BothAtOnce) {
  Start();
  TunnelEnds ends = Open();
  ends.viewer.Send(CloseFromViewer(1000));
  ends.upstream.Send(CloseFromUpstream(1001));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1000));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1001));
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ends.viewer.WaitForEnd(), PeerEnd::kFin);
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
  ends.viewer.Close();
  ends.upstream.Close();
  const LogRecord line = sidecar().log().Wait({{"msg", "tunnel"}});
  EXPECT_TRUE(line.at("end") == "viewer_close" || line.at("end") == "upstream_close") << line.at("end");
}

TEST_F(TunnelCloseTest, ACloseWithoutACodeIsPassedOnAsItIs) {
  Start();
  TunnelEnds ends = Open();
  ends.viewer.Send(FromViewer(websocket::Opcode::kClose, ""));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kClose, ""));
  ends.upstream.Send(FromUpstream(websocket::Opcode::kClose, ""));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kClose, ""));
  EXPECT_EQ(ends.viewer.WaitForEnd(), PeerEnd::kFin);
  ends.viewer.Close();
  ends.upstream.Close();
  EXPECT_EQ(ExpectTunnelEnd(TunnelEnd::kViewerClose).at("fromViewer.closeCode"), "1005");
}

TEST_F(TunnelCloseTest, WhatComesBehindACloseIsDropped) {
  Start();
  TunnelEnds ends = Open();
  ends.viewer.Send(CloseFromViewer(1000) + FromViewer(websocket::Opcode::kText, "dropped") + "\xff\xff\xff");
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1000));
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "dropped, too"));
  EXPECT_EQ(ends.upstream.ReadFor(milliseconds(50)), "");
  ends.upstream.Send(FromUpstream(websocket::Opcode::kText, "still delivered") + CloseFromUpstream(1000) +
                     FromUpstream(websocket::Opcode::kText, "dropped"));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kText, "still delivered"));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1000));
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ends.viewer.ReadToEnd(), "");
  EXPECT_EQ(ends.upstream.ReadToEnd(), "");
}

TEST_F(TunnelCloseTest, AnUpstreamThatDoesNotAnswerACloseIsWaitedForNoLonger) {
  Start({.yaml = "drain: {close_wait: 200ms}\n"});
  TunnelEnds ends = Open();
  const auto begin = steady_clock::now();
  ends.viewer.Send(CloseFromViewer(1000));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1000));
  EXPECT_EQ(ends.viewer.ReadToEnd(), "");
  EXPECT_GE(steady_clock::now() - begin, milliseconds(200));
  EXPECT_LT(steady_clock::now() - begin, milliseconds(5000)) << "the default";
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
  ExpectTunnelEnd(TunnelEnd::kViewerClose);
}

TEST_F(TunnelCloseTest, AViewerThatDoesNotAnswerACloseIsWaitedForNoLonger) {
  Start({.yaml = "drain: {close_wait: 200ms}\n"});
  TunnelEnds ends = Open();
  const auto begin = steady_clock::now();
  ends.upstream.Send(CloseFromUpstream(1000));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1000));
  EXPECT_EQ(ends.viewer.ReadToEnd(), "");
  EXPECT_GE(steady_clock::now() - begin, milliseconds(200));
  EXPECT_LT(steady_clock::now() - begin, milliseconds(5000)) << "the default";
  EXPECT_EQ(ends.upstream.ReadToEnd(), "");
  ExpectTunnelEnd(TunnelEnd::kUpstreamClose);
}

// RFC 6455 section 7.1.1: a server closes first. One that finds FIN behind its answer reports an abnormal end.
TEST_F(TunnelCloseTest, AnUpstreamIsNotSentFinBeforeItsOwn) {
  Start();
  TunnelEnds ends = Open();
  ends.viewer.Send(CloseFromViewer(1000));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1000));
  ends.upstream.Send(CloseFromUpstream(1000));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1000));
  EXPECT_EQ(ends.viewer.WaitForEnd(), PeerEnd::kFin) << "we are its server";
  ends.viewer.Close();
  EXPECT_EQ(ends.upstream.ReadFor(milliseconds(100)), "");
  EXPECT_EQ(ends.upstream.end(), PeerEnd::kOpen);
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
  ExpectTunnelEnd(TunnelEnd::kViewerClose);
}

TEST_F(TunnelCloseTest, AnUpstreamThatNeverClosesIsClosedAfterTheWait) {
  Start({.yaml = "drain: {close_wait: 200ms}\n"});
  TunnelEnds ends = Open();
  ends.viewer.Send(CloseFromViewer(1000));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1000));
  const auto begin = steady_clock::now();
  ends.upstream.Send(CloseFromUpstream(1000));
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(190));
  EXPECT_LT(steady_clock::now() - begin, milliseconds(5000)) << "the default";
  ExpectTunnelEnd(TunnelEnd::kViewerClose);
}

// Nothing behind its Close counts, so it must not keep the tunnel.
TEST_F(TunnelCloseTest, AViewerThatSendsOnBehindItsCloseIsEndedAllTheSame) {
  Start({.yaml = "drain: {close_wait: 200ms}\n"});
  TunnelEnds ends = Open();
  ends.viewer.Send(CloseFromViewer(1000));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1000));
  const auto begin = steady_clock::now();
  while (steady_clock::now() - begin < kPatience &&
         ends.viewer.Send(FromViewer(websocket::Opcode::kText, "for ever"))) {
    ends.viewer.ReadFor(milliseconds(10));
    if (ends.viewer.end() != PeerEnd::kOpen) break;
  }
  EXPECT_NE(ends.viewer.end(), PeerEnd::kOpen);
  ExpectTunnelEnd(TunnelEnd::kViewerClose);
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
}

// RFC 6455 lets a side finish what it was sending.
TEST_F(TunnelCloseTest, TheWaitForAnAnswerCountsFromTheLastByte) {
  Start({.yaml = "drain: {close_wait: 2s}\n"});
  TunnelEnds ends = Open();
  ends.viewer.Send(CloseFromViewer(1000));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1000));
  for (int i = 0; i < 6; ++i) {
    ends.upstream.Send(FromUpstream(websocket::Opcode::kText, "more"));
    EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kText, "more"));
    EXPECT_EQ(ends.viewer.ReadFor(milliseconds(400)), "");
  }
  ends.upstream.Send(CloseFromUpstream(1000));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1000));
}

// All that was sent before a Close arrives, however slowly it is read.
TEST_F(TunnelCloseTest, ASlowViewerGetsEverythingThatWasSentBeforeTheClose) {
  Start({.yaml = "drain: {close_wait: 200ms}\n"});
  TunnelEnds ends = Open(16 * 1024);
  const std::string frame = FromUpstream(websocket::Opcode::kBinary, std::string(100'000, 'x'));
  std::size_t frames = 0;
  const std::size_t sent = ends.upstream.SendUntilStuck(frame, std::size_t{64} << 20, milliseconds(100));
  const std::size_t total = (sent + frame.size() - 1) / frame.size();
  auto rest = std::async(std::launch::async, [&] {
    return (sent % frame.size() == 0 || ends.upstream.Send(frame.substr(sent % frame.size()))) &&
           ends.upstream.Send(CloseFromUpstream(1000));
  });
  for (; frames < total; ++frames) {
    if (ReadFrame(&ends.viewer).payload.size() != 100'000) break;
    // Takes longer than the wait for an answer, all in all.
    std::this_thread::sleep_for(milliseconds(15));
  }
  EXPECT_EQ(frames, total);
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1000));
  EXPECT_TRUE(rest.get());
}

// The kernel has taken all of it long before the viewer has: no write tells how the viewer gets on.
TEST_F(TunnelCloseTest, AViewerThatTakesWhatTheKernelHasIsWaitedFor) {
  Start({.yaml = "drain: {close_wait: 400ms}\n"});
  TunnelEnds ends = Open(4 * 1024);
  const std::string frame = FromUpstream(websocket::Opcode::kBinary, std::string(50'000, 'x'));
  ends.upstream.Send(frame + frame + CloseFromUpstream(1000));
  ends.viewer.Send(CloseFromViewer(1000));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1000));
  ends.upstream.ShutdownWrite();
  // Takes longer than the wait, all in all.
  std::string got;
  while (got.size() < 2 * frame.size() + 4) {
    const std::string more = ends.viewer.Read(std::min<std::size_t>(2'000, 2 * frame.size() + 4 - got.size()));
    if (more.empty()) break;
    got += more;
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_TRUE(got == frame + frame + CloseFromUpstream(1000)) << got.size();
  EXPECT_EQ(ends.viewer.ReadToEnd(), "");
}

TEST_F(TunnelCloseTest, AViewerThatVanishesIsToldToTheUpstreamAtOnce) {
  Start();
  for (const bool reset : {false, true}) {
    TunnelEnds ends = Open();
    const auto begin = steady_clock::now();
    reset ? ends.viewer.Reset() : ends.viewer.Close();
    EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
    EXPECT_LT(steady_clock::now() - begin, kPromptly);
    ends.upstream.Close();
  }
  EXPECT_EQ(ExpectTunnelEnd(TunnelEnd::kViewerDisconnect, 2).count("fromViewer.closeCode"), 0u);
}

// Its writes must fail, or it would send for ever.
TEST_F(TunnelCloseTest, AnUpstreamThatOnlySendsLearnsThatItsViewerIsGone) {
  Start();
  TunnelEnds ends = Open();
  auto sending = std::async(std::launch::async, [&] {
    const auto begin = steady_clock::now();
    const std::string frame = FromUpstream(websocket::Opcode::kBinary, std::string(100'000, 'x'));
    while (steady_clock::now() - begin < kPatience && ends.upstream.Send(frame)) {
    }
    return steady_clock::now() - begin;
  });
  ends.viewer.Read(1'000'000);
  ends.viewer.Reset();
  EXPECT_LT(sending.get(), kPromptly);
  ExpectTunnelEnd(TunnelEnd::kViewerDisconnect);
}

// Nobody gets it, so it is read up to a bound, and does not count.
TEST_F(TunnelCloseTest, AnUpstreamThatFloodsAViewerThatWasGivenUpGetsAReset) {
  Start({.yaml = "keepalive: {ping_interval: 100ms, pong_timeout: 100ms, max_unanswered_pings: 1}\n"
                 "drain: {close_wait: 60s, timeout: 600s}\n"});
  TunnelEnds ends = Open(16 * 1024);
  const std::string frame = FromUpstream(websocket::Opcode::kBinary, std::string(1000, 'x'));
  std::string frames;
  for (int i = 0; i < 1000; ++i) frames += frame;
  const auto begin = steady_clock::now();
  while (steady_clock::now() - begin < kPatience && ends.upstream.Send(frames)) {
  }
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
  const LogRecord end = ExpectTunnelEnd(TunnelEnd::kViewerUnresponsive);
  const double bytes = std::stod(end.at("fromUpstream.bytes"));
  const double relayed = std::stod(end.at("fromUpstream.frames"));
  // The last read may have been of frames that could be sent only in part.
  EXPECT_NEAR(relayed * static_cast<double>(frame.size()), bytes, 2 * 64 * 1024);
  EXPECT_EQ(sidecar().Metric("viaduct_tunnel_frames_total{to=\"viewer\"}"), relayed);
}

TEST_F(TunnelCloseTest, TheLastMessageOfAViewerThatVanishesReachesTheUpstream) {
  Start();
  TunnelEnds ends = Open();
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "last"));
  ends.viewer.Close();
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "last"));
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
}

TEST_F(TunnelCloseTest, AHalfClosedViewerStillGetsTheUpstreamsDataAndClose) {
  Start();
  TunnelEnds ends = Open();
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "last"));
  ends.viewer.ShutdownWrite();
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "last"));
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
  ends.upstream.Send(FromUpstream(websocket::Opcode::kText, "answer") + CloseFromUpstream(1000));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kText, "answer"));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1000));
  EXPECT_EQ(ends.viewer.WaitForEnd(), PeerEnd::kFin);
  ends.upstream.Close();
  ExpectTunnelEnd(TunnelEnd::kViewerDisconnect);
}

// The sockets are closed while their kernel buffers are full.
TEST_F(TunnelCloseTest, WhatIsOnItsWayWhenBothHaveEndedArrivesBeforeTheFin) {
  Start();
  TunnelEnds ends = Open(16 * 1024);
  ends.viewer.ShutdownWrite();
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
  const std::string last =
      FromUpstream(websocket::Opcode::kBinary, std::string(300'000, 'x')) + CloseFromUpstream(1000);
  ends.upstream.Send(last);
  ends.upstream.Close();
  EXPECT_EQ(ends.viewer.ReadToEnd(), last);
  EXPECT_EQ(ends.viewer.end(), PeerEnd::kFin);
  EXPECT_EQ(ExpectTunnelEnd(TunnelEnd::kViewerDisconnect).at("fromUpstream.closeCode"), "1000");
}

TEST_F(TunnelCloseTest, AnUpstreamThatVanishesIsACleanCloseForTheViewer) {
  Start();
  for (const bool reset : {false, true}) {
    TunnelEnds ends = Open();
    const auto begin = steady_clock::now();
    ends.upstream.Send(FromUpstream(websocket::Opcode::kText, "last"));
    EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kText, "last"));
    reset ? ends.upstream.Reset() : ends.upstream.Close();
    EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1011, "upstream disconnected"));
    EXPECT_LT(steady_clock::now() - begin, kPromptly);
    ends.viewer.Send(CloseFromViewer(1011));
    EXPECT_EQ(ends.viewer.WaitForEnd(), PeerEnd::kFin);
    ends.viewer.Close();
  }
  const LogRecord line = ExpectTunnelEnd(TunnelEnd::kUpstreamDisconnect, 2);
  EXPECT_EQ(line.at("closeSent"), "1011");
}

TEST_F(TunnelCloseTest, AHalfClosedUpstreamStillGetsTheViewersData) {
  Start();
  TunnelEnds ends = Open();
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1011, "upstream disconnected"));
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "on its way") + CloseFromViewer(1011));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "on its way"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1011, "upstream disconnected"));
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
}

TEST_F(TunnelCloseTest, AnUpstreamThatDiesInAFrameLeavesNoCloseInIt) {
  Start();
  TunnelEnds ends = Open();
  const std::string half = FromUpstream(websocket::Opcode::kBinary, std::string(100, 'x')).substr(0, 50);
  ends.upstream.Send(half);
  ends.upstream.Close();
  EXPECT_EQ(ends.viewer.ReadToEnd(), half);
  EXPECT_EQ(ends.viewer.end(), PeerEnd::kFin);
  ends.viewer.Close();
  EXPECT_EQ(ExpectTunnelEnd(TunnelEnd::kUpstreamDisconnect).count("closeSent"), 0u);
}

TEST_F(TunnelCloseTest, TheAnswersToWhatWasWholeComeBeforeTheCloseForABrokenFrame) {
  Start();
  TunnelEnds ends = Open();
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "whole") + kReservedBits +
                   FromViewer(websocket::Opcode::kText, "dropped"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "whole"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1002, "protocol error"));
  ends.upstream.Send(FromUpstream(websocket::Opcode::kText, "echo") + CloseFromUpstream(1002));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kText, "echo"));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1002, "protocol error"));
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ends.viewer.ReadToEnd(), "");
  EXPECT_EQ(ends.upstream.ReadToEnd(), "");
  ends.viewer.Close();
  ends.upstream.Close();
  const LogRecord line = ExpectTunnelEnd(TunnelEnd::kViewerProtocolError);
  EXPECT_EQ(line.at("rule"), "reserved_bits");
  EXPECT_EQ(line.at("closeSent"), "1002");
}

TEST_F(TunnelCloseTest, ABrokenFrameIsAnsweredAlsoWhenTheUpstreamIsSilent) {
  Start({.yaml = "drain: {close_wait: 200ms}\n"});
  TunnelEnds ends = Open();
  const auto begin = steady_clock::now();
  ends.viewer.Send(kReservedBits);
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1002, "protocol error"));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1002, "protocol error"));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(200));
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ends.viewer.ReadToEnd(), "");
  EXPECT_EQ(ends.upstream.ReadToEnd(), "");
  ExpectTunnelEnd(TunnelEnd::kViewerProtocolError);
}

// As some libraries do that do not know our code, or cannot mask by then.
TEST_F(TunnelCloseTest, WhatAViewerAnswersToOurCloseIsNoFault) {
  Start({.yaml = "timeouts: {idle_timeout: 100ms}\n"});
  const std::string unmasked = CloseFromUpstream(1002);
  const struct {
    std::string answer;
    const char* code;
  } kTable[] = {
      {CloseFromViewer(1000), "1000"},
      {CloseFromViewer(1002, "what is 1001?"), "1002"},
      {unmasked, "1002"},
      {kReservedBits, nullptr},
  };
  for (const auto& row : kTable) {
    TunnelEnds ends = Open();
    EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1001, "idle timeout"));
    ends.viewer.Send(row.answer);
    EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1001, "idle timeout"));
    EXPECT_EQ(ends.viewer.WaitForEnd(), PeerEnd::kFin);
    ends.viewer.Close();
    ends.upstream.Close();
    const LogRecord line = sidecar().log().Wait({{"msg", "tunnel"}});
    EXPECT_EQ(line.at("end"), "idle_timeout");
    EXPECT_EQ(line.count("rule"), 0u);
    EXPECT_EQ(line.count("fromViewer.closeCode"), row.code == nullptr ? 0u : 1u);
    if (row.code != nullptr) EXPECT_EQ(line.at("fromViewer.closeCode"), row.code);
  }
  EXPECT_EQ(sidecar().Metric("viaduct_close_frames_total{from=\"viewer\",code=\"1002\"}"), 2);
}

TEST_F(TunnelCloseTest, ABrokenFrameInsideOfWhatTheUpstreamIsSendingIsAnsweredBehindIt) {
  Start();
  TunnelEnds ends = Open();
  const std::string frame = FromUpstream(websocket::Opcode::kBinary, std::string(100, 'x'));
  ends.upstream.Send(frame.substr(0, 50));
  EXPECT_EQ(ends.viewer.Read(50), frame.substr(0, 50));
  ends.viewer.Send(kReservedBits);
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1002, "protocol error"));
  ends.upstream.Send(frame.substr(50) + CloseFromUpstream(1002));
  EXPECT_EQ(ends.viewer.Read(frame.size() - 50), frame.substr(50));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1002, "protocol error"));
}

TEST_F(TunnelCloseTest, AnUpstreamThatBreaksTheProtocolIsToldBehindTheViewersMessages) {
  Start();
  TunnelEnds ends = Open();
  ends.upstream.Send(FromUpstream(websocket::Opcode::kText, "whole") + std::string("\xf1\x00", 2));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kText, "whole"));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1002, "protocol error"));
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "on its way") + CloseFromViewer(1002));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "on its way"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1002, "protocol error"));
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ends.viewer.ReadToEnd(), "");
  EXPECT_EQ(ends.upstream.ReadToEnd(), "");
  ends.viewer.Close();
  ends.upstream.Close();
  ExpectTunnelEnd(TunnelEnd::kUpstreamProtocolError);
}

// A side that closes the connection without an answer to a Close has closed all the same.
TEST_F(TunnelCloseTest, AFinInsteadOfAnAnswerEndsTheTunnel) {
  Start();
  TunnelEnds ends = Open();
  ends.viewer.Send(CloseFromViewer(1000));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1000));
  ends.upstream.Close();
  EXPECT_EQ(ends.viewer.ReadToEnd(), "");
  EXPECT_EQ(ends.viewer.end(), PeerEnd::kFin);
  ends.viewer.Close();
  ExpectTunnelEnd(TunnelEnd::kViewerClose);
}

}  // namespace
}  // namespace viaduct::sidecar
